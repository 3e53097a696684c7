"""A history for people and programs: as text, as one HTML page, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from conformance.judgement.verdict import Verdict
from conformance.language import gettext, speaking, spoken, tell, told
from conformance.policy.course import FLAPS
from conformance.report.render.html import environment, style
from conformance.report.render.news import day
from conformance.report.render.words import MARK, MEANING, one_line, printed
from conformance.settings.errors import NOT_JUDGED
from conformance.text import harmless_json

from .night import Figures
from .plot import HEIGHT, WIDTH, Plot, plot
from .summary import Finding, History, Row, State, dump_history

_RUNS, _FINDINGS, _DRIFTS = 14, 40, 3  #: that a terminal shows
_MARK = {State.VIOLATED: MARK[Verdict.FAIL], State.FLAPPING: "~", State.FIXED: MARK[Verdict.PASS]}
_HERE = Path(__file__).parent


def render(history: History, form: str) -> str:
    """As `terminal`, `html` or `json`."""
    return {"terminal": text, "html": page, "json": document}[form](history)


def document(history: History) -> str:
    """As schemas/history.json has it."""
    with speaking("en"):
        value = dump_history(history)
    return harmless_json(json.dumps(value, indent=1, ensure_ascii=True)) + "\n"


# --- in words -----------------------------------------------------------------------------------------------


def text(history: History) -> str:
    """The last runs, and the findings, a few lines each."""
    return printed("\n".join(_lines(history)))


def _lines(history: History) -> Iterator[str]:
    number = len(history.runs)
    yield tell("{number:,} run{_s} in {folder}", number, "s" * (number != 1), history.folder)
    if len(history.runs) > _RUNS:
        yield tell("… the last {number}:", _RUNS)
    for row in history.runs[-_RUNS:]:
        yield one_line(f"{_when(row)}  {result(row)}  {gettext(', ').join(numbers(row.figures))}", 400)
    yield ""
    yield (
        gettext("no finding in any run")
        if not history.findings
        else tell("{number:,} findings, each on one model:", len(history.findings))
    )
    for finding in history.findings[:_FINDINGS]:
        yield one_line(f"{_MARK[finding.state]} {finding.requirement}  {_weight(finding)}  {finding.model}", 400)
        yield f"    {said(finding)}  {finding.recent}"
    if len(history.findings) > _FINDINGS:
        yield tell("… and {number:,} more", len(history.findings) - _FINDINGS)
    for row in [each for each in history.runs[-_RUNS:] if each.drift]:
        yield tell("{when}: the shape of replies changed: {number:,}", _when(row), len(row.drift))
        yield from (f"    {each.model}  {one_line(told(each.sentence), 300)}" for each in row.drift[:_DRIFTS])
    for name, why in history.unreadable.items():
        yield one_line(tell("{name} cannot be read: {reason}", name, told(why)), 400)


def _when(row: Row) -> str:
    return datetime.fromtimestamp(row.at, UTC).strftime("%Y-%m-%d %H:%M")


def result(row: Row) -> str:
    """What a run came to."""
    return gettext(MEANING[row.exit_code])


def numbers(figures: Figures) -> list[str]:
    """What a run shows in numbers."""
    latency = figures.latency
    return [
        tell("{violated} of {judged} violated", figures.violated, figures.judged),
        *([tell("{number} failing the gate", figures.failing)] if figures.failing else []),
        tell("{requests:,} requests", figures.requests),
        tell("{input:,} input and {output:,} output tokens", figures.input_tokens, figures.output_tokens),
        *([f"{figures.cost} {figures.currency}"] if figures.cost else []),
        *([tell("{number:,} asked again", figures.asked_again)] if figures.asked_again else []),
        *([tell("{median:.2f} s a reply, 95 % within {most:.2f} s", latency.median, latency.p95)] if latency else []),
    ]


def _weight(finding: Finding) -> str:
    return tell("{level} ({impact})", finding.level, gettext(finding.impact)) if finding.level else gettext("withdrawn")


def said(finding: Finding) -> str:
    """When a finding was seen, and how often."""
    often = tell("violated in {violated} of the last {judged} runs", finding.violated, finding.judged)
    first, last = day(finding.first_seen), day(finding.last_seen)
    if finding.state is State.VIOLATED:
        return tell("since {first}; {often}", first, often)
    if finding.state is State.FLAPPING:
        return tell("flaps; first seen {first}, last seen {last}; {often}", first, last, often)
    return tell("fixed; first seen {first}, last seen {last}; {often}", first, last, often)


# --- as a page ----------------------------------------------------------------------------------------------


def page(history: History) -> str:
    """One HTML page, which needs no network."""
    css, css_hash = style((_HERE / "history.css").read_text(encoding="utf-8"))
    return (
        environment(_HERE)
        .get_template("history.html.j2")
        .render(
            history=history, runs=history.runs[::-1], plots=plots(history.runs), _=gettext, tell=tell, told=told,
            language=spoken(), css=css, css_hash=css_hash, day=day, when=_when, result=result, numbers=numbers,
            said=said, weight=_weight, mark=_MARK, width=WIDTH, height=HEIGHT, cell=9, flaps=FLAPS,
        )
        + "\n"
    )  # fmt: skip


def plots(runs: Sequence[Row]) -> list[Plot]:
    """The numbers over the runs; of one that could not be judged, or does not know it, there is none."""
    days = [_when(each) for each in runs]
    figures = [each.figures if each.exit_code != NOT_JUDGED else None for each in runs]
    latency = [each.latency if each else None for each in figures]
    found = [
        plot(gettext("Violated requirements"), days, {
            gettext("violated"): [each.violated if each else None for each in figures],
            gettext("failing the gate"): [each.failing if each else None for each in figures],
        }),
        plot(gettext("Seconds until the last byte of a reply"), days, {
            gettext("median"): [each.median if each else None for each in latency],
            gettext("95 % within"): [each.p95 if each else None for each in latency],
        }, "{:,.2f}"),
        plot(gettext("Requests"), days, {"": [each.requests if each else None for each in figures]}),
        plot(gettext("Valid requests that were asked again"), days, {
            "": [each.asked_again if each else None for each in figures]
        }),
        plot(gettext("Tokens"), days, {
            gettext("input"): [each.input_tokens if each else None for each in figures],
            gettext("output"): [each.output_tokens if each else None for each in figures],
        }),
        plot(tell("Input cost{currency}", _currency(runs)), days, {
            "": [float(each.cost) if each and each.cost else None for each in figures]
        }, "{:,.4f}"),
    ]  # fmt: skip
    return [each for each in found if any(line.parts for line in each.lines)]


def _currency(runs: Sequence[Row]) -> str:
    return next((f", {each.figures.currency}" for each in reversed(runs) if each.figures.currency), "")
