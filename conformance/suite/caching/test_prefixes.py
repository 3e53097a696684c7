"""What is read is an identical prefix: where a conversation grows, where the prefix or the suffix changes."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import only
from conformance.contract.given import OnDemand
from conformance.contract.requests import CACHE_COLD, CACHE_HOUR
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say
from conformance.suite.support.cache_counts import DETAILS, HITS, WRITES, WRITES_1H, WRITES_5M

from . import AREA
from .comparisons import FIVE_MINUTES, expect_some_miss, hit, up_to
from .counts import PREFIX_SLACK, Counted, expect, expect_close, written
from .faults import answering, fewer, hidden, no_writes, read_as_write, recount
from .prompts import GROWN, SUFFIX, TRIES, grown, repetitions, suffix


@AREA.must(
    "report what was read from the cache beside what was written, where a Claude conversation grows",
    on={"cold": CACHE_COLD, "longer": GROWN},
    source="phanedge#extension-fields",
    contract=["cache-01", "cache-29"],
    at=f"{DETAILS}.{HITS}",
    hint="One reply may both read and write: map cache_read_input_tokens beside cache_creation_input_tokens.",
    broken_by=answering(GROWN, recount(lambda usage, counts: counts.update({HITS: 0}))),
    after=["caching.hits_are_reported"],
    needs_model=True,
)
def test_hits_beside_writes(cold: Exchange, longer: Exchange) -> None:
    """What is written begins where what was read ends: where only the end of a long prompt is, the rest was read."""
    first, found = written(cold), written(longer)
    begun = found.written * 2 < first.cached
    expect(
        found.hits > 0 or not begun, say("only the end of a long prompt is written, and nothing was read"), found, first
    )


@AREA.should(
    "read the old prefix and write the new part, when a Claude conversation grows and the cache breakpoint moves to its"
    " end",
    on={
        "cold": CACHE_COLD,
        "longer": OnDemand(tuple(map(grown, range(TRIES))), declared=1),
        "later": repetitions(CACHE_COLD, declared=0),
    },
    source="anthropic-caching#continuing-a-multi-turn-conversation",
    contract=["cache-29"],
    at=f"{DETAILS}.{HITS} {DETAILS}.{WRITES}",
    hint="Send earlier messages on unchanged, to the byte, and every message with its own cache_control.",
    broken_by={
        "the old part grows": answering(
            GROWN, recount(lambda usage, counts: counts.update({HITS: counts[HITS] - 500, WRITES_5M: 500}))
        ),
        "nothing written": answering(GROWN, recount(no_writes)),
        "hits lost beside writes": answering(GROWN, recount(lambda usage, counts: counts.update({HITS: 0}))),
        "never read": only(lambda each: each.label.startswith(GROWN.label), recount(read_as_write)),
    },
    needs_model=True,
)
def test_grown_conversation(cold: Exchange, longer: Sequence[Exchange], later: Sequence[Exchange]) -> None:
    """That it is written anew each time is a violation only where the plainest repetitions hit every time."""
    first = written(cold)
    found = up_to(lambda each: not _is_written_anew(each, first), longer)
    if _is_written_anew(found[-1], first):
        message = say(
            "{cached} tokens were cached, and {number} conversations that grew from them miss", first.cached, len(found)
        )
        expect_some_miss(later, message, found, first, FIVE_MINUTES)
    _expect_grown(found[-1], first)


def _is_written_anew(found: Counted, cold: Counted) -> bool:
    return not found.hits and found.written * 100 >= cold.cached * 99


def _expect_grown(found: Counted, cold: Counted) -> None:
    """Assert that a grown conversation reads what was cached, and writes what was added."""
    if found.exchange.earlier and not found.written:
        raise Inconclusive(
            say("it was sent before, unanswered, and is in the cache since: {found}; {cold}", found, cold)
        )
    read = abs(found.hits - cold.cached) * 100 <= cold.cached
    expect(read, say("{hits} of {cached} cached tokens are read", found.hits, cold.cached), found, cold)
    expect(found.written > 0, say("what was added is not written"), found, cold)


@AREA.should(
    "not hit, and write as much, when the first characters of a prefix up to a cache breakpoint are others",
    on={"one": CACHE_COLD, "other": CACHE_HOUR},
    source="anthropic-caching#cache-limitations",
    contract=["cache-30"],
    at=f"{DETAILS}.{HITS}",
    hint="Nothing but an identical prefix is read from the cache: pass the upstream's counts on, never those of a"
    " similar prompt.",
    broken_by={
        "a near miss": answering(
            CACHE_HOUR, recount(lambda usage, counts: counts.update({HITS: 9, WRITES_1H: counts[WRITES_1H] - 9}))
        ),
        "less": answering(CACHE_HOUR, recount(fewer(WRITES_1H, 40))),
    },
    needs_model=True,
)
def test_changed_prefix(one: Exchange, other: Exchange) -> None:
    """A small hit that is the same for both is that of a text which a gateway puts before every prompt."""
    found = written(one), written(other)
    expect_close("hits", 0, *found)
    expect_close("written", PREFIX_SLACK, *found)


@AREA.should(
    "still hit the prefix up to a cache breakpoint when only the text after the breakpoint is another",
    on={
        "cold": CACHE_COLD,
        "later": repetitions(CACHE_COLD),
        "suffixes": OnDemand(tuple(map(suffix, range(TRIES))), declared=1),
    },
    source="anthropic-caching#how-prompt-caching-works",
    contract=["cache-31"],
    at=f"{DETAILS}.{HITS}",
    hint="Keep the parts of a system message apart, each with its own cache_control.",
    broken_by={
        "joined": only(lambda each: each.label.startswith(SUFFIX.label), recount(hidden)),
        "breakpoint moved": only(lambda each: each.label.startswith(SUFFIX.label), recount(read_as_write)),
        "in part": answering(SUFFIX, recount(fewer(HITS, 400))),
    },
    needs_model=True,
)
def test_changed_suffix(cold: Exchange, later: Sequence[Exchange], suffixes: Sequence[Exchange]) -> None:
    """Another suffix at every try: what wrote a joined block would be hit by its repetition."""
    first = written(cold)
    hit(cold, later)
    tried = up_to(lambda each: each.hits > 0, suffixes)
    close = abs(tried[-1].hits - first.cached) * 200 <= first.cached
    expect(close, say("{cached} tokens were cached, and what follows is another", first.cached), *tried, first)
