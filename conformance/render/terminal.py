"""The report on one screen of a terminal."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from conformance.baseline import State
from conformance.report import Entry, Report, conclude, differences
from conformance.verdict import Verdict

from .found import (
    accepted,
    affected,
    charges,
    clause,
    columns,
    counts,
    divided,
    drifts,
    entries,
    later_violations,
    number,
    observations,
    sides,
    standings,
    statement,
    violations,
    worst,
)
from .words import MARK, by_name, headline, money, one_line, planted, plural, spent

WIDTH = 100  #: where there is no terminal to ask
_SHOWN = 8  #: violations; fewer where models differ or shapes changed
_IN_FULL = 4  #: of them, with sentence and remedy
_ROOMY = 3  #: violations that leave room for two rows of each
_MODELS = 8
_DIFFERENCES = 2  #: requirements on which models differ
_OUTDATED = 2  #: entries of the baseline
_KNOWN = 3
_DRIFTS = 3  #: changes of shape
_NAME = 24  #: cells for a model's name in the table of counts
_SHORTEST_NAME = 12  #: where the terminal is narrow
_CELL = 6
_SHORT = {"violated": "viol.", "inconclusive": "inc."}
_STYLE = {Verdict.FAIL: "bold red", Verdict.WARN: "yellow", Verdict.INCONCLUSIVE: "magenta"}
_CONCLUSION = {0: "bold green", 1: "bold red", 3: "bold magenta"}


def render(report: Report, *, width: int | None = None, colour: bool | None = None) -> str:
    """About forty lines. Width and colour are those of the terminal, where stdout is one."""
    terminal = sys.stdout.isatty()
    asked = min(max(shutil.get_terminal_size().columns, 60), 140) if terminal else WIDTH
    coloured = terminal if colour is None else colour
    out = io.StringIO()
    console = Console(
        file=out,
        width=width or asked,
        force_terminal=coloured,
        color_system="standard" if coloured else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for line in _lines(report, width or asked):
        console.print(line, no_wrap=True, overflow="ellipsis")
    console.print(_conclusion(report))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _lines(report: Report, width: int) -> Iterator[Text]:
    """What stands above the conclusion."""
    yield Text.assemble((one_line(report.base_url, 70), "bold"), f"  {report.source}  ", one_line(by_name(report)))
    if report.fault:
        yield Text(one_line(planted(report)), style="bold yellow")
    for part in () if report.unjudged else _parts(report, width):
        lines = list(part)
        if lines:
            yield Text()
            yield from lines
    yield Text()
    yield Text(spent(report), style="dim")
    for line in money(report):
        yield from Text(one_line(line)).wrap(Console(), width)[:2]


def _parts(report: Report, width: int) -> tuple[Iterator[Text], ...]:
    return (
        _counts(report, width),
        _violated(report, width),
        _baseline(report, width),
        _later(report),
        _differences(report),
        _drifts(report),
        _unjudged(report),
    )


def _counts(report: Report, width: int) -> Iterator[Text]:
    """A line for each model; of many models those with most violations."""
    if not report.entries:
        return
    shown = columns(report)
    apart = 2 * sum(name == "pass" for _, name in shown)
    cell = _CELL if _NAME + _CELL * len(shown) + apart <= width else _CELL - 1
    named = min(max(width - cell * len(shown) - apart, _SHORTEST_NAME), _NAME)
    levels = [str(level) if name == "pass" else "" for level, name in shown]
    yield Text(
        (" " * named + "".join(f"  {level:<{cell}}" if level else " " * cell for level in levels)).rstrip(),
        style="bold",
    )
    titles = [f"{'  ' if name == 'pass' else ''}{_SHORT.get(name, name)[: cell - 1]:>{cell}}" for _, name in shown]
    yield Text(f"{'model':<{named}}" + "".join(titles), style="dim")
    tallies = {model.name: counts(report, model) for model in report.models}
    violated = {
        name: [-number(tally[level], column) for level, column in shown if column == "violated"]
        for name, tally in tallies.items()
    }
    for model in sorted(tallies, key=violated.__getitem__)[:_MODELS]:
        cells = [_cell(number(tallies[model][level], name), name, cell) for level, name in shown]
        yield Text.assemble(set_cell_size(one_line(model, named - 1), named), *cells)
    if len(tallies) > _MODELS:
        yield Text(f"… and {plural(len(tallies) - _MODELS, 'more model')}", style="dim")


def _cell(count: int, column: str, width: int) -> tuple[str, str]:
    style = {"violated": "bold red", "inconclusive": "magenta"}.get(column, "") if count else "dim"
    return ("  " if column == "pass" else "") + f"{count or '·':>{width}}", style


def _violated(report: Report, width: int) -> Iterator[Text]:
    """The worst violations: some in full, where they are few with room for more words."""
    violated = violations(report)
    rows = 2 if len(violated) <= _ROOMY - bool(report.costs) else 1
    most = _SHOWN - 2 * bool(differences(report)) - 2 * bool(report.drift)
    for position, entry in enumerate(violated[:most]):
        yield from _title(report, entry, clause(entry) if rows == 1 else "")
        observed = ("observed", worst(report, entry)[0].message)
        if position < _IN_FULL:
            yield from _wrapped("", statement(entry), rows, width)
            yield from _wrapped(*observed, rows, width)
            yield from _wrapped("remedy", entry.hint, rows, width)
            yield from _wrapped("charge", next((said for _, said in charges(report, entry)), ""), 1, width)
        else:
            yield from _wrapped(*observed, rows, width)
        if rows > 1:
            yield from _wrapped("clause", clause(entry), 1, width)
    if len(violated) > most:
        yield Text(f"… and {len(violated) - most:,} more in report.html", style="dim")


def _title(report: Report, entry: Entry, source: str) -> Iterator[Text]:
    yield Text.assemble(
        (f"{MARK[entry.verdict]} {one_line(entry.id)}", _STYLE[entry.verdict]),
        (f"  {one_line(affected(report, entry))}", "cyan"),
        (f"  [{one_line(source)}]" if source else "", "dim"),
    )


def _wrapped(title: str, text: str, rows: int, width: int) -> Iterator[Text]:
    """The text in so many rows at most, after its title; nothing where there is no text."""
    margin = f"    {title:<10}" if title else "    "
    room = width - len(margin)
    lines = [line.plain.rstrip() for line in Text(one_line(text, 2 * rows * room)).wrap(Console(), room)]
    if rows == 1 or len(lines) > rows:
        lines[rows - 1 :] = [" ".join(lines[rows - 1 :])]
    for line in lines if text else []:
        yield Text.assemble((margin, "dim"), (line, "" if title else "bold"))
        margin = " " * len(margin)


def _baseline(report: Report, width: int) -> Iterator[Text]:
    """What is known and until when, apart from what passes; what of the baseline is out of date, or was not checked."""
    outdated = standings(report, State.STALE, State.EXPIRED)[conclude(report).outdated :]  # which tells the first
    for sentence, _ in outdated[:_OUTDATED]:
        yield from (Text(line.plain, style="bold red") for line in Text(one_line(sentence, 400)).wrap(Console(), width))
    if len(outdated) > _OUTDATED:
        yield Text(f"… and {len(outdated) - _OUTDATED:,} more that are out of date in report.html", style="dim")
    known = accepted(report)
    for what, why in known[:_KNOWN]:
        yield Text.assemble(f"{MARK[Verdict.KNOWN]} {one_line(what)}  ", (one_line(why), "dim"))
    if len(known) > _KNOWN:
        yield Text(f"… and {len(known) - _KNOWN:,} more known in report.html", style="dim")
    unchecked = standings(report, State.UNCHECKED)
    if unchecked:
        more = f" (and {len(unchecked) - 1:,} more)" if len(unchecked) > 1 else ""
        yield Text(f"{MARK[Verdict.INCONCLUSIVE]} {one_line(unchecked[0][0])}{more}", style="dim")


def _later(report: Report) -> Iterator[Text]:
    """What is violated and does not count."""
    found = later_violations(report)
    if found:
        names = ", ".join(one_line(entry.id) for entry in found[:_KNOWN])
        more = f" and {len(found) - _KNOWN:,} more" if len(found) > _KNOWN else ""
        yield Text(f"violated and not counted, since later than {one_line(report.revision)}: {names}{more}")


def _differences(report: Report) -> Iterator[Text]:
    """Where one model does what another does not: a line that sums up, and the worst."""
    found = differences(report)
    if not found:
        return
    yield Text.assemble(("models differ", "bold cyan"), f" on {one_line(divided(report))}")
    for each in found[:_DIFFERENCES]:
        said = [
            (f"  {MARK[verdict]} {one_line(models, 80)}", _STYLE.get(verdict, ""))
            for verdict, models in sides(report, each)
        ]
        yield Text.assemble(f"    {one_line(each.entry.id)}", *said)
    if len(found) > _DIFFERENCES:
        yield Text(f"    … and {len(found) - _DIFFERENCES:,} more in report.html", style="dim")


def _drifts(report: Report) -> Iterator[Text]:
    """What changed in the shape of replies since they were kept."""
    found = drifts(report)
    if found:
        yield Text(f"the shape of replies changed: {plural(len(found), 'change')}", style="bold cyan")
    for sentence, where in found[:_DRIFTS]:
        yield Text.assemble(f"    {one_line(sentence, 120)}  ", (one_line(where, 120), "dim"))
    if len(found) > _DRIFTS:
        yield Text(f"    … and {len(found) - _DRIFTS:,} more in report.html", style="dim")


def _unjudged(report: Report) -> Iterator[Text]:
    """What could not be judged, with reasons: a line, or some where that is what the report comes to."""
    unjudged = entries(report, Verdict.INCONCLUSIVE)
    most = 8 if headline(report).exit_code == 3 else 3
    for entry in unjudged[:most]:
        reason = one_line(observations(report, entry, Verdict.INCONCLUSIVE)[0].message)
        yield Text.assemble((f"? {one_line(entry.id)}", _STYLE[Verdict.INCONCLUSIVE]), f"  inconclusive: {reason}")
    if len(unjudged) > most:
        yield Text(f"… and {len(unjudged) - most:,} more inconclusive in report.html", style="dim")


def _conclusion(report: Report) -> Text:
    concluded = headline(report)
    word = (concluded.meaning.upper(), _CONCLUSION[concluded.exit_code])
    return Text.assemble(word, f": {one_line(concluded.rest, 300)}")
