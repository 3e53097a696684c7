"""GPT prompts in which features meet, cached automatically. `cache.no_writes_on_gpt` holds of them, too."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import only
from conformance.contract.given import OnDemand
from conformance.contract.requests import AUTOMATIC_COLD, AUTOMATIC_WARM, attempts
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say
from conformance.suite.support.cache_counts import DETAILS, HITS

from . import AREA
from .combined import AUTOMATIC_TOOLS, AUTOMATIC_TOOLS_PARTLY, AUTOMATIC_TOOLS_WARM
from .comparisons import hit_or_last
from .counts import TIME_SLACK, Counted, counted, expect, expect_constant_prompt
from .faults import answering, hidden, hits_subtracted, more_prompt, recount, streams, uncached_as_hits
from .prompts import repetitions


@AREA.must(
    "report the same prompt_tokens for the same GPT prompt with a tool result and a JSON Schema, hit or not, and"
    " streamed",
    on={"replies": (AUTOMATIC_TOOLS, AUTOMATIC_TOOLS_WARM)},
    source="phanedge#extension-fields",
    contract=["cache-27"],
    at="usage.prompt_tokens",
    hint="Do not subtract cached_tokens from prompt_tokens, in any form of reply.",
    broken_by={
        "hits subtracted": recount(hits_subtracted),
        "streamed estimate": streams(recount(more_prompt(25))),
    },
)
def test_automatic_beside_is_constant(replies: Sequence[Exchange]) -> None:
    expect_constant_prompt(replies)


@AREA.should(
    "report the hits of a repeated long GPT prompt with a tool result and a JSON Schema where it does for the plainest",
    on={
        "plain": (AUTOMATIC_COLD, AUTOMATIC_WARM),
        "later": repetitions(AUTOMATIC_COLD),
        "combined": OnDemand((AUTOMATIC_TOOLS_WARM, *attempts(AUTOMATIC_TOOLS, 3)[1:]), declared=1),
    },
    source="openai-caching#requirements",
    contract=["cache-13"],
    at=f"{DETAILS}.{HITS}",
    hint="Pass prompt_tokens_details on with tools and a response_format, too.",
    broken_by=only(lambda each: "tools" in each.asked, recount(hidden)),
    needs_model=True,
)
def test_automatic_hits_beside(
    plain: Sequence[Exchange], later: Sequence[Exchange], combined: Sequence[Exchange]
) -> None:
    """That three miss is a violation only where each repetition of the plainest prompt hits: a cache is best effort."""
    found = hit_or_last(combined)
    if not found.hits:
        _plainest_misses(found, later)
        message = say("three repetitions report no hit, and each of the plainest prompt does")
        expect(False, message, found, counted(plain[1]))


def _plainest_misses(found: Counted, later: Sequence[Exchange]) -> None:
    """Raises Inconclusive where a repetition of the plainest prompt misses, too."""
    missed = [each for each in map(counted, later) if not each.hits]
    if missed:
        raise Inconclusive(
            say("neither hits, nor does each repetition of the plainest prompt: {found}; {missed}", found, missed[0])
        )


@AREA.should(
    "read no more of a GPT conversation that goes on than was sent before, n or not, and count more prompt_tokens",
    on={"earlier": AUTOMATIC_TOOLS_WARM, "later": AUTOMATIC_TOOLS_PARTLY},
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-10", "usage-12"],
    at=f"usage.prompt_tokens {DETAILS}.{HITS}",
    hint="Count the hits of this prompt once, also where n is made of several upstream requests.",
    broken_by={
        "all of it": answering(AUTOMATIC_TOOLS_PARTLY, recount(uncached_as_hits)),
        "the prompt before": answering(AUTOMATIC_TOOLS_PARTLY, recount(lambda usage, _: usage.update(prompt_tokens=9))),
    },
    needs_model=True,
)
def test_automatic_grows(earlier: Exchange, later: Exchange) -> None:
    before, after = counted(earlier), counted(later)
    if earlier.reply.get("model") != later.reply.get("model"):
        raise Inconclusive(say("another model answered: {before}; {after}", before, after))
    expect(after.prompt > before.prompt, say("a conversation that goes on has no more prompt_tokens"), after, before)
    expect(after.hits <= before.prompt + TIME_SLACK, say("more is read than was sent before"), after, before)
