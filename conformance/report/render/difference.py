"""What changed between two reports, for a terminal, a pull request and a program."""

from __future__ import annotations

import io
import json
import shutil
import sys

from rich.cells import set_cell_size
from rich.console import Console
from rich.text import Text

from conformance.language import gettext, speaking, tell
from conformance.report.comparison import Comparison
from conformance.report.comparison_json import dump_comparison
from conformance.text import harmless, harmless_json

from .changes import Row, sections, sides, spend
from .markdown_text import fact, name, text
from .words import one_line, printed

WIDTH = 100  #: where there is no terminal to ask
_MOST = 25  #: rows of a section
_NAMES = 8  #: of requirements in one row
_STYLE = {"worse": "bold red", "better": "green", "open": "magenta", "said": "dim"}


def _about(row: Row) -> str:
    more = tell(" and {number:,} more", len(row.about) - _NAMES) if len(row.about) > _NAMES else ""
    return ", ".join(row.about[:_NAMES]) + more


def terminal(comparison: Comparison, strict: bool = False, *, width: int = WIDTH, colour: bool = False) -> str:
    """Text; in colour where asked for."""
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=colour, color_system="standard" if colour else None,
        legacy_windows=False, highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    for title, what in sides(comparison):
        console.print(Text(set_cell_size(f"{title}{gettext(': ').rstrip()}", 8) + one_line(what)))
    for section in [] if comparison.unjudged else sections(comparison):
        console.print(Text(f"\n{section.heading}", style=_STYLE[section.kind]))
        for row in section.rows[:_MOST]:
            facts = "  ".join(one_line(each) for each in (", ".join(row.models), row.change) if each)
            level = f"{row.level} " if row.level else ""
            console.print(Text(f"  {row.mark} {level}{one_line(_about(row), 400)}  {facts}"))
            if row.said:
                console.print(Text(f"      {one_line(row.said, width - 6)}", style="dim"))
        if len(section.rows) > _MOST:
            console.print(Text(tell("  … and {number:,} more", len(section.rows) - _MOST), style="dim"))
    console.print(Text(f"\n{gettext('spent')}{gettext(': ')}{spend(comparison)}", style="dim"))
    if comparison.asked_again:
        console.print(Text(one_line(comparison.asked_again, 400)))
    code = comparison.exit_code(strict)
    console.print(Text(one_line(comparison.sentence(strict), 400), style="bold red" if code else "bold green"))
    return printed(out.getvalue())


def markdown(comparison: Comparison, strict: bool = False) -> str:
    """A comment on a pull request."""
    lines = [
        f"## {gettext('Conformance, before and after')}{gettext(': ')}{text(comparison.sentence(strict), 400)}",
        "",
    ]
    lines += [f"- {fact(title, text(what, 400))}" for title, what in sides(comparison)]
    for section in [] if comparison.unjudged else sections(comparison):
        lines += ["", f"### {section.heading.capitalize()}", ""]
        lines += [_item(row) for row in section.rows[:_MOST]]
        if len(section.rows) > _MOST:
            lines.append(f"- {tell('… and {number:,} more', len(section.rows) - _MOST)}")
    repeated = ["", text(comparison.asked_again, 400)] if comparison.asked_again else []
    return harmless("\n".join([*lines, "", text(spend(comparison), 400), *repeated]) + "\n")


def _item(row: Row) -> str:
    facts = [text(", ".join(row.models)), text(row.change), text(row.said)]
    about = ", ".join(name(each) for each in row.about[:_NAMES])
    more = tell(" and {number:,} more", len(row.about) - _NAMES) if len(row.about) > _NAMES else ""
    head = f"- {row.mark} {row.level + ' ' if row.level else ''}{about}{more}"
    return gettext(": ").join([head, *([gettext(", ").join(filter(None, facts))] if any(facts) else [])])


def document(comparison: Comparison, strict: bool = False) -> str:
    """As schemas/diff.json has it."""
    with speaking("en"):
        value = dump_comparison(comparison, strict)
    return harmless_json(json.dumps(value, indent=1, ensure_ascii=True)) + "\n"


def render(comparison: Comparison, form: str, strict: bool = False) -> str:
    """As `terminal`, `markdown` or `json`."""
    if form == "terminal":
        width = min(max(shutil.get_terminal_size().columns, 60), 140) if sys.stdout.isatty() else WIDTH
        return terminal(comparison, strict, width=width, colour=sys.stdout.isatty())
    return {"markdown": markdown, "json": document}[form](comparison, strict)
