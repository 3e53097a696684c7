"""The lines of a file that others made, however long they are."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedIOBase

LONGEST = 32 * 1024 * 1024  #: bytes of a line that is read
_BLOCK = 1024 * 1024


def numbered(opened: BufferedIOBase) -> Iterator[tuple[int, bytes | None]]:
    """Each line that is not empty, with its end and its number; None in the place of one that is too long."""
    number, held, size = 1, list[bytes](), 0
    while block := opened.read(_BLOCK):
        if not size and not block.strip():  # there may be gigabytes of it
            number += block.count(b"\n")
            continue
        *ended, rest = block.split(b"\n")
        for piece in ended:
            if size or piece:
                yield number, _line([*held, piece, b"\n"], size + len(piece))
            number, held, size = number + 1, [], 0
        size += len(rest)
        held = [*held, rest] if size <= LONGEST else []
    if size:
        yield number, _line(held, size)


def _line(pieces: list[bytes], size: int) -> bytes | None:
    return b"".join(pieces) if size <= LONGEST else None
