"""Cache hits, and prompts too short for any."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.profile import Model
from tests.suite.cache.usages import HIT, W1, W5, W, usage_of
from tests.support.builders_http import (
    CLAUDE,
    GPT,
    NEW_GPT,
    OTHER,
    Said,
    completion,
    response,
    said,
    usage,
)  # fmt: skip


@pytest.mark.parametrize(
    ("requirement", "model", "counts", "expected"),
    [
        ("hits_always_shown", GPT, usage_of({"cached_tokens": 0}), "accepted"),
        ("hits_always_shown", GPT, usage_of({"audio_tokens": 0}), "violated"),
        ("hits_always_shown", CLAUDE, usage_of(None), "violated"),
        ("hits_always_shown", OTHER, usage_of(None), "not applicable"),
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
    ],
)
def test_cache(requirement: str, model: Model, counts: Any, expected: Said) -> None:
    assert said(f"cache.{requirement}", response(completion(usage=counts)), model=model) == expected
