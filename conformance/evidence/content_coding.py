"""Content codings (RFC 9110 8.4.1) undone, within bounds."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from conformance.language import say

Read = tuple[float, bytes]  #: seconds since the request was sent, and what arrived then
MOST = 8 * 1024 * 1024  #: bytes that coded content may hold, for a megabyte of gzip can hold a gigabyte
MEMBER = b"\x1f\x8b"  #: begins a member of gzip (RFC 1952 2.3.1)
_PIECE = 1024  #: bytes that are read at once: what follows a member is copied, and members may be small and many


def undone(reads: Sequence[Read], coding: str) -> tuple[Sequence[Read], str]:
    """The reads with their coding undone, or none and a sentence that says why it cannot be."""
    name = coding.strip().lower() or "identity"
    if name == "identity":
        return reads, ""
    if name not in ("gzip", "x-gzip", "deflate"):
        return (), say("the content coding {coding} was not asked for and cannot be undone", name)
    decoder = Decoder(name, reads[0][1] if reads else b"")
    decoded, left = [], MOST
    try:
        for when, data in reads:
            plain = decoder.feed(data, left)
            decoded.append((when, plain))
            left -= len(plain)
            if left <= 0:
                return (), say("the {coding} content holds more than {bytes:,} bytes", name, MOST)
    except zlib.error as error:
        return (), say("the content is not {coding}: {error}", name, error)
    return tuple(decoded), ""


def left_over(reads: Sequence[Read], coding: str) -> str:
    """What is wrong with the end of content whose coding can be undone; empty where nothing is."""
    name = coding.strip().lower() or "identity"
    if name == "identity" or not reads:
        return ""
    decoder = Decoder(name, reads[0][1])
    for _, data in reads:
        decoder.feed(data, MOST)
    rest = decoder.rest
    if rest is None:
        return say("the {coding} content is cut off before its end", name)
    return (
        say("{number} bytes follow the end of the {coding} content: {rest!r}", len(rest), name, rest[:20])
        if rest
        else ""
    )


class Decoder:
    """What undoes gzip or deflate, by its name and the first bytes: some send deflate without the header of zlib."""

    def __init__(self, name: str, first: bytes) -> None:
        self._undo = zlib.decompressobj(wbits=-15 if name == "deflate" and first[:1] != b"\x78" else 47)
        self._after = bytearray()

    def feed(self, data: bytes, most: int) -> bytes:
        """What these bytes decode to, `most` bytes at most. Raises zlib.error."""
        plain = bytearray()
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            while piece and len(plain) < most:
                if self._undo.eof and not (piece := self._next_member(piece)):
                    break
                plain += self._undo.decompress(piece, most - len(plain))
                piece = self._undo.unused_data
        return bytes(plain)

    def _next_member(self, piece: bytes) -> bytes:
        """The bytes with which another member begins; none where another thing follows."""
        begins = len(self._after) < len(MEMBER)
        self._after += piece
        if not (begins and self._after.startswith(MEMBER)):
            return b""
        piece, self._after = bytes(self._after), bytearray()
        self._undo = zlib.decompressobj(wbits=47)
        return piece

    @property
    def rest(self) -> bytes | None:
        """What followed the end of the coded content; None where it has not ended."""
        return bytes(self._after) if self._undo.eof else None


def unknown(size: int) -> bytes:
    """What stands for bytes that are not known: as many that are no text, and no content coding."""
    return b"\xff" * size
