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


@pytest.mark.parametrize("what", ["added", "withdrawn", "relevelled", "regraded"])
def test_changes_since_the_last_revision_are_in_the_changelog(what: str) -> None:
    """Each may make an endpoint fail that passed before, or a vendor's baseline stale."""
    last = names()[-1]
    changed = getattr(changes(revision(last), load()), what)
    unsaid = [id for id in changed if f"`{id}`" not in unreleased()]
    assert unsaid == [], f"{what} since {last}, and not in CHANGELOG.md under Requirements: {', '.join(unsaid)}"


def lacking(requirement: Requirement) -> list[str]:
    """What is wrong with how a requirement is declared."""
    sentence = requirement.sentence
    flaws = {
        "it has no counterexample": not requirement.broken_by,
        "its source has no address": not link(requirement.source).startswith("https://"),
        "its source has no title": not title(requirement.source),
        "a contract row is unknown": not set(requirement.contract) <= ROWS.keys(),
        "its sentence ends with a full stop": sentence.endswith("."),
        "its sentence repeats the level": sentence.lower().startswith(("must", "should", "the endpoint")),
    }
    return [flaw for flaw, found in flaws.items() if found]


def test_requirements_are_whole() -> None:
    assert {id: flaws for id, each in load().items() if (flaws := lacking(each))} == {}


def test_every_passive_row_is_covered() -> None:
    covered = {row for requirement in load().values() for row in requirement.contract}
    assert {row for row, what in ROWS.items() if what["passive"]} <= covered


def test_sentences_are_distinct() -> None:
    sentences = [requirement.sentence for requirement in load().values()]
    assert len(sentences) == len(set(sentences))
