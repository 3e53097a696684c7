"""prompt_tokens: the same for the same prompt however it is cached, and each cached token counted once."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.billing.dialects import mapped
from conformance.contract.requests import (
    AUTOMATIC_COLD,
    AUTOMATIC_WARM,
    AUTOMATIC_WARM_STREAM,
    CACHE_COLD,
    CACHE_HOUR,
    CACHE_WARM,
    CACHE_WARM_STREAM,
)
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say
from conformance.suite.support.cache_counts import DETAILS, WRITES

from . import AREA
from .counts import PREFIX_SLACK, counted, expect, expect_close, expect_constant_prompt
from .couples import both_written
from .faults import answering, cached_twice_in_prompt, hits_subtracted, more_prompt, recount, streams, twice, warm
from .prompts import CACHE_TOOLS, CACHE_TOOLS_STREAM, UNMARKED, WITH_TOOLS


@AREA.must(
    "report the same prompt_tokens for the same Claude prompt, written, read, and streamed",
    on={"replies": (CACHE_COLD, CACHE_WARM, CACHE_WARM_STREAM)},
    source="phanedge#extension-fields",
    contract=["cache-27", "cache-33"],
    at="usage.prompt_tokens",
    hint="prompt_tokens is uncached input + hits + writes, from the upstream's counts; never a local estimate.",
    broken_by={
        "hits subtracted": warm(recount(hits_subtracted)),
        "cached twice": warm(recount(cached_twice_in_prompt)),
        "streamed estimate": streams(recount(more_prompt(25))),
    },
)
def test_prompt_is_constant(replies: Sequence[Exchange]) -> None:
    expect_constant_prompt(replies)


@AREA.must(
    "report the same prompt_tokens for the same GPT prompt, whether it hits or not, and streamed",
    on={"replies": (AUTOMATIC_COLD, AUTOMATIC_WARM, AUTOMATIC_WARM_STREAM)},
    source="phanedge#extension-fields",
    contract=["cache-27"],
    at="usage.prompt_tokens",
    hint="Do not subtract cached_tokens from prompt_tokens: it is part of it.",
    broken_by={
        "hits subtracted": recount(hits_subtracted),
        "streamed estimate": streams(recount(more_prompt(25))),
    },
    after=["caching.prompt_is_constant"],
)
def test_automatic_prompt_is_constant(replies: Sequence[Exchange]) -> None:
    expect_constant_prompt(replies)


@AREA.should(
    "count the same text as the same prompt_tokens without cache breakpoints, with the default ttl, and with 1h",
    on={"replies": (UNMARKED, CACHE_COLD, CACHE_HOUR)},
    source="anthropic-caching#pricing",
    contract=["cache-28"],
    at="usage.prompt_tokens",
    hint="Where prompt_tokens of a prompt with a cache breakpoint is larger by what was written, writes are counted"
    " twice.",
    broken_by={
        "written twice": recount(cached_twice_in_prompt),
        "1h more expensive": answering(CACHE_HOUR, recount(more_prompt(20))),
    },
)
def test_markers_cost_nothing(replies: Sequence[Exchange]) -> None:
    expect_close("prompt", PREFIX_SLACK, *map(counted, replies))


@AREA.must(
    "count what is written to the cache or read from it once in prompt_tokens",
    on={"uncached": UNMARKED, "cached": (CACHE_COLD, CACHE_WARM)},
    source="phanedge#extension-fields",
    contract=["cache-06", "cache-27"],
    at="usage.prompt_tokens",
    hint="Do not add cached_tokens and cached_write_tokens to an upstream's count that has them in it.",
    broken_by={
        "both twice": recount(cached_twice_in_prompt),
        "hits twice": warm(recount(cached_twice_in_prompt)),
    },
    needs_model=True,
)
def test_cached_counts_once(uncached: Exchange, cached: Sequence[Exchange]) -> None:
    """The same text as without a breakpoint, roughly: `caching.markers_cost_nothing` is about a few tokens."""
    plain = counted(uncached)
    for found in [counted(each) for each in cached]:
        if not found.cached:
            raise Inconclusive(
                say("neither a hit nor a write is reported: {found}{mapped}", found, mapped(found.exchange.usage))
            )
        off = abs(found.prompt - plain.prompt)
        expect(off * 4 <= plain.prompt, say("with and without a breakpoint a text costs other tokens"), found, plain)


@AREA.must(
    "count what is written to the cache once where the prompt has tools, plain and streamed",
    on={"couples": WITH_TOOLS},
    source="phanedge#extension-fields",
    contract=["cache-06", "cache-34"],
    at=f"usage.prompt_tokens {DETAILS}.{WRITES}",
    hint="The counts of message_start and message_delta are cumulative: use the later, do not add, with tools, too.",
    broken_by={
        "plain": answering(CACHE_TOOLS, recount(twice)),
        "streamed": answering(CACHE_TOOLS_STREAM, recount(twice)),
    },
    needs_model=True,
)
def test_tools_count_once(couples: Sequence[Sequence[Exchange]]) -> None:
    """Roughly: how many tokens a tool comes to, with what explains it to the model, is not documented."""
    for plain, found in both_written(couples, "caching.every_kind_is_written"):
        off = max(abs(found.written - plain.written), abs(found.prompt - plain.prompt))
        expect(off * 4 <= plain.prompt, say("one small tool makes this difference to a long prompt"), found, plain)
