"""Counts and groups of a report's findings, shared by all report formats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from conformance.billing.costs import Charge
from conformance.contract.profile import Model
from conformance.contract.requirement import Level
from conformance.judgement.verdict import VIOLATIONS, Finding, Verdict
from conformance.language import gettext, tell, told
from conformance.policy.baseline import State
from conformance.report.drift import Drift
from conformance.report.report import Difference, Entry, Evidence, Report, differences

from .words import plural, reason, who


def counts(report: Report, model: Model) -> dict[Level, Counter[Verdict]]:
    """How many requirements of each level that count came to each verdict on a model."""
    tally: dict[Level, Counter[Verdict]] = {level: Counter() for level in Level}
    for entry in report.counting:
        if finding := entry.finding(model.name):
            tally[entry.level][Verdict.CONSEQUENCE if finding.follows else finding.verdict] += 1
    return tally


#: What is counted for each level.
COLUMNS: dict[str, tuple[Verdict, ...]] = {
    "pass": (Verdict.PASS,),
    "violated": VIOLATIONS,
    "follows": (Verdict.CONSEQUENCE,),
    "inconclusive": (Verdict.INCONCLUSIVE,),
    "n/a": (Verdict.NOT_APPLICABLE,),
    "known": (Verdict.KNOWN,),
}


Column = tuple[Level, str]


def columns(report: Report) -> list[Column]:
    """The columns with something in them; for each level that occurs, those of passes and violations."""
    tallies = [counts(report, model) for model in report.models]
    return [
        (level, name)
        for level in levels(report)
        for name in COLUMNS
        if name in ("pass", "violated") or any(number(tally[level], name) for tally in tallies)
    ]


def levels(report: Report) -> list[Level]:
    """The levels that occur, MUST in any case."""
    return [level for level in Level if level is Level.MUST or any(entry.level is level for entry in report.entries)]


def number(counter: Counter[Verdict], column: str) -> int:
    return sum(counter[verdict] for verdict in COLUMNS[column])


# --- one requirement ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Observation:
    """The same thing found on some models, with the exchanges that show it."""

    verdict: Verdict
    message: str
    models: tuple[str, ...]
    evidence: tuple[Evidence, ...]


def observations(report: Report, entry: Entry, *verdicts: Verdict) -> list[Observation]:
    """What was found, one observation for the models of which the same was, worst first; by default all but
    passes."""
    wanted = verdicts or tuple(verdict for verdict in Verdict if verdict is not Verdict.PASS)
    groups: dict[tuple[Verdict, str], list[Finding]] = {}
    for finding in entry.findings:
        if finding.verdict in wanted:
            groups.setdefault((finding.verdict, finding.message), []).append(finding)
    found = [
        Observation(verdict, message, tuple(each.model for each in group), _evidence(report, group))
        for (verdict, message), group in groups.items()
    ]
    return sorted(found, key=lambda each: -each.verdict)


def _evidence(report: Report, findings: Iterable[Finding]) -> tuple[Evidence, ...]:
    keys = dict.fromkeys(key for finding in findings for key in finding.evidence)
    return tuple(report.evidence[key] for key in keys if key in report.evidence)


def worst(report: Report, entry: Entry) -> list[Observation]:
    """The observations that make the entry's verdict what it is."""
    return observations(report, entry, entry.verdict)


def affected(report: Report, entry: Entry) -> str:
    """The models on which the entry's verdict is what it is."""
    return who(report, (name for each in worst(report, entry) for name in each.models))


def entries(report: Report, *verdicts: Verdict) -> list[Entry]:
    """The entries that came to one of these verdicts, worst first."""
    return [entry for entry in report.worst_first if entry.verdict in verdicts]


def violations(report: Report) -> list[Entry]:
    return [entry for entry in entries(report, *VIOLATIONS) if not entry.later]


def later_violations(report: Report) -> list[Entry]:
    """What is violated of the requirements that do not count, since they are later than the revision."""
    return [entry for entry in entries(report, *VIOLATIONS) if entry.later]


def observed(report: Report, verdict: Verdict) -> list[tuple[Entry, list[Observation]]]:
    """The requirements that came to this verdict on some model, whatever they came to on others."""
    found = [(entry, observations(report, entry, verdict)) for entry in report.worst_first]
    return [(entry, seen) for entry, seen in found if seen]


def unjudged(report: Report) -> list[tuple[Entry, list[Observation]]]:
    """The requirements that could not be judged on some model, save those of which a violation is the cause."""
    return [(entry, seen) for entry, seen in observed(report, Verdict.INCONCLUSIVE) if not entry.follows]


def by_reason(found: Iterable[tuple[Entry, list[Observation]]]) -> list[tuple[str, list[tuple[Entry, Observation]]]]:
    """The observations by the reason that they give, that of most first."""
    groups: dict[str, list[tuple[Entry, Observation]]] = {}
    for entry, seen in found:
        for each in seen:
            groups.setdefault(reason(each.message), []).append((entry, each))
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def consequences(report: Report) -> list[tuple[Entry, list[Observation]]]:
    """The requirements that are violated, or could not be judged, as a consequence of another violation."""
    following = [entry for entry in report.worst_first if entry.follows]
    return [(entry, observations(report, entry, Verdict.CONSEQUENCE, Verdict.INCONCLUSIVE)) for entry in following]


