"""Texts that a pattern matches."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.lab.reference.patterns import Unwritable, matching


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[A-Z]{3}-\d{4}$", r"^(?:yes|no)$", r"^\+?[0-9]{1,3}( [0-9]+)*$", r"[^a-z]x",
        r"^[\w.-]+@[a-z]+\.com$", r"^#(?P<hex>[0-9a-fA-F]{6})$", r"^a{2,}b*c+?$", r"^\(\d{3}\) \d{3}-\d{4}$",
        "^$", "plain", r"^[-a]$", r"a|bc",
    ],
)  # fmt: skip
@given(data=st.data())
def test_patterns_are_matched(pattern: str, data: st.DataObject) -> None:
    text = matching(pattern, lambda options: data.draw(st.integers(0, options - 1)))
    assert re.search(pattern, text)


def test_patterns_reach_a_length() -> None:
    assert len(matching("^[a-z]+$", lambda _: 0, 30, 40)) in range(30, 41)
    with pytest.raises(Unwritable):
        matching("^[a-z]{3}$", lambda _: 0, 5)


@pytest.mark.parametrize("pattern", [r"\bword\b", r"(a)\1", r"(?!x)", "a{999}", "(", r"[^\s\S]", r"\D"])
def test_other_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(Unwritable):
        matching(pattern, lambda _: 0)
