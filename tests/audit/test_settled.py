"""What is settled by signs: the tables name what there is, and what they rely on holds. Verdicts are compared in
tests/faults/test_equal.py."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.audit.settled import PASSING, SILENT
from conformance.audit.signs import PLACES, Sign
from conformance.audit.streams import NAMES, irregularities
from conformance.contract.requests import STREAM_USAGE
from conformance.contract.schema import clauses
from conformance.contract.sure import sure_of
from conformance.contract.vocabulary import validator
from conformance.lab.reference import Endpoint
from conformance.suite.usage.test_measured import _length
from tests.support.equality import requirements

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-3, 3).map(float)
    | st.sampled_from(["", "custom", "function"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "custom", "x"]), inner),
    max_leaves=6,
)
SHALLOW = {str(each.shallow): each.shallow for root in ("completion", "chunk", "error") for each in clauses(root)}


@pytest.mark.parametrize("table", [SILENT, PASSING])
def test_what_is_settled_is_judged_on_single_exchanges(table: Mapping[str, tuple[Sign, ...]]) -> None:
    judged = {each.id for of_scope in requirements().of_scopes.values() for each in of_scope}
    assert table.keys() - judged == set()


@pytest.mark.parametrize("table", [SILENT, PASSING])
def test_signs_are_at_places(table: Mapping[str, tuple[Sign, ...]]) -> None:
    named = {each.partition(".")[::2] for signs in table.values() for each in signs if isinstance(each, str)}
    assert {place for place, _ in named} <= PLACES.keys()
    assert {name for place, name in named if place == "stream"} <= {*NAMES}


@given(schema=st.sampled_from([*SHALLOW.values()]), value=JSON)
def test_what_is_surely_satisfied_is_valid(schema: Mapping[str, Any], value: Any) -> None:
    if sure_of(schema)(value):
        assert validator(schema).is_valid(value)


def test_only_what_is_known_is_sure() -> None:
    assert not sure_of({"pattern": "x"})("x")
    assert not sure_of({"if": {"minimum": 1}, "then": {"type": "integer"}})(1)
    assert Draft202012Validator({"type": "integer"}).is_valid(1.0)
    assert not sure_of({"type": "integer"})(1.0)


@given(st.text("ab \n.", max_size=60) | st.text(max_size=60))
def test_repeated_text_counts_for_its_pairs_at_least(text: str) -> None:
    assert _length(text) >= len({*pairwise(text)})


def test_a_usual_stream_has_no_irregularity_but_its_usage() -> None:
    exchange = Endpoint().answer(STREAM_USAGE.to("reference-gpt", "abcdefghijkl"))
    assert irregularities(exchange) == ("usage", "empty", "text")
