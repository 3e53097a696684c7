"""The news of a run: a pure function of the earlier runs of its history and its own report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile

from conformance.contract.requirement import Level
from conformance.judgement.verdict import VIOLATIONS, Verdict
from conformance.policy.baseline import State
from conformance.policy.course import FLAPS, OPEN, Course
from conformance.report.compare import changed, worst_first
from conformance.report.comparison import Change
from conformance.report.news import Against, New, News, Origin
from conformance.report.report import Report

from .night import Night, night_of

__all__ = ["Against", "New", "News", "Origin", "Past", "news_of", "past_of"]

Pair = tuple[str, str]  #: requirement and model
MOST = 90  #: earlier runs that are looked at; the first of them tells what came before


@dataclass(frozen=True)
class Past:
    """What the earlier runs of a history come to, without those that could not be judged."""

    judged: tuple[Night, ...] = ()
    courses: Mapping[Pair, Course] = field(default_factory=dict)
    outage: int = 0  #: runs after the last judged one that could not be judged

    @property
    def last(self) -> Night | None:
        return self.judged[-1] if self.judged else None


def past_of(nights: Iterable[Night]) -> Past:
    """The runs of a history, in the order in which they began."""
    listed = list(nights)[-MOST:]
    judged = [each for each in listed if each.judged]
    courses: dict[Pair, Course] = {}
    for night in judged:
        courses |= _after(courses, night)
        if night is judged[0]:  # what came before it may have been removed
            courses |= {(each.requirement, each.model): each for each in night.courses}
    unjudged = list(takewhile(lambda each: not each.judged, reversed(listed)))
    return Past(tuple(judged), courses, len(unjudged))


def _after(courses: Mapping[Pair, Course], night: Night) -> dict[Pair, Course]:
    """The courses of all that a run judged, with it."""
    return {pair: courses.get(pair, Course(*pair)).after(verdict, night.at) for pair, verdict in night.verdicts.items()}


def news_of(past: Past, report: Report, at: float | None = None) -> News:
    """What a run has to tell; `at` is when it began, where that is not as the report says."""
    night, last = night_of(report, "", at), past.last
    head = News(
        at=night.at,
        version=night.version,
        exit_code=night.exit_code,
        against=Against(last.name, last.at, last.version) if last else None,
        judged=len(past.judged),
        outage=past.outage,
    )
    if not night.judged:
        return replace(head, courses=_told(past.courses))
    after = {**past.courses, **_after(past.courses, night)}
    steps = list(_steps(past, after, report))
    seen = {each for one in past.judged for each in one.verdicts}
    known, models = {id for id, _ in seen}, {name for one in past.judged for name in one.models}
    ids = {id for id, _ in night.verdicts}
    return replace(
        head,
        new=tuple(New(each, _origin(past, known, models, each)) for each in _of(steps, _is_new)),
        worse=_of(steps, _is_worse),
        fixed=_of(steps, _is_fixed),
        flapping=_of(steps, _begins_to_flap),
        lost=_of(steps, _is_lost),
        outdated=night.outdated and not (last and last.outdated),
        courses=_told({pair: each for pair, each in after.items() if pair[1] in night.models}),
        models_added=tuple(each for each in night.models if last and each not in models),
        models_gone=tuple(each for each in last.models if each not in night.models) if last else (),
        added=tuple(sorted(ids - known)) if last else (),
    )


def _told(courses: Mapping[Pair, Course]) -> tuple[Course, ...]:
    """The courses that a report tells: of what was violated in recent runs."""
    return tuple(each for _, each in sorted(courses.items()) if each.violation is not None)


# --- what became of one requirement on one model ------------------------------------------------------------


@dataclass(frozen=True)
class _Step:
    """A requirement on a model before and after a run, with what is to be told of it."""

    before: Course
    after: Course
    verdict: Verdict
    change: Change
    flaky: bool  #: whether the baseline lists it as such: that it comes and goes is known

    @property
    def violates(self) -> bool:
        return self.verdict in VIOLATIONS


def _steps(past: Past, after: Mapping[Pair, Course], report: Report) -> Iterator[_Step]:
    flaky = [each for each in report.baseline.standings if each.state is State.FLAKY] if report.baseline else []
    for entry in report.counting:
        for found in entry.findings:
            pair = entry.id, found.model
            before = past.courses.get(pair, Course(*pair))
            known = before.verdict if before.verdict is not None or not before.recent else Verdict.INCONCLUSIVE
            change = changed(entry, found.model, known, found.verdict, found.message)
            listed = any(each.covers(found) for each in flaky)
            yield _Step(before, after[pair], found.verdict, change, listed)


def _of(steps: Iterable[_Step], holds: Callable[[_Step], bool]) -> tuple[Change, ...]:
    return worst_first(step.change for step in steps if holds(step))


def _begins_to_flap(step: _Step) -> bool:
    return step.after.flapping and not step.before.flapping and step.violates


def _is_new(step: _Step) -> bool:
    return step.violates and not (step.before.violated or step.before.flapping or step.after.flapping)


def _is_worse(step: _Step) -> bool:
    """Violated before as well, and more is to be said of it: it fails the gate, it is no longer accepted, or it no
    longer flaps."""
    settled = step.before.flapping and not step.after.flapping
    graver = step.before.violation is not None and step.verdict > step.before.violation
    return step.violates and (settled or (graver and (step.before.violated or step.before.flapping)))


def _is_fixed(step: _Step) -> bool:
    if step.verdict is not Verdict.PASS or step.after.flapping or step.flaky:
        return False
    return step.before.violated or step.before.flapping


def _is_lost(step: _Step) -> bool:
    """A MUST that held and could not be judged. What could not be judged some runs ago was told then."""
    held = step.before.verdict is Verdict.PASS and not step.before.flapping
    told = OPEN in step.before.recent[-FLAPS:]
    return held and not told and step.change.level is Level.MUST and step.verdict is Verdict.INCONCLUSIVE


def _origin(past: Past, known: set[str], models: set[str], change: Change) -> Origin:
    if not past.judged:
        return Origin.FIRST
    if change.model not in models:
        return Origin.MODEL
    if change.requirement not in known:
        return Origin.REQUIREMENT
    return Origin.HELD if change.before is Verdict.PASS else Origin.OPEN
