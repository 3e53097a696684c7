"""Conservation: what is read is what was written."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import only
from conformance.contract.requests import CACHE_COLD, CACHE_HOUR
from conformance.evidence.exchange import Exchange
from conformance.language import say
from conformance.suite.support.cache_counts import DETAILS, HITS, WRITES

from . import AREA
from .comparisons import HOUR, expect_conserved, expect_few_writes, expect_some_miss, hit, up_to
from .counts import written
from .faults import answering, fewer, half_written, read_as_write, recount, warm
from .prompts import CACHE_HOUR_WARM, repetitions, sent_again


@AREA.should(
    "not write again what it reads, when a prompt with a cache breakpoint is sent again to Claude",
    on={"cold": CACHE_COLD, "later": repetitions(CACHE_COLD)},
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-25"],
    at=f"{DETAILS}.{WRITES}",
    hint="Report the writes of this request alone: counts of the request that wrote the cache are not to be kept.",
    broken_by=warm(recount(half_written)),
    needs_model=True,
)
def test_warm_writes_nothing(cold: Exchange, later: Sequence[Exchange]) -> None:
    first, found = written(cold), hit(cold, later)
    expect_few_writes(found, first)


@AREA.should(
    "read from the cache exactly what was in it or written to it, when the same prompt is sent again to Claude",
    on={"cold": CACHE_COLD, "later": repetitions(CACHE_COLD)},
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-26"],
    at=f"{DETAILS}.{HITS} {DETAILS}.{WRITES}",
    hint="Hits and writes are the upstream's counts, not estimates: cold and warm they come to the same.",
    broken_by={
        "fewer": warm(recount(fewer(HITS, 100))),
        "the uncached too": warm(recount(lambda usage, counts: counts.update({HITS: usage["prompt_tokens"]}))),
    },
    needs_model=True,
)
def test_read_is_what_was_written(cold: Exchange, later: Sequence[Exchange]) -> None:
    first, found = written(cold), hit(cold, later)
    expect_conserved(found, first)


@AREA.should(
    "read what was written for one hour, all of it, and write nothing, when the prompt is sent again to Claude",
    on={
        "cold": CACHE_HOUR,
        "later": repetitions(CACHE_HOUR),
        "five_minutes": sent_again(CACHE_COLD, declared=0),
    },
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-25", "cache-26"],
    at=f"{DETAILS}.{HITS} {DETAILS}.{WRITES}",
    hint="A write for one hour costs twice the input, and pays only where it is read: keep the ttl of every request.",
    broken_by={
        "fewer": answering(CACHE_HOUR_WARM, recount(fewer(HITS, 100))),
        "written, too": answering(CACHE_HOUR_WARM, recount(half_written)),
        "never read": only(lambda each: each.label.startswith(CACHE_HOUR_WARM.label), recount(read_as_write)),
    },
    after=["caching.read_is_what_was_written", "caching.hits_of_an_hour_are_reported"],
    needs_model=True,
)
def test_hour_is_read(cold: Exchange, later: Sequence[Exchange], five_minutes: Sequence[Exchange]) -> None:
    """That it is never read is a violation only where what was written for five minutes is read every time."""
    first, found = written(cold), up_to(lambda each: each.hits > 0, later)
    if not found[-1].hits:
        written(five_minutes[0])
        message = say("what was written for one hour was missed {number} times", len(found))
        expect_some_miss(five_minutes[1:], message, found, first, HOUR)
    expect_few_writes(found[-1], first)
    expect_conserved(found[-1], first)
