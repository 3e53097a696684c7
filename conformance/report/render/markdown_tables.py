"""The tables of a report in Markdown that do not list findings: counts by model, and costs."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.contract.profile import Model
from conformance.language import gettext, tell, told
from conformance.report.report import Report

from .found import COLUMNS, counts, levels, number
from .markdown_text import fact, name, text
from .words import money


def count_table(report: Report) -> Iterator[str]:
    """How many requirements of each level came to what, a row for each model."""
    shown = levels(report) if report.entries else []
    if shown:
        yield f"| {gettext('Model')} | {' | '.join(shown)} |\n|---{'|---' * len(shown)}|"
        yield from (_counted(report, model) for model in report.models)


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


def cost_table(report: Report) -> Iterator[str]:
    """What the run cost, where there is a price sheet: a sentence, and the arithmetic of each model."""
    if report.costs is None:
        return
    yield fact("Cost", text(gettext("; ").join(money(report)), 600)) + "\n"
    titles = (
        gettext("Model"),
        gettext("Replies"),
        tell("Input cost, {text}", text(report.costs.currency)),
        gettext("of which writes"),
        gettext("Output cost"),
    )
    yield f"| {' | '.join(titles)} | {gettext('Arithmetic of the input')} |\n|---|---|---|---|---|---|"
    for each in report.costs.models:
        amounts = (text(amount) or "–" for amount in (each.input.amount, each.input.writes, each.output))
        arithmetic = text(told(each.input.said), 400)
        yield f"| {name(each.model, 80)} | {each.replies:,} | {' | '.join(amounts)} | {arithmetic} |"
