"""Streams report the same writes and hits as plain replies, each once."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import drop
from conformance.contract.given import tries
from conformance.contract.requests import CACHE_COLD, CACHE_MIXED_STREAM, CACHE_WARM_STREAM
from conformance.evidence.exchange import Exchange
from conformance.language import say
from conformance.suite.support.cache_counts import DETAILS, HITS, WRITES, WRITES_1H

from . import AREA
from .comparisons import found_streamed, hit
from .counts import PREFIX_SLACK, expect, expect_close
from .couples import both_written, comparable
from .faults import (
    answering,
    cached_twice_in_prompt,
    fewer,
    half_written,
    hidden,
    no_writes,
    recount,
    streams,
    twice,
    without_5m,
)
from .prompts import CACHE_FIVE_STREAM, STREAMED, repetitions


@AREA.must(
    "report the cache writes of a stream in its usage chunk",
    on={"couples": STREAMED},
    source="phanedge#extension-fields",
    contract=["cache-32"],
    at=DETAILS,
    hint="Take the counts of message_start; a later zero in message_delta does not undo them.",
    broken_by={
        "zero": streams(recount(hidden)),
        "no details": streams(drop(DETAILS)),
        "with one TTL": answering(CACHE_FIVE_STREAM, recount(no_writes)),
    },
    alike=True,
    after=["caching.writes_are_reported"],
    needs_model=True,
)
def test_streams_report_writes(couples: Sequence[Sequence[Exchange]]) -> None:
    for plain, streamed in comparable(couples):
        expect(
            streamed.written > 0,
            say("a plain reply reports writes, the stream of as long a prompt none"),
            streamed,
            plain,
        )


@AREA.must(
    "count what a stream writes once, as in a plain reply",
    on={"couples": STREAMED},
    source="anthropic-streaming#event-types",
    contract=["cache-34"],
    at=f"usage.prompt_tokens {DETAILS}.{WRITES}",
    hint="The counts of message_start and message_delta are cumulative: use the later, do not add.",
    broken_by={
        "added up": streams(recount(twice)),
        "prompt added up": streams(recount(cached_twice_in_prompt)),
        "one bucket": streams(recount(fewer(WRITES_1H, 500))),
        "5m lost": answering(CACHE_MIXED_STREAM, recount(without_5m)),
        "with one TTL": answering(CACHE_FIVE_STREAM, recount(twice)),
    },
    alike=True,
    needs_model=True,
)
def test_streams_count_once(couples: Sequence[Sequence[Exchange]]) -> None:
    for plain, streamed in both_written(couples, "caching.streams_report_writes"):
        for what in ("written", "written_5m", "written_1h", "prompt"):
            expect_close(what, PREFIX_SLACK, streamed, plain)


@AREA.must(
    "report the same hits, and no writes, for a warm Claude prompt plain and streamed",
    on={"cold": CACHE_COLD, "later": repetitions(CACHE_COLD), "streamed": tries(CACHE_WARM_STREAM)},
    source="phanedge#extension-fields",
    contract=["cache-33"],
    at=DETAILS,
    hint="Pass cache_read_input_tokens of message_start on in the usage chunk.",
    broken_by={
        "lost": streams(recount(hidden)),
        "no details": streams(drop(DETAILS)),
        "others": streams(recount(fewer(HITS, 64))),
        "written, too": streams(recount(half_written)),
    },
    alike=True,
    after=["caching.streams_report_writes", "caching.hits_are_reported"],
    needs_model=True,
)
def test_streams_read_alike(cold: Exchange, later: Sequence[Exchange], streamed: Sequence[Exchange]) -> None:
    """An upstream may write a small tail of its own (cache-25), by which hits may differ."""
    plain, stream = hit(cold, later), found_streamed(streamed)
    expect(
        bool(stream.hits), say("a plain reply hits, and a stream neither reads nor writes the prefix"), stream, plain
    )
    tail = max(stream.written, plain.written)
    expect(tail * 20 <= plain.hits, say("a hit of the whole prefix is charged a write"), stream, plain)
    expect_close("hits", tail, stream, plain)
