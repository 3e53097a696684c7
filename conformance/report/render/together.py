"""The report on several endpoints in every form: a column for each endpoint."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from os.path import join, normpath
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element

from rich.console import Console
from rich.table import Table

from conformance.judgement.verdict import Verdict
from conformance.language import gettext, speaking, spoken, tell, told
from conformance.report.report_json import OF_SEVERAL
from conformance.report.together import Column, Row, Together, concluded
from conformance.text import harmless, harmless_json

from . import junit as of_one
from . import translated
from .detail import Detail
from .found import affected, worst
from .html import environment, style
from .markdown_text import folded, name, text
from .words import MARK, MEANING, clean, headline, one_line, printed, spent_in

_WIDTH = 100  #: of a terminal that does not say
_COLUMN = 18  #: of what is said of one endpoint
_ROWS, _FAILING = 30, 10  #: requirements that are shown, and findings of one endpoint
_HERE = Path(__file__).parent
_NONE = "–"


# --- what every form says -----------------------------------------------------------------------------------


def heading(whole: Together) -> str:
    """What all come to."""
    said = concluded(whole)
    return said[:1].upper() + said[1:]


def meaning(column: Column) -> str:
    """What one endpoint comes to, in a word or two."""
    told = headline(column.report) if column.report else None
    return told.meaning if told and told.exit_code == column.exit_code else gettext(MEANING[column.exit_code])


def facts(whole: Together) -> Iterator[tuple[str, list[str]]]:
    """The rows about each endpoint as a whole: a title, and a cell for each."""
    columns = whole.columns
    yield gettext("verdict"), [meaning(each) for each in columns]
    titles = {
        "fail": gettext("fail the gate"), "warn": gettext("warnings"), "inconclusive": gettext("inconclusive"),
        "pass": gettext("pass"),
    }  # fmt: skip
    for kind, title in titles.items():
        yield title, [f"{each.counts[kind]:,}" if each.measured else _NONE for each in columns]
    yield gettext("requests"), [f"{each.spend.requests:,}" if each.report else _NONE for each in columns]
    yield gettext("seconds"), [f"{each.report.seconds:,.1f}" if each.report else _NONE for each in columns]
    if any(map(_cost, columns)):
        yield gettext("cost"), [_cost(each) or _NONE for each in columns]


def _cost(column: Column) -> str:
    """By the price sheet, of what can be computed; empty where nothing can."""
    costs = column.report.costs if column.report else None
    if costs is None or not costs.input.amount:
        return ""
    return f"{Decimal(costs.input.amount) + Decimal(costs.output or 0):,.4f} {costs.currency}"


def _models(column: Column) -> str:
    return gettext(", ").join(each.name for each in column.report.models) if column.report else _NONE


def _cell(verdict: Verdict | None) -> str:
    return _NONE if verdict is None else f"{MARK[verdict]} {gettext('n/a' if not verdict else str(verdict))}"


def _telling(whole: Together) -> list[Row]:
    return [row for row in whole.rows if row.telling]


def _first(rows: list[Row]) -> list[Row]:
    """Those that are shown where there is not room for all: none that only follows from others."""
    return [row for row in rows if row.worst is not Verdict.CONSEQUENCE][:_ROWS]


def _findings(column: Column) -> Iterator[tuple[str, str]]:
    """What fails the gate at one endpoint: the requirement, and what was observed."""
    if column.report is None:
        return
    report = translated(column.report)
    for entry in report.failing:
        for seen in worst(report, entry)[:1]:
            yield entry.id, gettext(": ").join((affected(report, entry), seen.message))


# --- for a terminal, and the log of a pipeline --------------------------------------------------------------


def terminal(whole: Together, detail: Detail = Detail.USUAL, out: str = "") -> str:
    """The table, what fails the gate, a line for each endpoint, and the conclusion as the last line."""
    label, _, rest = heading(whole).partition(gettext(": "))
    last = f"{label.upper()}{gettext(': ')}{rest}"
    if detail is Detail.QUIET:
        return printed(one_line(last, 2_000))
    lines = [_table(whole, detail), ""]
    for column in whole.columns:
        found = list(_findings(column))
        shown = found if detail is Detail.VERBOSE else found[:_FAILING]
        lines += [f"{MARK[Verdict.FAIL]} {column.name}  {id}  {one_line(said, 600)}" for id, said in shown]
        more = len(found) - len(shown)
        lines += [tell("… and {number:,} more in {file}", more, _seen_from(out, column))] if more else []
    for column in whole.columns:
        lines.append(f"{column.name}{gettext(': ')}{one_line(column.conclusion, 600)}")
        lines.append(f"    {column.base_url}  {_models(column)}  {_seen_from(out, column)}")
    if out:
        told = f"{gettext('Report')}{gettext(': ')}{out}/report.html"
        lines.append(gettext("; ").join((told, spent_in(whole.spend, whole.seconds))))
    return printed("\n".join([*lines, one_line(last, 2_000)]))


def _seen_from(out: str, column: Column) -> str:
    """The report of one endpoint, or its folder, as a person would type it; `out` is the folder of that on all."""
    return normpath(join(out, _page_of(column)))


def _page_of(column: Column) -> str:
    return f"{column.folder}/report.html" if column.report else column.folder


def _table(whole: Together, detail: Detail) -> str:
    """One table, or as many as the width of the terminal asks for, each with some of the endpoints."""
    rows = _telling(whole)
    shown = rows if detail is Detail.VERBOSE else _first(rows)
    lines = [*facts(whole), *((f"{row.entry.id} {row.entry.level}", list(map(_cell, row.cells))) for row in shown)]
    width = shutil.get_terminal_size((_WIDTH, 24)).columns if sys.stdout.isatty() else max(_WIDTH, _wide(whole))
    title = min(max(len(title) for title, _ in lines), width // 2)
    most = max(1, (width - title) // max(_COLUMN, *(len(each.name) + 2 for each in whole.columns)))
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False, markup=False, emoji=False)
    for start in range(0, len(whole.columns), most):
        made = Table(box=None, padding=(0, 2, 0, 0))
        made.add_column("", overflow="fold")
        for column in whole.columns[start : start + most]:
            made.add_column(clean(column.name), overflow="fold")
        for said, cells in lines:
            made.add_row(said, *cells[start : start + most])
        console.print(*([""] if start else []), made, sep="\n")
    more = tell("… and {number:,} more in {file}", len(rows) - len(shown), "report.html")
    return "\n".join([*out.getvalue().splitlines(), *([more] if rows != shown else [])])


def _wide(whole: Together) -> int:
    """The columns of a log that has no width of its own."""
    return 60 + sum(max(_COLUMN, len(each.name) + 2) for each in whole.columns)


# --- Markdown -----------------------------------------------------------------------------------------------


def markdown(whole: Together) -> str:
    """For a comment or a summary of a job."""
    heads = " | ".join(
        f"[{text(each.name)}]({_address(each)})" if each.report else text(each.name) for each in whole.columns
    )
    lines = [
        f"## {text(heading(whole), 1_000)}",
        "",
        spent_in(whole.spend, whole.seconds),
        "",
        f"| | {heads} |",
        f"|---{'|---' * len(whole.columns)}|",
    ]
    lines.append(f"| {gettext('Endpoint')} | {' | '.join(name(each.base_url) for each in whole.columns)} |")
    lines.append(f"| {gettext('Models')} | {' | '.join(text(_models(each)) for each in whole.columns)} |")
    lines += [f"| {title.capitalize()} | {' | '.join(map(text, cells))} |" for title, cells in facts(whole)]
    lines += [
        "",
        *(f"- **{text(each.name)}**{gettext(': ')}{text(each.conclusion, 600)}" for each in whole.columns),
        "",
    ]
    if rows := _telling(whole):
        shown = _first(rows)
        table = [
            f"| {gettext('Requirement')} | {gettext('Level')} | {heads} |",
            f"|---|---{'|---' * len(whole.columns)}|",
        ]
        table += [
            f"| {name(row.entry.id)} | {row.entry.level} | {' | '.join(map(_cell, row.cells))} |" for row in shown
        ]
        left = len(rows) - len(shown)
        more = tell("… and {number:,} more in {file}", left, "report.html") if left else ""
        lines += [*table, "", *([more, ""] if more else [])]
    for column in whole.columns:
        found = [f"- `{id}`{gettext(': ')}{text(said, 300)}" for id, said in _findings(column)][:_FAILING]
        if found:
            title = tell("What fails the gate at {name}", column.name)
            lines.append(folded(title, "\n".join(found)))
    return harmless("\n".join(lines)) + "\n"


def _address(column: Column) -> str:
    """Of the report of one endpoint, as a link from that on all."""
    return quote(_page_of(column))


# --- HTML, JUnit and JSON -----------------------------------------------------------------------------------


def page(whole: Together) -> str:
    """One page, which needs no network and links to the report of each endpoint."""
    css, css_hash = style((_HERE / "together.css").read_text(encoding="utf-8"))
    began = datetime.fromtimestamp(whole.started, UTC).strftime("%Y-%m-%d %H:%M UTC")
    rows = _telling(whole)
    made = environment().get_template("together.html.j2").render(
        whole=whole, heading=heading(whole), kind=MEANING[whole.exit_code], facts=list(facts(whole)), telling=rows,
        others=[row for row in whole.rows if not row.telling], spent=spent_in(whole.spend, whole.seconds),
        kinds=[MEANING[each.exit_code] for each in whole.columns], models=_models, address=_address, started=began,
        findings=lambda column: list(_findings(column)), css=css, css_hash=css_hash, _=gettext, tell=tell, told=told,
        language=spoken(), Verdict=Verdict,
    )  # fmt: skip
    return f"{made}\n"


def junit(whole: Together) -> str:
    """The suites of every endpoint, their names with that of the endpoint before them."""
    return harmless(of_one.document("conformance of several endpoints", _suites(whole), whole.seconds))


def _suites(whole: Together) -> Iterator[Element]:
    for column in whole.columns:
        report = translated(column.report) if column.report else None
        found = list(of_one.suites(report)) if report else []
        failing = any(True for suite in found for _ in (*suite.iter("failure"), *suite.iter("error")))
        if column.exit_code and not failing:
            found.append(of_one.unjudged_suite("endpoint", column.conclusion))
        for suite in found:
            suite.set("name", clean(f"{column.name}: {suite.get('name')}"))
            yield suite


def document(whole: Together) -> str:
    """As schemas/endpoints.json has it."""
    with speaking("en"):
        value = dump_together(whole)
    return harmless_json(json.dumps(value, indent=1, ensure_ascii=True)) + "\n"


def dump_together(whole: Together) -> dict[str, Any]:
    """The report on all as JSON has it, in English."""
    return {
        "format": OF_SEVERAL, "exit_code": whole.exit_code, "conclusion": concluded(whole), "version": whole.version,
        "started": whole.started, "seconds": whole.seconds,
        "endpoints": [_dumped(column) for column in whole.columns],
        "requirements": [
            {
                "id": row.entry.id, "level": str(row.entry.level), "impact": str(row.entry.impact),
                "verdicts": {
                    column.name: None if cell is None else str(cell)
                    for column, cell in zip(whole.columns, row.cells, strict=True)
                },
            }
            for row in whole.rows
        ],
    }  # fmt: skip


def _dumped(column: Column) -> Mapping[str, Any]:
    spend = column.spend
    return {
        "name": column.name, "base_url": column.base_url, "folder": column.folder,
        "report": f"{column.folder}/report.json" if column.report else None,
        "models": [each.name for each in column.report.models] if column.report else [],
        "exit_code": column.exit_code, "conclusion": column.conclusion, "counts": dict(column.counts),
        "spend": {
            "requests": spend.requests, "input_tokens": spend.input_tokens, "output_tokens": spend.output_tokens,
        },
    }  # fmt: skip


#: By the file that each is written to.
FORMS: Mapping[str, Callable[[Together], str]] = {
    "report.json": document, "report.html": page, "report.md": markdown, "junit.xml": junit,
}  # fmt: skip
