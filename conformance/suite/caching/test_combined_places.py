"""Cache breakpoints beside other features: written in the right bucket and up to the last, read up to the last that is
shared."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from conformance.contract.faults import only
from conformance.contract.profile import Model
from conformance.contract.requests import CACHE_COLD, CACHE_MIXED_STREAM
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say
from conformance.suite.support.cache_counts import DETAILS, HITS, WRITES, WRITES_1H, WRITES_5M

from . import AREA
from .chains import Chain, each_chain, each_of, unlike_plain
from .combined import (
    BOTH,
    BOTH_PARTLY,
    BOTH_WARM,
    HOURS,
    HOURS_PARTLY,
    HOURS_WARM,
    MINUTES,
    MINUTES_PARTLY,
    MINUTES_WARM,
    MIXED_UNMARKED,
    SEVERAL,
)
from .counts import counted, expect_close, written
from .faults import all_5m, answering, cached_twice_in_prompt, fewer, hidden, no_writes, recount
from .prompts import GROWN
from .relations import (
    all_of_it,
    cached_to_the_end,
    continues,
    in_their_buckets,
    of_an_hour,
    written_like,
)

MARKERS_SLACK = 4  #: tokens by which prompts may differ that differ in their breakpoints only (cache-44)
COLD = tuple(Chain((request,)) for request in (HOURS, MINUTES, BOTH, SEVERAL))
#: Prompts that end with a breakpoint, and one with tools that goes on after it for a few words.
ENDING, ENDING_WITH_TOOLS = Chain((SEVERAL,)), Chain((HOURS, HOURS_PARTLY, MINUTES_PARTLY, BOTH))
SHORT_AFTER_TOOLS = Chain((MINUTES_WARM,))
GROWN_COUPLE = Chain((CACHE_COLD, GROWN))
#: Prompts that share a prefix, and how much of it.
COUPLES = (
    (Chain((HOURS, HOURS_PARTLY)), partial(continues, shared=None)),
    (Chain((MINUTES_WARM, MINUTES_PARTLY)), partial(continues, shared=all_of_it)),
    (Chain((BOTH, BOTH_PARTLY)), partial(continues, shared=of_an_hour)),
)  # fmt: skip


@AREA.should(
    "report a cache write for a long Claude prompt whatever its cache breakpoint stands beside, where it does for the"
    " plainest",
    on={"plain": CACHE_COLD, "cold": tuple(chain.slot() for chain in COLD)},
    source="phanedge#extension-fields",
    contract=["cache-35", "cache-42"],
    at=DETAILS,
    hint="Pass cache_control on with tools, images and a response_format, too.",
    broken_by={
        "with a schema": only(lambda each: "response_format" in each.asked, recount(hidden)),
        "in several places": answering(SEVERAL, recount(hidden)),
        "streamed": answering(BOTH, recount(no_writes)),
    },
    needs_model=True,
)
def test_written_beside(plain: Exchange, cold: Sequence[Sequence[Exchange]], model: Model) -> None:
    found = [chain.replies(exchanges, model) for chain, exchanges in zip(COLD, cold, strict=True)]
    each_chain(found, partial(written_like, written(plain)))


@AREA.must(
    "report what is written of a Claude prompt in the buckets of the TTLs that are asked for, whatever else it has",
    on=[HOURS, HOURS_WARM, HOURS_PARTLY, MINUTES, MINUTES_WARM, MINUTES_PARTLY, BOTH, BOTH_WARM, BOTH_PARTLY, SEVERAL],
    source="phanedge#extension-fields",
    contract=["cache-17", "cache-18", "cache-19", "cache-20", "cache-42"],
    at=f"{DETAILS}.{WRITES_5M} {DETAILS}.{WRITES_1H}",
    hint="Map both members of cache_creation in one place, for every form of reply, and pass on every ttl.",
    broken_by={
        "one hour": answering(HOURS, recount(all_5m)),
        "five minutes": answering(
            SEVERAL, recount(lambda usage, counts: counts.update({WRITES_1H: counts[WRITES_5M], WRITES_5M: 0}))
        ),
        "both": answering(BOTH, recount(all_5m)),
        "beside hits": answering(BOTH_PARTLY, recount(all_5m)),
    },
    needs_model=True,
)
def test_buckets_beside(exchange: Exchange) -> None:
    in_their_buckets(counted(exchange))


@AREA.should(
    "read or write all of a Claude prompt that ends with a cache breakpoint, on a text, an image or a tool result",
    on={
        "plain": CACHE_COLD,
        "ending": ENDING.slot(),
        "short": SHORT_AFTER_TOOLS.slot(),
        "ending_with_tools": ENDING_WITH_TOOLS.slot(),
    },
    source="anthropic-caching#how-prompt-caching-works",
    contract=["cache-42"],
    at=f"{DETAILS}.{WRITES} {DETAILS}.{HITS}",
    hint="Pass on the breakpoint of every part: a tool result that is joined to one string loses it.",
    broken_by={
        "a tool result": answering(BOTH, recount(fewer(WRITES_5M, 300))),
        "a text": answering(SEVERAL, recount(fewer(WRITES_5M, 300))),
    },
    needs_model=True,
)
def test_last_breakpoint_reaches_the_end(
    plain: Exchange,
    ending: Sequence[Exchange],
    short: Sequence[Exchange],
    ending_with_tools: Sequence[Exchange],
    model: Model,
) -> None:
    alone, beside = ENDING.replies(ending, model), ENDING_WITH_TOOLS.replies(ending_with_tools, model)
    judgements = [partial(cached_to_the_end, alone, counted(plain))]
    judgements += [partial(cached_to_the_end, beside, each) for each in SHORT_AFTER_TOOLS.replies(short, model)]
    each_of(judgements)


@AREA.must(
    "count a Claude prompt with both TTLs as the same prompt_tokens as without cache breakpoints",
    on={"mixed": CACHE_MIXED_STREAM, "unmarked": MIXED_UNMARKED},
    source="phanedge#extension-fields",
    contract=["cache-44", "cache-28"],
    at="usage.prompt_tokens",
    hint="Add what is written for five minutes and for one hour to the uncached input once.",
    broken_by=answering(CACHE_MIXED_STREAM, recount(cached_twice_in_prompt)),
    needs_model=True,
)
def test_mixed_costs_as_unmarked(mixed: Exchange, unmarked: Exchange) -> None:
    found, plain = counted(mixed), counted(unmarked)
    if not found.cached or mixed.reply.get("model") != unmarked.reply.get("model"):
        raise Inconclusive(say("nothing is cached, or another model answered: {found}; {plain}", found, plain))
    expect_close("prompt", MARKERS_SLACK, found, plain)


@AREA.should(
    "read of a Claude prompt what it shares with an earlier one up to a cache breakpoint, whatever follows, and write"
    " what follows up to the last",
    on={
        "plain": GROWN_COUPLE.slot(declared=True),
        "couples": tuple(chain.slot() for chain, _ in COUPLES),
    },
    source="anthropic-caching#continuing-a-multi-turn-conversation",
    contract=["cache-29", "cache-31", "cache-42", "cache-44"],
    at=f"{DETAILS}.{HITS} {DETAILS}.{WRITES}",
    hint="A second turn, a tool result or an image after a breakpoint leaves what is before it in the cache.",
    broken_by={
        "nothing read": answering(MINUTES_PARTLY, recount(fewer(HITS, 100_000))),
        "less read": answering(BOTH_PARTLY, recount(fewer(HITS, 200))),
        "nothing written": answering(HOURS_PARTLY, recount(no_writes)),
    },
    needs_model=True,
)
def test_shared_prefix_is_read(plain: Sequence[Exchange], couples: Sequence[Sequence[Exchange]], model: Model) -> None:
    """How much two prompts share follows from what the earlier wrote: all of it, or what it wrote for an hour."""
    written(plain[0])
    unlike_plain(GROWN_COUPLE.replies(plain, model), COUPLES[1][1], "caching.grown_conversation")
    each_of(
        partial(relation, chain.replies(exchanges, model))
        for (chain, relation), exchanges in zip(COUPLES, couples, strict=True)
    )
