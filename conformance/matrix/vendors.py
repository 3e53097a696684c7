"""What vendors' bundles say, judged by the suite of today, and the table of requirements by vendor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from conformance.judgement.verdict import VIOLATIONS, Verdict
from conformance.report.report import Entry, Report


@dataclass(frozen=True)
class Submission:
    """One bundle, judged again. `name` is that of its file without the ending, `digest` the SHA-256 of its bytes,
    `then` the version of the suite that ran it, `changes` in each language a line for each verdict that was another
    one then, `signer` who signed it, empty where nobody did."""

    name: str
    digest: str
    then: str
    report: Report
    changes: Mapping[str, tuple[str, ...]]
    signer: str = ""

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """The requirements that were judged, by id."""
        return {entry.id: entry for entry in self.report.entries}

    @property
    def counts(self) -> Mapping[str, int]:
        """Of the requirements that count: how many fail the gate, warn, are inconclusive, and hold."""
        shown = {"fail": Verdict.FAIL, "warn": Verdict.WARN, "inconclusive": Verdict.INCONCLUSIVE, "pass": Verdict.PASS}
        return {
            name: sum(entry.verdict is verdict for entry in self.report.counting) for name, verdict in shown.items()
        }


@dataclass(frozen=True)
class Vendor:
    """A vendor: the name of its folder, and what vendor.toml says of it. `link` leads to its product,
    `note` says how the runs came about."""

    slug: str
    submissions: tuple[Submission, ...]
    name: str = ""
    version: str = ""
    link: str = ""
    note: str = ""

    @property
    def title(self) -> str:
        return " ".join(filter(None, (self.name or self.slug, self.version)))

    @cached_property
    def verdicts(self) -> Mapping[str, Verdict]:
        """The worst of all submissions, by requirement."""
        found: dict[str, Verdict] = {}
        for submission in self.submissions:
            for id, entry in submission.entries.items():
                found[id] = max(entry.verdict, found.get(id, entry.verdict))
        return found


@dataclass(frozen=True)
class Row:
    """One requirement, and the verdict of each vendor; None where it was not judged."""

    entry: Entry
    cells: tuple[Verdict | None, ...]

    @property
    def violated(self) -> int:
        """By how many vendors."""
        return sum(cell in VIOLATIONS for cell in self.cells)


@dataclass(frozen=True)
class Cell:
    """What a vendor comes to in an area: the worst verdict, of how many requirements it is that, and how many do not
    apply to it."""

    verdict: Verdict
    number: int
    beside: int


@dataclass(frozen=True)
class Area:
    """The requirements of an area, and what each vendor comes to in it; None where nothing was judged."""

    name: str
    rows: tuple[Row, ...]

    @property
    def cells(self) -> list[Cell | None]:
        columns = zip(*(row.cells for row in self.rows), strict=True)
        return [_worst([verdict for verdict in column if verdict is not None]) for column in columns]


def _worst(verdicts: Sequence[Verdict]) -> Cell | None:
    worst = max(verdicts, default=None)
    return None if worst is None else Cell(worst, verdicts.count(worst), verdicts.count(Verdict.NOT_APPLICABLE))


def areas(vendors: Sequence[Vendor]) -> list[Area]:
    """Every requirement that some vendor was judged on, by area, in the order of ids."""
    known: dict[str, Entry] = {}
    for vendor in vendors:
        for submission in vendor.submissions:
            known = {**submission.entries, **known}
    found: dict[str, list[Row]] = {}
    for id, entry in sorted(known.items()):
        found.setdefault(entry.area, []).append(Row(entry, tuple(each.verdicts.get(id) for each in vendors)))
    return [Area(name, tuple(rows)) for name, rows in found.items()]
