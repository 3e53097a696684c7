"""Whether anything is cached: writes and hits are reported, whatever kind of request they belong to."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.billing.dialects import mapped
from conformance.contract.faults import drop, only
from conformance.contract.given import OnDemand, tries
from conformance.contract.requests import AUTOMATIC_COLD, AUTOMATIC_WARM_STREAM, CACHE_COLD, CACHE_HOUR, CACHE_MIXED
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import joined, say
from conformance.suite.support.cache_counts import DETAILS, HITS, WRITES

from . import AREA
from .comparisons import expect_found, expect_reported, hit_or_last
from .counts import Counted, countable, counted, expect
from .couples import comparable
from .faults import answering, has_tools, hidden, no_writes, recount, streams, warm
from .prompts import CACHE_HOUR_WARM, CACHE_TOOLS, CACHE_TOOLS_STREAM, OTHERWISE, placements, repetitions, sent_again

# --- writes -------------------------------------------------------------------------------------------------


@AREA.should(
    "report a cache write for a long Claude prompt with a cache breakpoint in at least one of the usual places",
    on={"prompts": OnDemand((CACHE_COLD, *placements()), declared=1)},
    warns="caching is best effort, and an endpoint that never caches charges what it counts",
    source="phanedge#extension-fields",
    contract=["cache-35"],
    at=DETAILS,
    hint="Pass cache_control on: parts kept as typed structs and system messages joined to one string lose it.",
    broken_by={"never": recount(no_writes), "no details": drop(DETAILS)},
    needs_model=True,
)
def test_markers_reach(prompts: Sequence[Exchange]) -> None:
    """The other places cost a request each, and are tried only where a part of the system message is not enough."""
    seen: list[Counted] = []
    for found in countable(prompts):
        if found.written:
            return
        seen.append(found)
    where = say("as a part of the system or user message, a message, a tool, or at the top")
    message = say("no write is reported under PhanEdge's names wherever cache_control stands, {where}", where)
    expect(False, joined("", (message, mapped(seen[0].exchange.usage))), *seen)


@AREA.must(
    "report as cache writes of Claude what it later reports as read, with either TTL",
    on={"prompts": (sent_again(CACHE_COLD, declared=2), sent_again(CACHE_HOUR))},
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-26"],
    at=f"{DETAILS}.{WRITES}",
    hint="Nothing can be read that was not written: serialise the upstream's count of writes, too.",
    broken_by={
        "none": recount(no_writes),
        "of one hour": only(lambda each: each.label.startswith(CACHE_HOUR.label), recount(no_writes)),
    },
    after=["usage.prompt_tokens_details.not_null"],
    needs_model=True,
)
def test_writes_are_reported(prompts: Sequence[Sequence[Exchange]]) -> None:
    expect_reported(prompts)


@AREA.must(
    "report as cache writes of Claude what it later reports as read, where the prompt has tools, plain and streamed",
    on={"prompts": (sent_again(CACHE_TOOLS, times=2), sent_again(CACHE_TOOLS_STREAM, times=2))},
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-26", "cache-32"],
    at=f"{DETAILS}.{WRITES}",
    hint="A reply with tool calls has the same usage as any other: fill it in one place for both.",
    broken_by={
        "plain": only(lambda each: has_tools(each) and not each.streams, recount(no_writes)),
        "streamed": only(lambda each: has_tools(each) and each.streams, recount(no_writes)),
    },
    after=["caching.writes_are_reported"],
    needs_model=True,
)
def test_writes_with_tools_are_reported(prompts: Sequence[Sequence[Exchange]]) -> None:
    expect_reported(prompts)


@AREA.should(
    "report a cache write for a long Claude prompt with a cache breakpoint of another TTL, with both TTLs, or with"
    " tools, where it does for the plainest",
    on={"couples": OTHERWISE},
    source="phanedge#extension-fields",
    contract=["cache-35"],
    at=DETAILS,
    hint="Pass cache_control and usage on whatever else the request has: what is not cached costs ten times a hit.",
    broken_by={
        "with tools": answering(CACHE_TOOLS, recount(hidden)),
        "with tools, streamed": answering(CACHE_TOOLS_STREAM, drop(DETAILS)),
        "of one hour": answering(CACHE_HOUR, recount(hidden)),
        "of two TTLs": answering(CACHE_MIXED, recount(hidden)),
    },
    after=["caching.writes_are_reported"],
    needs_model=True,
)
def test_every_kind_is_written(couples: Sequence[Sequence[Exchange]]) -> None:
    for plain, found in comparable(couples):
        expect(found.written > 0, say("the plain prompt is written, and another kind as long is not"), found, plain)


# --- hits ---------------------------------------------------------------------------------------------------


@AREA.must(
    "report a prefix that was written up to a cache breakpoint as read, or as written once more, when it is sent again"
    " to Claude",
    on={"cold": CACHE_COLD, "later": repetitions(CACHE_COLD)},
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-25"],
    at=f"{DETAILS}.{HITS}",
    hint="Map cache_read_input_tokens to cached_tokens, and serialise it.",
    broken_by=warm(recount(hidden)),
    needs_model=True,
)
def test_hits_are_reported(cold: Exchange, later: Sequence[Exchange]) -> None:
    expect_found(cold, later, say("a prefix that was written is neither read nor written"))


@AREA.must(
    "report a prefix that was written for one hour as read, or as written once more, when it is sent again to Claude",
    on={"cold": CACHE_HOUR, "later": repetitions(CACHE_HOUR)},
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-25"],
    at=f"{DETAILS}.{HITS}",
    hint="cache_read_input_tokens is what was read with either TTL: map it whole to cached_tokens.",
    broken_by=only(lambda each: each.label.startswith(CACHE_HOUR_WARM.label), recount(hidden)),
    after=["caching.hits_are_reported"],
    needs_model=True,
)
def test_hits_of_an_hour_are_reported(cold: Exchange, later: Sequence[Exchange]) -> None:
    expect_found(cold, later, say("a prefix that was written for one hour is neither read nor written"))


@AREA.should(
    "report the hits of a repeated long GPT prompt in a plain reply where it does in a stream, and the reverse",
    on={
        "cold": AUTOMATIC_COLD,
        "replies": repetitions(AUTOMATIC_COLD),
        "streamed": tries(AUTOMATIC_WARM_STREAM),
    },
    source="openai-caching#requirements",
    contract=["cache-13"],
    at=f"{DETAILS}.{HITS}",
    hint="Pass prompt_tokens_details on in both forms.",
    broken_by={
        "plain": warm(recount(hidden)),
        "streamed": streams(recount(hidden)),
        "no details": streams(drop(DETAILS)),
    },
    needs_model=True,
)
def test_automatic_hits(cold: Exchange, replies: Sequence[Exchange], streamed: Sequence[Exchange]) -> None:
    """That nothing hits at all within the tries is inconclusive: a cache is best effort."""
    first, plain, stream = counted(cold), hit_or_last(replies), hit_or_last(streamed)
    if not plain.hits and not stream.hits:
        raise Inconclusive(
            say("no repetition hit, plain or streamed: {first}; {plain}; {stream}", first, plain, stream)
        )
    expect(bool(plain.hits and stream.hits), say("three repetitions in one form report no hit"), plain, stream)
