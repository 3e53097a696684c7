"""JSON pretty-printed token by token: numbers, escapes, and names that occur twice stay as they were sent."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

Path = tuple[str, ...]

DEEPEST = 100  #: nesting beyond which a text is shown as it is
_TOKEN = re.compile(r'"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"?|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass
class Row:
    """One line of the pretty text. `path` leads to the member it is part of, an index standing as digits;
    `opens` where it begins an object or array."""

    text: str
    path: Path
    opens: bool = False


@dataclass
class _Frame:
    """An object or array being printed: the row that opened it, and the name or index being printed."""

    row: int
    is_object: bool
    name: str | None = None
    index: int = 0

    @property
    def place(self) -> str:
        return (self.name or "") if self.is_object else str(self.index)


@dataclass
class _Printer:
    rows: list[Row] = field(default_factory=list)
    frames: list[_Frame] = field(default_factory=list)
    begun: str = ""  #: of the line being printed: the name and colon

    def take(self, token: str) -> None:
        if token in "{[":
            self._row(token, opens=True)
            self.frames.append(_Frame(len(self.rows) - 1, token == "{"))
        elif token in "}]":
            self._close(token)
        elif token == ",":
            self._next()
        elif token == ":":
            self.begun += ": "
        elif self.frames and self.frames[-1].is_object and self.frames[-1].name is None:
            self.frames[-1].name = _name(token)
            self.begun = token
        else:
            self._row(token)

    def finish(self) -> list[Row]:
        if self.begun:
            self._row("")
        return self.rows

    def _row(self, token: str, opens: bool = False) -> None:
        path = tuple(frame.place for frame in self.frames)
        self.rows.append(Row("  " * len(self.frames) + self.begun + token, path, opens))
        self.begun = ""

    def _close(self, token: str) -> None:
        frame = self.frames.pop() if self.frames else None
        if frame and frame.row == len(self.rows) - 1 and not self.begun:
            self.rows[-1].text += token
        else:
            self._row(token)

    def _next(self) -> None:
        if self.rows:
            self.rows[-1].text += ","
        if self.frames:
            self.frames[-1].index += 1
            self.frames[-1].name = None


def _name(token: str) -> str:
    """A member's name as its token says it."""
    try:
        return str(json.loads(token))
    except ValueError:
        return token


def rows_of(text: str, *, whole: bool = True) -> list[Row] | None:
    """The pretty lines of a JSON text, or, where it is not `whole`, of the beginning of one; else None."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        if whole:
            json.loads(text)
    except (ValueError, RecursionError):
        return None
    printer = _Printer()
    for token in _TOKEN.finditer(text):
        printer.take(token[0])
        if len(printer.frames) > DEEPEST:
            return None
    return printer.finish()


def pretty(text: str) -> str:
    """The text as `mark` shows it; what is not JSON as it is."""
    rows = rows_of(text)
    return text if rows is None else "\n".join(row.text for row in rows)
