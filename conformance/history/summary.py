"""What the runs of a history show together, as a value and as JSON (schemas/history.json)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from conformance.contract.requirement import order
from conformance.judgement.verdict import Verdict
from conformance.language import say
from conformance.policy.course import OWN, RECENT, Course
from conformance.report.drift import Drift
from conformance.report.report_json import converter
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.suite.catalogue import load
from conformance.text import reason_of

from .index import kept
from .news import Pair, past_of
from .night import Figures, Night

FORMAT = "history-1"


class State(StrEnum):
    """What became of a finding."""

    VIOLATED = "violated"
    FLAPPING = "flapping"
    FIXED = "fixed"


@dataclass(frozen=True)
class Finding:
    """A requirement that was violated on a model in some run. `level`, `impact` and `sentence` are empty where it was
    withdrawn. Times are Unix time. It was violated in `violated` of the last `judged` runs that judged it, RECENT at
    most; `recent` has a character for each (`policy/course.py`)."""

    requirement: str
    model: str
    level: str
    impact: str
    sentence: str
    state: State
    first_seen: float
    last_seen: float
    violated: int
    judged: int
    recent: str


@dataclass(frozen=True)
class Row:
    """One run: the name of its folder, when it began (Unix time), and what it came to."""

    name: str
    at: float
    version: str
    exit_code: int
    models: tuple[str, ...]
    figures: Figures
    drift: tuple[Drift, ...] = ()


@dataclass(frozen=True)
class History:
    """The runs, the earliest first, and the findings, what matters most first. `unreadable` says of other runs, by
    name, why their reports cannot be read."""

    folder: str
    runs: tuple[Row, ...]
    findings: tuple[Finding, ...]
    unreadable: Mapping[str, str] = field(default_factory=dict)


def history_in(folder: Path) -> History:
    """What the runs in a folder show. Raises SessionError where there is none."""
    try:
        found = kept(folder)
    except OSError as error:
        raise SessionError(say("{folder} cannot be read ({reason})", folder, reason_of(error))) from None
    if not found.nights and not found.unreadable:
        raise SessionError(
            say("{folder} holds no run with a report: name the folder that was given with --history", folder),
            NOT_JUDGED,
        )
    runs = tuple(Row(each.name, each.at, each.version, each.exit_code, each.models, each.figures, each.drift)
                 for each in found.nights)  # fmt: skip
    return History(str(folder), runs, _findings(found.nights), found.unreadable)


def _findings(nights: Sequence[Night]) -> tuple[Finding, ...]:
    seen: dict[Pair, list[float]] = {}
    for night in nights:
        for pair, verdict in night.verdicts.items():
            if verdict in OWN and verdict is not Verdict.PASS and night.judged:
                seen.setdefault(pair, []).append(night.at)
    courses = past_of(nights).courses
    found = [
        _finding(course, seen.get(pair, []))
        for pair, course in courses.items()
        if pair in seen or course.violation is not None
    ]
    return tuple(sorted(found, key=_weight))


def _finding(course: Course, seen: Sequence[float]) -> Finding:
    requirement = load().get(course.requirement)
    violated, judged = course.last(RECENT)
    state = State.FLAPPING if course.flapping else State.VIOLATED if course.violated else State.FIXED
    times = [each for each in (*seen, course.first_seen, course.last_seen) if each]
    return Finding(
        course.requirement, course.model,
        str(requirement.level) if requirement else "", str(requirement.impact) if requirement else "",
        requirement.sentence if requirement else "",
        state, min(times), max(times), violated, judged, course.recent,
    )  # fmt: skip


def _weight(each: Finding) -> tuple[object, ...]:
    requirement = load().get(each.requirement)
    graded = order(requirement.level, requirement.impact) if requirement else (True, 9, 9)
    return list(State).index(each.state), graded, each.requirement, each.model


def dump_history(history: History) -> dict[str, Any]:
    """As schemas/history.json has it."""
    value: dict[str, Any] = converter().unstructure(history)
    return {"format": FORMAT} | value
