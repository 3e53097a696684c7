"""Counting tokens."""

from __future__ import annotations

from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.requests import filler
from conformance.lab.reference.tokens import count, pieces


@given(st.text())
def test_pieces_spell_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert all(pieces(text))


@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens(text: str, more: str) -> None:
    assert count(text + more) >= count(text)


@given(
    st.tuples(*[st.text(ascii_lowercase, min_size=12, max_size=12)] * 2),
    st.sampled_from(["{}\n", "a {} b", "x-{}"]),
)
def test_salts_of_equal_length_cost_the_same(salts: tuple[str, str], place: str) -> None:
    one, other = (count(place.format(salt)) for salt in salts)
    assert one == other


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("OK", 1),
        (" word", 1),
        ("parcel", 1),
        ("parcels", 2),
        ("100", 3),
        ("你好", 2),
        ("...", 1),
        ("\n\n", 2),
    ],
)
def test_examples(text: str, tokens: int) -> None:
    assert count(text) == tokens


def test_english_is_counted_plausibly() -> None:
    text = filler(1000, "harbour")
    assert 0.6 <= count(text) / len(text.split()) <= 2.5
