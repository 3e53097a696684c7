"""What the requirements of caching accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.profile import Model
from tests.support.builders_http import (
    CLAUDE,
    DEEPSEEK,
    GPT,
    NEW_GPT,
    OTHER,
    Said,
    chunk,
    completion,
    response,
    said,
    stream,
    usage,
)  # fmt: skip

#: The example of PhanEdge's page.
G1 = {
    "cached_tokens": 11944, "cached_write_tokens": 46109,
    "cached_write_5m_tokens": 29762, "cached_write_1h_tokens": 16347,
}  # fmt: skip
ANTHROPIC = {
    "input_tokens": 465, "cache_read_input_tokens": 11944, "cache_creation_input_tokens": 46109,
    "cache_creation": {"ephemeral_5m_input_tokens": 29762, "ephemeral_1h_input_tokens": 16347},
}  # fmt: skip
HIT: dict[str, Any] = {"cached_tokens": 3072}
W, W5, W1 = "cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens"


def told(details: Any, **members: Any) -> dict[str, Any]:
    return usage(details, **{"prompt_tokens": 58518, "total_tokens": 58538} | members)


@pytest.mark.parametrize(
    ("requirement", "model", "counts", "expected"),
    [
        ("names_in_place", CLAUDE, told(G1, **ANTHROPIC), "accepted"),
        ("names_in_place", OTHER, told(HIT, cached_tokens=3072), "accepted"),
        ("names_in_place", GPT, told(HIT, completion_tokens_details={"cached_tokens": 0}), "accepted"),
        ("names_in_place", GPT, usage(), "accepted"),
        ("names_in_place", CLAUDE, told(HIT, cached_tokens=3072), "violated"),
        ("names_in_place", OTHER, told({"cached_tokens": 0}, cached_tokens=3072), "violated"),
        ("names_in_place", OTHER, told(None, cached_tokens=3072), "violated"),
        ("names_in_place", CLAUDE, told(HIT, cached_write_tokens=46109), "violated"),
        ("names_in_place", GPT, told(HIT, completion_tokens_details={W5: 0}), "violated"),
        ("names_in_place", CLAUDE, told(G1, input_tokens_details=G1), "violated"),
        ("hits_under_their_name", DEEPSEEK, told(HIT, prompt_cache_hit_tokens=3072), "accepted"),
        ("hits_under_their_name", CLAUDE, told({"cached_tokens": 0}, cache_read_input_tokens=2455), "violated"),
        ("hits_under_their_name", CLAUDE, told({"cache_read_input_tokens": 2455}), "violated"),
        ("hits_under_their_name", OTHER, told(None, num_cached_tokens=64), "violated"),
        ("hits_under_their_name", GPT, told(HIT, prompt_cache_hit_tokens=0), "not applicable"),
        ("hits_under_their_name", GPT, told({"cached_tokens": "9"}, num_cached_tokens=9), "not applicable"),
        ("writes_under_their_name", CLAUDE, told(G1, **ANTHROPIC), "accepted"),
        (
            "writes_under_their_name",
            CLAUDE,
            told({"cached_tokens": 0, "cache_creation_input_tokens": 1253}),
            "violated",
        ),
        ("writes_under_their_name", CLAUDE, told({"cached_tokens": 0, "cache_creation_tokens": 9, W: 0}), "violated"),
        ("writes_under_their_name", CLAUDE, told({"cached_tokens": 0, "cache_write_tokens": 453}), "violated"),
        ("writes_under_their_name", CLAUDE, told(None, cache_creation={"ephemeral_1h_input_tokens": 9}), "violated"),
        ("writes_under_their_name", CLAUDE, told(HIT, cache_creation_input_tokens=0), "not applicable"),
        ("writes_under_their_name", NEW_GPT, told(HIT | {"cache_write_tokens": 1024}), "not applicable"),
        ("total_with_buckets", CLAUDE, told(G1), "accepted"),
        ("total_with_buckets", CLAUDE, told({W: 4735, W5: 4735}), "accepted"),
        ("total_with_buckets", CLAUDE, told({W: 4735}), "violated"),
        ("total_with_buckets", CLAUDE, told({W: 4735, W5: 0, W1: None}), "violated"),
        ("total_with_buckets", CLAUDE, told({W1: 4735}), "violated"),
        ("total_with_buckets", CLAUDE, told({W: 0, W5: 29762, W1: 16347}), "violated"),
        ("total_with_buckets", CLAUDE, told({W: None, W5: 29762}), "violated"),
        ("total_with_buckets", CLAUDE, told(HIT | {W: 0, W5: 0, W1: 0}), "not applicable"),
        ("total_with_buckets", CLAUDE, told({W: "4735"}), "not applicable"),
        ("total_with_buckets", NEW_GPT, told({W: 1024, "cache_write_tokens": 1024}), "not applicable"),
        ("no_writes_on_gpt", GPT, told(HIT | {"cache_write_tokens": 0}), "accepted"),
        ("no_writes_on_gpt", Model("o4-mini", "gpt"), told(HIT | {W5: 0}), "violated"),
        ("no_writes_on_gpt", GPT, told(HIT | {W: None}), "violated"),
        ("no_writes_on_gpt", GPT, told(HIT | {"cached_write_30m_tokens": 9}), "violated"),
        ("no_writes_on_gpt", NEW_GPT, told(HIT | {W: 1024}), "not applicable"),
        ("no_writes_on_gpt", CLAUDE, told(G1), "not applicable"),
        ("no_writes_elsewhere", DEEPSEEK, told(HIT, prompt_cache_miss_tokens=55446), "accepted"),
        ("no_writes_elsewhere", DEEPSEEK, told(HIT | {W: 55446, W5: 55446}), "violated"),
        ("no_writes_elsewhere", Model("gemini-3-pro", "gemini"), told(HIT | {W1: 0}), "violated"),
        ("no_writes_elsewhere", OTHER, told(HIT | {W: 9, W5: 9}), "not applicable"),
        ("openai_writes_fit", NEW_GPT, told(HIT | {"cache_write_tokens": 55446}), "accepted"),
        ("openai_writes_fit", NEW_GPT, told(HIT | {"cache_write_tokens": 55447}), "violated"),
        ("openai_writes_fit", NEW_GPT, told({"cache_write_tokens": -1}), "violated"),
        ("openai_writes_fit", NEW_GPT, told({"cache_write_tokens": None}), "not applicable"),
        ("openai_writes_agree", CLAUDE, told(G1 | {"cache_write_tokens": 46109}), "accepted"),
        ("openai_writes_agree", CLAUDE, told(G1 | {"cache_write_tokens": 29762}), "violated"),
        ("openai_writes_agree", CLAUDE, told(G1 | {"cache_write_tokens": 0}), "violated"),
        ("openai_writes_agree", NEW_GPT, told({"cache_write_tokens": 1024}), "not applicable"),
        ("hits_always_shown", GPT, told({"cached_tokens": 0}), "accepted"),
        ("hits_always_shown", GPT, told({"audio_tokens": 0}), "violated"),
        ("hits_always_shown", CLAUDE, told(None), "violated"),
        ("hits_always_shown", OTHER, told(None), "not applicable"),
        ("no_hit_on_short_gpt_prompt", GPT, usage({"cached_tokens": 0}, prompt_tokens=1023), "accepted"),
        ("no_hit_on_short_gpt_prompt", GPT, usage({}, prompt_tokens=9), "accepted"),
        ("no_hit_on_short_gpt_prompt", NEW_GPT, usage({"cached_tokens": 512}, prompt_tokens=1023), "violated"),
        ("no_hit_on_short_gpt_prompt", GPT, usage({"cached_tokens": 12}, prompt_tokens=9), "not applicable"),
        ("no_hit_on_short_gpt_prompt", GPT, usage(HIT), "not applicable"),
        ("no_hit_on_short_gpt_prompt", CLAUDE, usage({"cached_tokens": 600}, prompt_tokens=1000), "not applicable"),
        ("short_claude_prompt", CLAUDE, usage({"cached_tokens": 0}, prompt_tokens=9), "accepted"),
        ("short_claude_prompt", CLAUDE, usage({"cached_tokens": 9}, prompt_tokens=9), "violated"),
        ("short_claude_prompt", CLAUDE, usage({"cached_tokens": 1}, prompt_tokens=511), "violated"),
        ("short_claude_prompt", CLAUDE, usage({W: 200, W5: 200}, prompt_tokens=300), "violated"),
        ("short_claude_prompt", CLAUDE, usage({W1: 200}, prompt_tokens=300), "violated"),
        ("short_claude_prompt", CLAUDE, usage({W: 0, W5: 0, W1: 0}, prompt_tokens=300), "accepted"),
        ("short_claude_prompt", CLAUDE, usage({"cached_tokens": 512}, prompt_tokens=512), "not applicable"),
        ("short_claude_prompt", CLAUDE, usage({"cached_tokens": 5000}, prompt_tokens=12), "not applicable"),
        ("short_claude_prompt", GPT, usage({"cached_tokens": 9}, prompt_tokens=9), "not applicable"),
        ("gpt_hits_in_steps", GPT, usage({"cached_tokens": 1152}), "accepted"),
        ("gpt_hits_in_steps", GPT, usage({"cached_tokens": 1025}), "violated"),
        ("gpt_hits_in_steps", GPT, usage({"cached_tokens": 896}), "violated"),
        ("gpt_hits_in_steps", NEW_GPT, usage({"cached_tokens": 4012}), "not applicable"),
        ("gpt_hits_in_steps", GPT, usage({"cached_tokens": 0}), "not applicable"),
        ("anthropic_members_agree", CLAUDE, told(G1, **ANTHROPIC), "accepted"),
        ("anthropic_members_agree", CLAUDE, told(G1, cache_creation_input_tokens=0), "not applicable"),
        ("anthropic_members_agree", CLAUDE, told(G1 | {W: 29762}, **ANTHROPIC), "violated"),
        (
            "anthropic_members_agree",
            CLAUDE,
            told({W: 9, W5: 9}, cache_creation={"ephemeral_1h_input_tokens": 9}),
            "violated",
        ),
        ("anthropic_members_agree", CLAUDE, told({W: 9, W5: 9}, claude_cache_creation_1_h_tokens=9), "violated"),
        ("anthropic_members_agree", CLAUDE, told(HIT, cache_read_input_tokens=3071), "violated"),
        ("anthropic_members_agree", CLAUDE, told({"cached_tokens": 0}, **ANTHROPIC), "not applicable"),
        (
            "anthropic_members_agree",
            CLAUDE,
            told(HIT, cache_creation=[], cache_read_input_tokens="9"),
            "not applicable",
        ),
    ],
)
def test_cache(requirement: str, model: Model, counts: Any, expected: Said) -> None:
    assert said(f"cache.{requirement}", response(completion(usage=counts)), model=model) == expected


@pytest.mark.parametrize(
    ("member", "model", "expected"),
    [
        ({"x_groq": {"usage": told(HIT)}}, OTHER, "accepted"),
        ({"usage_breakdown": {"models": [{"usage": told({"cached_tokens": 256})}]}}, OTHER, "accepted"),
        ({"usage_breakdown": {"models": [{"usage": told(G1)}]}}, CLAUDE, "violated"),
        ({"x_upstream": {W5: 29762}}, OTHER, "violated"),
    ],
)
def test_names_beside_usage(member: dict[str, Any], model: Model, expected: Said) -> None:
    plain = response(completion(usage=told(HIT), **member))
    streamed = stream(chunk({"content": "OK"}, "stop", **member), chunk({}, usage=told(HIT)))
    assert said("cache.names_in_place", plain, model=model) == expected
    assert said("cache.names_in_place", streamed, model=model) == expected
