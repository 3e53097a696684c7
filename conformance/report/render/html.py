"""The report as one self-contained HTML file."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from conformance.judgement.verdict import VIOLATIONS, Verdict
from conformance.language import gettext, spoken, tell, told
from conformance.policy.baseline import OUTDATED, State
from conformance.report.report import Entry, Evidence, Report, differences, is_of_one
from conformance.text import quoted

from . import found, news, repeats, traffic, words
from .exhibit import lines_of
from .mark import Line
from .packed import pack

_HERE = Path(__file__).parent
_UNFOLDED = 3  #: so many findings are not folded
_LINES = 12  #: of a response beside a finding; the whole is among the exchanges
_SHORT = 1_000  #: characters of a command line that stands beside a finding
_PAGE = 595_000  #: bytes of a page, beyond which exchanges are left to the folder of the run
_LEAST = 50_000  #: bytes for exchanges in any case
_PLACE = "\0"  #: where they come; nothing else that the page shows has this character


@dataclass(frozen=True)
class Card:
    """One violated requirement: what was observed, the exchange that shows it with the lines that tell it, the
    others that were seen, and the models on which it holds, although they were asked the same."""

    entry: Entry
    observations: list[found.Observation]
    evidence: Evidence | None
    lines: list[Line]
    others: list[Evidence]
    passing: tuple[str, ...]

    @property
    def curl(self) -> str:
        return self.evidence.command(_SHORT) if self.evidence else ""


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
    """The page."""
    here = words.from_anywhere(report)
    exchanges = _exchanges(here)
    page = environment().get_template("report.html.j2").render(_context(here, exchanges)) + "\n"
    room = max(_PAGE - len(page.encode("utf-8", "replace")), _LEAST)
    return page.replace(_PLACE, pack(here, exchanges, room))


@cache
def environment(*more: Path) -> Environment:
    """What makes pages of the templates here, and of those in other folders: made once, since to compile the templates
    takes longer than to render most reports."""
    made = Environment(
        loader=FileSystemLoader([*more, _HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "one_line": words.one_line,
        "plural": words.plural,
        "text": _text,
        "breakable": _breakable,
        "web_link": words.web_link,
        "mark": words.MARK.get,
        "slug": lambda verdict: str(verdict).replace(" ", "-"),
    }
    return made


def _cleaned(value: Any) -> Any:
    """Whatever the template puts out, unless it made it itself, shows all its characters."""
    return words.clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _text(value: str) -> Markup:
    """The value as text between tags, where quotation marks need no escape: JSON is full of them."""
    escaped = words.clean(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(escaped)


def _breakable(name: str) -> Markup:
    """A name that may go on in the next line after each of its parts."""
    return Markup(re.sub(r"([._])(?=\w)", r"\1<wbr>", str(_text(name))))


def _context(report: Report, exchanges: list[Evidence]) -> dict[str, Any]:
    """What the template names: values of the report, and functions on its parts."""
    places = {model.name: place for place, model in enumerate(report.models)}
    folder = quoted(report.folder) if report.folder else ""
    return {
        "report": report,
        "_": gettext,
        "tell": tell,
        "told": told,
        "gap": " " if spoken() == "en" else "",
        "language": spoken(),
        "verdict": words.verdict(report),
        "headline": words.headline(report),
        "planted": words.planted(report),
        "started": words.started(report).strftime("%Y-%m-%d %H:%M UTC"),
        "spent": words.spent_and_planned(report),
        "asked_again": words.asked_again(report),
        "money": words.money(report),
        "age": lambda entry: news.age(report, entry),
        "charges": lambda entry: found.charges(report, entry),
        "amount": lambda entry: found.amount(report, entry),
        "levels": found.levels(report),
        "columns": found.columns(report),
        "counts": {model.name: found.counts(report, model) for model in report.models},
        "number": found.number,
        "who": lambda names: words.who(report, names),
        "of_models": lambda names: f" {' '.join(str(places[name]) for name in names if name in places)} ",
        "in_folder": lambda command: command.partition(f" {folder}") if folder else (command, "", ""),
        "folder": folder,
        "seen_again": lambda entry, names: words.seen_again(report, entry.id, names),
        "replaying": lambda key: words.replaying(report, key),
        "never": words.NEVER,
        "statement": found.statement,
        "impact": found.impact,
        "first": lambda entry, verdict: found.observations(report, entry, verdict)[0],
        "same": lambda entry: len(places) > 1 and _is_same(report, entry),
        "following": report.following,
        "different": [each.entry for each in differences(report)],
        "divided": found.divided(report),
        "traffic": traffic.tables(report),
        "read": traffic.read(report.traffic) if report.traffic else "",
        "drifts": found.drifts(report),
        "repeats": repeats,
        "Verdict": Verdict,
        "unfolded": _UNFOLDED,
        **style_and_script(css=_HERE / "report.css", js=_HERE / "report.js"),
        **_sections(report),
        "exchanges": exchanges,
        "kept": {each.key for each in exchanges if _is_kept(report, each.key)},
        "packed": Markup(_PLACE),
    }


def style(more: str = "") -> tuple[Markup, str]:
    """The style of a page like a report's, with more of its own, and the hash by which the page's policy admits it."""
    css = Markup((_HERE / "report.css").read_text(encoding="utf-8") + more)
    return css, _hash(f"\n{css}")


def style_and_script(**files: Path) -> dict[str, str]:
    """The files, by `css` and `js`, each with the hash by which the page's policy admits it."""
    texts = {name: Markup(path.read_text(encoding="utf-8")) for name, path in files.items()}
    hashes = {f"{name}_hash": _hash(f"\n{text}") for name, text in texts.items()}
    return texts | hashes


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _sections(report: Report) -> dict[str, Any]:
    """What the sections list."""
    cards = [card(report, entry) for entry in found.violations(report)]
    return {
        "cards": cards,
        "consequences": found.consequences(report),
        "inconclusive": found.by_reason(found.unjudged(report)),
        "known": found.observed(report, Verdict.KNOWN),
        "stale": found.standings(report, State.STALE),
        "since": news.summary(report),
        "changed": news.sections(report.news, beside_findings=True) if report.news else [],
        "outdated": found.standings(report, *OUTDATED),
        "unchecked": found.standings(report, State.UNCHECKED),
        "later": [card(report, entry) for entry in found.later_violations(report)],
        "areas": _areas(report.entries),
        "not_applicable": found.by_reason(found.observed(report, Verdict.NOT_APPLICABLE)),
        "vain": [(each, report.evidence.get(each.key)) for each in report.unanswered],
    }


