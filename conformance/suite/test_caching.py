"""Prompt caching as only asking shows it: cold, then warm, then streamed; by lifetime; by position of the markers.

Money rests on what is compared here, for no single reply shows a write in the wrong bucket, one that is not reported,
or hits and uncached input exchanged. A reply whose own counts contradict each other is compared with nothing: that
is a requirement of its own. A cache that did not engage is inconclusive; `caching.markers_reach` says whether it can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from conformance.dialects import mapped
from conformance.exchange import Exchange, Inconclusive, NotApplicable, Request, Violation
from conformance.faults import chain, drop, only, put, respond, status
from conformance.profile import Model
from conformance.requests import (
    AUTOMATIC_COLD,
    AUTOMATIC_WARM,
    AUTOMATIC_WARM_STREAM,
    CACHE_COLD,
    CACHE_HOUR,
    CACHE_MIXED,
    CACHE_MIXED_STREAM,
    CACHE_WARM,
    CACHE_WARM_STREAM,
    WEATHER,
    again,
    cached,
    chat,
    costly,
)
from conformance.requirement import Fault, may, must, should

from .test_cache import DETAILS, HITS, WRITE_FIELDS, WRITES, WRITES_1H, WRITES_5M, count, in_usage

Send = Callable[[Request], Exchange]
SALTS = 12  #: tokens by which prompts of equal length with different salts and labels may differ (contract, cache-18)
DATE = 1  #: token by which identical requests may differ, where a template has the time in it
TRIES = 3

# --- requests -----------------------------------------------------------------------------------------------


def marked(text: str, ttl: str | None = None) -> dict[str, Any]:
    """A part of a message with a cache marker at its end."""
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral"} | ({"ttl": ttl} if ttl else {})}


def conversation(label: str, *messages: dict[str, Any], after: Request | None = None, **members: Any) -> Request:
    """A request of these messages, for a model that caches by marker."""
    return chat(label=label, messages=list(messages), after=after, features=frozenset({"cache.explicit"}), **members)


_COLD_SYSTEM, _QUESTION = CACHE_COLD.asked["messages"]
_PREFIX: dict[str, Any] = _COLD_SYSTEM["content"][0]


def _unmarked(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name != "cache_control"}


def _fresh(label: str) -> dict[str, Any]:
    """The same long text unmarked, under a label of its own, so that it is cold."""
    return {"type": "text", "text": _PREFIX["text"].replace(CACHE_COLD.label, label, 1)}


def _suffix(number: int) -> Request:
    """What was cached, with another text after the marker."""
    ending = {"type": "text", "text": f"Answer in {number + 1} words at most."}
    question = {"role": "user", "content": "Which shelf holds parcel 5? Answer briefly."}
    system = {"role": "system", "content": [_PREFIX, ending]}
    label = "cache-suffix" + "-again" * number
    return costly(conversation(label, system, question, after=CACHE_COLD))


CACHE_FIVE = cached("cache-five", "5m")
UNMARKED = costly(conversation("cache-unmarked", {"role": "system", "content": [_fresh("cache-unmarked")]}, _QUESTION))
SUFFIX = _suffix(0)
GROWN = costly(
    conversation(
        "cache-grown",
        {"role": "system", "content": [_unmarked(_PREFIX)]},
        _QUESTION,
        {"role": "assistant", "content": "Shelf 21."},
        {"role": "user", "content": [marked("Which shelf holds parcel 4? Answer briefly.")]},
        after=CACHE_COLD,
    )
)
#: Four markers, the most there may be, on text far too short to be cached. Every family is sent these.
SHORT = replace(
    chat([marked(text) for text in ("Say", " OK", " and no", " more.")], label="cache-short"), features=frozenset()
)
FIVE_MARKERS = chat([marked(text) for text in ("Say", " OK", " and", " no", " more.")], label="cache-five-markers")
WRONG_ORDER = replace(chat([marked("Say", "5m"), marked(" OK.", "1h")], label="cache-wrong-order"), expect="error")
UNKNOWN_TTL = replace(chat([marked("Say OK.", "2h")], label="cache-unknown-ttl"), expect="error")


def _placements() -> Iterator[Request]:
    """The same long text marked in the other places where a marker may stand; a part of the system message is first."""
    question = {"role": "user", "content": "Which shelf holds parcel 3? Answer briefly."}
    system = {"role": "system", "content": _fresh("cache-message")["text"]}
    yield costly(
        conversation(
            "cache-user",
            {
                "role": "user",
                "content": [_fresh("cache-user") | _marker(), {"type": "text", "text": question["content"]}],
            },
        )
    )
    yield costly(conversation("cache-message", system | _marker(), question))
    function = WEATHER["function"] | {"description": _fresh("cache-tool")["text"]}
    yield costly(conversation("cache-tool", question, tools=[{"type": "function", "function": function} | _marker()]))
    yield costly(conversation("cache-top", system | {"content": _fresh("cache-top")["text"]}, question, **_marker()))


def _marker() -> dict[str, Any]:
    return {"cache_control": {"type": "ephemeral"}}


# --- counts -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """What a reply says of its prompt, in tokens; absent, null and zero are all 0."""

    exchange: Exchange
    prompt: int
    hits: int
    written: int
    written_5m: int
    written_1h: int

    def __str__(self) -> str:
        told = f"prompt_tokens {self.prompt}, {HITS} {self.hits}, {WRITES} {self.written}"
        buckets = f" (5m {self.written_5m}, 1h {self.written_1h})" if self.written else ""
        return f"{self.exchange.request}: {told}{buckets}"


def counted(exchange: Exchange) -> Counted:
    """Raises Inconclusive where the counts cannot be had or contradict each other."""
    usage = exchange.usage
    details = usage.get("prompt_tokens_details")
    given = details if isinstance(details, dict) else {}
    try:
        prompt, hits = count(usage, "prompt_tokens"), count(given, HITS)
        total, five, hour = (count(given, name) for name in WRITE_FIELDS)
    except NotApplicable as reason:
        raise Inconclusive(f"{exchange.request}: {reason}") from None
    found = Counted(exchange, prompt, hits, total or five + hour, five, hour)
    contradictory = (five or hour) and found.written != five + hour
    if contradictory or min(hits, total, five, hour) < 0 or hits + found.written > prompt:
        raise Inconclusive(f"the counts contradict each other, which is another requirement: {found}{mapped(usage)}")
    return found


def written(exchange: Exchange) -> Counted:
    """The counts of a reply that wrote. Raises Inconclusive where it does not say so under PhanEdge's names."""
    found = counted(exchange)
    if not found.written:
        seen = mapped(exchange.usage) or "; caching.markers_reach tells which markers are understood"
        raise Inconclusive(f"no write is reported under PhanEdge's names: {found}{seen}")
    return found