def followed_by(report: Report, entry: Entry, most: int = 5) -> str:
    """What follows from a violation: “caching.hits, caching.writes and 12 more”; empty where nothing does."""
    ids = [each.id for each in report.following(entry)]
    more = tell(" and {number:,} more", len(ids) - most) if len(ids) > most else ""
    return f"{', '.join(ids[:most])}{more}"


def statement(entry: Entry) -> str:
    return tell("the endpoint {level} {sentence}", gettext(entry.level), entry.sentence)


def impact(entry: Entry) -> str:
    """What a violation does, and why it only warns where that needs a reason."""
    only_warns = tell("; it only warns by default: {reason}", entry.warns) if entry.warns else ""
    return f"{gettext(entry.impact)}{gettext(': ')}{gettext(entry.impact.meaning)}{only_warns}"


def clause(entry: Entry) -> str:
    """Where it is written: the source and the rows of the contract."""
    rows = f"{gettext(', contract')} {', '.join(entry.contract)}" if entry.contract else ""
    return entry.source + rows


# --- the baseline -------------------------------------------------------------------------------------------


def standings(report: Report, *states: State) -> list[tuple[str, str]]:
    """What became of the entries of the baseline that are in one of these states, and of each its reason and owner."""
    audit = report.baseline
    found = [each for each in audit.standings if each.state in states] if audit else []
    reasons = [tell("{reason} ({owner}, until {day})", each.reason, each.owner, each.expires) for each in found]
    return [(told(audit.sentence(each)), reason) for each, reason in zip(found, reasons, strict=True) if audit]


def accepted(report: Report) -> list[tuple[str, str]]:
    """The requirements that are violated and accepted with the models, and until when, by whom and why."""
    known = [each for each in report.baseline.standings if each.state is State.KNOWN] if report.baseline else []
    return [
        (
            tell("{requirement} on {model}", each.requirement, each.model),
            tell("known until {expires}, {owner}: {reason}", each.expires, each.owner, each.reason),
        )
        for each in known
    ]


# --- money ---------------------------------------------------------------------------------------------------


def charges(report: Report, entry: Entry) -> list[tuple[str, str]]:
    """What a violation over- or undercharges: the model with its exchange, and the amount with the arithmetic."""
    costs = report.costs
    charged = [costs.charge(entry.id, finding.model) for finding in entry.findings] if costs else []
    return [(_charged_in(report, charge), told(charge.said)) for charge in charged if charge]


def amount(report: Report, entry: Entry) -> str:
    """What a violation over- or undercharges on the first model of which that can be told: “-0.0981 USD”."""
    costs = report.costs
    charged = [costs.charge(entry.id, finding.model) for finding in entry.findings] if costs else []
    return next((f"{each.amount} {costs.currency}" for each in charged if costs and each and each.amount), "")


def _charged_in(report: Report, charge: Charge) -> str:
    shown = report.evidence.get(charge.exchange)
    named = f"“{shown.label}”" if shown and shown.label else tell("exchange {key}", charge.exchange)
    return f"{charge.model}{gettext(', ')}{named}"


def input_cost(report: Report, evidence: Evidence) -> str:
    """The input cost of one exchange with the arithmetic, or why it cannot be computed; empty where it has none."""
    found = report.costs.exchanges.get(evidence.key) if report.costs else None
    return told(found.said) if found else ""


# --- several models -----------------------------------------------------------------------------------------


def divided(report: Report) -> str:
    """How the models differ, in one line: “3 requirements: 2 violated only by gpt-4o, 1 other”."""
    found = differences(report)
    alone = Counter(who(report, each.violating) for each in found if each.violating and each.holding).most_common(3)
    parts = [tell("{count:,} only by {models}", count, models) for models, count in alone]
    parts[:1] = [tell("{count:,} violated only by {models}", count, models) for models, count in alone[:1]]
    if others := len(found) - sum(count for _, count in alone):
        alike = tell("{number:,} other", others)
        parts.append(alike if parts else tell("{number:,} judged on some models only", others))
    return f"{plural(len(found), 'requirement')}{gettext(': ')}{gettext(', ').join(parts)}"


def drifts(report: Report) -> list[tuple[str, str]]:
    """What changed in the shape of replies: the sentence, and in which replies of which models."""
    groups: dict[str, list[Drift]] = {}
    for each in report.drift:
        groups.setdefault(each.sentence, []).append(each)
    return [(told(sentence), _where(report, found)) for sentence, found in groups.items()]


def _where(report: Report, found: list[Drift]) -> str:
    labels = list(dict.fromkeys(label for each in found for label in each.requests))
    more = tell(" and {number:,} more", len(labels) - 2) if len(labels) > 2 else ""
    return f"{who(report, (each.model for each in found))}{gettext(': ')}{', '.join(labels[:2])}{more}"


def sides(report: Report, difference: Difference) -> list[tuple[Verdict, str]]:
    """The models on each side of a difference, with the verdict they came to."""
    groups = (
        (difference.entry.verdict if difference.entry.violated else Verdict.KNOWN, difference.violating),
        (Verdict.INCONCLUSIVE, difference.unjudged),
        (Verdict.PASS, difference.holding),
    )
    return [(verdict, who(report, models)) for verdict, models in groups if models]
