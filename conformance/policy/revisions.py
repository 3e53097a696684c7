"""Revisions: the catalogue as it was frozen, so that an endpoint can be held to what was required then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from conformance.contract.requirement import Level, Requirement
from conformance.resources import folder
from conformance.text import nearest

FORMAT = "revision-1"


class RevisionError(Exception):
    """There is no such revision; the message is one sentence with the remedy."""


@dataclass(frozen=True)
class Revision:
    """A frozen catalogue: the level of each requirement by its id."""

    name: str
    levels: Mapping[str, Level]

    def knows(self, requirement: Requirement) -> bool:
        """Whether the requirement was there already; one that was added later does not count."""
        return requirement.id in self.levels

    def held(self, requirement: Requirement) -> Requirement:
        """The requirement at the level that it had."""
        return replace(requirement, level=self.levels.get(requirement.id, requirement.level))


@dataclass(frozen=True)
class Changes:
    """What became of the catalogue since a revision, by id."""

    added: tuple[str, ...]
    withdrawn: tuple[str, ...]
    relevelled: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return (*self.added, *self.withdrawn, *self.relevelled)


def changes(revision: Revision, catalogue: Mapping[str, Requirement]) -> Changes:
    """What was added, withdrawn and given another level since."""
    now = {id: requirement.level for id, requirement in catalogue.items()}
    then = revision.levels
    return Changes(
        added=tuple(sorted(now.keys() - then.keys())),
        withdrawn=tuple(sorted(then.keys() - now.keys())),
        relevelled=tuple(sorted(id for id in now.keys() & then.keys() if now[id] is not then[id])),
    )


# --- files --------------------------------------------------------------------------------------------------


def names() -> list[str]:
    """All revisions, the oldest first."""
    return sorted(path.stem for path in (folder("fixtures") / "revisions").glob("*.json"))


def revision(name: str) -> Revision:
    """The revision of this name. Raises RevisionError."""
    known = names()
    if name not in known:
        near = nearest(name, known) or f"there {'are' if len(known) > 1 else 'is'} {', '.join(known) or 'none'}"
        raise RevisionError(f"there is no revision {name!r}: {near}")
    return load((folder("fixtures") / "revisions" / f"{name}.json").read_text(encoding="utf-8"))


@cache
def withdrawn_ids() -> frozenset[str]:
    """Every id that a revision has; what of it is not in the catalogue was withdrawn."""
    return frozenset(id for name in names() for id in revision(name).levels)


def load(text: str) -> Revision:
    """As schemas/revision.json has it."""
    value: dict[str, Any] = json.loads(text)
    return Revision(value["revision"], {id: Level(level) for id, level in value["requirements"].items()})


def dump(name: str, catalogue: Mapping[str, Requirement]) -> str:
    """The catalogue as it is now, a line each requirement."""
    levels = {id: str(requirement.level) for id, requirement in sorted(catalogue.items())}
    return json.dumps({"format": FORMAT, "revision": name, "requirements": levels}, indent=1) + "\n"


def path_of(name: str) -> Path:
    """Where the revision is kept."""
    return folder("fixtures") / "revisions" / f"{name}.json"
