"""One run of a history as its news is made from, and as the index keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.contract.requirement import Level
from conformance.judgement.verdict import VIOLATIONS, Verdict
from conformance.policy.course import OWN, Course
from conformance.report.drift import Drift
from conformance.report.gate import conclude
from conformance.report.report import Latency, Report
from conformance.settings.errors import NOT_JUDGED


@dataclass(frozen=True)
class Figures:
    """What a run shows in numbers. `violated` counts requirements that are, of the MUST and SHOULD that were `judged`.
    `cost` is a decimal, in a `currency`, and empty where it is not known; `asked_again` counts valid requests, None
    where that is not known; `seconds` is how long the run took."""

    failing: int = 0
    violated: int = 0
    judged: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: str = ""
    currency: str = ""
    asked_again: int | None = None
    seconds: float = 0.0
    latency: Latency | None = None


@dataclass(frozen=True)
class Night:
    """What a run came to: `name` is that of its folder, `at` the Unix time at which it began, `outdated` whether it
    fails the gate for nothing but its baseline. `verdicts` are by requirement and model, without what does not count.
    `courses` are those that its report tells, if it was one of a history. `drift` is what changed in the shape of
    replies."""

    name: str
    at: float
    version: str
    exit_code: int
    outdated: bool = False
    models: tuple[str, ...] = ()
    courses: tuple[Course, ...] = ()
    drift: tuple[Drift, ...] = ()
    figures: Figures = Figures()
    verdicts: Mapping[tuple[str, str], Verdict] = field(default_factory=dict)

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
        courses=report.news.courses if report.news else (),
        drift=report.drift,
        figures=_figures(report),
        verdicts={(each.id, found.model): found.verdict for each in report.counting for found in each.findings},
    )


def _figures(report: Report) -> Figures:
    costs = report.costs
    return Figures(
        failing=len(report.failing),
        violated=sum(report.count(level, *VIOLATIONS) for level in (Level.MUST, Level.SHOULD)),
        judged=sum(report.count(level, *OWN) for level in (Level.MUST, Level.SHOULD)),
        requests=report.spend.requests,
        input_tokens=report.spend.input_tokens,
        output_tokens=report.spend.output_tokens,
        cost=costs.input.amount if costs else "",
        currency=costs.currency if costs else "",
        asked_again=report.asked_again.requests if report.asked_again else None,
        seconds=report.seconds,
        latency=report.latency,
    )
