"""The accounting vocabulary: omitEmpty, jsonInteger, sumOf, atLeastSumOf (docs/vocabulary.md)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.vocabulary import number_at, relation_problem, validator
from conformance.evidence.strict_json import loads

SUM = {"total": "/t", "parts": ["/a", "/d/b"]}
ABSENT = object()


def accepts(schema: dict[str, Any], value: Any) -> bool:
    return bool(validator(schema).is_valid(value))


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        (0, False), (0.0, False), (-0.0, False), (None, False), ("", False), ([], False), ({}, False), (False, False),
        (1, True), (-1, True), (0.5, True), ("0", True), ([0], True), ({"a": 0}, True), (True, True),
    ],
)  # fmt: skip
def test_omit_empty(value: Any, accepted: bool) -> None:
    assert accepts({"omitEmpty": True}, value) is accepted
    assert accepts({"properties": {"a": {"omitEmpty": True}}}, {"a": value}) is accepted
    assert accepts({"properties": {"a": {"omitEmpty": True}}}, {})


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("7", True),
        ("0", True),
        ("-7", True),
        ("7.0", False),
        ("7e0", False),
        ("7.5", False),
        ("100000000000000000000", True),
    ],
)
def test_json_integer(text: str, accepted: bool) -> None:
    assert accepts({"type": "integer", "jsonInteger": True}, loads(text)) is accepted


@pytest.mark.parametrize("value", ["7", None, True, [7], {}])
def test_json_integer_is_an_integer(value: Any) -> None:
    assert not accepts({"type": "integer", "jsonInteger": True}, value)


def document(total: Any, one: Any, two: Any) -> dict[str, Any]:
    """A document with these values; ABSENT leaves a member out."""
    made = {name: value for name, value in (("t", total), ("a", one)) if value is not ABSENT}
    return made | ({} if two is ABSENT else {"d": {"b": two}})


@pytest.mark.parametrize(
    ("total", "one", "two", "is_sum", "is_at_least"),
    [
        (3, 1, 2, True, True),
        (4, 1, 2, False, True),
        (2, 1, 2, False, False),
        (1, 1, ABSENT, True, True),
        (2, 1, ABSENT, False, True),
        (0, ABSENT, ABSENT, True, True),
        (5, ABSENT, ABSENT, False, True),
        (ABSENT, 1, 2, False, False),
        (ABSENT, 0, 0, True, True),
        (ABSENT, ABSENT, ABSENT, True, True),
        (3.0, 1, 2, True, True),
        ("3", 1, 2, True, True),  # not a number is another clause's business
        (3, "1", 2, True, True),
        (3, None, 2, True, True),
        (True, 1, 0, True, True),
    ],
)
def test_sums(total: Any, one: Any, two: Any, is_sum: bool, is_at_least: bool) -> None:
    value = document(total, one, two)
    assert accepts({"sumOf": [SUM]}, value) is is_sum
    assert accepts({"atLeastSumOf": [SUM]}, value) is is_at_least


counts = st.integers(0, 10**9)


@given(counts, counts, st.integers(1, 10**9))
def test_laws_of_sums(one: int, two: int, more: int) -> None:
    exact, above, below = (document(one + two + change, one, two) for change in (0, more, -more))
    assert [accepts({"sumOf": [SUM]}, each) for each in (exact, above, below)] == [True, False, False]
    assert [accepts({"atLeastSumOf": [SUM]}, each) for each in (exact, above, below)] == [True, True, False]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("tad"), inner),
    )
)
def test_sums_of_anything_do_not_crash(value: Any) -> None:
    assert isinstance(accepts({"sumOf": [SUM], "atLeastSumOf": [SUM]}, value), bool)


def test_absent_null_and_zero_are_three_things() -> None:
    assert number_at({}, "/a") is None
    assert number_at({"a": None}, "/a") == "?"
    assert number_at({"a": 0}, "/a") == 0
    assert number_at({"a": True}, "/a") == "?"
    assert number_at({"a/b": {"~": 4}}, "/a~1b/~0") == 4


def test_a_problem_names_what_was_absent() -> None:
    assert relation_problem("sumOf", SUM, {"a": 2}) == "t is absent, expected 2 (a 2 + b absent)"
    assert (
        relation_problem("atLeastSumOf", SUM, {"t": 1, "a": 2, "d": {"b": 0}})
        == "t is 1, expected at least 2 (a 2 + b 0)"
    )


@pytest.mark.parametrize(
    ("details", "accepted"),
    [
        ({}, True),
        ({"cached_tokens": 0}, True),
        ({"cached_write_tokens": 0}, False),
        ({"cached_write_tokens": None}, False),
        ({"cached_write_tokens": 7, "cached_write_5m_tokens": 7}, True),
        ({"cached_write_tokens": 7, "cached_write_5m_tokens": 7, "cached_write_1h_tokens": 0}, False),
        ({"cached_write_tokens": 7, "cached_write_5m_tokens": 3, "cached_write_1h_tokens": 4}, True),
        ({"cached_write_5m_tokens": 3, "cached_write_1h_tokens": 4}, False),
        ({"cached_write_tokens": 8, "cached_write_5m_tokens": 3, "cached_write_1h_tokens": 4}, False),
        ({"cached_write_tokens": 7.0, "cached_write_5m_tokens": 7}, False),
        ({"cached_write_tokens": -7, "cached_write_5m_tokens": -7}, False),
        ({"cached_tokens": 90, "cached_write_tokens": 11, "cached_write_5m_tokens": 11}, False),
    ],
)
def test_usage_schema(details: dict[str, Any], accepted: bool) -> None:
    usage: Any = {"prompt_tokens": 100, "completion_tokens": 1, "total_tokens": 101, "prompt_tokens_details": details}
    assert validator("usage").is_valid(usage) is accepted
