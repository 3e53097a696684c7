"""Anthropic's members, passed on."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.profile import Model
from tests.suite.cache.usages import ANTHROPIC, G1, HIT, W5, W, usage_of
from tests.support.builders_http import (
    CLAUDE,
    Said,
    completion,
    response,
    said,
)  # fmt: skip


@pytest.mark.parametrize(
    ("requirement", "model", "counts", "expected"),
    [
        ("anthropic_members_agree", CLAUDE, usage_of(G1, **ANTHROPIC), "accepted"),
        ("anthropic_members_agree", CLAUDE, usage_of(G1, cache_creation_input_tokens=0), "not applicable"),
        ("anthropic_members_agree", CLAUDE, usage_of(G1 | {W: 29762}, **ANTHROPIC), "violated"),
        (
            "anthropic_members_agree",
            CLAUDE,
            usage_of({W: 9, W5: 9}, cache_creation={"ephemeral_1h_input_tokens": 9}),
            "violated",
        ),
        (
            "anthropic_members_agree",
            CLAUDE,
            usage_of({W: 9, W5: 9}, claude_cache_creation_1_h_tokens=9),
            "violated",
        ),
        ("anthropic_members_agree", CLAUDE, usage_of(HIT, cache_read_input_tokens=3071), "violated"),
        ("anthropic_members_agree", CLAUDE, usage_of({"cached_tokens": 0}, **ANTHROPIC), "not applicable"),
        (
            "anthropic_members_agree",
            CLAUDE,
            usage_of(HIT, cache_creation=[], cache_read_input_tokens="9"),
            "not applicable",
        ),
    ],
)
def test_cache(requirement: str, model: Model, counts: Any, expected: Said) -> None:
    assert said(f"cache.{requirement}", response(completion(usage=counts)), model=model) == expected
