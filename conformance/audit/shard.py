"""A shard of traffic: what is read at once, and by one process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO


class SourceError(Exception):
    """A source cannot be read; the message is one sentence that names it."""


@dataclass(frozen=True)
class Shard:
    """What is read at once: a file by its path or URL, and its name for people. Of plain lines the bytes from `start`
    to `end`, the first of which begins the line with the number `line`; with `end` None the file to its end. A file
    that was found in a folder is not `alone`."""

    url: str
    name: str
    start: int = 0
    end: int | None = None
    line: int = 1
    alone: bool = True


def opened(shard: Shard) -> BinaryIO:
    """The file of a shard, at its beginning. Raises OSError, SourceError."""
    if "://" in shard.url:
        file: BinaryIO = _fsspec().open(shard.url, "rb").open()
        return file
    return open(shard.url, "rb")


def _fsspec() -> Any:
    try:
        import fsspec
    except ImportError:
        raise SourceError("to read object stores, pip install 'phanedge-conformance[audit]'") from None
    return fsspec
