"""What every format says in the same words, and the cleaning of what the endpoint said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ..profile import Model
from ..report import Entry, Evidence, Report, conclude
from ..requirement import Level
from ..verdict import Finding, Verdict

MEANING = {0: "conforms", 1: "violates", 3: "could not judge"}
MARK = {
    Verdict.FAIL: "✗",
    Verdict.WARN: "!",
    Verdict.INCONCLUSIVE: "?",
    Verdict.KNOWN: "≈",
    Verdict.PASS: "✓",
    Verdict.NOT_APPLICABLE: "–",
}

#: Controls but tab and newline, bidirectional and invisible formatting, surrogates, what XML cannot say.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """The text with all that cannot be seen or would move what is around it written as JSON escapes it."""
    return _UNPRINTABLE.sub(_escape, text.replace("\r\n", "\n"))


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def one_line(text: str, most: int = 240) -> str:
    """The cleaned text on one line, its end cut off where it is longer."""
    line = " ".join(clean(text[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


# --- the whole report ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Headline:
    """The conclusion: what the exit code means, and the sentence without a repetition of that."""

    exit_code: int
    meaning: str
    rest: str

    def __str__(self) -> str:
        return f"{self.meaning}: {self.rest}"


def headline(report: Report) -> Headline:
    conclusion = conclude(report)
    meaning = MEANING[conclusion.exit_code]
    rest = conclusion.sentence.removeprefix("could not be judged: ")
    return Headline(conclusion.exit_code, meaning, rest.removeprefix("violates ") if conclusion.exit_code == 1 else rest)


def planted(report: Report) -> str:
    """What to say of a planted fault, empty where there is none."""
    return f"A fault was planted on purpose: {report.fault}. This says nothing about the endpoint." if report.fault else ""


def started(report: Report) -> datetime:
    return datetime.fromtimestamp(report.started, UTC)


def spent(report: Report) -> str:
    spend = report.spend
    tokens = f"{spend.input_tokens:,} input and {spend.output_tokens:,} output tokens"
    return f"{plural(spend.requests, 'request')}, {tokens}, {report.seconds:,.1f} seconds"


def who(report: Report, names: Iterable[str]) -> str:
    """The models, shortly: all of them, or some by name and the number of the others."""
    listed = list(dict.fromkeys(names))
    if len(listed) > 1 and len(listed) >= len(report.models):
        return "both models" if len(listed) == 2 else f"all {len(listed)} models"
    more = [f"{len(listed) - 3} more"] if len(listed) > 4 else []
    return ", ".join([*listed[: 3 if more else 4], *more])


def by_name(report: Report) -> str:
    """The models of the report."""
    return ", ".join(model.name for model in report.models) or "no model"


def counts(report: Report, model: Model) -> dict[Level, Counter[Verdict]]:
    """How many requirements of each level came to each verdict on a model."""
    tally: dict[Level, Counter[Verdict]] = {level: Counter() for level in Level}
    for entry in report.entries:
        if finding := entry.finding(model.name):
            tally[entry.level][finding.verdict] += 1
    return tally


#: What is counted for each level.
COLUMNS: dict[str, tuple[Verdict, ...]] = {
    "pass": (Verdict.PASS,),
    "violated": (Verdict.FAIL, Verdict.WARN),
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


# --- one requirement -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Observation:
    """The same thing found on some models, with the exchanges that show it."""

    verdict: Verdict
    message: str
    models: tuple[str, ...]
    evidence: tuple[Evidence, ...]


def observations(report: Report, entry: Entry, *verdicts: Verdict) -> list[Observation]:
    """What was found, one observation for models of which the same was; worst first. All but passes by default."""
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


def violations(report: Report, *verdicts: Verdict) -> list[Entry]:
    """The entries that came to one of these verdicts, FAIL and WARN by default, worst first."""
    return [entry for entry in report.worst_first if entry.verdict in (verdicts or (Verdict.FAIL, Verdict.WARN))]


def statement(entry: Entry) -> str:
    return f"the endpoint {entry.level} {entry.sentence}"


def clause(entry: Entry) -> str:
    """Where it is written: the source and the rows of the contract."""
    rows = f", contract {', '.join(entry.contract)}" if entry.contract else ""
    return entry.source + rows


def web_link(address: str) -> str:
    """The address where it is one of the web, else empty."""
    return address if re.match(r"https?://[^\s\"'<>()|`\\]+$", address) else ""


def differs(entry: Entry) -> bool:
    """Whether the models to which it applies came to different verdicts."""
    return len({finding.verdict for finding in entry.findings} - {Verdict.NOT_APPLICABLE}) > 1
