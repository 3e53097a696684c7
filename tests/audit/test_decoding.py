"""JSON that is decoded fast is what the strict reading makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.audit.decoding import decoded, decoded_together, is_canonical
from conformance.evidence.strict_json import JSONError, loads

ODD = [
    b"12345678901234567890123", b"-9223372036854775809", b"18446744073709551616", b"9223372036854775807", b"-0",
    b"-0.0", b"1e999", b"1e-999", b"1E5", b"0.1", b"[1.0, 1]", b"NaN", b"Infinity", b"01", b"1.", b"", b" ", b"null ",
    b"\xef\xbb\xbf{}", b'{"a": 1, "b": 2, "a": 3}', b'"\\ud83d"', b'"\\ud83d\\ude00"', b'"\\u0000"', b'"\x01"',
    b'"\xff"', b"[" * 500 + b"]" * 500, b"[" * 1015 + b"]" * 1015, b"[" * 3000 + b"]" * 3000, b"{} {}", b"\x0b1",
    b'{"id": "1234567890123456789012"}', b"'a'", b"[" + b"{}," * 900 + b"{}]",
]  # fmt: skip


def strictly(data: bytes) -> str:
    """What the strict reading makes of it, with the types of numbers; that it refuses it otherwise."""
    try:
        return repr(loads(data))
    except JSONError:
        return "refused"


def fast(data: bytes) -> str:
    try:
        return repr(decoded(data))
    except JSONError:
        return "refused"


@pytest.mark.parametrize("data", ODD, ids=lambda data: repr(data[:30]))
def test_odd_texts_are_read_alike(data: bytes) -> None:
    assert fast(data) == strictly(data)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
)


@given(VALUES)
def test_values_are_read_alike(value: Any) -> None:
    data = json.dumps(value).encode()
    assert fast(data) == strictly(data)


@given(
    st.lists(st.sampled_from(["{}", "1", '{"a":1', '"b":2}', "1,2", "[1", "2]", '"', "", "null", "[DONE]", "{", "}"]))
)
def test_texts_together_are_each_one_text(texts: list[str]) -> None:
    """No piece can borrow from the one beside it."""
    each = [strictly(text.encode()) for text in texts]
    together = decoded_together(texts)
    if "refused" in each:
        assert together is None
    else:
        assert list(map(repr, together or [])) == each


@pytest.mark.parametrize(
    ("data", "canonical"),
    [
        (b'{"a":1,"b":[2]}', True),
        (b'{\n  "a": 1\n}', True),
        (b'{"a": 1, "b": "\\u00e9"}', True),
        ('{"a": 1, "b": "é"}'.encode(), True),
        (b'{"a":1,"a":1}', False),
        (b'{"a":1, "b":2}', False),
    ],
)
def test_what_is_written_again_alike_has_no_name_twice(data: bytes, canonical: bool) -> None:
    assert is_canonical(loads(data), data) is canonical
