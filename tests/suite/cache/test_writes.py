"""Cache writes and their buckets."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.profile import Model
from tests.suite.cache.usages import G1, HIT, W1, W5, W, usage_of
from tests.support.builders_http import (
    CLAUDE,
    DEEPSEEK,
    GPT,
    NEW_GPT,
    OTHER,
    Said,
    completion,
    response,
    said,
)  # fmt: skip


@pytest.mark.parametrize(
    ("requirement", "model", "counts", "expected"),
    [
        ("total_with_buckets", CLAUDE, usage_of(G1), "accepted"),
        ("total_with_buckets", CLAUDE, usage_of({W: 4735, W5: 4735}), "accepted"),
        ("total_with_buckets", CLAUDE, usage_of({W: 4735}), "violated"),
        ("total_with_buckets", CLAUDE, usage_of({W: 4735, W5: 0, W1: None}), "violated"),
        ("total_with_buckets", CLAUDE, usage_of({W1: 4735}), "violated"),
        ("total_with_buckets", CLAUDE, usage_of({W: 0, W5: 29762, W1: 16347}), "violated"),
        ("total_with_buckets", CLAUDE, usage_of({W: None, W5: 29762}), "violated"),
        ("total_with_buckets", CLAUDE, usage_of(HIT | {W: 0, W5: 0, W1: 0}), "not applicable"),
        ("total_with_buckets", CLAUDE, usage_of({W: "4735"}), "not applicable"),
        ("total_with_buckets", NEW_GPT, usage_of({W: 1024, "cache_write_tokens": 1024}), "not applicable"),
        ("no_writes_on_gpt", GPT, usage_of(HIT | {"cache_write_tokens": 0}), "accepted"),
        ("no_writes_on_gpt", Model("o4-mini", "gpt"), usage_of(HIT | {W5: 0}), "violated"),
        ("no_writes_on_gpt", GPT, usage_of(HIT | {W: None}), "violated"),
        ("no_writes_on_gpt", GPT, usage_of(HIT | {"cached_write_30m_tokens": 9}), "violated"),
        ("no_writes_on_gpt", NEW_GPT, usage_of(HIT | {W: 1024}), "not applicable"),
        ("no_writes_on_gpt", CLAUDE, usage_of(G1), "not applicable"),
        ("no_writes_elsewhere", DEEPSEEK, usage_of(HIT, prompt_cache_miss_tokens=55446), "accepted"),
        ("no_writes_elsewhere", DEEPSEEK, usage_of(HIT | {W: 55446, W5: 55446}), "violated"),
        ("no_writes_elsewhere", Model("gemini-3-pro", "gemini"), usage_of(HIT | {W1: 0}), "violated"),
        ("no_writes_elsewhere", OTHER, usage_of(HIT | {W: 9, W5: 9}), "not applicable"),
        ("openai_writes_fit", NEW_GPT, usage_of(HIT | {"cache_write_tokens": 55446}), "accepted"),
        ("openai_writes_fit", NEW_GPT, usage_of(HIT | {"cache_write_tokens": 55447}), "violated"),
        ("openai_writes_fit", NEW_GPT, usage_of({"cache_write_tokens": -1}), "violated"),
        ("openai_writes_fit", NEW_GPT, usage_of({"cache_write_tokens": None}), "not applicable"),
        ("openai_writes_agree", CLAUDE, usage_of(G1 | {"cache_write_tokens": 46109}), "accepted"),
        ("openai_writes_agree", CLAUDE, usage_of(G1 | {"cache_write_tokens": 29762}), "violated"),
        ("openai_writes_agree", CLAUDE, usage_of(G1 | {"cache_write_tokens": 0}), "violated"),
        ("openai_writes_agree", NEW_GPT, usage_of({"cache_write_tokens": 1024}), "not applicable"),
    ],
)
def test_cache(requirement: str, model: Model, counts: Any, expected: Said) -> None:
    assert said(f"cache.{requirement}", response(completion(usage=counts)), model=model) == expected
