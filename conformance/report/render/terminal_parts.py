"""The parts of a report on a terminal: lines of a given width, what matters most first."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from conformance.judgement.verdict import Verdict
from conformance.language import gettext, tell, told
from conformance.policy.baseline import OUTDATED, State
from conformance.report.gate import conclude
from conformance.report.report import Entry, Report, differences

from . import changes, repeats, traffic
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
    followed_by,
    later_violations,
    number,
    observations,
    sides,
    standings,
    statement,
    worst,
)
from .news import age
from .words import MARK, NEVER, headline, one_line, plural, replaying, who

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
_SHORT = {"violated": "viol.", "follows": "foll.", "inconclusive": "inc."}  #: titles of columns
_STYLE = {Verdict.FAIL: "bold red", Verdict.WARN: "yellow", Verdict.INCONCLUSIVE: "magenta"}


def rows(text: Text, width: int, margin: str = "", later: str = "") -> list[Text]:
    """The text in rows: the first after `margin`, the others after `later`."""
    rows = text.wrap(Console(width=width), width - max(len(margin), len(later)))
    return [Text.assemble((later if number else margin, "dim"), row) for number, row in enumerate(rows)]


def parts_of(report: Report, width: int) -> tuple[Iterator[Text], ...]:
    """The counts, and what follows the violations, what matters most first."""
    return (
        _counts(report, width),
        _repeated(report, width),
        _traffic(report, width),
        _gone(report, width),
        _vain(report, width),
        _unjudged(report, width),
        _baseline(report, width),
        _later(report, width),
        _differences(report, width),
        _drifts(report, width),
    )


def _repeated(report: Report, width: int) -> Iterator[Text]:
    """The verdicts that flipped."""
    for line in repeats.lines(report):
        yield from rows(Text(one_line(line, 400)), width, "", "    ")


def _counts(report: Report, width: int) -> Iterator[Text]:
    """A line for each model; of many models those with most violations."""
    if not report.entries:
        return
    shown = columns(report)
    longest = max(len(model.name) + 1 for model in report.models)
    while shown[-1][0] is not shown[0][0] and _width(shown) + min(longest, _NAME) > width:
        shown = [each for each in shown if each[0] is not shown[-1][0]]  # without the lowest level
    apart = 2 * sum(name == "pass" for _, name in shown)
    widest = max(_CELL, *(cell_len(_titled(name)) + 1 for _, name in shown))
    cell = widest if _NAME + widest * len(shown) + apart <= width else _CELL - 1
    named = min(max(width - cell * len(shown) - apart, _SHORTEST_NAME), _NAME)
    levels = [str(level) if name == "pass" else "" for level, name in shown]
    yield Text(
        (" " * named + "".join(f"  {level:<{cell}}" if level else " " * cell for level in levels)).rstrip(),
        style="bold",
    )
    titles = [f"{'  ' if name == 'pass' else ''}{_right(_titled(name), cell)}" for _, name in shown]
    yield Text(set_cell_size(gettext("model"), named) + "".join(titles), style="dim")
    tallies = {model.name: counts(report, model) for model in report.models}
    violated = {
        name: [-number(tally[level], column) for level, column in shown if column == "violated"]
        for name, tally in tallies.items()
    }
    for model in sorted(tallies, key=violated.__getitem__)[:_MODELS]:
        cells = [_cell(number(tallies[model][level], name), name, cell) for level, name in shown]
        yield Text.assemble(set_cell_size(one_line(model, named - 1), named), *cells)
    if len(tallies) > _MODELS:
        yield Text(tell("… and {models}", plural(len(tallies) - _MODELS, "more model")), style="dim")


def _titled(column: str) -> str:
    """The title of a column of counts."""
    return gettext(_SHORT.get(column, column))


def _right(text: str, cells: int) -> str:
    """The text at the right of so many cells, one of which stays free."""
    fitting = set_cell_size(text, min(cell_len(text), cells - 1))
    return " " * (cells - cell_len(fitting)) + fitting


def _traffic(report: Report, width: int) -> Iterator[Text]:
    """What an audit counted."""
    for line in traffic.lines(report):
        yield from rows(Text(one_line(line, 400)), width)


def _width(shown: list[Column]) -> int:
    """The cells that columns take at least."""
    return (_CELL - 1) * len(shown) + 2 * sum(name == "pass" for _, name in shown)


def _cell(count: int, column: str, width: int) -> tuple[str, str]:
    style = {"violated": "bold red", "inconclusive": "magenta"}.get(column, "") if count else "dim"
    return ("  " if column == "pass" else "") + f"{count or '·':>{width}}", style


def title_of(report: Report, entry: Entry, width: int) -> list[Text]:
    """The requirement with its mark, and the models that it is about."""
    name = (f"{MARK[entry.verdict]} {one_line(entry.id)}", _STYLE[entry.verdict])
    return rows(
        Text.assemble(name, f"  {gettext(entry.impact)}", (f"  {one_line(affected(report, entry))}", "cyan")), width
    )


def in_full(report: Report, entry: Entry, width: int, most: int) -> Iterator[Text]:
    """What a vendor needs: what is required, what was seen (so many characters), what to do, what it costs, where it is
    written."""
    yield from title_of(report, entry, width)
    yield from rows(Text(one_line(statement(entry), 400), style="bold"), width, "    ", "    ")
    charge = next((said for _, said in charges(report, entry)), "")
    facts = (
        ("warns", one_line(entry.warns, 200)),
        ("seen", age(report, entry)),
        ("observed", one_line(worst(report, entry)[0].message, most)),
        ("remedy", one_line(entry.hint, 400)),
        ("charge", one_line(charge, min(most, _REASON))),
        ("causes", one_line(followed_by(report, entry))),
        ("clause", one_line(clause(entry))),
    )
    for title, said in facts:
        if said:
            yield from rows(Text(said), width, f"    {set_cell_size(gettext(title), 10)}", " " * 14)


def _gone(report: Report, width: int) -> Iterator[Text]:
    """What was violated in earlier runs and holds."""
    fixed = changes.rows(report.news.fixed) if report.news else []
    for row in fixed[:_KNOWN]:
        said = tell("fixed: {requirements} on {models}", ", ".join(row.about), who(report, row.models))
        yield from rows(Text(f"{row.mark} {one_line(said)}", style="green"), width, later="    ")
    if len(fixed) > _KNOWN:
        yield Text(tell("… and {number:,} more fixed in report.html", len(fixed) - _KNOWN), style="dim")


def _vain(report: Report, width: int) -> Iterator[Text]:
    """The valid requests that were never answered, with the command that gives their curl lines."""
    for each in report.unanswered[:_VAIN]:
        yield from rows(
            Text(
                f"? {gettext('never answered')}{gettext(': ')}{one_line(told(str(each)))}", _STYLE[Verdict.INCONCLUSIVE]
            ),
            width,
            later="    ",
        )
        again = one_line(replaying(report, each.key), 1_000)
        yield from rows(Text(f"{gettext('reproduce')}{gettext(': ')}{again}", style="dim"), width, "    ", "    ")
    if len(report.unanswered) > _VAIN:
        yield Text(
            tell("… and {number:,} more never answered in report.html", len(report.unanswered) - _VAIN), style="dim"
        )
    if report.unanswered:
        yield from rows(Text(gettext(NEVER)), width, f"    {set_cell_size(gettext('remedy'), 10)}", " " * 14)


def _baseline(report: Report, width: int) -> Iterator[Text]:
    """What is known and until when, apart from what passes; what of the baseline is out of date, or was not checked."""
    outdated = standings(report, *OUTDATED)[conclude(report).outdated :]  # which tells the first
    for sentence, _ in outdated[:_OUTDATED]:
        yield from rows(Text(one_line(sentence, 400), style="bold red"), width)
    if len(outdated) > _OUTDATED:
        yield Text(
            tell("… and {number:,} more that are out of date in report.html", len(outdated) - _OUTDATED), style="dim"
        )
    stale = standings(report, State.STALE)
    for sentence, _ in stale[:_OUTDATED]:
        yield from rows(Text(f"{MARK[Verdict.PASS]} {one_line(sentence, 400)}", style="yellow"), width)
    if len(stale) > _OUTDATED:
        yield Text(tell("… and {number:,} more that are stale in report.html", len(stale) - _OUTDATED), style="dim")
    known = accepted(report)
    for what, why in known[:_KNOWN]:
        yield from rows(Text.assemble(f"{MARK[Verdict.KNOWN]} {one_line(what)}  ", (one_line(why), "dim")), width)
    if len(known) > _KNOWN:
        yield Text(tell("… and {number:,} more known in report.html", len(known) - _KNOWN), style="dim")
    unchecked = standings(report, State.UNCHECKED)
    if unchecked:
        more = tell(" (and {number} more)", len(unchecked) - 1) if len(unchecked) > 1 else ""
        yield from rows(Text(f"{MARK[Verdict.INCONCLUSIVE]} {one_line(unchecked[0][0])}{more}", style="dim"), width)


def _later(report: Report, width: int) -> Iterator[Text]:
    """What is violated but does not count."""
    found = later_violations(report)
    if found:
        names = ", ".join(one_line(entry.id) for entry in found[:_KNOWN])
        more = tell(" and {number:,} more", len(found) - _KNOWN) if len(found) > _KNOWN else ""
        said = tell(
            "violated but not counted (added after revision {one_line}): {names}{more}",
            one_line(report.revision),
            names,
            more,
        )
        yield from rows(Text(said), width)


def _differences(report: Report, width: int) -> Iterator[Text]:
    """Where one model does what another does not: a line that sums up, and the worst."""
    found = differences(report)
    if not found:
        return
    yield from rows(Text(tell("models differ on {requirements}", one_line(divided(report))), style="cyan"), width)
    for each in found[:_DIFFERENCES]:
        said = [
            (f"  {MARK[verdict]} {one_line(models, 80)}", _STYLE.get(verdict, ""))
            for verdict, models in sides(report, each)
        ]
        yield from rows(Text.assemble(one_line(each.entry.id), *said), width, "    ", "      ")
    if len(found) > _DIFFERENCES:
        yield Text(tell("    … and {number:,} more in report.html", len(found) - _DIFFERENCES), style="dim")


def _drifts(report: Report, width: int) -> Iterator[Text]:
    """What changed in the shape of replies since they were kept."""
    found = drifts(report)
    if found:
        yield Text(tell("the shape of replies changed: {changes}", plural(len(found), "change")), style="bold cyan")
    for sentence, where in found[:_DRIFTS]:
        said = Text.assemble(f"{one_line(sentence, 120)}  ", (one_line(where, 120), "dim"))
        yield from rows(said, width, "    ", "      ")
    if len(found) > _DRIFTS:
        yield Text(tell("    … and {number:,} more in report.html", len(found) - _DRIFTS), style="dim")


def _unjudged(report: Report, width: int) -> Iterator[Text]:
    """What could not be judged, with reasons: some, or more where that is what the report comes to. What was not judged
    for the reason that the conclusion gives is not listed."""
    found = [entry for entry in entries(report, Verdict.INCONCLUSIVE) if not entry.follows]
    unjudged = [entry for entry in found if _reason(report, entry) != report.unjudged]
    most = 5 if headline(report).exit_code == 3 else 2
    for entry in unjudged[:most]:
        reason = one_line(_reason(report, entry), _REASON)
        name = (f"? {one_line(entry.id)}", _STYLE[Verdict.INCONCLUSIVE])
        yield from rows(Text.assemble(name, f"  {gettext('inconclusive')}{gettext(': ')}{reason}"), width, later="    ")
    if len(unjudged) > most:
        yield Text(tell("… and {number:,} more inconclusive in report.html", len(unjudged) - most), style="dim")


def _reason(report: Report, entry: Entry) -> str:
    return observations(report, entry, Verdict.INCONCLUSIVE)[0].message
