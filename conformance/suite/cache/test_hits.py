"""Cache hits: always shown, and none on prompts too short to be cached."""

from __future__ import annotations

from typing import Any

from conformance.billing.dialects import mapped
from conformance.contract.faults import drop, put
from conformance.contract.profile import Model
from conformance.contract.requirement import Impact
from conformance.contract.scopes import EVERY_USAGE
from conformance.evidence.exchange import NotApplicable
from conformance.evidence.observed import count_if_sent
from conformance.language import say
from conformance.suite.support.cache_counts import DETAILS, HITS, WRITE_FIELDS, WRITES, WRITES_5M, count, in_usage

from . import AREA
from .members import as_reported

CACHING = ("gpt", "claude", "gemini", "deepseek", "grok")  #: families whose models cache


SMALLEST_GPT_PREFIX = 1024
SHOWN_SINCE = 1727740800  #: Unix time: October 2024, before which no reply of OpenAI's has the member


SMALLEST_CLAUDE_PREFIX = 512  #: tokens, of the models that cache the shortest (contract, section 4)


@AREA.should(
    "give cached_tokens with every usage of a model that caches, 0 where nothing was read",
    on=EVERY_USAGE,
    impact=Impact.FORM,
    source="openai-caching#requirements",
    contract=["cache-11"],
    at=f"{DETAILS}.{HITS}",
    hint="Only the write fields are omitempty; absent is read as 0, so this is only a warning.",
    shown_by=in_usage(lambda usage, details: details.setdefault(HITS, 0)),
    broken_by={"absent": drop(f"{DETAILS}.{HITS}"), "no details": drop(DETAILS)},
    after=["usage.prompt_tokens_details.not_null"],
)
def test_hits_always_shown(reply: dict[str, Any], usage: dict[str, Any], model: Model) -> None:
    created = reply.get("created")
    if model.family not in CACHING or (isinstance(created, int) and 0 < created < SHOWN_SINCE):
        raise NotApplicable(say("whether the model caches is not known, or the reply is of before October 2024"))
    details = usage.get("prompt_tokens_details")
    assert isinstance(details, dict), say("the usage has no prompt_tokens_details, hence no cached_tokens")
    assert HITS in details, say("prompt_tokens_details has no {member}", HITS)


@AREA.should(
    "report no cache hit for a GPT prompt of fewer than 1,024 tokens",
    on=EVERY_USAGE,
    source="openai-caching#requirements",
    contract=["cache-12"],
    at=f"{DETAILS}.{HITS} usage.prompt_tokens",
    hint="Nothing so short is cached: count the hits of this prompt alone, and what a gateway puts before it in"
    " prompt_tokens, too.",
    broken_by=put(f"{DETAILS}.{HITS}", 1),
)
def test_no_hit_on_short_gpt_prompt(usage: dict[str, Any], details: dict[str, Any], model: Model) -> None:
    prompt = count_if_sent(usage, "prompt_tokens")
    if model.family != "gpt" or not 0 < prompt < SMALLEST_GPT_PREFIX:
        raise NotApplicable(say("not a GPT prompt of fewer than 1,024 tokens"))
    hits = count(details, HITS)
    if hits > prompt:
        raise NotApplicable(say("more hits than the prompt has tokens (covered by usage.prompt_tokens.covers_cached)"))
    assert hits == 0, say("{member} is {hits} for a prompt of {prompt} tokens", HITS, hits, prompt)


@AREA.should(
    "report neither a cache hit nor a cache write for a Claude prompt of fewer than 512 tokens",
    on=EVERY_USAGE,
    source="anthropic-caching#cache-limitations",
    contract=["cache-16"],
    at=f"{DETAILS}.{HITS} {DETAILS}.{WRITES} usage.prompt_tokens",
    hint="Nothing so short is cached, with or without a cache breakpoint: count what is cached of this prompt alone,"
    " and what a gateway puts before it in prompt_tokens, too.",
    broken_by={
        "a hit": put(f"{DETAILS}.{HITS}", 1),
        "all of it": in_usage(lambda usage, details: details.update({HITS: usage["prompt_tokens"]})),
        "a write": in_usage(lambda usage, details: details.update({WRITES: 1, WRITES_5M: 1})),
    },
)
def test_short_claude_prompt(usage: dict[str, Any], details: dict[str, Any], model: Model) -> None:
    """512 tokens is the least of any model; most cache nothing below 1,024."""
    prompt = count_if_sent(usage, "prompt_tokens")
    if model.family != "claude" or not 0 < prompt < SMALLEST_CLAUDE_PREFIX:
        raise NotApplicable(say("not a Claude prompt of fewer than 512 tokens"))
    hits, *writes = (count(details, name) for name in (HITS, *WRITE_FIELDS))
    if hits + max(writes) > prompt:
        raise NotApplicable(say("more tokens cached than the prompt has (covered by usage.prompt_tokens.covers_cache)"))
    _is_uncached(usage, details)


def _is_uncached(usage: dict[str, Any], details: dict[str, Any]) -> None:
    """Hold that a prompt neither hit nor was written."""
    prompt, hits = usage["prompt_tokens"], count(details, HITS)
    assert hits <= 0, say(
        "{member} is {hits} for a prompt of {prompt} tokens{mapped}", HITS, hits, prompt, mapped(usage)
    )
    assert all(count(details, name) <= 0 for name in WRITE_FIELDS), say(
        "{as_reported} for a prompt of {prompt} tokens{mapped}", as_reported(details), prompt, mapped(usage)
    )


@AREA.may(
    "report GPT's cache hits, before GPT-5.6, as 1,024 tokens or more in steps of 128",
    on=EVERY_USAGE,
    source="openai-caching-2026-09#earlier-models",
    contract=["cache-14"],
    at=f"{DETAILS}.{HITS}",
    hint="For information: the current edition of OpenAI's guide does not speak of steps any more.",
    shown_by=in_usage(
        lambda usage, details: (
            usage.update(prompt_tokens=usage["prompt_tokens"] + 2048),
            details.update(cached_tokens=1152),
        )
    ),
    broken_by={"odd": put(f"{DETAILS}.{HITS}", 1100), "small": put(f"{DETAILS}.{HITS}", 896)},
)
def test_gpt_hits_in_steps(details: dict[str, Any], model: Model) -> None:
    hits = count(details, HITS)
    if model.gpt_generation == (0, 0) or model.writes_cache or hits <= 0:
        raise NotApplicable(say("not a cache hit of a GPT model that is from before GPT-5.6 by its name"))
    assert hits >= SMALLEST_GPT_PREFIX, say("{member} is {hits}, less than the smallest cached prefix", HITS, hits)
    assert hits % 128 == 0, say("{member} is {hits}, not a multiple of 128", HITS, hits)
