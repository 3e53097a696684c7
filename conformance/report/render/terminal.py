"""The report on one screen of a terminal."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from conformance.judgement.verdict import Verdict
from conformance.policy.baseline import State
from conformance.report.gate import conclude
from conformance.report.report import Entry, Report, differences

from .found import (
    Column,
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
from .words import MARK, NEVER, by_name, headline, money, one_line, planted, plural, printed, spent

WIDTH = 100  #: where there is no terminal to ask
_SCREEN, _USUAL = 45, 80  #: lines in all, on so many columns or more; narrow lines are more of them
_TITLES = 4  #: violations that are named only, for lack of room
_OBSERVED = (400, 200, 100)  #: characters of what was observed; fewer where a small screen has much else to show
_REASON = 160  #: characters of why something could not be judged
_VAIN = 3  #: requests that were never answered
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
    """One screen, of which nothing is cut off at the right. Width and colour are those of the terminal, where stdout is
    one; without a terminal, the width is what COLUMNS says."""
    terminal = sys.stdout.isatty()
    said = shutil.get_terminal_size((WIDTH, 24)).columns if terminal or "COLUMNS" in os.environ else WIDTH
    asked = width or min(max(said, 60), 140)
    coloured = terminal if colour is None else colour
    out = io.StringIO()
    console = Console(
        file=out,
        width=asked,
        force_terminal=coloured,
        color_system="standard" if coloured else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    conclusion = _conclusion(report).wrap(console, asked)
    for line in [*_lines(report, asked, _SCREEN * max(asked, _USUAL) // asked - len(conclusion)), *conclusion]:
        console.print(line, no_wrap=True, overflow="ellipsis")
    return printed(out.getvalue())


def _lines(report: Report, width: int, room: int) -> list[Text]:
    """What stands above the conclusion, in so many lines: the violations have what the rest leaves."""
    head = [Text.assemble((one_line(report.base_url, 70), "bold"), f"  {report.source}  ", one_line(by_name(report)))]
    if report.fault:
        head += _rows(Text(one_line(planted(report)), style="bold yellow"), width)
    foot = [Text(), *_rows(Text(spent(report), style="dim"), width)]
    for line in money(report):
        foot += _rows(Text(one_line(line)), width)[:2]
    counted, *parts = [list(part) for part in _parts(report, width)] if report.entries else [[]]
    most = _OBSERVED[0]
    worst_one = list(_in_full(report, violations(report)[0], width, most)) if violations(report) else []

    def left() -> int:
        """The lines that all but the violations leave, each part after a blank one."""
        return room - len(head) - len(foot) - sum(len(part) + 1 for part in (counted, *parts) if part) - 1

    for part in reversed(parts):  # what matters least is the last one; its first line sums it up
        del part[1 if left() < len(worst_one) else len(part) :]
    for fewer in _OBSERVED[1:]:
        if left() < len(worst_one):
            most, worst_one = fewer, list(_in_full(report, violations(report)[0], width, fewer))
    middle = _violated(report, width, left(), most) if worst_one else []
    shown = [part for part in (counted, middle, *parts) if part]
    return [*head, *(line for part in shown for line in (Text(), *part)), *foot]


def _rows(text: Text, width: int, margin: str = "", later: str = "") -> list[Text]:
    """The text in rows: the first after `margin`, the others after `later`."""
    rows = text.wrap(Console(width=width), width - max(len(margin), len(later)))
    return [Text.assemble((later if number else margin, "dim"), row) for number, row in enumerate(rows)]


def _parts(report: Report, width: int) -> tuple[Iterator[Text], ...]:
    """The counts, and what follows the violations, what matters most first."""
    return (
        _counts(report, width),
        _vain(report, width),
        _unjudged(report, width),
        _baseline(report, width),
        _later(report, width),
        _differences(report, width),
        _drifts(report, width),
    )


def _counts(report: Report, width: int) -> Iterator[Text]:
    """A line for each model; of many models those with most violations."""
    if not report.entries:
        return
    shown = columns(report)
    longest = max(len(model.name) + 1 for model in report.models)
    while shown[-1][0] is not shown[0][0] and _width(shown) + min(longest, _NAME) > width:
        shown = [each for each in shown if each[0] is not shown[-1][0]]  # without the lowest level
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


def _width(shown: list[Column]) -> int:
    """The cells that columns take at least."""
    return (_CELL - 1) * len(shown) + 2 * sum(name == "pass" for _, name in shown)


def _cell(count: int, column: str, width: int) -> tuple[str, str]:
    style = {"violated": "bold red", "inconclusive": "magenta"}.get(column, "") if count else "dim"
    return ("  " if column == "pass" else "") + f"{count or '·':>{width}}", style


def _violated(report: Report, width: int, room: int, most: int) -> list[Text]:
    """The worst violations in full, as many as there is room for and one in any case; the next ones by name."""
    violated = violations(report)
    blocks = [list(_in_full(report, entry, width, most)) for entry in violated[:_SCREEN]]
    lines, shown = blocks[0], 1
    while shown < len(blocks) and len(lines) + len(blocks[shown]) <= room - min(len(violated) - shown - 1, _TITLES + 1):
        lines, shown = lines + blocks[shown], shown + 1
    named = violated[shown : shown + max(0, min(_TITLES, room - len(lines) - 1))]
    lines += [line for entry in named for line in _title(report, entry, width)[:1]]
    if rest := len(violated) - shown - len(named):
        lines.append(Text(f"… and {rest:,} more in report.html", style="dim"))
    return lines


def _title(report: Report, entry: Entry, width: int) -> list[Text]:
    name = (f"{MARK[entry.verdict]} {one_line(entry.id)}", _STYLE[entry.verdict])
    return _rows(Text.assemble(name, (f"  {one_line(affected(report, entry))}", "cyan")), width)


def _in_full(report: Report, entry: Entry, width: int, most: int) -> Iterator[Text]:
    """What a vendor needs: what is required, what was seen (so many characters), what to do, what it costs, where it is
    written."""
    yield from _title(report, entry, width)
    yield from _rows(Text(one_line(statement(entry), 400), style="bold"), width, "    ", "    ")
    charge = next((said for _, said in charges(report, entry)), "")
    facts = (
        ("observed", one_line(worst(report, entry)[0].message, most)),
        ("remedy", one_line(entry.hint, 400)),
        ("charge", one_line(charge, min(most, _REASON))),
        ("clause", one_line(clause(entry))),
    )
    for title, said in facts:
        if said:
            yield from _rows(Text(said), width, f"    {title:<10}", " " * 14)


def _vain(report: Report, width: int) -> Iterator[Text]:
    """The valid requests that were never answered, with the command that gives their curl lines."""
    for each in report.unanswered[:_VAIN]:
        yield from _rows(
            Text(f"? never answered: {one_line(str(each))}", _STYLE[Verdict.INCONCLUSIVE]), width, later="    "
        )
        yield Text(f"    reproduce: phanedge-conformance replay {one_line(each.key)}", style="dim")
    if len(report.unanswered) > _VAIN:
        yield Text(f"… and {len(report.unanswered) - _VAIN:,} more never answered in report.html", style="dim")
    if report.unanswered:
        yield from _rows(Text(NEVER), width, f"    {'remedy':<10}", " " * 14)


def _baseline(report: Report, width: int) -> Iterator[Text]:
    """What is known and until when, apart from what passes; what of the baseline is out of date, or was not checked."""
    outdated = standings(report, State.STALE, State.EXPIRED)[conclude(report).outdated :]  # which tells the first
    for sentence, _ in outdated[:_OUTDATED]:
        yield from _rows(Text(one_line(sentence, 400), style="bold red"), width)
    if len(outdated) > _OUTDATED:
        yield Text(f"… and {len(outdated) - _OUTDATED:,} more that are out of date in report.html", style="dim")
    known = accepted(report)
    for what, why in known[:_KNOWN]:
        yield from _rows(Text.assemble(f"{MARK[Verdict.KNOWN]} {one_line(what)}  ", (one_line(why), "dim")), width)
    if len(known) > _KNOWN:
        yield Text(f"… and {len(known) - _KNOWN:,} more known in report.html", style="dim")
    unchecked = standings(report, State.UNCHECKED)
    if unchecked:
        more = f" (and {len(unchecked) - 1:,} more)" if len(unchecked) > 1 else ""
        yield from _rows(Text(f"{MARK[Verdict.INCONCLUSIVE]} {one_line(unchecked[0][0])}{more}", style="dim"), width)


def _later(report: Report, width: int) -> Iterator[Text]:
    """What is violated but does not count."""
    found = later_violations(report)
    if found:
        names = ", ".join(one_line(entry.id) for entry in found[:_KNOWN])
        more = f" and {len(found) - _KNOWN:,} more" if len(found) > _KNOWN else ""
        said = f"violated but not counted (added after revision {one_line(report.revision)}): {names}{more}"
        yield from _rows(Text(said), width)


def _differences(report: Report, width: int) -> Iterator[Text]:
    """Where one model does what another does not: a line that sums up, and the worst."""
    found = differences(report)
    if not found:
        return
    yield from _rows(Text.assemble(("models differ", "bold cyan"), f" on {one_line(divided(report))}"), width)
    for each in found[:_DIFFERENCES]:
        said = [
            (f"  {MARK[verdict]} {one_line(models, 80)}", _STYLE.get(verdict, ""))
            for verdict, models in sides(report, each)
        ]
        yield from _rows(Text.assemble(one_line(each.entry.id), *said), width, "    ", "      ")
    if len(found) > _DIFFERENCES:
        yield Text(f"    … and {len(found) - _DIFFERENCES:,} more in report.html", style="dim")


def _drifts(report: Report, width: int) -> Iterator[Text]:
    """What changed in the shape of replies since they were kept."""
    found = drifts(report)
    if found:
        yield Text(f"the shape of replies changed: {plural(len(found), 'change')}", style="bold cyan")
    for sentence, where in found[:_DRIFTS]:
        said = Text.assemble(f"{one_line(sentence, 120)}  ", (one_line(where, 120), "dim"))
        yield from _rows(said, width, "    ", "      ")
    if len(found) > _DRIFTS:
        yield Text(f"    … and {len(found) - _DRIFTS:,} more in report.html", style="dim")


def _unjudged(report: Report, width: int) -> Iterator[Text]:
    """What could not be judged, with reasons: some, or more where that is what the report comes to."""
    unjudged = entries(report, Verdict.INCONCLUSIVE)
    most = 5 if headline(report).exit_code == 3 else 2
    for entry in unjudged[:most]:
        reason = one_line(observations(report, entry, Verdict.INCONCLUSIVE)[0].message, _REASON)
        name = (f"? {one_line(entry.id)}", _STYLE[Verdict.INCONCLUSIVE])
        yield from _rows(Text.assemble(name, f"  inconclusive: {reason}"), width, later="    ")
    if len(unjudged) > most:
        yield Text(f"… and {len(unjudged) - most:,} more inconclusive in report.html", style="dim")


def _conclusion(report: Report) -> Text:
    concluded = headline(report)
    word = (concluded.meaning.upper(), _CONCLUSION[concluded.exit_code])
    return Text.assemble(word, f": {one_line(concluded.rest, 900)}")
