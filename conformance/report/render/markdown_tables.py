"""The counts of a report in Markdown: a table of levels by model."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.contract.profile import Model
from conformance.language import gettext, tell
from conformance.report.report import Report

from . import repeats
from .found import COLUMNS, counts, levels, number
from .markdown_text import name, text


def count_table(report: Report) -> Iterator[str]:
    """How many requirements of each level came to what, a row for each model."""
    shown = levels(report) if report.entries else []
    if shown:
        yield f"| {gettext('Model')} | {' | '.join(shown)} |\n|---{'|---' * len(shown)}|"
        yield from (_counted(report, model) for model in report.models)


def repeat_table(report: Report) -> Iterator[str]:
    """The verdicts that flipped between repeated runs."""
    found = repeats.rows(report)
    if said := repeats.title(report):
        yield f"**{said}**\n"
    if found:
        heads = map(gettext, ("Requirement", "Model", "Verdicts", "Observed"))
        yield f"| {' | '.join(heads)} |\n|---|---|---|---|"
    for row in found:
        yield f"| `{row.flip.requirement}` | {name(row.flip.model, 80)} | {row.rate} | {text(row.message, 240)} |"


def _counted(report: Report, model: Model) -> str:
    tally = counts(report, model)
    found = {
        level: [
            tell("{number:,} {verdict}", count, gettext(column))
            for column in COLUMNS
            if (count := number(tally[level], column))
        ]
        for level in levels(report)
    }
    return f"| {name(model.name, 80)} | {' | '.join(gettext(', ').join(each) or '–' for each in found.values())} |"
