"""The report on one screen of a terminal."""

from __future__ import annotations

import io
import os
import shutil
import sys

from rich.console import Console
from rich.text import Text

from conformance.language import gettext, tell
from conformance.report.report import Report

from .found import violations
from .news import summary
from .terminal_parts import in_full, parts_of, rows, title_of
from .words import asked_again, by_name, headline, money, one_line, planted, printed, spent

WIDTH = 100  #: where there is no terminal to ask
_SCREEN, _USUAL = 45, 80  #: lines in all, on so many columns or more; narrow lines are more of them
_TITLES = 4  #: violations that are named only, for lack of room
_OBSERVED = (400, 200, 100)  #: characters of what was observed; fewer where a small screen has much else to show
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
    head = [
        Text.assemble(
            (one_line(report.base_url, 70), "bold"), f"  {gettext(report.source)}  ", one_line(by_name(report))
        )
    ]
    if report.fault:
        head += rows(Text(one_line(planted(report)), style="bold yellow"), width)
    if since := summary(report):
        head += rows(Text(one_line(since, 400), style="bold"), width)
    foot = [Text(), *rows(Text(spent(report), style="dim"), width)]
    for line in money(report):
        foot += rows(Text(one_line(line)), width)[:2]
    counted, *parts = [list(part) for part in parts_of(report, width)] if report.entries else [[]]
    most = _OBSERVED[0]
    worst_one = list(in_full(report, violations(report)[0], width, most)) if violations(report) else []

    def left() -> int:
        """The lines that all but the violations leave, each part after a blank one."""
        return room - len(head) - len(foot) - sum(len(part) + 1 for part in (counted, *parts) if part) - 1

    for part in reversed(parts):  # what matters least is the last one; its first line sums it up
        del part[1 if left() < len(worst_one) else len(part) :]
    for fewer in _OBSERVED[1:]:
        if left() < len(worst_one):
            most, worst_one = fewer, list(in_full(report, violations(report)[0], width, fewer))
    if (again := asked_again(report)) and left() > len(worst_one) + 1:  # and a line that counts the others
        foot += rows(Text(one_line(again)), width)[:1]
    middle = _violated(report, width, left(), most) if worst_one else []
    shown = [part for part in (counted, middle, *parts) if part]
    return [*head, *(line for part in shown for line in (Text(), *part)), *foot]


def _violated(report: Report, width: int, room: int, most: int) -> list[Text]:
    """The worst violations in full, as many as there is room for and one in any case; the next ones by name."""
    violated = violations(report)
    blocks = [list(in_full(report, entry, width, most)) for entry in violated[:_SCREEN]]
    lines, shown = blocks[0], 1
    while shown < len(blocks) and len(lines) + len(blocks[shown]) <= room - min(len(violated) - shown - 1, _TITLES + 1):
        lines, shown = lines + blocks[shown], shown + 1
    named = violated[shown : shown + max(0, min(_TITLES, room - len(lines) - 1))]
    lines += [line for entry in named for line in title_of(report, entry, width)[:1]]
    if rest := len(violated) - shown - len(named):
        lines.append(Text(tell("… and {number:,} more in report.html", rest), style="dim"))
    return lines


def _conclusion(report: Report) -> Text:
    concluded = headline(report)
    word = (concluded.meaning.upper(), _CONCLUSION[concluded.exit_code])
    return Text.assemble(word, f"{concluded.warned}{gettext(': ')}{one_line(concluded.rest, 900)}")