def repetition(send: Send, request: Request = CACHE_COLD, times: int = TRIES) -> Counted:
    """The counts of the first repetition that hit, its first request being sent. Raises Inconclusive where none did."""
    cold = counted(send(request))
    for attempt in range(2, times + 2):
        warm = counted(send(again(request, attempt)))
        if warm.hits:
            return warm
    missed = f"{times} repetitions hit nothing, as they may where an upstream spreads them over accounts"
    raise Inconclusive(f"{missed}: {cold}; {warm}")


def same(what: str, most: int, *found: Counted) -> None:
    """Asserts that a count differs by no more than so many tokens."""
    values = [getattr(each, what) for each in found]
    if max(values) - min(values) > most:
        raise Violation(
            f"{what.replace('_', ' ')} differs: {'; '.join(map(str, found))}", *(each.exchange for each in found)
        )


def held(value: bool, message: str, *found: Counted) -> None:
    """Asserts, with the counts in the message and their exchanges as evidence."""
    if not value:
        raise Violation(f"{message}: {'; '.join(map(str, found))}", *(each.exchange for each in found))


# --- counterexamples ----------------------------------------------------------------------------------------


def answering(request: Request, *faults: Fault) -> Fault:
    """The faults in the answer to this request only."""
    return only(lambda each: each.label == request.label, *faults)


def warm(*faults: Fault) -> Fault:
    """The faults in the answers to plain repetitions."""
    return only(lambda each: each.attempt > 1 and not each.streams, *faults)


def streams(*faults: Fault) -> Fault:
    return only(lambda each: each.streams, *faults)


def recount(change: Callable[[dict[str, Any], dict[str, int]], object]) -> Fault:
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


def _all_5m(usage: dict[str, Any], counts: dict[str, int]) -> None:
    counts[WRITES_5M], counts[WRITES_1H] = counts[WRITES_5M] + counts[WRITES_1H], 0


def _exchanged(usage: dict[str, Any], counts: dict[str, int]) -> None:
    counts[WRITES_5M], counts[WRITES_1H] = counts[WRITES_1H], counts[WRITES_5M]


def _write_as_read(usage: dict[str, Any], counts: dict[str, int]) -> None:
    counts[HITS] += counts[WRITES_5M] + counts[WRITES_1H]
    counts[WRITES_5M] = counts[WRITES_1H] = 0


