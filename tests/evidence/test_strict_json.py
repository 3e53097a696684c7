"""JSON is RFC 8259's, not Python's."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.evidence.strict_json import JSONError, after_object, duplicate_names, loads

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(values, st.booleans(), st.sampled_from([None, 1]))
def test_reads_what_was_written(value: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert loads(text) == value
    assert loads(text.encode("utf-8", "surrogatepass") if ascii_only else text) == value


@pytest.mark.parametrize(
    "text",
    [
        b"NaN", b"Infinity", b"-Infinity", b'{"a": NaN}', b"[1, -Infinity]",
        b"\xef\xbb\xbf{}", b"\xff{}", b'"\xe4"', b'"\xed\xa0\x80"', "{}".encode("utf-16"),
        b"", b" ", b"{} {}", b"{}x", b"[1,]", b"{'a': 1}", b'{"a": 1', b"01", b"1" * 301, b'"\n"', b"[" * 200_000,
    ],
    ids=lambda text: repr(text[:12]),
)  # fmt: skip
def test_refuses(text: bytes) -> None:
    with pytest.raises(JSONError):
        loads(text)
    with pytest.raises(JSONError):
        duplicate_names(text)


def test_keeps_integers_apart_from_fractions() -> None:
    assert [type(each) for each in loads("[1, 1.0, 1e0, true]")] == [int, float, float, bool]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"a": 1, "b": 2}', []),
        ('{"a": 1, "a": 1}', ["a"]),
        ('[{"a": 1}, {"a": 2}]', []),
        ('{"a": {"a": 1}}', []),
        ('{"b": 0, "a": {"c": 1, "c": 2, "c": 3}, "b": 1}', ["c", "b"]),
        ('{"a": 1, "\\u0061": 2}', ["a"]),
    ],
)
def test_duplicate_names(text: str, names: list[str]) -> None:
    assert duplicate_names(text) == duplicate_names(text.encode()) == names


def test_a_large_object_is_read_in_time() -> None:
    began = time.monotonic()
    assert duplicate_names(json.dumps({str(number): number for number in range(50_000)})) == []
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ('{"a": 1}', ""),
        ('{"a": 1}\n', ""),
        ('{"a": 1}\n\ndata: [DONE]\n\n', "data: [DONE]"),
        ('{"a": 1}{"a": 2}', '{"a": 2}'),
        ('{"a": 1', ""),
        ("[1] 2", ""),
        ("", ""),
        ('{"a":' * 10**5, ""),
    ],
)
def test_what_follows_an_object(text: str, rest: str) -> None:
    assert after_object(text.encode()) == rest
