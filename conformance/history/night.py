"""One run of a history as its news is made from, and as the index keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.judgement.verdict import Verdict
from conformance.policy.course import Course
from conformance.report.gate import conclude
from conformance.report.report import Report
from conformance.settings.errors import NOT_JUDGED


@dataclass(frozen=True)
class Night:
    """What a run came to: `name` is that of its folder, `at` the Unix time at which it began, `outdated` whether it
    fails the gate for nothing but its baseline. `verdicts` are by requirement and model, without what does not count.
    `courses` are those that its report tells, if it was one of a history."""

    name: str
    at: float
    version: str
    exit_code: int
    outdated: bool = False
    models: tuple[str, ...] = ()
    verdicts: Mapping[tuple[str, str], Verdict] = field(default_factory=dict)
    courses: tuple[Course, ...] = ()

    @property
    def judged(self) -> bool:
        return self.exit_code != NOT_JUDGED


def night_of(report: Report, name: str, at: float | None = None) -> Night:
    """The run that a report is about; `at` is when it began, where that is not as the report says."""
    concluded = conclude(report)
    return Night(
        name=name,
        at=report.started if at is None else at,
        version=report.version,
        exit_code=concluded.exit_code,
        outdated=concluded.outdated,
        models=tuple(each.name for each in report.models),
        verdicts={(each.id, found.model): found.verdict for each in report.counting for found in each.findings},
        courses=report.news.courses if report.news else (),
    )
