"""Usages in the words of others, and what they are in PhanEdge's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.billing.dialects import Counts, dialect, mapped, phanedge
from conformance.contract.profile import Model
from conformance.resources import fixture
from tests.support.exchanges import completion, plain, violated

W, W5, W1 = "cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens"
G1 = {"cached_tokens": 11944, W: 46109, W5: 29762, W1: 16347}
TRUE = Counts(58518, 11944, 29762, 16347)
ANTHROPIC = {
    "cache_read_input_tokens": 11944,
    "cache_creation_input_tokens": 46109,
    "cache_creation": {"ephemeral_5m_input_tokens": 29762, "ephemeral_1h_input_tokens": 16347},
}


LITELLM = {
    "cache_creation_tokens": 453,
    "cache_creation_token_details": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 353},
}


def usage(prompt: int, details: Any = None, **members: Any) -> dict[str, Any]:
    counts = {"prompt_tokens": prompt, "completion_tokens": 5, "total_tokens": prompt + 5}
    return counts | ({"prompt_tokens_details": details} if details is not None else {}) | members


@pytest.mark.parametrize(
    ("told", "name", "counts"),
    [
        (usage(58518, **ANTHROPIC), "Anthropic's dialect", TRUE),
        (usage(465, **ANTHROPIC), "Anthropic's dialect", TRUE),
        (usage(465, {"cached_tokens": 11944}, **ANTHROPIC, input_tokens=465), "Anthropic's dialect", TRUE),
        (usage(58518, **ANTHROPIC, input_tokens=58518), "Anthropic's dialect", TRUE),
        (usage(116571, G1, **ANTHROPIC, input_tokens=465), "counted twice", TRUE),
        (usage(2459, {"cached_tokens": 0}, cache_read_input_tokens=2455), "Anthropic's", Counts(2459, 2455, 0, 0)),
        (usage(1260, {"cache_creation_tokens": 1253}), "Anthropic's", Counts(1260, 0, 1253, 0)),
        (usage(1260, claude_cache_creation_1_h_tokens=1253), "Anthropic's", Counts(1260, 0, 0, 1253)),
        (usage(9000, {"cached_tokens": 800, "cached_creation_tokens": 453}), "Anthropic's", Counts(9000, 800, 453, 0)),
        (usage(9000, {"cached_creation_tokens": 900}, claude_cache_creation_1_h_tokens=300),
         "Anthropic's", Counts(9000, 0, 600, 300)),
        (usage(9000, LITELLM), "Anthropic's", Counts(9000, 0, 100, 353)),
        (usage(9000, LITELLM | {W: 453, W5: 453}), "Anthropic's", Counts(9000, 0, 100, 353)),
        (usage(4100, prompt_cache_hit_tokens=3968, prompt_cache_miss_tokens=132), "DeepSeek", Counts(4100, 3968, 0, 0)),
        (usage(4100, {"cached_tokens": 3968, W: 132}, prompt_cache_hit_tokens=3968, prompt_cache_miss_tokens=132),
         "DeepSeek's", Counts(4100, 3968, 0, 0)),
        (usage(9000, {"cached_tokens": 800, "cache_write_tokens": 453}), "OpenRouter's", Counts(9000, 800, 453, 0)),
        (usage(10, {"cached_tokens": 800, "cache_write_tokens": 453}), "OpenRouter's", Counts(1263, 800, 453, 0)),
        (usage(58518, G1 | {W: 29762}), "one-hub's", TRUE),
        (usage(465, G1), "seems excluded", TRUE),
        (usage(6000, {"cached_tokens": 4000}, total_tokens=10005), "seems excluded", Counts(10000, 4000, 0, 0)),
    ],
)  # fmt: skip
def test_dialect(told: dict[str, Any], name: str, counts: Counts) -> None:
    found = dialect(told)
    assert found is not None
    assert name in found.name
    assert found.counts == counts
    assert f"prompt_tokens {counts.prompt}" in mapped(told)
    assert " = " in found.mapping


@pytest.mark.parametrize(
    "told",
    [
        usage(20),
        usage(20, None),
        usage(58518, G1),
        usage(58518, G1, **ANTHROPIC),
        usage(58518, G1, **ANTHROPIC, input_tokens=465),
        usage(4100, {"cached_tokens": 3968}, prompt_cache_hit_tokens=3968, prompt_cache_miss_tokens=132),
        usage(2006, {"cached_tokens": 1920, "cache_write_tokens": 0}),
        usage(58518, G1 | {"cache_write_tokens": 46109}),
        usage(20, {"cached_tokens": 0, W: 0, W5: 0, W1: 0}, cache_read_input_tokens=0),
        *(vector["usage"] for vector in fixture("golden.json")["vectors"].values()),
    ],
)
def test_phanedge_is_no_dialect(told: dict[str, Any]) -> None:
    assert dialect(told) is None
    assert mapped(told) == ""


@pytest.mark.parametrize(
    ("told", "requirement", "name"),
    [
        (usage(465, G1), "usage.prompt_tokens.covers_cache", "cached input seems excluded"),
        (usage(465, G1, total_tokens=58523), "usage.total_tokens.sum_of", "cached input seems excluded"),
        (usage(58518, G1 | {W: 29762}), "usage.prompt_tokens_details.cached_write_tokens.sum_of", "one-hub's dialect"),
        (usage(10, {"cached_tokens": 800}), "usage.prompt_tokens.covers_cached", "cached input seems excluded"),
        (usage(58518, ANTHROPIC), "cache.writes_under_their_name", "Anthropic's dialect"),
        (usage(9000, {"cached_creation_tokens": 453}), "cache.writes_under_their_name", "Anthropic's dialect"),
        (usage(9000, LITELLM), "cache.writes_under_their_name", "Anthropic's dialect"),
        (usage(9000, LITELLM | {W: 453, W5: 453}), "cache.anthropic_members_agree", "Anthropic's dialect"),
        (usage(58518, {W5: 29762, W1: 16347}, **ANTHROPIC), "cache.total_with_buckets", "Anthropic's dialect"),
        (usage(116571, G1 | {W: 0}, **ANTHROPIC, input_tokens=465), "cache.total_with_buckets", "counted twice"),
        (usage(9000, {"cached_tokens": 0, "cache_write_tokens": 453}), "cache.writes_under_their_name", "OpenRouter's"),
        (usage(4100, prompt_cache_hit_tokens=3968, prompt_cache_miss_tokens=132), "cache.hits_under_their_name",
         "DeepSeek's dialect"),
    ],
)  # fmt: skip
def test_a_violation_names_the_dialect_and_its_mapping(told: dict[str, Any], requirement: str, name: str) -> None:
    found = violated(plain(completion(told)), Model("claude-x", "claude"))
    assert name in found[requirement]
    assert mapped(told)
    assert mapped(told) in found[requirement]


@pytest.mark.parametrize(
    ("told", "mapping"),
    [
        (usage(2459, {"cached_tokens": 0}, cache_read_input_tokens=2455), "cached_tokens = cache_read_input_tokens"),
        (usage(1260, claude_cache_creation_1_h_tokens=1253),
         "cached_write_1h_tokens = claude_cache_creation_1_h_tokens"),
        (usage(9000, {"cached_creation_tokens": 900}, claude_cache_creation_1_h_tokens=900),
         "cached_write_1h_tokens = claude_cache_creation_1_h_tokens, cached_write_tokens = cached_creation_tokens"),
        (usage(9000, LITELLM),
         "cached_write_5m_tokens = cache_creation_token_details.ephemeral_5m_input_tokens, "
         "cached_write_1h_tokens = cache_creation_token_details.ephemeral_1h_input_tokens, "
         "cached_write_tokens = cache_creation_tokens"),
        (usage(1260, {"cache_creation_tokens": 1253}), "cached_write_tokens = cache_creation_tokens,"
         " without a split all of it is in cached_write_5m_tokens"),
        (usage(7, {}, cache_read_input_tokens=90, cache_creation_input_tokens=30),
         "cached_tokens = cache_read_input_tokens, cached_write_tokens = cache_creation_input_tokens, without a split"
         " all of it is in cached_write_5m_tokens,"
         " prompt_tokens = prompt_tokens + cache_read_input_tokens + cache_creation_input_tokens"),
        (usage(4100, prompt_cache_hit_tokens=3968), "cached_tokens = prompt_cache_hit_tokens"),
        (usage(10, {"cached_tokens": 800}), "prompt_tokens = prompt_tokens + cached_tokens"),
        (usage(10, {"cache_write_tokens": 453}), "cached_write_tokens = cache_write_tokens,"
         " cached_write_1h_tokens = what of it has ttl 1h, prompt_tokens = prompt_tokens + cache_write_tokens"),
    ],
)  # fmt: skip
def test_the_mapping_names_what_the_reply_has_and_nothing_else(told: dict[str, Any], mapping: str) -> None:
    found = dialect(told)
    assert found is not None
    assert found.mapping == mapping


NAMES = [
    "prompt_tokens",
    "total_tokens",
    "prompt_tokens_details",
    "input_tokens",
    *G1,
    *ANTHROPIC,
    "cache_write_tokens",
]
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**9) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
)


@given(st.dictionaries(st.sampled_from(NAMES), values))
def test_hostile_values_never_crash(told: dict[str, Any]) -> None:
    assert isinstance(mapped(told), str)
    assert isinstance(str(phanedge(told)), str)
