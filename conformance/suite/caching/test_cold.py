"""Prompts that are sent for the first time: they begin with a cache-busting prefix, and cannot be in the cache."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import put
from conformance.contract.given import in_turn, on_demand
from conformance.contract.requests import AUTOMATIC_COLD, CACHE_COLD, CACHE_HOUR, CACHE_MIXED, PLAIN
from conformance.evidence.exchange import Exchange
from conformance.suite.support.cache_counts import DETAILS, HITS

from . import AREA
from .combined import BOTH, HOURS, SEVERAL
from .comparisons import expect_cold, expect_cold_or_other, expect_nothing_read
from .counts import countable
from .faults import NOT_WRITTEN, recount, streams, uncached_as_hits, write_as_read
from .prompts import AUTOMATIC_OTHER, COLD, UNMARKED, UNMARKED_OTHER


@AREA.must(
    "report a hit of no more than half of a prompt of Claude's that it is sent for the first time",
    on=(*COLD, HOURS, BOTH, SEVERAL),
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-17", "cache-18", "cache-19", "cache-20"],
    at=f"{DETAILS}.{HITS}",
    hint="cached_tokens is what was read; what was written to the cache is in cached_write_tokens only.",
    broken_by={
        "writes as hits": recount(write_as_read),
        "in streams": streams(recount(write_as_read)),
        "all of it": recount(lambda usage, counts: counts.update({HITS: usage["prompt_tokens"], **NOT_WRITTEN})),
    },
)
def test_cold_is_cold(exchanges: list[Exchange]) -> None:
    """What a gateway puts before a prompt may be cached, and is short. One prompt alone proves nothing: the gateway may
    have sent it upstream twice."""
    expect_cold(countable(exchanges))


@AREA.must(
    "report a hit of no more than half of a prompt of GPT's that it is sent for the first time",
    on={"first": AUTOMATIC_COLD, "other": on_demand(AUTOMATIC_OTHER)},
    source="openai-caching#requirements",
    contract=["cache-13"],
    at=f"{DETAILS}.{HITS}",
    hint="cached_tokens is what was read from the cache of this prompt: never its length, nor that of an earlier one.",
    broken_by=put(f"{DETAILS}.{HITS}", 3000),
)
def test_automatic_cold_is_cold(first: Exchange, other: Sequence[Exchange]) -> None:
    expect_cold_or_other(first, other)


@AREA.must(
    "report a hit of no more than half of a prompt of Claude's without a cache breakpoint that it is sent for the first"
    " time",
    on={"first": UNMARKED, "other": on_demand(UNMARKED_OTHER)},
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-17"],
    at=f"{DETAILS}.{HITS}",
    hint="What is neither read nor written is in none of the cache's counts: Anthropic's input_tokens are no hits.",
    broken_by=recount(uncached_as_hits),
)
def test_unmarked_cold_is_cold(first: Exchange, other: Sequence[Exchange]) -> None:
    expect_cold_or_other(first, other)


#: As many as are ever read, where a prompt is as long.
_SMALLEST = recount(lambda usage, counts: counts.update({HITS: min(1024, usage["prompt_tokens"] // 3)}))


@AREA.should(
    "read from the cache no more of a GPT prompt that it is sent for the first time than the shortest prompt has",
    on={"plain": in_turn(PLAIN), "first": AUTOMATIC_COLD, "other": on_demand(AUTOMATIC_OTHER)},
    source="openai-caching#requirements",
    contract=["cache-12", "cache-13"],
    at=f"{DETAILS}.{HITS}",
    hint="What is read is what was sent before: of a new prompt no more than what a gateway puts before every one.",
    broken_by=_SMALLEST,
    after=["caching.automatic_cold_is_cold"],
)
def test_automatic_first_reads_nothing(plain: Sequence[Exchange], first: Exchange, other: Sequence[Exchange]) -> None:
    expect_nothing_read(plain[0], (first,), other)


@AREA.should(
    "read from the cache no more of a Claude prompt that it is sent for the first time than the shortest prompt has",
    on={"plain": in_turn(PLAIN), "cold": (CACHE_COLD, CACHE_HOUR, CACHE_MIXED)},
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-17", "cache-30"],
    at=f"{DETAILS}.{HITS}",
    hint="What is read is what was sent before: of a new prompt no more than what a gateway puts before every one.",
    broken_by=_SMALLEST,
    after=["caching.cold_is_cold"],
)
def test_first_reads_nothing(plain: Sequence[Exchange], cold: Sequence[Exchange]) -> None:
    expect_nothing_read(plain[0], cold)