def _read_as_write(usage: dict[str, Any], counts: dict[str, int]) -> None:
    counts[WRITES_5M], counts[HITS] = counts[WRITES_5M] + counts[HITS], 0


def _hidden(usage: dict[str, Any], counts: dict[str, int]) -> None:
    for name in counts:
        counts[name] = 0


def _no_writes(usage: dict[str, Any], counts: dict[str, int]) -> None:
    counts[WRITES_5M] = counts[WRITES_1H] = 0


def _twice(usage: dict[str, Any], counts: dict[str, int]) -> None:
    """message_start and message_delta added up."""
    tokens = counts[WRITES_5M] + counts[WRITES_1H]
    _more_prompt(tokens)(usage, counts)
    counts[WRITES_5M], counts[WRITES_1H] = counts[WRITES_5M] * 2, counts[WRITES_1H] * 2


def _cached_twice_in_prompt(usage: dict[str, Any], counts: dict[str, int]) -> None:
    _more_prompt(counts[HITS] + counts[WRITES_5M] + counts[WRITES_1H])(usage, counts)


def _hits_subtracted(usage: dict[str, Any], counts: dict[str, int]) -> None:
    _more_prompt(-counts[HITS])(usage, counts)
    counts[HITS] = 0


def _without_5m(usage: dict[str, Any], counts: dict[str, int]) -> None:
    _more_prompt(-counts[WRITES_5M])(usage, counts)
    counts[WRITES_5M] = 0


def _more_prompt(tokens: int) -> Callable[[dict[str, Any], dict[str, int]], None]:
    def change(usage: dict[str, Any], counts: dict[str, int]) -> None:
        usage["prompt_tokens"] += tokens
        usage["total_tokens"] += tokens

    return change


def _fewer(name: str, tokens: int) -> Callable[[dict[str, Any], dict[str, int]], None]:
    """Fewer of these, where there are any, the rest being uncached."""

    def change(usage: dict[str, Any], counts: dict[str, int]) -> None:
        counts[name] = max(counts[name] - tokens, 0)

    return change


def _wrote(tokens: int) -> Fault:
    """A write of so many tokens where there was none, the prompt made large enough for it."""

    def change(usage: dict[str, Any], counts: dict[str, int]) -> None:
        if usage["prompt_tokens"] < tokens:
            _more_prompt(tokens)(usage, counts)
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

# --- whether anything is cached -----------------------------------------------------------------------------


@should(
    "report a cache write for a long Claude prompt marked in at least one of the usual places",
    on=[CACHE_COLD],
    source="phanedge#extension-fields",
    contract=["cache-35"],
    at=DETAILS,
    hint="Pass cache_control on: parts kept as typed structs and system messages joined to one string lose it.",
    broken_by={"never": recount(_no_writes), "no details": drop(DETAILS)},
)
def test_markers_reach(send: Send) -> None:
    """The other places cost a request each, and are tried only where a part of the system message is not enough."""
    seen: list[Counted] = []
    lacking = ""
    for request in (CACHE_COLD, *_placements()):
        try:
            found = counted(send(request))
        except Inconclusive as reason:
            lacking = str(reason)
            continue
        if found.written:
            return
        seen.append(found)
    if not seen:
        raise Inconclusive(f"no marked prompt was answered with counts: {lacking}")
    places = "as a part of the system or user message, a message, a tool, or at the top"
    told = f"no write is reported under PhanEdge's names wherever cache_control stands, {places}"
    held(False, told + mapped(seen[0].exchange.usage), *seen)


@must(
    "report a hit of no more than half of a prompt that it is sent for the first time",
    on=[CACHE_COLD, CACHE_FIVE, CACHE_HOUR, CACHE_MIXED, CACHE_MIXED_STREAM, UNMARKED, AUTOMATIC_COLD],
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-17", "cache-18", "cache-19", "cache-20"],
    at=f"{DETAILS}.{HITS}",
    hint="cached_tokens is what was read; what was written to the cache is in cached_write_tokens only.",
    broken_by={"writes as hits": recount(_write_as_read), "all of it": put(f"{DETAILS}.{HITS}", 3000)},
)
def test_cold_is_cold(exchange: Exchange) -> None:
    """The prompt begins with a salt of this run. What a gateway puts before it may be cached, and is short."""
    found = counted(exchange)
    if exchange.earlier and found.hits * 2 > found.prompt:
        raise Inconclusive(f"it was sent before, unanswered, and is in the cache since: {found}")
    assert found.hits * 2 <= found.prompt, f"a prompt that was never sent before is said to be cached: {found}"


