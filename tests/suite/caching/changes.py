"""Ways to change the counts of a usage, made apart from the counterexamples of the suite."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange
from conformance.suite.caching.faults import recount
from tests.suite.caching.answers import HITS, W1, W5

Counts = dict[str, int]
Usage = dict[str, Any]
SAME: Fault = lambda exchange: exchange  # noqa: E731


def more(usage: Usage, tokens: int) -> None:
    usage["prompt_tokens"] += tokens
    usage["total_tokens"] += tokens


def no_writes(usage: Usage, counts: Counts) -> None:
    counts[W5] = counts[W1] = 0


def nothing(usage: Usage, counts: Counts) -> None:
    counts[HITS] = counts[W5] = counts[W1] = 0


def missed(usage: Usage, counts: Counts) -> None:
    counts[W5], counts[HITS] = counts[W5] + counts[HITS], 0


def miss(exchange: Exchange) -> Exchange:
    """What would be read is written anew, with the TTL that is asked for."""
    hour = '"1h"' in exchange.request.body.decode()
    return recount(lambda usage, counts: missed_hour(usage, counts) if hour else missed(usage, counts))(exchange)


def missed_hour(usage: Usage, counts: Counts) -> None:
    counts[W1], counts[HITS] = counts[W1] + counts[HITS], 0


def ten_minutes_later(exchange: Exchange) -> Exchange:
    return replace(exchange, started=exchange.started + 600) if exchange.request.after else exchange


def all_5m(usage: Usage, counts: Counts) -> None:
    counts[W5], counts[W1] = counts[W5] + counts[W1], 0


def longer(usage: Usage, counts: Counts) -> None:
    """900 tokens more in the prompt, and in what is written, with its TTL."""
    more(usage, 900)
    counts[W1 if counts[W1] else W5] += 900


def writes_as_hits(usage: Usage, counts: Counts) -> None:
    counts[HITS] += counts[W5] + counts[W1]
    counts[W5] = counts[W1] = 0


def doubled(usage: Usage, counts: Counts) -> None:
    more(usage, counts[W5] + counts[W1])
    counts[W5], counts[W1] = counts[W5] * 2, counts[W1] * 2


def cached_twice(usage: Usage, counts: Counts) -> None:
    more(usage, counts[HITS] + counts[W5] + counts[W1])


def hits_subtracted(usage: Usage, counts: Counts) -> None:
    more(usage, -counts[HITS])
    counts[HITS] = 0


def all_1h(usage: Usage, counts: Counts) -> None:
    counts[W1], counts[W5] = counts[W5] + counts[W1], 0


def no_hits(usage: Usage, counts: Counts) -> None:
    counts[HITS] = 0


def own_prompt(usage: Usage, counts: Counts) -> None:
    """The gateway's own system message before every prompt, which is always cached."""
    more(usage, 300)
    counts[HITS] += 300


def small_tail(usage: Usage, counts: Counts) -> None:
    """The last nine tokens that would be read are written once more."""
    counts[HITS], counts[W5] = counts[HITS] - 9, counts[W5] + 9


def tail(usage: Usage, counts: Counts) -> None:
    """The last nine tokens in the cache, too."""
    counts[HITS if counts[HITS] else W5] += 9
