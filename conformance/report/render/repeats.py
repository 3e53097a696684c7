"""The verdicts that flipped between repeated runs, as all formats show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.language import gettext, tell, told
from conformance.report.repeated import Flip
from conformance.report.report import Report

from .words import MARK


@dataclass(frozen=True)
class Row:
    """One flip in words; `folder` is that of the run that shows the worst verdict, in the run's folder."""

    flip: Flip
    rate: str
    message: str
    folder: str


def title(report: Report) -> str:
    """What repeating showed, in one line; empty where nothing was repeated."""
    if not report.repeated:
        return ""
    runs, flips = report.repeated.runs, len(report.repeated.flips)
    if runs < 2:
        return gettext("no two runs could be judged, so that no verdicts are compared")
    if not flips:
        return tell("every verdict was the same in {runs} runs", runs)
    if flips == 1:
        return tell("1 verdict was not the same in {runs} runs", runs)
    return tell("{number:,} verdicts were not the same in {runs} runs", flips, runs)


def rows(report: Report) -> list[Row]:
    """The flips, the worst first."""
    return [_row(flip, report.repeated.runs) for flip in report.repeated.flips] if report.repeated else []


def _row(flip: Flip, runs: int) -> Row:
    parts = (
        tell("{verdict} in {number} of {runs}", gettext(name), count, runs) for name, count in flip.verdicts.items()
    )
    return Row(flip, gettext(", ").join(parts), told(flip.message), "" if flip.run == 1 else f"repeats/{flip.run}/")


def lines(report: Report) -> Iterator[str]:
    """The same as lines of a log."""
    if said := title(report):
        yield said
    for row in rows(report):
        yield f"{MARK[row.flip.worst]} {row.flip.requirement}  {row.flip.model}  {row.rate}  {row.message}"
