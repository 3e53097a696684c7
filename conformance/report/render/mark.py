"""The lines of an exchange, those of the offending member flagged; tokens are shown exactly as sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.language import gettext, tell

from .pretty import Path, Row, rows_of

Pattern = tuple[str, ...]
Pairs = Sequence[tuple[str, str]]

HEADER = "header:"
STATUS = "status"
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Line:
    """One line; a `gap` stands for lines left out. `note` says what is absent there."""

    text: str
    flagged: bool = False
    note: str = ""
    gap: bool = False


@dataclass(frozen=True)
class _Spot:
    """Where a pattern leads to in one document: the member itself, or what lacks the rest of the way."""

    path: Path
    rest: Pattern = ()
    container: bool = True

    @property
    def depth(self) -> float:
        """How far the pattern could be followed; a null on the way is less than an object."""
        return len(self.path) if self.container else len(self.path) - 0.5

    @property
    def note(self) -> str:
        absent = ".".join(part for part in self.rest if part != "*")
        empty = gettext("empty") if self.rest else ""
        return tell("absent: {names}", absent) if absent else empty


def mark(text: str, at: str, *, streamed: bool = False, truncated: bool = False) -> list[Line]:
    """The lines of a body, pretty-printed where it is JSON, those of the members `at` flagged.

    `at` are paths separated by spaces, `*` standing for any index or name. Where a member is absent, the
    innermost container that should have it is flagged with a note. Of an event stream only the events with
    something to flag are pretty-printed, and of those that say alike only the first and the last, so
    that the odd one is seen, and the repeated one.
    """
    patterns = [tuple(path.split(".")) for path in at.split() if path != STATUS and not path.startswith(HEADER)]
    if streamed:
        return _mark_stream(_LINE_END.split(text), patterns)
    rows = rows_of(text, whole=not truncated)
    if rows is None:
        return [Line(line) for line in _LINE_END.split(text)]
    return _flag(rows, [spot for pattern in patterns for spot in _telling(_seek(rows, pattern), pattern)])


def mark_head(status: int, headers: Pairs, at: str) -> list[Line]:
    """The status line and the header fields, those that `at` names as `status` or `header:allow` flagged."""
    wanted = [path.removeprefix(HEADER).lower() for path in at.split() if path.startswith(HEADER)]
    names = {name.lower() for name, _ in headers}
    absent = [name for name in wanted if name not in names]
    note = tell("absent: {names}", ", ".join(absent)) if absent else ""
    first = Line(f"HTTP {status}", bool(absent) or STATUS in at.split(), note)
    return [first, *(Line(f"{name}: {value}", name.lower() in wanted) for name, value in headers)]


# --- where the member is ------------------------------------------------------------------------------------


def _seek(rows: Sequence[Row], pattern: Pattern) -> list[_Spot]:
    """Every spot of a document that the pattern leads to."""
    children: dict[Path, dict[str, None]] = {}
    containers = {row.path for row in rows if row.opens}
    for row in rows:
        if row.path:
            children.setdefault(row.path[:-1], {})[row.path[-1]] = None
    reached: list[Path] = [()]
    lacking: list[_Spot] = []
    for depth, part in enumerate(pattern):
        onward = []
        for path in reached:
            steps = [step for step in children.get(path, {}) if part in ("*", step)]
            onward += [(*path, step) for step in steps]
            if not steps:
                lacking.append(_Spot(path, pattern[depth:], path in containers))
        reached = onward
    return [_Spot(path) for path in reached] + lacking


def _telling(spots: Iterable[_Spot], pattern: Pattern) -> list[_Spot]:
    """The members found and their siblings' gaps; where none was found, the nearest that lack it."""
    spots = list(spots)
    found = [spot for spot in spots if not spot.rest]
    if found:
        return found + [spot for spot in spots if spot.rest and spot.depth == len(pattern) - 1]
    nearest = max((spot.depth for spot in spots), default=0)
    return [spot for spot in spots if spot.depth == nearest]


def _flag(rows: Sequence[Row], spots: Sequence[_Spot]) -> list[Line]:
    """The rows as lines: all of a member that is there flagged, of a container that lacks it the first."""
    members = {spot.path for spot in spots if not spot.rest}
    lengths = {len(path) for path in members}
    notes: dict[Path, list[str]] = {}
    for spot in spots:
        if spot.rest:
            notes.setdefault(spot.path, []).append(spot.note)
    lines = []
    for row in rows:
        note = ", ".join(notes.pop(row.path, ()))
        inside = any(row.path[:length] in members for length in lengths)
        lines.append(Line(row.text, inside or bool(note), note))
    return lines


# --- event streams ------------------------------------------------------------------------------------------


def _mark_stream(lines: Sequence[str], patterns: Sequence[Pattern]) -> list[Line]:
    """The lines of the stream; an event with something to flag takes as many lines as its JSON needs."""
    events = {number: rows for number, line in enumerate(lines) if (rows := _event(line))}
    spots: dict[int, list[_Spot]] = {}
    for pattern in patterns:
        for number, spot in _seek_events(events, pattern):
            spots.setdefault(number, []).append(spot)
    spread = {number: _flag(events[number], spots[number]) for number in sorted(spots)}
    shown = _ends_of_alike(spread)
    return [each for number, line in enumerate(lines) for each in (spread[number] if number in shown else [Line(line)])]


def _ends_of_alike(spread: Mapping[int, Sequence[Line]]) -> set[int]:
    """Of the events that say alike in the flagged members, the first, and the last, which is the accused one where what
    is said once is repeated."""
    alike: dict[tuple[Line, ...], list[int]] = {}
    for number, event in spread.items():
        flagged = tuple(replace(each, text=each.text.rstrip(",")) for each in event if each.flagged)
        alike.setdefault(flagged, []).append(number)
    return {end for numbers in alike.values() for end in (numbers[0], numbers[-1])}


def _event(line: str) -> list[Row] | None:
    """The rows of a line `data: {…}`."""
    data = re.match(r"data: ?(?=\s*\{)", line)
    rows = rows_of(line[data.end() :]) if data else None
    return [replace(rows[0], text=f"data: {rows[0].text}"), *rows[1:]] if rows else None


def _seek_events(events: dict[int, list[Row]], pattern: Pattern) -> list[tuple[int, _Spot]]:
    """The telling spots over all events. A reply's `message` comes as `delta`s."""
    folded = len(pattern) > 2 and pattern[0] == "choices" and pattern[2] == "message"
    pattern = (*pattern[:2], "delta", *pattern[3:]) if folded else pattern
    everywhere = [(number, spot) for number, rows in events.items() for spot in _seek(rows, pattern)]
    telling = set(_telling((spot for _, spot in everywhere), pattern))
    kept = [(number, spot) for number, spot in everywhere if spot in telling]
    found = [(number, spot) for number, spot in kept if not spot.rest]
    if found and folded:
        return found
    nowhere = not found and all(not spot.path for _, spot in kept)
    return kept[-1:] if nowhere else kept
