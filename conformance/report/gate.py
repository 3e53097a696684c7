"""What a report comes to: the exit code, and the sentence that says why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.contract.marks import COSTLY, LEFT_OUT, NO_FAMILY, REAL_MODEL
from conformance.contract.profile import NOT_OF_FAMILY, Model
from conformance.contract.requirement import Impact, Level
from conformance.judgement.unserved import Unserved
from conformance.judgement.verdict import VIOLATIONS, Verdict
from conformance.language import gettext, joined, say, tell, told
from conformance.policy.course import OWN

from .report import Entry, Report

ENOUGH = 0.5  #: the share of the MUSTs that apply to a model which must have been judged for a verdict on it
AREA = 3  #: MUSTs that an area must have before it is held to that share by itself


@dataclass(frozen=True)
class Conclusion:
    """`exit_code`: 0 conforms, 1 violates, 3 could not judge (2 is wrong usage, and has no report). `outdated`: it is 1
    for nothing but the baseline."""

    exit_code: int
    sentence: str
    outdated: bool = False


def conclude(report: Report) -> Conclusion:
    """The one policy of the gate: what a report comes to."""
    never = _joined(_never_answered(report), _needed(report))
    flipping = _flipping(report)
    if report.failing:
        cut = tell("not everything could be judged: {reason}", told(report.unjudged)) if report.unjudged else ""
        return Conclusion(
            1, _joined(tally(report), cut, flipping, never, _optional(report), _invoice(report), *_limits(report))
        )
    if flipping:
        return Conclusion(1, _joined(flipping, tally(report), told(report.unjudged), never, *_limits(report)))
    if report.unjudged:
        return Conclusion(3, tell("could not be judged: {reason}", told(report.unjudged)))
    counted = _joined(tally(report), _optional(report), *_limits(report))
    if unmeasured := _joined("" if report.traffic else told(too_few(report)), never):
        return Conclusion(3, tell("could not be judged: {reason}", _joined(unmeasured, counted)))
    if differing := _invoice(report):
        return Conclusion(1, _joined(counted, differing))
    if report.baseline and report.baseline.outdated:
        problem = _joined(told(report.baseline.problem), counted)
        return Conclusion(1, tell("the baseline is out of date: {problem}", problem), outdated=True)
    return Conclusion(0, _joined(counted, _basis(report)))


def _joined(*clauses: str) -> str:
    return gettext("; ").join(filter(None, clauses))


def _invoice(report: Report) -> str:
    """The numbers of an invoice that are not what was counted."""
    found = report.traffic.differing if report.traffic else []
    named = _some(_number_of(each.what, each.group) for each in found)
    return tell("the invoice differs in {number:,} of its numbers: {named}", len(found), named) if found else ""


def _flipping(report: Report) -> str:
    """The requirements that were violated in some of the repeated runs, where that fails the gate."""
    counting = {entry.id for entry in report.counting}
    flips = report.repeated.flips if report.repeated else ()
    found = [flip for flip in flips if flip.worst is Verdict.FAIL and flip.requirement in counting]
    named = _some(dict.fromkeys(flip.requirement for flip in found))
    return (
        tell("violated in some of {runs} runs: {ids}", report.repeated.runs, named) if report.repeated and found else ""
    )


def _number_of(what: str, group: str) -> str:
    return say("tokens of {group}", group) if what == "tokens" else say("amount of {group}", group)


def too_few(report: Report) -> str:
    """The first model and area of which too few requirements were judged; empty where there is none. Of traffic, whose
    groups may be small, that is told by `Report.unjudged`."""
    for model in report.models:
        for area in ("", *sorted({entry.area for entry in report.counting})):
            judged, applicable = _measured(report, model, area)
            too_few = applicable and judged < ENOUGH * applicable and (not area or applicable >= AREA)
            if too_few or not (area or judged):
                return _too_few(_measure(report), model, area, judged, applicable)
    return ""


def _too_few(levels: str, model: Model, area: str, judged: int, applicable: int) -> str:
    if not applicable:
        return say("no {levels} was judged on {model}: none that was selected applies", levels, model.name)
    of_area = say(" of the area {area}", area) if area else ""
    return say(
        "only {judged} of the {applicable} {levels}{of_area} that apply to {model} could be judged",
        judged,
        applicable,
        levels,
        of_area,
        model.name,
    )


def _basis(report: Report) -> str:
    """On how much recordings conform: what was not recorded is not judged."""
    requests = report.spend.requests
    if report.source != "recording":
        return ""
    return tell("judged on no more than {number:,} recorded exchange{_s}", requests, "" if requests == 1 else "s")


_NAMED = 3  #: requests or requirements that a conclusion names; the others are counted


def _some(names: Iterable[object]) -> str:
    listed = list(names)
    more = tell(" and {number:,} more", len(listed) - _NAMED) if len(listed) > _NAMED else ""
    return gettext(", ").join(map(told, map(str, listed[:_NAMED]))) + more


def _never_answered(report: Report) -> str:
    """The valid requests that always failed: what they would have shown was not measured, whatever others showed."""
    number = len(report.unanswered)
    if number == 1:
        return tell("1 valid request was never answered: {requests}", _some(report.unanswered))
    named = _some(report.unanswered)
    return tell("{number:,} valid requests were never answered: {requests}", number, named) if number else ""


def _needed(report: Report) -> str:
    """The features without which nothing is green, of which none was served."""
    lost = [each for each in report.unserved if each.needed]
    if not lost:
        return ""
    return tell(
        "never served: {features}; if the endpoint does not offer this, use {options}", _some(lost), _without(lost)
    )


def _optional(report: Report) -> str:
    """The other features of which none was served, as an endpoint may lack them."""
    lost = [each for each in report.unserved if not each.needed]
    if not lost:
        return ""
    return tell("optional and never served: {features}; to exclude this, use {options}", _some(lost), _without(lost))


def _without(lost: Iterable[Unserved]) -> str:
    return " ".join(f"--without {feature}" for feature in dict.fromkeys(each.feature for each in lost))


def _limits(report: Report) -> list[str]:
    """What a reader must not overlook in a conclusion: caching that was not judged, and warnings about billing."""
    if report.source == "recording":
        return [told(report.unseen)]
    reasons: dict[str, list[str]] = {}
    for model in report.models:
        if reason := _caching_left_out(report, model):
            reasons.setdefault(reason, []).append(model.name)
    every = len(report.models)
    said = [
        tell("caching was not judged: {reason}", told(reason))
        if len(names) == every
        else tell("caching was not judged on {models}: {reason}", _some(names), told(reason))
        for reason, names in reasons.items()
    ]
    said = [*_stubbed(report), *said, *_without_family(report)]
    unclear = [] if reasons or report.failing else _unclear_caching(report)
    warned = [each for each in report.worst_first if is_warning(each) and each.impact is Impact.BILLING]
    number, named = len(warned), _some(each.id for each in warned)
    one, more = (
        tell("1 warning is about billing: {ids}", named),
        tell("{number:,} warnings are about billing: {ids}", number, named),
    )
    return [*said, *unclear, (one if number == 1 else more) if warned else ""]


def _stubbed(report: Report) -> Iterable[str]:
    """That what needs a real model was left out, and how much that is."""
    reason = told(LEFT_OUT[REAL_MODEL])
    number = sum(any(told(finding.message) == reason for finding in entry.findings) for entry in report.counting)
    if number:
        yield tell(
            "with a stub in place of a model, {number:,} requirements were not judged: --stub leaves them out", number
        )


def _without_family(report: Report) -> Iterable[str]:
    """That caching was not judged on models whose family is not known, and what to do."""
    reason = told(NO_FAMILY)
    if any(told(finding.message) == reason for entry in report.counting for finding in entry.findings):
        yield tell("caching was not judged where a model's name tells no family: use --model NAME=gpt or NAME=claude")


def is_warning(entry: Entry) -> bool:
    """Whether it counts and is violated without failing the gate. What a MAY finds is information, and no warning."""
    return entry.verdict is Verdict.WARN and not entry.later and entry.level is not Level.MAY


def _caching_left_out(report: Report, model: Model) -> str:
    """Why a model of a family that caches was not judged by that; empty where it was."""
    features = {"cache.explicit", "cache.automatic"} - NOT_OF_FAMILY.get(model.family, frozenset())
    if not features or not _measured(report, model, "")[0]:
        return ""
    if REAL_MODEL in model.without:
        return say("{option} leaves it out", "--stub")
    if COSTLY in model.without:
        return say("{option} leaves it out", "--no-costly")
    if unclaimed := features & model.without:
        return f"--without {min(unclaimed)}"
    chosen = any(entry.area == "caching" and entry.finding(model.name) for entry in report.counting)
    return "" if chosen else say("it was not selected")


def _unclear_caching(report: Report) -> Iterable[str]:
    """The requirements about caching that a cache which never engaged, say, left inconclusive."""
    found = [(entry.id, finding) for entry in report.counting if entry.area == "caching" for finding in entry.findings]
    unclear = [(id, finding) for id, finding in found if finding.verdict is Verdict.INCONCLUSIVE]
    for id, finding in unclear[:1]:
        reason = told(finding.message).partition(gettext(": "))[0]
        yield _joined(
            tell(
                "caching was judged in part: {id} is inconclusive on {model}, since {reason}", id, finding.model, reason
            ),
            tell("and {number:,} more of caching", len(unclear) - 1) if len(unclear) > 1 else "",
        )


def _measure(report: Report) -> str:
    """The levels that a verdict rests on: MUST; where only others were selected, those."""
    counting = {entry.level for entry in report.counting}
    others = joined(" or ", [str(level) for level in Level if level in counting])
    return str(Level.MUST) if Level.MUST in counting else others or say("requirement")


def _measured(report: Report, model: Model, area: str) -> tuple[int, int]:
    """How many requirements of an area (of all, where it is empty), of the levels that the verdict rests on, were
    judged on a model, and how many apply to it. What the endpoint refused, as it may, does not apply."""
    musts = [entry for entry in report.counting if entry.level is Level.MUST]
    measured = [entry for entry in musts or report.counting if area in ("", entry.area)]
    findings = [finding for entry in measured if (finding := entry.finding(model.name))]
    judged = sum(finding.verdict in OWN for finding in findings)
    return judged, judged + sum(each.verdict is Verdict.INCONCLUSIVE and not each.refused for each in findings)


def tally(report: Report) -> str:
    """Conformance as a sentence: “violates 2 of 131 MUST, 4 of 52 SHOULD; 3 of these fail the gate: usage.x (billing),
    …; 9 not applicable; 3 inconclusive”."""
    parts = []
    for level in Level:
        if judged := report.count(level, *OWN):
            parts.append(tell("{violated} of {judged} {level}", report.count(level, *VIOLATIONS), judged, level))
    rest = {
        "known": Verdict.KNOWN, "not applicable": Verdict.NOT_APPLICABLE, "inconclusive": Verdict.INCONCLUSIVE,
    }  # fmt: skip
    others = [
        tell("{number:,} {verdict}", number, gettext(name))
        for name, verdict in rest.items()
        if (number := sum(entry.verdict is verdict and not entry.follows for entry in report.counting))
    ]
    if following := sum(bool(entry.follows) for entry in report.counting):
        cause = "this" if sum(entry.violated for entry in report.counting) == 1 else "these"
        others.insert(0, tell("{number} more follow{_s} from {_cause}", following, "s" * (following == 1), cause))
    if later := sum(entry.later for entry in report.entries):
        others.append(tell("{number} later than {revision} and not counted", later, report.revision))
    counted = gettext(", ").join(parts) or gettext("nothing that was judged")
    return _joined(tell("violates {counts}", counted), failing(report), *others)


def failing(report: Report) -> str:
    """What fails the gate, by name and impact; that nothing does, where something is violated; else empty."""
    violated = sum(entry.violated for entry in report.counting)
    if not report.failing:
        none = gettext("it does not fail the gate") if violated == 1 else gettext("none of these fails the gate")
        return none if violated else ""
    number, named = (
        len(report.failing),
        _some(tell("{id} ({impact})", each.id, gettext(each.impact)) for each in report.failing),
    )
    if violated == 1:
        return tell("it fails the gate: {requirements}", named)
    if violated == number:
        return tell("all of these fail the gate: {requirements}", named)
    return tell("{number:,} of these fail{_s} the gate: {requirements}", number, "s" * (number == 1), named)