@must(
    "report as cache writes of Claude what it later reports as read",
    on=[CACHE_COLD, CACHE_WARM],
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-26"],
    at=f"{DETAILS}.{WRITES}",
    hint="Nothing can be read that was not written: serialise the upstream's count of writes, too.",
    broken_by=recount(_no_writes),
)
def test_writes_are_reported(send: Send) -> None:
    cold = counted(send(CACHE_COLD))
    if cold.written:
        return
    warm = repetition(send)
    unwritten = (warm.hits - cold.hits) * 2 > warm.prompt
    held(not unwritten, "a prefix is read that no reply reported as written", cold, warm)
    raise Inconclusive(f"what is read is not the marked prefix: {cold}; {warm}")


@must(
    "report a marked prefix that was written as read, or as written once more, when it is sent again to Claude",
    on=[CACHE_COLD, CACHE_WARM],
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-25"],
    at=f"{DETAILS}.{HITS}",
    hint="Map cache_read_input_tokens to cached_tokens, and serialise it.",
    broken_by=warm(recount(_hidden)),
)
def test_hits_are_reported(send: Send) -> None:
    """Three repetitions, for one may go to an upstream that does not cache."""
    cold = written(send(CACHE_COLD))
    silent: list[Counted] = []
    for attempt in range(2, TRIES + 2):
        silent.append(counted(send(again(CACHE_COLD, attempt))))
        if silent[-1].hits or silent[-1].written:
            return
    held(False, "a marked prefix that was written is neither read nor written", *silent[-1:], cold)


@should(
    "report the hits of a repeated long GPT prompt in a plain reply where it does in a stream, and the reverse",
    on=[AUTOMATIC_COLD, AUTOMATIC_WARM, AUTOMATIC_WARM_STREAM],
    source="openai-caching#requirements",
    contract=["cache-13"],
    at=f"{DETAILS}.{HITS}",
    hint="Pass prompt_tokens_details on in both forms.",
    broken_by={
        "plain": warm(recount(_hidden)),
        "streamed": streams(recount(_hidden)),
        "no details": streams(drop(DETAILS)),
    },
)
def test_automatic_hits(send: Send) -> None:
    """Best effort upstream: that nothing hits at all within the tries is inconclusive."""
    first = counted(send(AUTOMATIC_COLD))
    plain = _first_hit(send, AUTOMATIC_COLD, (2, 3, 4))
    streamed = _first_hit(send, AUTOMATIC_WARM_STREAM, (1, 2, 3))
    if not plain.hits and not streamed.hits:
        raise Inconclusive(f"no repetition hit, plain or streamed: {first}; {plain}; {streamed}")
    held(bool(plain.hits and streamed.hits), "three repetitions in one form report no hit", plain, streamed)


def _first_hit(send: Send, request: Request, attempts: Iterable[int]) -> Counted:
    """The first of these repetitions that hit, or the last."""
    for attempt in attempts:
        found = counted(send(again(request, attempt) if attempt > 1 else request))
        if found.hits:
            break
    return found


# --- which bucket -------------------------------------------------------------------------------------------


