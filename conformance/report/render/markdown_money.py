"""Costs and numbers of traffic in a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from conformance.language import gettext, tell, told
from conformance.report.report import Report

from .markdown_text import Block, fact, folded_list, name, text
from .traffic import read, tables
from .words import money


def costs(report: Report) -> Iterator[str]:
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


def traffic(report: Report) -> Iterator[Block]:
    """What an audit counted: a line, and folded tables."""
    if report.traffic:
        yield f"{text(read(report.traffic), 1_000)}\n"
    for table in tables(report):
        head = f"| {' | '.join(table.head)} |\n|{'---|' * len(table.head)}"
        rows = [f"| {' | '.join(text(cell, 120) for cell in row)} |" for row in table.rows]
        yield folded_list(escape(table.title), rows, head)
