"""The version, and the standard streams where they are closed or full: what cannot be written must not change what was
found."""

from __future__ import annotations

import io
import os
import sys
from typing import Any, TextIO

import typer

from conformance.language import say
from conformance.settings.shown import without_values
from conformance.text import reason_of


class _Kept(io.RawIOBase):
    """A file descriptor for writing. What it does not take is dropped, and `lost` says why."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.lost = ""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.descriptor

    def isatty(self) -> bool:
        return os.isatty(self.descriptor)

    def write(self, data: Any, /) -> int:
        whole = memoryview(data).cast("B")
        if self.lost:
            return len(whole)
        try:
            return os.write(self.descriptor, whole)
        except OSError as error:
            self.lost = reason_of(error)
            return len(whole)


class _Text(io.TextIOWrapper):
    """A text stream on which no key of the environment is shown."""

    def write(self, text: str, /) -> int:
        super().write(without_values(text))
        return len(text)


def keep_streams() -> _Kept:
    """Put streams in the place of standard output and standard error that take whatever is written; gives that of
    standard output. A descriptor that is closed is opened on the null device, lest another file gets its number. A
    character that a terminal lacks is replaced, and a key of the environment is struck out."""
    sys.stdout, out = _kept(1, sys.stdout)
    sys.stderr, _ = _kept(2, sys.stderr)
    return out


def _kept(descriptor: int, stream: TextIO | None) -> tuple[TextIO, _Kept]:
    kept = _Kept(descriptor)
    if stream is None:
        null = os.open(os.devnull, os.O_WRONLY)
        if null != descriptor:
            os.dup2(null, descriptor)
            os.close(null)
        kept.lost = say("it is closed")
    encoding = stream.encoding if stream else "utf-8"
    lines = descriptor == 2 or kept.isatty()
    buffered = io.BufferedWriter(kept)
    return _Text(buffered, encoding=encoding, errors="replace", line_buffering=lines), kept


def print_version(wanted: bool) -> None:
    """Show the version of the installed suite, where that is asked for, and end."""
    if wanted:
        from conformance import __version__

        typer.echo(f"phanedge-conformance {__version__}")
        raise typer.Exit
