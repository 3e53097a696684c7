"""The baseline: violations that a vendor knows of and accepts up to a day, and what a run makes of them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase

from conformance.judgement.verdict import VIOLATIONS, Finding, Verdict
from conformance.language import joined, phrase, say, several
from conformance.text import nearest, quoted

VIOLATED = (*VIOLATIONS, Verdict.KNOWN, Verdict.CONSEQUENCE)


class BaselineError(Exception):
    """The baseline cannot be used; the message is one sentence with file, line and remedy."""


@dataclass(frozen=True)
class Known:
    """A violation of `requirement` by the models whose names match `model`, accepted up to and on the day `expires`.

    `line` is that of its `[[known]]`, `text` how it is written with the comments right above it, and `after` what
    stands between it and the next.
    """

    requirement: str
    model: str
    reason: str
    owner: str
    expires: date
    line: int = 0
    text: str = ""
    after: str = ""

    def matches(self, model: str) -> bool:
        return model == self.model or fnmatchcase(model, self.model)

    def covers(self, finding: Finding) -> bool:
        return finding.requirement == self.requirement and self.matches(finding.model)


@dataclass(frozen=True)
class Baseline:
    """What is known, in the order of the file; `head` is what stands above the first entry."""

    file: str
    known: tuple[Known, ...] = ()
    head: str = ""


def accept(baseline: Baseline, finding: Finding, today: date) -> Finding:
    """A violation that is listed, and has not expired, is known; what was observed and why it is accepted is said."""
    if finding.verdict not in VIOLATIONS:
        return finding
    entry = next((each for each in baseline.known if each.covers(finding) and today <= each.expires), None)
    if entry is None:
        return finding
    accepted = say("(known: {reason}; {owner}, until {expires})", entry.reason, entry.owner, entry.expires)
    return replace(finding, verdict=Verdict.KNOWN, message=joined(" ", filter(None, (finding.message, accepted))))


# --- what a run makes of the entries ------------------------------------------------------------------------


class State(StrEnum):
    """What became of an entry in a run. Stale and expired ones fail the gate."""

    KNOWN = "known"  #: violated, and accepted
    STALE = "stale"  #: no longer violated
    EXPIRED = "expired"  #: violated, and accepted no longer
    UNCHECKED = "unchecked"  #: the run does not tell whether it is violated


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

    @property
    def outdated(self) -> bool:
        """Whether it fails the gate."""
        return self.state in (State.STALE, State.EXPIRED)


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


def audit(baseline: Baseline, findings: Iterable[Finding], catalogue: Container[str], today: date) -> Audit:
    """What became of each entry, by all findings of the run."""
    found = list(findings)
    return Audit(baseline.file, tuple(_standing(baseline, each, found, catalogue, today) for each in baseline.known))


def _standing(
    baseline: Baseline, entry: Known, findings: Sequence[Finding], catalogue: Container[str], today: date
) -> Standing:
    state, said = _state(entry, [each for each in findings if entry.covers(each)], catalogue, today)
    if state is State.STALE:
        prune = f"phanedge-conformance baseline --prune REPORT --out {quoted(str(baseline.file))}"
        said = say("is stale, since {reason}: remove the entry, or run {command}", said, prune)
    return Standing(
        entry.requirement, entry.model, entry.reason, entry.owner, str(entry.expires), entry.line, state, said
    )


def _state(entry: Known, findings: Sequence[Finding], catalogue: Container[str], today: date) -> tuple[State, str]:
    if entry.requirement not in catalogue:
        return State.STALE, say("the requirement was withdrawn")
    if violating := [each.model for each in findings if each.verdict in VIOLATED]:
        if entry.expires < today:
            until = say("it was accepted until {day}, and {models} still violates it", entry.expires, _some(violating))
            return State.EXPIRED, say("has expired: {until}; fix it, or agree on another day", until)
        return State.KNOWN, say("is violated by {models}, as is known until {day}", _some(violating), entry.expires)
    unjudged = [each for each in findings if each.verdict is not Verdict.PASS]
    if findings and not unjudged:
        return State.STALE, say(
            "it holds on every model that it matches ({models})", _some([each.model for each in findings])
        )
    why = say("the run did not judge it")
    if unjudged:
        why = say("it is {verdict} on {model}", phrase(str(unjudged[0].verdict)), unjudged[0].model)
    return State.UNCHECKED, say("could not be checked: {reason}", why)


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
