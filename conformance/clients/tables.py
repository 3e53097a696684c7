"""What clients made of exchanges, as tables: for the terminal, and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len

from conformance.language import gettext, joined, phrase, tell, told
from conformance.report.render.markdown_text import text as escaped
from conformance.report.render.words import one_line
from conformance.text import write_whole

from .expected import MEMBERS
from .read import PARTS, How
from .result import Judged, Kind, Place, Result, counted, dump, forgiven, kinds, parts_lost, places

_MOST = 40  #: findings that are shown; the JSON has all
_LONGEST = 120  #: characters of what a client raised
_CLIENTS = ("client", "versions", "right", "lost", "raised", "parts lost")
_FINDINGS = ("client", "finding", "exchanges", "that conform", "examples", "mostly violated")
_MEMBERS = ("client", "reply")
_READING = ("client", "member", "how to read it")
_MINDED = ("requirement", "level", "exchanges", "minded by")
_WAYS = {False: "whole", True: "streamed"}
_HOW: Mapping[How, str] = {  #: in the order in which they are told
    "typed": "typed",
    "untyped": "untyped",
    "raw": "raw only",
    "changed": "changed",
    "lost": "lost",
}

#: What is looked up by value, for docs/translate.py.
WORDS = (*_CLIENTS, *_FINDINGS, *_MEMBERS, *_READING, *_MINDED, *_WAYS.values(), *_HOW.values(), *PARTS)


@dataclass(frozen=True)
class Table:
    """A table with a heading; texts are translated, and what came from elsewhere is as it came."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def tables(result: Result) -> list[Table]:
    """All that is told of a result, but for what would be empty."""
    found = [
        _clients(result.judged),
        _findings(kinds(result.judged)),
        _members(result.judged),
        _expressions(places(result.judged)),
        _requirements(result.judged),
    ]
    return [each for each in found if each.rows]


def _clients(judged: Iterable[Judged]) -> Table:
    head = tuple(map(gettext, _CLIENTS))
    return Table(gettext("Clients"), head, tuple(map(_client, judged)))


def _client(judged: Judged) -> tuple[str, ...]:
    if judged.skipped:
        return judged.client.name, judged.client.versions, "–", "–", "–", tell("skipped: {reason}", judged.skipped)
    numbers = counted(judged)
    parts = ", ".join(f"{gettext(part)} {number}" for part, number in parts_lost(judged).most_common())
    if judged.client.lacks:
        lacks = tell("no place for {parts}", joined(", ", map(phrase, sorted(judged.client.lacks))))
        parts = f"{parts}; {lacks}" if parts else lacks
    counts = (str(numbers[name]) for name in ("right", "lost", "raised"))
    return judged.client.name, judged.client.versions, *counts, parts


def _findings(found: Sequence[Kind]) -> Table:
    head = tuple(map(gettext, _FINDINGS))
    rows = tuple(_finding(each) for each in found[:_MOST])
    note = tell("More findings in clients.json: {number}.", len(found) - _MOST) if len(found) > _MOST else ""
    return Table(gettext("Findings"), head, rows, note)


def _finding(kind: Kind) -> tuple[str, ...]:
    said = f"{told(kind.what)}: {kind.message}" if kind.message else told(kind.what)
    numbers = str(kind.number), str(kind.clean)
    return kind.client, one_line(said, _LONGEST), *numbers, ", ".join(kind.examples), ", ".join(kind.violated)


def _members(judged: Iterable[Judged]) -> Table:
    head = (*map(gettext, _MEMBERS), *MEMBERS)
    rows = []
    for each in judged:
        for streamed, name in _WAYS.items():
            held = {place.member: _survives(place) for place in places([each], streamed)}
            if held:
                rows.append((each.client.name, gettext(name), *(held.get(member, "") for member in MEMBERS)))
    note = gettext("Counted are exchanges in which the member is not 0.")
    return Table(gettext("Where the members of billing survive"), head, tuple(rows), note)


def _survives(place: Place) -> str:
    return ", ".join(f"{gettext(word)} {place.how[how]}" for how, word in _HOW.items() if place.how.get(how))


def _expressions(found: Iterable[Place]) -> Table:
    head = tuple(map(gettext, _READING))
    rows = tuple((each.client, each.member, " / ".join(each.reads)) for each in found if each.reads)
    return Table(gettext("How to read the members of billing"), head, rows)


def _requirements(judged: Sequence[Judged]) -> Table:
    head = tuple(map(gettext, _MINDED))
    rows = (
        (each.requirement, each.level, str(each.number), ", ".join(each.minded_by) or gettext("no client"))
        for each in forgiven(judged)
    )
    note = gettext("Counted are exchanges that violate this requirement and no other.")
    return Table(gettext("Requirements that are violated, and who minds"), head, tuple(rows), note)


# --- as text ------------------------------------------------------------------------------------------------


def as_text(result: Result) -> str:
    """The tables for a terminal, and the conclusion last."""
    return "\n".join([*(line for each in tables(result) for line in _plain(each)), conclusion(result), ""])


def _plain(table: Table) -> Iterator[str]:
    rows = [tuple(one_line(cell, 4 * _LONGEST) for cell in row) for row in (table.head, *table.rows)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    yield table.title
    for row in rows:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(padded)}".rstrip()
    yield from [table.note] if table.note else []
    yield ""


def as_markdown(result: Result) -> str:
    """The tables as Markdown, under the conclusion."""
    title = tell("# Clients on {source}", escaped(result.source))
    return "\n".join([title, "", conclusion(result), "", *(line for each in tables(result) for line in _marked(each))])


def _marked(table: Table) -> Iterator[str]:
    yield from (f"## {table.title}", "", _row(table.head), f"|{'---|' * len(table.head)}")
    yield from (_row(tuple(map(escaped, row))) for row in table.rows)
    yield from ("", table.note) if table.note else ()
    yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def conclusion(result: Result) -> str:
    """What came of it, in a sentence."""
    read = [each for each in result.judged if not each.skipped]
    if not read:
        return tell("no client could be run")
    wrong = sum(any(each.finding.outcome != "right" for each in judged.readings) for judged in read)
    said = tell(
        "clients that read everything right: {number} of {all}; exchanges: {exchanges}",
        len(read) - wrong, len(read), result.exchanges,
    )  # fmt: skip
    skipped = len(result.judged) - len(read)
    left = tell("; clients skipped: {number}", skipped) if skipped else ""
    unread = tell("; exchanges without a reply to compare: {number}", result.left_out) if result.left_out else ""
    return said + left + unread


def write(result: Result, folder: Path) -> None:
    """Write the report into a folder: for programs, and as Markdown. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "clients.json", json.dumps(dump(result), indent=1, ensure_ascii=False) + "\n")
    write_whole(folder / "clients.md", as_markdown(result))
