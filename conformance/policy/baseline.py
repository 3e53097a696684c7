"""The baseline: violations that a vendor knows of and accepts up to a day, and what a run makes of them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from math import floor

from conformance.judgement.verdict import VIOLATIONS, Finding, Verdict
from conformance.language import joined, phrase, say, several
from conformance.text import nearest, quoted

from .course import FLAPS, Course

_DAY, _ROUNDING = 86_400, 1e-9
VIOLATED = (*VIOLATIONS, Verdict.KNOWN, Verdict.CONSEQUENCE)


class BaselineError(Exception):
    """The baseline cannot be used; the message is one sentence with file, line and remedy."""


@dataclass(frozen=True)
class Known:
    """A violation of `requirement` by the models whose names match `model`, accepted up to and on the day `expires`.

    `line` is that of its `[[known]]`, `text` how it is written with the comments right above it, and `after` what
    stands between it and the next. Where it has a `rate`, it is flaky: accepted as long as no greater share of the last
    `window` judged runs violated it.
    """

    requirement: str
    model: str
    reason: str
    owner: str
    expires: date
    line: int = 0
    text: str = ""
    after: str = ""
    rate: float | None = None
    window: int = FLAPS

    @property
    def allowed(self) -> int:
        """In how many of the runs of its window a flaky finding may be violated."""
        return floor((self.rate or 0) * self.window + _ROUNDING)

    def accepts(self, course: Course | None) -> bool:
        """Whether a violation is accepted in the run with which this course ends, None where it is not known: of a
        flaky one as long as it is not violated too often."""
        return self.rate is None or course is None or course.last(self.window)[0] <= self.allowed

    def matches(self, model: str) -> bool:
        return _matches(self.model, model)

    def covers(self, finding: Finding) -> bool:
        return finding.requirement == self.requirement and self.matches(finding.model)


def _matches(pattern: str, model: str) -> bool:
    return model == pattern or fnmatchcase(model, pattern)


@dataclass(frozen=True)
class Baseline:
    """What is known, in the order of the file; `head` is what stands above the first entry."""

    file: str
    known: tuple[Known, ...] = ()
    head: str = ""


@dataclass(frozen=True)
class Before:
    """What earlier runs of a history came to, before one that began at `at` (Unix time): the `courses` by requirement
    and model."""

    courses: Mapping[tuple[str, str], Course]
    at: float

    def course(self, finding: Finding) -> Course:
        """The course of what a finding is about, with it."""
        pair = finding.requirement, finding.model
        return self.courses.get(pair, Course(*pair)).after(finding.verdict, self.at)


def accept(baseline: Baseline, finding: Finding, today: date, before: Before | None = None) -> Finding:
    """A violation that is listed, and has not expired, is known; what was observed and why it is accepted is said.
    `before` is what earlier runs came to, None where that is not known."""
    if finding.verdict not in VIOLATIONS:
        return finding
    listed = [each for each in baseline.known if each.covers(finding) and today <= each.expires]
    course = before.course(finding) if before else None
    entry = next((each for each in listed if each.accepts(course)), None)
    if entry is None:
        return finding
    accepted = say("(known: {reason}; {owner}, until {expires})", entry.reason, entry.owner, entry.expires)
    return replace(finding, verdict=Verdict.KNOWN, message=joined(" ", filter(None, (finding.message, accepted))))


# --- what a run makes of the entries ------------------------------------------------------------------------


class State(StrEnum):
    """What became of an entry in a run. Those that are OUTDATED fail the gate."""

    KNOWN = "known"  #: violated, and accepted
    FLAKY = "flaky"  #: violated in some runs, in no more than are accepted
    STALE = "stale"  #: no longer violated
    OVERDUE = "overdue"  #: no longer violated for longer than is allowed
    EXCEEDED = "exceeded"  #: flaky, and violated in more runs than are accepted
    EXPIRED = "expired"  #: violated, and accepted no longer
    UNCHECKED = "unchecked"  #: the run does not tell whether it is violated


OUTDATED = (State.OVERDUE, State.EXCEEDED, State.EXPIRED)


@dataclass(frozen=True)
class Standing:
    """An entry of the baseline after a run; `expires` is a date as text, `said` the end of a sentence about it."""

    requirement: str
    model: str
    reason: str
    owner: str
    expires: str
    line: int
    state: State
    said: str

    def covers(self, finding: Finding) -> bool:
        return finding.requirement == self.requirement and _matches(self.model, finding.model)

    @property
    def outdated(self) -> bool:
        """Whether it fails the gate."""
        return self.state in OUTDATED


@dataclass(frozen=True)
class Audit:
    """A baseline as a report keeps it."""

    file: str
    standings: tuple[Standing, ...] = ()

    @property
    def outdated(self) -> tuple[Standing, ...]:
        return tuple(each for each in self.standings if each.outdated)

    def sentence(self, standing: Standing) -> str:
        """What became of an entry, with its place."""
        place = say("{file}, line {line}", self.file, standing.line)
        about = say("{requirement} on {model}", standing.requirement, standing.model)
        return say("{place}: {about} {said}", place, about, standing.said)

    @property
    def problem(self) -> str:
        """Why the baseline fails the gate; empty where it does not."""
        return several([self.sentence(each) for each in self.outdated], 1)


def audit(
    baseline: Baseline, findings: Iterable[Finding], catalogue: Container[str], today: date,
    before: Before | None = None, stale_after: int | None = None,
) -> Audit:  # fmt: skip
    """What became of each entry, by all findings of the run. One that is stale for more days than `stale_after` is
    overdue: at once where that is 0, never where it is None or where nothing is known of earlier runs."""
    found = list(findings)
    return Audit(
        baseline.file,
        tuple(_standing(baseline, each, found, catalogue, today, before, stale_after) for each in baseline.known),
    )


def _standing(
    baseline: Baseline, entry: Known, findings: Sequence[Finding], catalogue: Container[str], today: date,
    before: Before | None, stale_after: int | None,
) -> Standing:  # fmt: skip
    own = [each for each in findings if entry.covers(each)]
    state, said = _state(entry, own, catalogue, today, before)
    if state is State.STALE:
        prune = f"phanedge-conformance baseline --prune REPORT --out {quoted(str(baseline.file))}"
        since = max((before.course(each).turned for each in own), default=0.0) if before else 0.0
        if stale_after == 0 or (stale_after and since and before and before.at - since > stale_after * _DAY):
            state = State.OVERDUE
        when = say(" since {day}", datetime.fromtimestamp(since, UTC).date()) if since else ""
        said = say("is stale{when}, since {reason}: remove the entry, or run {command}", when, said, prune)
    return Standing(
        entry.requirement, entry.model, entry.reason, entry.owner, str(entry.expires), entry.line, state, said
    )


def _state(
    entry: Known, findings: Sequence[Finding], catalogue: Container[str], today: date, before: Before | None
) -> tuple[State, str]:
    if entry.requirement not in catalogue:
        return State.STALE, say("the requirement was withdrawn")
    if violating := [each.model for each in findings if each.verdict in VIOLATED]:
        if entry.expires < today:
            until = say("it was accepted until {day}, and {models} still violates it", entry.expires, _some(violating))
            return State.EXPIRED, say("has expired: {until}; fix it, or agree on another day", until)
        if entry.rate is not None:
            state = State.EXCEEDED if any(each.verdict in VIOLATIONS for each in findings) else State.FLAKY
            return state, _flaky(entry, findings, before)
        return State.KNOWN, say("is violated by {models}, as is known until {day}", _some(violating), entry.expires)
    unjudged = [each for each in findings if each.verdict is not Verdict.PASS]
    if findings and not unjudged:
        if entry.rate is not None and not _steady(entry, findings, before):
            return State.FLAKY, _flaky(entry, findings, before)
        return State.STALE, say(
            "it holds on every model that it matches ({models})", _some([each.model for each in findings])
        )
    why = say("the run did not judge it")
    if unjudged:
        why = say("it is {verdict} on {model}", phrase(str(unjudged[0].verdict)), unjudged[0].model)
    return State.UNCHECKED, say("could not be checked: {reason}", why)


def _steady(entry: Known, findings: Sequence[Finding], before: Before | None) -> bool:
    """Whether a flaky requirement held in every run of the window of its entry, on every model."""
    lasts = [before.course(each).last(entry.window) for each in findings] if before else [(0, 0)]
    return all(last == (0, entry.window) for last in lasts)


def _flaky(entry: Known, findings: Sequence[Finding], before: Before | None) -> str:
    """How often a flaky requirement was violated, on the model on which it was most often."""
    if before is None:
        return say("is flaky; without a history it is not known how often it is violated")
    worst = max(findings, key=lambda each: before.course(each).last(entry.window))
    violated, judged = before.course(worst).last(entry.window)
    return say(
        "is flaky: {violated} of the last {judged} runs violated it on {model}; {allowed} of {window} are accepted",
        violated, judged, worst.model, entry.allowed, entry.window,
    )  # fmt: skip


def _some(names: Sequence[str]) -> str:
    listed = ", ".join(names[:3])
    return say("{names} and {number} more", listed, len(names) - 3) if len(names) > 3 else listed


# --- entries that speak of nothing --------------------------------------------------------------------------


def check(baseline: Baseline, catalogue: Iterable[str], withdrawn: Container[str], models: Sequence[str]) -> None:
    """Refuse an entry about a requirement that never was, or about none of the models that are judged. Raises
    BaselineError."""
    ids = list(catalogue)
    for entry in baseline.known:
        place = say("{file}, line {line}", baseline.file, entry.line)
        if entry.requirement not in ids and entry.requirement not in withdrawn:
            near = nearest(entry.requirement, ids) or say("phanedge-conformance catalogue lists them all")
            raise BaselineError(
                say("{place}: there is no requirement {requirement!r}: {near}", place, entry.requirement, near)
            )
        if not any(entry.matches(model) for model in models):
            near = nearest(entry.model, models) or say(
                "there {_are} {names}", "are" if models[1:] else "is", ", ".join(models)
            )
            raise BaselineError(
                say("{place}: no model that is judged matches {model!r}: {near}", place, entry.model, near)
            )
