"""What the requirements of usage accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.builders_http import Said, choice, chunk, completion, response, said, stream, usage

CLAUDE_DETAILS = {"cached_tokens": 3000, "cached_write_tokens": 1500, "cached_write_5m_tokens": 1500}


@pytest.mark.parametrize(
    ("requirement", "counts", "expected"),
    [
        ("output_costs_tokens", usage(), "accepted"),
        ("output_costs_tokens", usage(completion_tokens=0), "violated"),
        ("output_costs_tokens", usage(completion_tokens=None), "not applicable"),
        ("native_counts_agree", usage(input_tokens=5000, output_tokens=20), "accepted"),
        ("native_counts_agree", usage(CLAUDE_DETAILS, input_tokens=500, output_tokens=20), "accepted"),
        ("native_counts_agree", usage(CLAUDE_DETAILS, input_tokens=500, output_tokens=0), "violated"),
        ("native_counts_agree", usage(CLAUDE_DETAILS, input_tokens=2000), "violated"),
        ("native_counts_agree", usage(input_tokens=0, output_tokens=5020), "violated"),
        ("native_counts_agree", usage(input_tokens=0, output_tokens=0), "violated"),
        ("native_counts_agree", usage(input_tokens=None, output_tokens=None), "not applicable"),
        ("native_counts_agree", usage(completion_tokens=0, output_tokens=0), "not applicable"),
        ("native_counts_agree", usage(input_tokens=True, output_tokens="20"), "not applicable"),
        ("hits_and_misses", usage(prompt_cache_hit_tokens=4992, prompt_cache_miss_tokens=8), "accepted"),
        ("hits_and_misses", usage(prompt_cache_hit_tokens=4992, prompt_cache_miss_tokens=5000), "violated"),
        ("hits_and_misses", usage(prompt_cache_hit_tokens=0, prompt_cache_miss_tokens=9), "not applicable"),
        ("hits_agree", usage({"cached_tokens": 64}, num_cached_tokens=64, cached_input_tokens=0), "accepted"),
        ("hits_agree", usage({"cached_tokens": 64}, prompt_cache_hit_tokens=4936), "violated"),
        ("hits_agree", usage({"cached_tokens": 64, "cached_read_tokens": 65}), "violated"),
        ("hits_agree", usage({"cached_tokens": 0}, num_cached_tokens=64), "not applicable"),
    ],
)
def test_usage(requirement: str, counts: Any, expected: Said) -> None:
    assert said(f"usage.{requirement}", response(completion(usage=counts))) == expected


ZERO = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


@pytest.mark.parametrize("requirement", ["prompt_tokens", "output_costs_tokens"])
def test_a_stream_that_failed_has_counted_nothing(requirement: str) -> None:
    error = {"error": {"message": "The upstream broke off.", "type": "server_error", "param": None, "code": None}}
    last = chunk({}, choices=[], usage=ZERO)
    said_first = chunk({"role": "assistant", "content": "OK"})
    assert said(f"usage.{requirement}", stream(said_first, error, last)) == "not applicable"
    assert said(f"usage.{requirement}", stream(said_first, chunk({}, "stop"), last)) == "violated"


def test_nothing_said_costs_nothing() -> None:
    silent = completion(choices=[choice({"content": ""})], usage=usage(completion_tokens=0))
    assert said("usage.output_costs_tokens", response(silent)) == "not applicable"