def card(report: Report, entry: Entry) -> Card:
    """What was observed of a requirement, with what shows it."""
    observations = found.observations(report, entry, *VIOLATIONS, Verdict.INCONCLUSIVE, Verdict.KNOWN)
    seen = list(dict.fromkeys(evidence for each in observations for evidence in each.evidence))
    named = [each for each in seen if each.label and _names(observations[0].message, each.label)]
    shown = next(iter([*named, *seen]), None)
    lines = lines_of(shown, entry.at, context=2, most=_LINES) if shown else []
    passing = () if is_of_one(report, entry) else entry.models(Verdict.PASS)
    return Card(entry, observations, shown, lines, [each for each in seen if each is not shown], passing)


def _names(message: str, label: str) -> bool:
    """Whether a message names the exchange with this label."""
    return re.search(rf"(?<![\w-]){re.escape(label)}(?![\w-])", message) is not None


def _is_same(report: Report, entry: Entry) -> bool:
    """Whether an entry came to the same on every model."""
    verdicts = [finding.verdict for model in report.models if (finding := entry.finding(model.name))]
    return len(verdicts) == len(report.models) and len(set(verdicts)) == 1


def _areas(entries: Iterable[Entry]) -> list[Area]:
    areas: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: entry.id):
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


def _is_kept(report: Report, key: str) -> bool:
    """Whether the run's folder has the exchange in a file of its own."""
    return bool(report.folder) and report.source != "recording" and re.fullmatch("[0-9a-f]{16}", key) is not None
