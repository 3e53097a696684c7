"""Revisions: the catalogue as it was frozen, so that an endpoint can be held to what was required then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from conformance.contract.requirement import Impact, Level, Requirement
from conformance.language import say
from conformance.resources import folder
from conformance.text import nearest

FORMAT = "revision-2"


class RevisionError(Exception):
    """There is no such revision; the message is one sentence with the remedy."""


@dataclass(frozen=True)
class Frozen:
    """What decided when a revision was frozen whether a violation of a requirement fails the gate: its level, its
    impact, and the reason why it only warned, if there was one."""

    level: Level
    impact: Impact
    warns: str = ""


@dataclass(frozen=True)
class Revision:
    """A frozen catalogue: each requirement by its id."""

    name: str
    requirements: Mapping[str, Frozen]

    def knows(self, requirement: Requirement) -> bool:
        """Whether the requirement was there already; one that was added later does not count."""
        return requirement.id in self.requirements

    def held(self, requirement: Requirement) -> Requirement:
        """The requirement with the level and the impact that it had."""
        then = self.requirements.get(requirement.id, frozen(requirement))
        return replace(requirement, level=then.level, impact=then.impact, warns=then.warns)


def frozen(requirement: Requirement) -> Frozen:
    """What is frozen of a requirement."""
    return Frozen(requirement.level, requirement.impact, requirement.warns)


@dataclass(frozen=True)
class Changes:
    """What became of the catalogue since a revision, by id."""

    added: tuple[str, ...]
    withdrawn: tuple[str, ...]
    relevelled: tuple[str, ...]
    regraded: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return (*self.added, *self.withdrawn, *self.relevelled, *self.regraded)


def changes(revision: Revision, catalogue: Mapping[str, Requirement]) -> Changes:
    """What was added, withdrawn, given another level, and at the same level another impact or reason to warn since."""
    now, then = {id: frozen(requirement) for id, requirement in catalogue.items()}, revision.requirements
    changed = sorted(id for id in now.keys() & then.keys() if now[id] != then[id])
    return Changes(
        added=tuple(sorted(now.keys() - then.keys())),
        withdrawn=tuple(sorted(then.keys() - now.keys())),
        relevelled=tuple(id for id in changed if now[id].level is not then[id].level),
        regraded=tuple(id for id in changed if now[id].level is then[id].level),
    )


# --- files --------------------------------------------------------------------------------------------------


def names() -> list[str]:
    """All revisions, the oldest first."""
    return sorted(path.stem for path in (folder("fixtures") / "revisions").glob("*.json"))


def revision(name: str) -> Revision:
    """The revision of this name. Raises RevisionError."""
    known = names()
    if name not in known:
        near = nearest(name, known) or say(
            "there {_are} {names}", "are" if len(known) > 1 else "is", ", ".join(known) or say("none")
        )
        raise RevisionError(say("there is no revision {name!r}: {near}", name, near))
    return load((folder("fixtures") / "revisions" / f"{name}.json").read_text(encoding="utf-8"))


@cache
def withdrawn_ids() -> frozenset[str]:
    """Every id that a revision has; what of it is not in the catalogue was withdrawn."""
    return frozenset(id for name in names() for id in revision(name).requirements)


def load(text: str) -> Revision:
    """As schemas/revision.json has it."""
    value: dict[str, Any] = json.loads(text)
    known = {
        id: Frozen(Level(each["level"]), Impact(each["impact"]), each.get("warns", ""))
        for id, each in value["requirements"].items()
    }
    return Revision(value["revision"], known)


def dump(name: str, catalogue: Mapping[str, Requirement]) -> str:
    """The catalogue as it is now, a line each requirement."""
    lines = [f"  {json.dumps(id)}: {json.dumps(_dump(frozen(each)))}" for id, each in sorted(catalogue.items())]
    head = f' "format": {json.dumps(FORMAT)},\n "revision": {json.dumps(name)},\n'
    return "{\n" + head + ' "requirements": {\n' + ",\n".join(lines) + "\n }\n}\n"


def _dump(each: Frozen) -> dict[str, str]:
    warns = {"warns": each.warns} if each.warns else {}
    return {"level": str(each.level), "impact": str(each.impact)} | warns


def path_of(name: str) -> Path:
    """Where the revision is kept."""
    return folder("fixtures") / "revisions" / f"{name}.json"
