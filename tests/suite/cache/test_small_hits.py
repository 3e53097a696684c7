"""Hits that are smaller than anything that is cached."""

from __future__ import annotations

import pytest

from conformance.contract.profile import Model
from tests.support.builders_http import CLAUDE, DEEPSEEK, GPT, Said, completion, response, said, usage


@pytest.mark.parametrize(
    ("model", "prompt", "hits", "expected"),
    [
        (CLAUDE, 2008, 4, "violated"),
        (CLAUDE, 2008, 511, "violated"),
        (CLAUDE, 2008, 512, "accepted"),
        (CLAUDE, 2008, 0, "not applicable"),
        (CLAUDE, 300, 4, "not applicable"),  # cache.short_claude_prompt
        (CLAUDE, 2008, 3000, "not applicable"),  # usage.prompt_tokens.covers_cached
        (GPT, 5000, 64, "violated"),
        (GPT, 5000, 1024, "accepted"),
        (GPT, 900, 64, "not applicable"),  # cache.no_hit_on_short_gpt_prompt
        (DEEPSEEK, 5000, 64, "not applicable"),
    ],
)
def test_hits_of_a_prefix(model: Model, prompt: int, hits: int, expected: Said) -> None:
    counts = usage({"cached_tokens": hits}, prompt_tokens=prompt)
    assert said("cache.hits_of_a_prefix", response(completion(usage=counts)), model=model) == expected
