"""Which bucket: what is written is reported with its TTL, five minutes or one hour."""

from __future__ import annotations

from conformance.contract.faults import chain, drop
from conformance.contract.requests import CACHE_COLD, CACHE_HOUR, CACHE_MIXED, CACHE_MIXED_STREAM
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.language import say
from conformance.suite.support.cache_counts import DETAILS, WRITES_1H, WRITES_5M

from . import AREA
from .counts import PREFIX_SLACK, expect, expect_5m, expect_close, written
from .faults import all_5m, answering, exchanged, fewer, recount, streams
from .prompts import CACHE_FIVE_STREAM, CACHE_HOUR_WARM, CACHE_TOOLS, CACHE_TOOLS_STREAM, GROWN


@AREA.must(
    "report what has a cache breakpoint without a ttl as written for five minutes, also beside what is read",
    on=[CACHE_COLD, GROWN],
    source="phanedge#extension-fields",
    contract=["cache-17"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    hint="The TTL is five minutes where cache_control has no ttl.",
    broken_by={
        "one hour": recount(exchanged),
        "no bucket": drop(f"{DETAILS}.{WRITES_5M}"),
        "beside a hit": answering(GROWN, recount(exchanged)),
    },
    after=["caching.5m_is_the_default"],
    needs_model=True,
)
def test_default_is_5m(exchange: Exchange) -> None:
    expect_5m(written(exchange))


@AREA.must(
    "report a cache breakpoint with ttl 5m exactly as one without",
    on={"default": CACHE_COLD, "explicit": CACHE_FIVE_STREAM},
    source="anthropic-caching#1-hour-cache-duration",
    contract=["cache-18"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    hint="A cache breakpoint without a ttl is one of five minutes: pass both on alike, and read the counts of both from"
    " the same members, cache_creation.ephemeral_5m_input_tokens above all. The one with ttl 5m was streamed.",
    broken_by={
        "one hour": answering(CACHE_FIVE_STREAM, recount(exchanged)),
        "other counts": answering(CACHE_FIVE_STREAM, recount(fewer(WRITES_5M, 500))),
    },
    needs_model=True,
)
def test_5m_is_the_default(default: Exchange, explicit: Exchange) -> None:
    implied, stated = written(default), written(explicit)
    expect(stated.written_5m == stated.written, say("not all of the write is in the 5m bucket"), stated)
    expect_close("written", PREFIX_SLACK, stated, implied)


@AREA.must(
    "report what has a cache breakpoint with ttl 5m as written for five minutes, with tools and streamed, too",
    on=[CACHE_TOOLS, CACHE_FIVE_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-18", "cache-32"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    hint="Map cache_creation.ephemeral_5m_input_tokens wherever usage is written: plain, streamed, with tool calls.",
    broken_by={
        "with tools": answering(CACHE_TOOLS, recount(exchanged)),
        "streamed": streams(recount(exchanged)),
        "in part": recount(lambda usage, counts: counts.update({WRITES_1H: 100, WRITES_5M: counts[WRITES_5M] - 100})),
    },
    after=["caching.5m_is_the_default"],
    needs_model=True,
)
def test_5m_is_5m(exchange: Exchange) -> None:
    expect_5m(written(exchange))


@AREA.must(
    "report what has a cache breakpoint with ttl 1h as written for one hour, streamed, with tools, and written once"
    " more, too",
    on=[CACHE_HOUR, CACHE_HOUR_WARM, CACHE_TOOLS_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-19", "cache-32"],
    at=f"{DETAILS}.{WRITES_1H} {DETAILS}.{WRITES_5M}",
    hint="Pass ttl on to the upstream, and map cache_creation.ephemeral_1h_input_tokens: it has a price of its own.",
    broken_by={
        "downgraded": recount(all_5m),
        "no split": drop(f"{DETAILS}.{WRITES_1H}"),
        "in part": recount(lambda usage, counts: counts.update({WRITES_5M: 100, WRITES_1H: counts[WRITES_1H] - 100})),
        "streamed": streams(recount(all_5m)),
    },
    needs_model=True,
)
def test_1h_is_1h(exchange: Exchange) -> None:
    """Beside what is read an upstream may write a small tail, by a breakpoint of its own."""
    found = written(exchange)
    if found.hits > found.written:
        raise NotApplicable(say("most of the prompt was read: {found}", found))
    assert found.written_1h == found.written, say("not all of the write is in the 1h bucket: {found}", found)


@AREA.must(
    "report both buckets where a block has a cache breakpoint of one hour and the next one of five minutes, plain and"
    " streamed",
    on=[CACHE_MIXED, CACHE_MIXED_STREAM],
    source="phanedge#extension-fields",
    contract=["cache-20", "cache-32"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    hint="Map both members of cache_creation, ephemeral_5m_input_tokens and ephemeral_1h_input_tokens, each to its own"
    " bucket, and pass on the ttl of every breakpoint: an hour costs twice the input, five minutes 1.25 times.",
    broken_by={
        "5m alone": recount(all_5m),
        "no split": chain(drop(f"{DETAILS}.{WRITES_1H}"), drop(f"{DETAILS}.{WRITES_5M}")),
    },
    after=["caching.5m_is_5m", "caching.1h_is_1h"],
    needs_model=True,
)
def test_mixed_fills_both(exchange: Exchange) -> None:
    found = written(exchange)
    assert min(found.written_5m, found.written_1h) > 0, say("one of two TTLs has no tokens: {found}", found)


@AREA.should(
    "write for one hour up to the cache breakpoint of one hour, and for five minutes from there to the next",
    on={"one_hour": CACHE_HOUR, "both": CACHE_MIXED},
    source="anthropic-caching#mixing-different-ttls",
    contract=["cache-21"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    hint="With the last 1h breakpoint at B, the last breakpoint at C and a hit up to A: 1h is B - A, 5m is C - B.",
    broken_by={
        "exchanged": answering(CACHE_MIXED, recount(exchanged)),
        "5m overlaps": answering(
            CACHE_MIXED, recount(lambda usage, counts: counts.update({WRITES_5M: counts[WRITES_5M] // 2}))
        ),
    },
    after=["caching.mixed_fills_both", "caching.5m_is_5m", "caching.1h_is_1h"],
    needs_model=True,
)
def test_mixed_by_position(one_hour: Exchange, both: Exchange) -> None:
    hour, mixed = written(one_hour), written(both)
    second = mixed.prompt - hour.prompt
    off_1h, off_5m = abs(mixed.written_1h - hour.written), abs(mixed.written_5m - second)
    most_1h, most_5m = max(PREFIX_SLACK, hour.written // 200), max(20, hour.written // 100)
    expect(off_1h <= most_1h, say("the 1h bucket is not the size of the block with ttl 1h"), mixed, hour)
    expect(off_5m <= most_5m, say("the 5m bucket is not the second block's {second} tokens", second), mixed, hour)