@must(
    "report what is marked without a ttl as written for five minutes",
    on=[CACHE_COLD],
    source="phanedge#extension-fields",
    contract=["cache-17"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    hint="The lifetime is five minutes where cache_control has no ttl.",
    broken_by={"one hour": recount(_exchanged), "no bucket": drop(f"{DETAILS}.{WRITES_5M}")},
)
def test_default_is_5m(exchange: Exchange) -> None:
    found = written(exchange)
    assert found.written_5m == found.written, f"not all of the write is in the 5m bucket: {found}"


@must(
    "report a marker with ttl 5m exactly as one without",
    on=[CACHE_COLD, CACHE_FIVE],
    source="anthropic-caching#1-hour-cache-duration",
    contract=["cache-18"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    broken_by={
        "one hour": answering(CACHE_FIVE, recount(_exchanged)),
        "other counts": answering(CACHE_FIVE, recount(_fewer(WRITES_5M, 500))),
    },
)
def test_5m_is_the_default(send: Send) -> None:
    default, explicit = written(send(CACHE_COLD)), written(send(CACHE_FIVE))
    held(explicit.written_5m == explicit.written, "not all of the write is in the 5m bucket", explicit)
    same("written", SALTS, explicit, default)


@must(
    "report what is marked with ttl 1h as written for one hour",
    on=[CACHE_HOUR],
    source="phanedge#extension-fields",
    contract=["cache-19"],
    at=f"{DETAILS}.{WRITES_1H} {DETAILS}.{WRITES_5M}",
    hint="Pass ttl on to the upstream, and map cache_creation.ephemeral_1h_input_tokens: it has a price of its own.",
    broken_by={
        "downgraded": recount(_all_5m),
        "no split": drop(f"{DETAILS}.{WRITES_1H}"),
        "in part": recount(lambda usage, counts: counts.update({WRITES_5M: 100, WRITES_1H: counts[WRITES_1H] - 100})),
    },
)
def test_1h_is_1h(exchange: Exchange) -> None:
    found = written(exchange)
    assert found.written_1h == found.written, f"not all of the write is in the 1h bucket: {found}"


@must(
    "report both buckets where a block is marked for one hour and the next for five minutes, plain and streamed",
    on=[CACHE_MIXED, CACHE_MIXED_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-20", "cache-32"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    broken_by={
        "5m alone": recount(_all_5m),
        "no split": chain(drop(f"{DETAILS}.{WRITES_1H}"), drop(f"{DETAILS}.{WRITES_5M}")),
    },
)
def test_mixed_fills_both(exchange: Exchange) -> None:
    found = written(exchange)
    assert min(found.written_5m, found.written_1h) > 0, f"one of two lifetimes is not reported: {found}"


@should(
    "write for one hour up to the marker of one hour, and for five minutes from there to the next",
    on=[CACHE_HOUR, CACHE_MIXED],
    source="anthropic-caching#mixing-different-ttls",
    contract=["cache-21"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    hint="With the last 1h marker at B, the last marker at C and a hit up to A: 1h is B - A, 5m is C - B.",
    broken_by={
        "exchanged": answering(CACHE_MIXED, recount(_exchanged)),
        "5m overlaps": answering(
            CACHE_MIXED, recount(lambda usage, counts: counts.update({WRITES_5M: counts[WRITES_5M] // 2}))
        ),
    },
)
def test_mixed_by_position(send: Send) -> None:
    hour, mixed = written(send(CACHE_HOUR)), written(send(CACHE_MIXED))
    second = mixed.prompt - hour.prompt
    off = abs(mixed.written_1h - hour.written)
    held(off <= max(SALTS, hour.written // 200), "the 1h bucket is not the size of the block marked 1h", mixed, hour)
    most = max(20, hour.written // 100)
    held(
        abs(mixed.written_5m - second) <= most, f"the 5m bucket is not the second block's {second} tokens", mixed, hour
    )


# --- conservation -------------------------------------------------------------------------------------------


@should(
    "not write again what it reads, when a marked prompt is sent again to Claude",
    on=[CACHE_COLD, CACHE_WARM],
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-25"],
    at=f"{DETAILS}.{WRITES}",
    broken_by=warm(
        recount(lambda usage, counts: counts.update({HITS: counts[HITS] // 2, WRITES_5M: counts[HITS] // 2}))
    ),
)
def test_warm_writes_nothing(send: Send) -> None:
    """A small tail may be written, by a breakpoint that an upstream sets of itself."""
    cold, warm = written(send(CACHE_COLD)), repetition(send)
    held(warm.written * 20 <= cold.written, "a repetition that hit was charged a write as well", warm, cold)


@should(
    "read from the cache exactly what was in it or written to it, when the same prompt is sent again to Claude",
    on=[CACHE_COLD, CACHE_WARM],
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-26"],
    at=f"{DETAILS}.{HITS} {DETAILS}.{WRITES}",
    hint="Hits and writes are the upstream's counts, not estimates: cold and warm they come to the same.",
    broken_by={
        "fewer": warm(recount(_fewer(HITS, 100))),
        "the uncached too": warm(recount(lambda usage, counts: counts.update({HITS: usage["prompt_tokens"]}))),
    },
)
def test_read_is_what_was_written(send: Send) -> None:
    cold, warm = written(send(CACHE_COLD)), repetition(send)
    kept, found = cold.hits + cold.written, warm.hits + warm.written
    held(kept == found, f"{kept} tokens were in the cache, and {found} were found", warm, cold)


def _prompt_is_constant(send: Send, *requests: Request) -> None:
    """The relation of cache-27. An upstream of another build may count otherwise, so that only replies that name the
    same model are compared."""
    by_model: dict[str, list[Counted]] = {}
    for reply in [counted(send(request)) for request in requests]:
        by_model.setdefault(str(reply.exchange.reply.get("model")), []).append(reply)
    compared = [alike for alike in by_model.values() if len(alike) > 1]
    if not compared:
        raise Inconclusive(f"no two of the replies name the same model: {', '.join(by_model)}")
    for alike in compared:
        same("prompt", DATE, *alike)


@must(
    "report the same prompt_tokens for the same Claude prompt, written, read, and streamed",
    on=[CACHE_COLD, CACHE_WARM, CACHE_WARM_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-27", "cache-33"],
    at="usage.prompt_tokens",
    hint="prompt_tokens is uncached input + hits + writes, from the upstream's counts; never a local estimate.",
    broken_by={
        "hits subtracted": warm(recount(_hits_subtracted)),
        "cached twice": warm(recount(_cached_twice_in_prompt)),
        "streamed estimate": streams(recount(_more_prompt(25))),
    },
)
def test_prompt_is_constant(send: Send) -> None:
    _prompt_is_constant(send, CACHE_COLD, CACHE_WARM, CACHE_WARM_STREAM)


@must(
    "report the same prompt_tokens for the same GPT prompt, whether it hits or not, and streamed",
    on=[AUTOMATIC_COLD, AUTOMATIC_WARM, AUTOMATIC_WARM_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-27"],
    at="usage.prompt_tokens",
    hint="Do not subtract cached_tokens from prompt_tokens: it is part of it.",
    broken_by={
        "hits subtracted": recount(_hits_subtracted),
        "streamed estimate": streams(recount(_more_prompt(25))),
    },
)
def test_automatic_prompt_is_constant(send: Send) -> None:
    _prompt_is_constant(send, AUTOMATIC_COLD, AUTOMATIC_WARM, AUTOMATIC_WARM_STREAM)


@should(
    "count the same text as the same prompt_tokens without markers, with the default ttl, 5m and 1h",
    on=[UNMARKED, CACHE_COLD, CACHE_FIVE, CACHE_HOUR],
    source="anthropic-caching#pricing",
    contract=["cache-28"],
    at="usage.prompt_tokens",
    hint="Where prompt_tokens of a marked prompt is larger by what was written, writes are counted twice.",
    broken_by={
        "written twice": recount(_cached_twice_in_prompt),
        "1h dearer": answering(CACHE_HOUR, recount(_more_prompt(13))),
    },
)
def test_markers_cost_nothing(send: Send) -> None:
    same("prompt", SALTS, *(counted(send(request)) for request in (UNMARKED, CACHE_COLD, CACHE_FIVE, CACHE_HOUR)))


@must(
    "count what is written to the cache or read from it once in prompt_tokens",
    on=[UNMARKED, CACHE_COLD, CACHE_WARM],
    source="phanedge#extension-fields",
    contract=["cache-06", "cache-27"],
    at="usage.prompt_tokens",
    hint="Do not add cached_tokens and cached_write_tokens to an upstream's count that has them in it.",
    broken_by={
        "both twice": recount(_cached_twice_in_prompt),
        "hits twice": warm(recount(_cached_twice_in_prompt)),
    },
)
def test_cached_counts_once(send: Send) -> None:
    """The same text as without a marker, roughly: a difference of a few tokens is `caching.markers_cost_nothing`."""
    plain = counted(send(UNMARKED))
    for found in (counted(send(CACHE_COLD)), counted(send(CACHE_WARM))):
        if not found.hits and not found.written:
            raise Inconclusive(f"neither a hit nor a write is reported: {found}{mapped(found.exchange.usage)}")
        off = abs(found.prompt - plain.prompt)
        held(off * 4 <= plain.prompt, "a marked text does not cost the tokens of the same text unmarked", found, plain)


# --- streamed -----------------------------------------------------------------------------------------------


@must(
    "report the cache writes of a stream in its usage chunk",
    on=[CACHE_MIXED, CACHE_MIXED_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-32"],
    at=DETAILS,
    hint="Take the counts of message_start; a later zero in message_delta does not undo them.",
    broken_by={"zero": streams(recount(_hidden)), "no details": streams(drop(DETAILS))},
)
def test_streams_report_writes(send: Send) -> None:
    plain, streamed = written(send(CACHE_MIXED)), counted(send(CACHE_MIXED_STREAM))
    if streamed.hits and not streamed.written:
        raise Inconclusive(f"the prompt of the stream was in the cache already: {streamed}")
    held(streamed.written > 0, "a plain reply reports writes, the stream of as long a prompt none", streamed, plain)


@must(
    "count what a stream writes once, as in a plain reply",
    on=[CACHE_MIXED, CACHE_MIXED_STREAM],
    source="anthropic-streaming#event-types",
    contract=["cache-34"],
    at=f"usage.prompt_tokens {DETAILS}.{WRITES}",
    hint="The counts of message_start and message_delta are cumulative: take the later, do not add.",
    broken_by={
        "added up": streams(recount(_twice)),
        "prompt added up": streams(recount(_cached_twice_in_prompt)),
        "one bucket": streams(recount(_fewer(WRITES_1H, 500))),
        "5m lost": streams(recount(_without_5m)),
    },
)
def test_streams_count_once(send: Send) -> None:
    plain, streamed = written(send(CACHE_MIXED)), written(send(CACHE_MIXED_STREAM))
    for what in ("written", "written_5m", "written_1h", "prompt"):
        same(what, SALTS, streamed, plain)


@must(
    "report the same hits, and no writes, for a warm Claude prompt plain and streamed",
    on=[CACHE_COLD, CACHE_WARM, CACHE_WARM_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-33"],
    at=DETAILS,
    hint="Pass cache_read_input_tokens of message_start on in the usage chunk.",
    broken_by={
        "lost": streams(recount(_hidden)),
        "no details": streams(drop(DETAILS)),
        "others": streams(recount(_fewer(HITS, 64))),
        "written, too": streams(recount(lambda usage, counts: counts.update({HITS: counts[HITS] - 9, WRITES_5M: 9}))),
    },
)
def test_streams_read_alike(send: Send) -> None:
    plain = repetition(send)
    streamed = _first_found(send, CACHE_WARM_STREAM)
    held(bool(streamed.hits), "a plain reply hits, and a stream neither reads nor writes the prefix", streamed, plain)
    held(not streamed.written and not plain.written, "a hit of the whole prefix is charged a write", streamed, plain)
    same("hits", 0, streamed, plain)


def _first_found(send: Send, request: Request) -> Counted:
    """The first of three streams that hit, or the last that is silent. Raises Inconclusive where all wrote."""
    silent: Counted | None = None
    for attempt in range(1, TRIES + 1):
        found = counted(send(again(request, attempt) if attempt > 1 else request))
        if found.hits:
            return found
        silent = silent if found.written else found
    if silent is None:
        raise Inconclusive(f"{TRIES} streams missed what a plain reply hit, and wrote it again: {found}")
    return silent


# --- what is cached -----------------------------------------------------------------------------------------


@should(
    "read the old prefix and write the new part, when a Claude conversation grows and the marker moves to its end",
    on=[CACHE_COLD, GROWN],
    source="anthropic-caching#continuing-a-multi-turn-conversation",
    contract=["cache-29"],
    at=f"{DETAILS}.{HITS} {DETAILS}.{WRITES}",
    broken_by={
        "the old part grows": answering(
            GROWN, recount(lambda usage, counts: counts.update({HITS: counts[HITS] - 500, WRITES_5M: 500}))
        ),
        "nothing written": answering(GROWN, recount(_no_writes)),
    },
)
def test_grown_conversation(send: Send) -> None:
    cold, grown = written(send(CACHE_COLD)), counted(send(GROWN))
    if not grown.hits and grown.written:
        raise Inconclusive(f"the grown conversation missed the cache, and was written anew: {grown}; {cold}")
    if grown.exchange.earlier and not grown.written:
        raise Inconclusive(f"it was sent before, unanswered, and is in the cache since: {grown}; {cold}")
    kept = cold.hits + cold.written
    held(abs(grown.hits - kept) * 100 <= kept, f"{grown.hits} of {kept} cached tokens are read", grown, cold)
    held(grown.written > 0, "what was added is not written", grown, cold)


@should(
    "not hit, and write as much, when the first characters of a marked prefix are others",
    on=[CACHE_COLD, CACHE_FIVE],
    source="anthropic-caching#cache-limitations",
    contract=["cache-30"],
    at=f"{DETAILS}.{HITS}",
    broken_by={
        "a near miss": answering(
            CACHE_FIVE, recount(lambda usage, counts: counts.update({HITS: 9, WRITES_5M: counts[WRITES_5M] - 9}))
        ),
        "less": answering(CACHE_FIVE, recount(_fewer(WRITES_5M, 40))),
    },
)
def test_changed_prefix(send: Send) -> None:
    """A small hit that is the same for both is that of a text which a gateway puts before every prompt."""
    one, other = written(send(CACHE_COLD)), written(send(CACHE_FIVE))
    same("hits", 0, one, other)
    same("written", SALTS, one, other)


@should(
    "still hit the marked prefix when only the text after the marker is another",
    on=[CACHE_COLD, CACHE_WARM, SUFFIX],
    source="anthropic-caching#how-prompt-caching-works",
    contract=["cache-31"],
    at=f"{DETAILS}.{HITS}",
    hint="Keep the parts of a system message apart, each with its own cache_control.",
    broken_by={
        "joined": only(lambda each: each.label.startswith(SUFFIX.label), recount(_hidden)),
        "marker moved": only(lambda each: each.label.startswith(SUFFIX.label), recount(_read_as_write)),
        "in part": answering(SUFFIX, recount(_fewer(HITS, 400))),
    },
)
def test_changed_suffix(send: Send) -> None:
    """Another suffix at every try: what wrote a joined block would be hit by its repetition."""
    cold, _ = written(send(CACHE_COLD)), repetition(send)
    tried = []
    for number in range(TRIES):
        tried.append(counted(send(_suffix(number))))
        if tried[-1].hits:
            break
    kept = cold.hits + cold.written
    held(
        abs(tried[-1].hits - kept) * 200 <= kept,
        f"{kept} tokens were cached, and what follows is another",
        *tried,
        cold,
    )


@should(
    "report no cache writes of Claude for a prompt without a marker",
    on=[UNMARKED],
    source="anthropic-caching#how-prompt-caching-works",
    contract=["cache-15"],
    at=f"{DETAILS}.{WRITES}",
    hint="A gateway that sets markers of itself charges its customer for writes that were not asked for.",
    broken_by=_wrote(700),
)
def test_unmarked_writes_nothing(exchange: Exchange) -> None:
    found = counted(exchange)
    assert not found.written, f"nothing is marked, and a write is charged: {found}"


@should(
    "answer a Claude prompt with four markers that is too short to be cached, and report no writes",
    on=[SHORT],
    source="anthropic-caching#cache-limitations",
    contract=["cache-16", "cache-23"],
    at=f"{DETAILS}.{WRITES} status",
    hint="Four markers are allowed: a gateway that adds one of its own must leave one out.",
    broken_by={
        "written": _wrote(700),
        "refused": respond(
            400, {"error": {"message": "A maximum of 4 blocks with cache_control may be provided. Found 5."}}
        ),
    },
)
def test_short_is_not_written(exchange: Exchange, model: Model) -> None:
    if not model.claims("cache.explicit"):
        raise NotApplicable("markers are not claimed to mean anything to this model")
    assert exchange.succeeded, f"four markers on a short prompt were answered with {exchange.outcome}"
    found = counted(exchange)
    assert not found.written, f"a prompt shorter than any that is cached was charged a write: {found}"


@should(
    "answer content marked with cache_control on a model that does not cache by marker, and report no writes",
    on=[SHORT],
    source="phanedge#extension-fields",
    contract=["cache-36"],
    at="status",
    hint="Take cache_control out where the upstream refuses it.",
    broken_by={"passed on": NO_CACHE_CONTROL, "written": _wrote(700)},
)
def test_markers_are_harmless(exchange: Exchange, model: Model) -> None:
    if model.family == "claude":
        raise NotApplicable("Claude caches by marker")
    assert exchange.succeeded, f"a part with cache_control was answered with {exchange.outcome}"
    found = counted(exchange)
    assert not found.written, f"a marker that means nothing to this model was charged a write: {found}"


# --- markers that are wrong ---------------------------------------------------------------------------------


@should(
    "refuse a marker of one hour after one of five minutes with 400, in words about ttl or cache_control",
    on=[WRONG_ORDER],
    source="anthropic-caching#mixing-different-ttls",
    contract=["cache-22"],
    at="status error.message",
    hint="Pass the upstream's refusal on: a changed lifetime is a changed price.",
    broken_by={"500": status(500), "other words": put("error.message", "Bad request."), "accepted": status(200)},
)
def test_wrong_order(exchange: Exchange) -> None:
    assert exchange.status == 400, f"1h after 5m was answered with {exchange.outcome}, not 400"
    said = str(exchange.error.get("message"))
    told = "ttl" in said.lower() or "cache_control" in said
    assert told, f"the message does not speak of ttl or cache_control: {said[:200]!r}"


@may(
    "answer more than four markers or refuse them with a 4xx",
    on=[FIVE_MARKERS],
    source="anthropic-caching#cache-limitations",
    contract=["cache-23"],
    at="status",
    broken_by=status(500),
)
def test_five_markers(exchange: Exchange) -> None:
    fit = exchange.succeeded or 400 <= exchange.status < 500
    assert fit, f"five markers were answered with {exchange.outcome}"


@may(
    "refuse a ttl that is neither 5m nor 1h with a 4xx",
    on=[UNKNOWN_TTL],
    source="anthropic-caching#1-hour-cache-duration",
    contract=["cache-24"],
    at="status",
    hint="A lifetime that is not known has no price.",
    broken_by={"accepted": status(200), "500": status(500)},
)
def test_unknown_ttl(exchange: Exchange) -> None:
    assert 400 <= exchange.status < 500, f"the ttl 2h was answered with {exchange.outcome}"
