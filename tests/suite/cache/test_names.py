"""Names and places of hits and writes."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.profile import Model
from tests.suite.cache.usages import ANTHROPIC, G1, HIT, W5, W, usage_of
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


@pytest.mark.parametrize(
    ("requirement", "model", "counts", "expected"),
    [
        ("names_in_place", CLAUDE, usage_of(G1, **ANTHROPIC), "accepted"),
        ("names_in_place", OTHER, usage_of(HIT, cached_tokens=3072), "accepted"),
        ("names_in_place", GPT, usage_of(HIT, completion_tokens_details={"cached_tokens": 0}), "accepted"),
        ("names_in_place", GPT, usage(), "accepted"),
        ("names_in_place", CLAUDE, usage_of(HIT, cached_tokens=3072), "violated"),
        ("names_in_place", OTHER, usage_of({"cached_tokens": 0}, cached_tokens=3072), "violated"),
        ("names_in_place", OTHER, usage_of(None, cached_tokens=3072), "violated"),
        ("names_in_place", CLAUDE, usage_of(HIT, cached_write_tokens=46109), "violated"),
        ("names_in_place", GPT, usage_of(HIT, completion_tokens_details={W5: 0}), "violated"),
        ("names_in_place", CLAUDE, usage_of(G1, input_tokens_details=G1), "violated"),
        ("hits_under_their_name", DEEPSEEK, usage_of(HIT, prompt_cache_hit_tokens=3072), "accepted"),
        ("hits_under_their_name", CLAUDE, usage_of({"cached_tokens": 0}, cache_read_input_tokens=2455), "violated"),
        ("hits_under_their_name", CLAUDE, usage_of({"cache_read_input_tokens": 2455}), "violated"),
        ("hits_under_their_name", OTHER, usage_of(None, num_cached_tokens=64), "violated"),
        ("hits_under_their_name", GPT, usage_of(HIT, prompt_cache_hit_tokens=0), "not applicable"),
        ("hits_under_their_name", GPT, usage_of({"cached_tokens": "9"}, num_cached_tokens=9), "not applicable"),
        ("writes_under_their_name", CLAUDE, usage_of(G1, **ANTHROPIC), "accepted"),
        (
            "writes_under_their_name",
            CLAUDE,
            usage_of({"cached_tokens": 0, "cache_creation_input_tokens": 1253}),
            "violated",
        ),
        (
            "writes_under_their_name",
            CLAUDE,
            usage_of({"cached_tokens": 0, "cache_creation_tokens": 9, W: 0}),
            "violated",
        ),
        ("writes_under_their_name", CLAUDE, usage_of({"cached_tokens": 0, "cache_write_tokens": 453}), "violated"),
        (
            "writes_under_their_name",
            CLAUDE,
            usage_of(None, cache_creation={"ephemeral_1h_input_tokens": 9}),
            "violated",
        ),
        ("writes_under_their_name", CLAUDE, usage_of(HIT, cache_creation_input_tokens=0), "not applicable"),
        ("writes_under_their_name", NEW_GPT, usage_of(HIT | {"cache_write_tokens": 1024}), "not applicable"),
    ],
)
def test_cache(requirement: str, model: Model, counts: Any, expected: Said) -> None:
    assert said(f"cache.{requirement}", response(completion(usage=counts)), model=model) == expected


@pytest.mark.parametrize(
    ("member", "model", "expected"),
    [
        ({"x_groq": {"usage": usage_of(HIT)}}, OTHER, "accepted"),
        ({"usage_breakdown": {"models": [{"usage": usage_of({"cached_tokens": 256})}]}}, OTHER, "accepted"),
        ({"usage_breakdown": {"models": [{"usage": usage_of(G1)}]}}, CLAUDE, "violated"),
        ({"x_upstream": {W5: 29762}}, OTHER, "violated"),
    ],
)
def test_names_beside_usage(member: dict[str, Any], model: Model, expected: Said) -> None:
    plain = response(completion(usage=usage_of(HIT), **member))
    streamed = stream(chunk({"content": "OK"}, "stop", **member), chunk({}, usage=usage_of(HIT)))
    assert said("cache.names_in_place", plain, model=model) == expected
    assert said("cache.names_in_place", streamed, model=model) == expected
