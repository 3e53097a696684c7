"""The catalogue: pinned by a snapshot, whole, and sourced."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from conformance.contract.requirement import Requirement
from conformance.contract.sources import link, title
from conformance.policy.revisions import changes, names, revision
from conformance.resources import fixture
from conformance.suite.catalogue import load

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
ROWS = {row["id"]: row for row in fixture("contract.json")}


def test_catalogue_is_pinned(snapshot: SnapshotAssertion) -> None:
    """An id that vanishes, and a level or a sentence that changes, shows in review."""
    assert "\n".join(map(str, load().values())) == snapshot


def unreleased() -> str:
    """What the changelog says of the version that is not released yet."""
    return re.split(r"^## ", CHANGELOG.read_text(encoding="utf-8"), flags=re.MULTILINE)[1]


@pytest.mark.parametrize("what", ["added", "withdrawn", "relevelled"])
def test_changes_since_the_last_revision_are_in_the_changelog(what: str) -> None:
    """Each may make an endpoint fail that passed before, or a vendor's baseline stale."""
    last = names()[-1]
    changed = getattr(changes(revision(last), load()), what)
    unsaid = [id for id in changed if f"`{id}`" not in unreleased()]
    assert unsaid == [], f"{what} since {last}, and not in CHANGELOG.md under Requirements: {', '.join(unsaid)}"


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
