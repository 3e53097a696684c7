"""The lines of a file that others made, however long they are."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedIOBase, RawIOBase
from typing import NamedTuple

LONGEST = 32 * 1024 * 1024  #: bytes of a line that is read
ENDLESS = 1024 * 1024 * 1024  #: bytes of a line, or of empty lines, after which a file is read no further
_BLOCK = 1024 * 1024


class Line(NamedTuple):
    """A line with its number, without its end, which a last line may lack; `text` is None where it is too long."""

    number: int
    text: bytes | None
    ended: bool = True


class EndlessError(ValueError):
    """A file is not made of lines."""


def numbered(opened: BufferedIOBase | RawIOBase, number: int = 1) -> Iterator[Line]:
    """Each line that is not empty, the first of which has this number. Raises EndlessError where one has no end."""
    held, size, empty = list[bytes](), 0, 0
    while block := opened.read(_BLOCK):
        empty = empty + len(block) if block.isspace() else 0
        if max(size, empty) > ENDLESS:
            raise EndlessError(f"line {number} has more than {ENDLESS:,} bytes, or those after it are empty")
        if empty and not size:
            number += block.count(b"\n")
            continue
        *ended, rest = block.split(b"\n")
        for piece in ended:
            if size:
                yield _line(number, [*held, piece], size + len(piece))
                held, size = [], 0
            elif piece:
                yield Line(number, piece)
            number += 1
        size += len(rest)
        held = [*held, rest] if size <= LONGEST else []
    if size:
        yield _line(number, held, size, ended=False)


def _line(number: int, pieces: list[bytes], size: int, *, ended: bool = True) -> Line:
    return Line(number, b"".join(pieces) if size <= LONGEST else None, ended)
