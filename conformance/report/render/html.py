"""The report as one self-contained HTML file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conformance.judgement.verdict import VIOLATIONS, Verdict
from conformance.policy.baseline import State
from conformance.report.gate import is_warning
from conformance.report.report import Entry, Evidence, Report, differences

from . import found, words
from .excerpt import excerpt
from .exhibit import lines_of
from .mark import Line, mark

_EXHIBITS = 3  #: exchanges shown of one requirement; the others are linked
_OPEN = 10  #: requirements whose evidence is unfolded
_SHORT = 3_000  #: characters of a command line that is shown beside each violation
_BODY = 400  #: lines shown of a body
_WIDE = 2_000  #: characters of a line of it


@dataclass(frozen=True)
class Exhibit:
    """One exchange of a violation, as an excerpt."""

    evidence: Evidence
    lines: list[Line]

    @property
    def curl(self) -> str:
        return self.evidence.curl if len(self.evidence.curl) <= _SHORT else ""


@dataclass(frozen=True)
class Card:
    """One violated requirement."""

    entry: Entry
    observations: list[found.Observation]
    exhibits: list[Exhibit]
    others: list[Evidence]
    unfolded: bool

    @property
    def passing(self) -> list[str]:
        """The models on which it holds."""
        return [finding.model for finding in self.entry.findings if finding.verdict is Verdict.PASS]


@dataclass(frozen=True)
class Area:
    """The requirements of one area."""

    name: str
    entries: list[Entry]

    @property
    def summary(self) -> list[tuple[Verdict, int]]:
        """How many requirements came to each verdict, worst first."""
        counter = Counter(entry.verdict for entry in self.entries)
        return sorted(counter.items(), reverse=True)


def render(report: Report) -> str:
    return _environment().get_template("report.html.j2").render(_context(report)) + "\n"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "one_line": words.one_line,
        "plural": words.plural,
        "web_link": words.web_link,
        "mark": words.MARK.get,
        "slug": lambda verdict: str(verdict).replace(" ", "-"),
    }
    return environment


def _cleaned(value: Any) -> Any:
    """Whatever the template puts out, unless it made it itself, shows all its characters."""
    return words.clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _context(report: Report) -> dict[str, Any]:
    """What the template names: values of the report, and functions on its parts."""
    return {
        "report": report,
        "headline": words.headline(report),
        "planted": words.planted(report),
        "started": words.started(report).strftime("%Y-%m-%d %H:%M UTC"),
        "spent": words.spent_and_planned(report),
        "asked_again": words.asked_again(report),
        "money": words.money(report),
        "charges": lambda entry: found.charges(report, entry),
        "input_cost": lambda evidence: found.input_cost(report, evidence),
        "levels": found.levels(report),
        "columns": found.columns(report),
        "counts": {model.name: found.counts(report, model) for model in report.models},
        "number": found.number,
        "who": lambda names: words.who(report, names),
        "seen_again": lambda entry, names: words.seen_again(report, entry.id, names),
        "never": words.NEVER,
        "statement": found.statement,
        "impact": found.impact,
        "following": report.following,
        "different": [each.entry for each in differences(report)],
        "divided": found.divided(report),
        "drifts": found.drifts(report),
        "request_lines": _request_lines,
        "response_lines": _response_lines,
        "Verdict": Verdict,
        **_sections(report),
    }


def _sections(report: Report) -> dict[str, Any]:
    """What the sections list."""
    violated = found.violations(report)
    cards = [_card(report, entry, unfolded=position < _OPEN) for position, entry in enumerate(violated)]
    return {
        "failing": [card for card in cards if card.entry.verdict is Verdict.FAIL],
        "warnings": [card for card in cards if is_warning(card.entry)],
        "notes": [card for card in cards if card.entry.verdict is Verdict.WARN and not is_warning(card.entry)],
        "consequences": found.consequences(report),
        "inconclusive": found.unjudged(report),
        "known": found.observed(report, Verdict.KNOWN),
        "outdated": found.standings(report, State.STALE, State.EXPIRED),
        "unchecked": found.standings(report, State.UNCHECKED),
        "later": [_card(report, entry, unfolded=False) for entry in found.later_violations(report)],
        "areas": _areas(report),
        "passed": found.entries(report, Verdict.PASS),
        "not_applicable": found.observed(report, Verdict.NOT_APPLICABLE),
        "vain": [(each, report.evidence.get(each.key)) for each in report.unanswered],
        "exchanges": _exchanges(report),
    }


def _card(report: Report, entry: Entry, unfolded: bool) -> Card:
    observations = found.observations(report, entry, *VIOLATIONS, Verdict.INCONCLUSIVE, Verdict.KNOWN)
    shown = list(dict.fromkeys(each.evidence[0] for each in observations if each.evidence))[:_EXHIBITS]
    others = dict.fromkeys(evidence for each in observations for evidence in each.evidence)
    return Card(
        entry=entry,
        observations=observations,
        exhibits=[Exhibit(evidence, lines_of(evidence, entry.at, most=24)) for evidence in shown],
        others=[evidence for evidence in others if evidence not in shown],
        unfolded=unfolded,
    )


def _areas(report: Report) -> list[Area]:
    areas: dict[str, list[Entry]] = {}
    for entry in sorted(report.entries, key=lambda entry: entry.id):
        areas.setdefault(entry.area, []).append(entry)
    return [Area(name, entries) for name, entries in areas.items()]


def _exchanges(report: Report) -> list[Evidence]:
    """The exchanges that were never answered, or that some finding but a pass refers to, in order of first mention."""
    mentioned = (
        evidence
        for entry in report.worst_first
        for observation in found.observations(report, entry)
        for evidence in observation.evidence
    )
    vain = (report.evidence[each.key] for each in report.unanswered if each.key in report.evidence)
    return list(dict.fromkeys((*vain, *mentioned)))


def _request_lines(evidence: Evidence) -> Sequence[Line]:
    return excerpt(mark(evidence.request_body, ""), most=_BODY, width=_WIDE) if evidence.request_body else []


def _response_lines(evidence: Evidence) -> Sequence[Line]:
    body = mark(evidence.body, "", streamed=evidence.streamed, truncated=evidence.truncated)
    return excerpt(body, most=_BODY, width=_WIDE) if evidence.body else []
