"""How a gateway miscounts a prompt that is cached: changes of usage, for the counterexamples of caching."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.contract.faults import only, respond
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from conformance.suite.support.cache_counts import HITS, WRITE_FIELDS, WRITES, WRITES_1H, WRITES_5M, in_usage

Change = Callable[[dict[str, Any], dict[str, int]], object]
NOT_WRITTEN = {WRITES_5M: 0, WRITES_1H: 0}


def answering(request: Request, *faults: Fault) -> Fault:
    """The faults in the answer to this request only."""
    return only(lambda each: each.label == request.label, *faults)


def warm(*faults: Fault) -> Fault:
    """The faults in the answers to plain repetitions."""
    return only(lambda each: each.attempt > 1 and not each.streams, *faults)


def streams(*faults: Fault) -> Fault:
    return only(lambda each: each.streams, *faults)


def has_tools(request: Request) -> bool:
    return bool(request.asked.get("tools"))


def recount(change: Change) -> Fault:
    """Usage changed, with the counts that are given in its details and those that are not as 0; writes that come to
    zero are left out again."""

    def apply(usage: dict[str, Any], details: dict[str, Any]) -> None:
        counts = {name: details.get(name) or 0 for name in (HITS, *WRITE_FIELDS)}
        change(usage, counts)
        counts[WRITES] = counts[WRITES_5M] + counts[WRITES_1H]
        for name, tokens in counts.items():
            details.pop(name, None)
            if tokens or name == HITS:
                details[name] = tokens

    return in_usage(apply)


def all_5m(usage: dict[str, Any], counts: dict[str, int]) -> None:
    counts[WRITES_5M], counts[WRITES_1H] = counts[WRITES_5M] + counts[WRITES_1H], 0


def exchanged(usage: dict[str, Any], counts: dict[str, int]) -> None:
    counts[WRITES_5M], counts[WRITES_1H] = counts[WRITES_1H], counts[WRITES_5M]


def write_as_read(usage: dict[str, Any], counts: dict[str, int]) -> None:
    """What is written stands among the hits."""
    counts[HITS] += counts[WRITES_5M] + counts[WRITES_1H]
    counts[WRITES_5M] = counts[WRITES_1H] = 0


def read_as_write(usage: dict[str, Any], counts: dict[str, int]) -> None:
    counts[WRITES_5M], counts[HITS] = counts[WRITES_5M] + counts[HITS], 0


def uncached_as_hits(usage: dict[str, Any], counts: dict[str, int]) -> None:
    counts[HITS] = usage["prompt_tokens"] - counts[WRITES_5M] - counts[WRITES_1H]


def hidden(usage: dict[str, Any], counts: dict[str, int]) -> None:
    """Neither hits nor writes."""
    for name in counts:
        counts[name] = 0


def half_written(usage: dict[str, Any], counts: dict[str, int]) -> None:
    """Half of what is read is charged as a write as well as half as a hit."""
    counts[HITS] = counts[WRITES_5M] = counts[HITS] // 2


def no_writes(usage: dict[str, Any], counts: dict[str, int]) -> None:
    counts.update(NOT_WRITTEN)


def twice(usage: dict[str, Any], counts: dict[str, int]) -> None:
    """message_start and message_delta added up."""
    tokens = counts[WRITES_5M] + counts[WRITES_1H]
    more_prompt(tokens)(usage, counts)
    counts[WRITES_5M], counts[WRITES_1H] = counts[WRITES_5M] * 2, counts[WRITES_1H] * 2


def cached_twice_in_prompt(usage: dict[str, Any], counts: dict[str, int]) -> None:
    more_prompt(counts[HITS] + counts[WRITES_5M] + counts[WRITES_1H])(usage, counts)


def hits_subtracted(usage: dict[str, Any], counts: dict[str, int]) -> None:
    """prompt_tokens without what was read, and no hits."""
    more_prompt(-counts[HITS])(usage, counts)
    counts[HITS] = 0


def without_5m(usage: dict[str, Any], counts: dict[str, int]) -> None:
    """What is written for five minutes is lost, in the prompt as well."""
    more_prompt(-counts[WRITES_5M])(usage, counts)
    counts[WRITES_5M] = 0


def more_prompt(tokens: int) -> Change:
    """So many tokens more in the prompt, and in the total."""

    def change(usage: dict[str, Any], counts: dict[str, int]) -> None:
        usage["prompt_tokens"] += tokens
        usage["total_tokens"] += tokens

    return change


def fewer(name: str, tokens: int) -> Change:
    """Fewer of these, where there are any, the rest being uncached."""

    def change(usage: dict[str, Any], counts: dict[str, int]) -> None:
        counts[name] = max(counts[name] - tokens, 0)

    return change


def wrote(tokens: int) -> Fault:
    """A write of so many tokens where there was none, the prompt made large enough for it."""

    def change(usage: dict[str, Any], counts: dict[str, int]) -> None:
        if usage["prompt_tokens"] < tokens:
            more_prompt(tokens)(usage, counts)
        counts[WRITES_5M] += tokens

    return recount(change)


NO_CACHE_CONTROL = respond(
    400,
    {
        "error": {
            "message": "Unknown parameter: 'messages[0].content[0].cache_control'.", "type": "invalid_request_error",
            "param": "messages[0].content[0].cache_control", "code": "unknown_parameter",
        }
    },
)  # fmt: skip
