"""The catalogue: pinned by a snapshot, whole, and sourced."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from conformance.catalogue import load
from conformance.data import fixture
from conformance.requirement import Requirement
from conformance.sources import link, title

ROWS = {row["id"]: row for row in fixture("contract.json")}


def test_catalogue_is_pinned(snapshot: SnapshotAssertion) -> None:
    """An id that vanishes, and a level or a sentence that changes, shows in review."""
    assert "\n".join(map(str, load().values())) == snapshot


@pytest.mark.parametrize("requirement", load().values(), ids=lambda each: each.id)
def test_requirement_is_whole(requirement: Requirement) -> None:
    assert requirement.broken_by, "it has no counterexample"
    assert link(requirement.source).startswith("https://")
    assert title(requirement.source)
    assert set(requirement.contract) <= ROWS.keys()
    assert not requirement.sentence.endswith(".")
    assert not requirement.sentence.lower().startswith(("must", "should", "the endpoint"))


def test_every_passive_row_is_covered() -> None:
    covered = {row for requirement in load().values() for row in requirement.contract}
    assert {row for row, what in ROWS.items() if what["passive"]} <= covered


def test_sentences_are_distinct() -> None:
    sentences = [requirement.sentence for requirement in load().values()]
    assert len(sentences) == len(set(sentences))
