"""The report as annotations of GitHub: one workflow command per finding, what fails the gate first."""

from __future__ import annotations

from conformance.language import gettext, tell
from conformance.report.gate import is_warning
from conformance.report.report import Entry, Report
from conformance.text import harmless

from .found import affected, worst
from .words import headline, one_line

MOST = 10  #: GitHub shows ten errors and ten warnings of a step
_SHOWN = 400  #: characters of what was observed, and of the remedy


def render(report: Report) -> str:
    """The conclusion and what is violated, in at most ten lines, the last of which counts what is left out."""
    concluded = headline(report)
    kind = "error" if concluded.exit_code else "notice"
    found = [
        _command(kind, gettext("Conformance"), one_line(str(concluded), 2 * _SHOWN)),
        *(_annotation("error", report, each) for each in report.failing),
        *(_annotation("warning", report, each) for each in report.worst_first if is_warning(each)),
    ]
    if len(found) > MOST:
        left_out = found[MOST - 1 :]
        kind = "error" if any(each.startswith("::error") for each in left_out) else "warning"
        more = tell("{number:,} more findings are in the report", len(left_out))
        found[MOST - 1 :] = [_command(kind, gettext("Conformance"), more)]
    return "".join(f"{each}\n" for each in found)


def _annotation(kind: str, report: Report, entry: Entry) -> str:
    seen = " / ".join(one_line(each.message, _SHOWN) for each in worst(report, entry)[:2])
    remedy = f"\n{gettext('Remedy')}{gettext(': ')}{one_line(entry.hint, _SHOWN)}" if entry.hint else ""
    title = f"{entry.level} {one_line(entry.id)} ({gettext(entry.impact)})"
    return _command(kind, title, f"{one_line(affected(report, entry))}{gettext(': ')}{seen}{remedy}")


def _command(kind: str, title: str, message: str) -> str:
    """A workflow command, its title and message escaped as GitHub reads them."""
    escaped = _escaped(harmless(title)).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={escaped}::{_escaped(harmless(message))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
