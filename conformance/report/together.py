"""The report on several endpoints that were judged together: a column each, and what all of them come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from conformance.contract.requirement import order
from conformance.judgement.verdict import Verdict
from conformance.language import gettext, tell, told

from .gate import conclude, is_warning
from .report import Entry, Report, Spend


@dataclass(frozen=True)
class Column:
    """One endpoint: its name in the configuration file, its address, and its folder, as seen from that of the report
    on all. `report` is None where its run wrote none. `ended` is the exit code of the run: not 0 where a client lost
    something, say, although the report conforms. `reason` says why there is no report, or why the run ended so."""

    name: str
    base_url: str
    folder: str
    report: Report | None
    reason: str = ""
    ended: int = 0

    @property
    def exit_code(self) -> int:
        """What the endpoint comes to. What ended in another way than its report says was not judged."""
        if self.report is None:
            return 3
        return conclude(self.report).exit_code or (self.ended if self.ended in (0, 1) else 3)

    @property
    def unfinished(self) -> bool:
        """Whether not everything could be judged."""
        return self.report is None or bool(self.report.unjudged)

    @property
    def conclusion(self) -> str:
        if self.report is None:
            return tell("could not be judged: {reason}", told(self.reason))
        sentence = conclude(self.report).sentence
        if self.exit_code and not conclude(self.report).exit_code:
            if self.reason:
                return gettext("; ").join((told(self.reason), sentence))
            return tell("the run ended with exit code {code}: {conclusion}", self.ended, sentence)
        return sentence

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """The requirements that count, by id."""
        return {entry.id: entry for entry in self.report.counting} if self.report else {}

    def verdict(self, id: str) -> Verdict | None:
        """On a requirement; None where it was not judged, as all are not where an endpoint cannot be reached."""
        entry = self.entries.get(id)
        if entry is None or (self.report and self.report.unjudged and _verdict(entry) is Verdict.INCONCLUSIVE):
            return None
        return _verdict(entry)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many requirements fail the gate, warn, are inconclusive, and hold."""
        counting = self.report.counting if self.report else ()
        verdicts = [_verdict(each) for each in counting]
        return {
            "fail": verdicts.count(Verdict.FAIL),
            "warn": sum(map(is_warning, counting)),
            "inconclusive": verdicts.count(Verdict.INCONCLUSIVE),
            "pass": verdicts.count(Verdict.PASS),
        }

    @property
    def measured(self) -> bool:
        """Whether anything was judged."""
        return any(number for kind, number in self.counts.items() if kind != "inconclusive")

    @property
    def spend(self) -> Spend:
        return self.report.spend if self.report else Spend()


def _verdict(entry: Entry) -> Verdict:
    """What could not be judged because of another violation follows from it, as in the report of one endpoint."""
    return Verdict.CONSEQUENCE if entry.follows else entry.verdict


@dataclass(frozen=True)
class Row:
    """One requirement, and the verdict at each endpoint; None where it was not judged."""

    entry: Entry
    cells: tuple[Verdict | None, ...]

    @property
    def worst(self) -> Verdict:
        return max((cell for cell in self.cells if cell is not None), default=Verdict.NOT_APPLICABLE)

    @property
    def telling(self) -> bool:
        """Whether it is not as it should be somewhere."""
        return self.worst > Verdict.PASS


@dataclass(frozen=True)
class Together:
    """`started` is Unix time, `seconds` how long all of it took."""

    version: str
    started: float
    seconds: float
    columns: tuple[Column, ...]

    @property
    def exit_code(self) -> int:
        """As of a report: 1 where something is violated, else 3 where an endpoint could not be judged."""
        codes = {column.exit_code for column in self.columns}
        return next((code for code in (1, 3) if code in codes), 0 if codes else 3)

    @property
    def spend(self) -> Spend:
        """What all have spent."""
        each = [column.spend for column in self.columns]
        return Spend(
            sum(spend.requests for spend in each),
            sum(spend.input_tokens for spend in each),
            sum(spend.output_tokens for spend in each),
        )

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every requirement that some endpoint was judged on, what matters most first."""
        worst: dict[str, Entry] = {}
        for column in self.columns:
            for id, entry in column.entries.items():
                worst[id] = max(worst.get(id, entry), entry, key=lambda each: each.verdict)
        rows = [Row(entry, tuple(each.verdict(id) for each in self.columns)) for id, entry in worst.items()]
        judged = [row for row in rows if any(cell is not None for cell in row.cells)]
        return tuple(sorted(judged, key=_weight))


def _weight(row: Row) -> tuple[object, ...]:
    """As `Report.worst_first` has it."""
    return (-row.worst, *order(row.entry.level, row.entry.impact), row.entry.id)


def concluded(whole: Together) -> str:
    """What all come to, the worst first: which endpoints violate, which could not be judged, or not in full, and which
    conform."""
    columns = whole.columns
    parts = {
        gettext("violates"): [each.name for each in columns if each.exit_code == 1],
        gettext("not judged in full"): [each.name for each in columns if each.exit_code == 1 and each.unfinished],
        gettext("could not judge"): [each.name for each in columns if each.exit_code == 3],
        gettext("conforms"): [each.name for each in columns if each.exit_code == 0],
    }
    said = (f"{what}{gettext(': ')}{gettext(', ').join(names)}" for what, names in parts.items() if names)
    return gettext("; ").join(said)
