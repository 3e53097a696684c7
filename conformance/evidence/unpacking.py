"""Compressed files read as what they hold, told by their first bytes: gzip and zstd."""

from __future__ import annotations

import gzip
import zlib
from importlib import import_module
from io import BufferedReader, RawIOBase
from typing import Any, BinaryIO, cast

from conformance.language import say
from conformance.text import reason_of

from .lines import EndlessError
from .recording import RecordingError

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
BUFFER = 256 * 1024  #: bytes that are looked at to tell what a file is
#: What is raised where what a file holds cannot be read.
DAMAGE = (EOFError, OSError, zlib.error, gzip.BadGzipFile, EndlessError)
_PIECE = 256  #: bytes that zstd is fed at once: each may stand for 32 kB
_WINDOW = 1 << 27  #: bytes that zstd may look back, at most


def extra(module: str, name: str, kind: str) -> Any:
    """A module of the extra `audit`. Raises RecordingError, with the command, where it is not installed."""
    try:
        return import_module(module)
    except ImportError:
        raise RecordingError(
            say("{name} is {kind}: to read it, pip install 'phanedge-conformance[audit]'", name, kind)
        ) from None


def packed(head: bytes) -> bool:
    """Whether a file that begins like this is compressed."""
    return head.startswith((GZIP, ZSTD))


def unpacked(opened: BinaryIO, name: str) -> BufferedReader:
    """What a file holds, uncompressed. Reading it raises DAMAGE."""
    plain = buffered(opened)
    first = plain.peek(len(ZSTD))
    if first.startswith(GZIP):
        return BufferedReader(gzip.GzipFile(fileobj=plain), BUFFER)
    if first.startswith(ZSTD):
        return BufferedReader(_Zstd(plain, extra("zstandard", name, say("compressed with zstd"))), BUFFER)
    return plain


def buffered(opened: BinaryIO) -> BufferedReader:
    """The file with a buffer that can be looked at."""
    return opened if isinstance(opened, BufferedReader) else BufferedReader(cast(RawIOBase, opened), BUFFER)


def damaged(name: str, place: str, error: Exception) -> RecordingError:
    """What is raised where reading a file fails in this place."""
    if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
        return RecordingError(say("{name} cannot be read ({reason}): check the file", name, reason_of(error)))
    return RecordingError(
        say("{name} is damaged {place} ({error}): copy it again, or compress it again", name, place, error)
    )


class _Zstd(RawIOBase):
    """The content of frames of zstd, one after the other, in bounded memory."""

    def __init__(self, packed: BufferedReader, zstandard: Any) -> None:
        self._packed = packed
        self._zstandard = zstandard
        self._frame, self._ready, self._rest, self._begun = self._new(), b"", b"", False

    def _new(self) -> Any:
        return self._zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        while not self._ready:
            piece = self._rest or self._packed.read(_PIECE)
            if not piece:
                if self._begun:
                    raise EOFError("it ends within a frame of zstd")
                return 0
            self._feed(piece)
        size = min(len(into), len(self._ready))
        into[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def _feed(self, piece: bytes) -> None:
        try:
            self._ready, self._rest, self._begun = self._frame.decompress(piece), b"", True
        except self._zstandard.ZstdError as error:
            raise EOFError(str(error)) from None
        if self._frame.eof:
            self._rest, self._begun, self._frame = self._frame.unused_data, False, self._new()
