"""A shard of traffic: what is read at once, and by one process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from .stores import open_url


@dataclass(frozen=True)
class Shard:
    """What is read at once: a file by its path or URL, and its name for people. Of plain lines the bytes from `start`
    to `end`, the first of which begins the line with the number `line`; with `end` None the file to its end. Of Parquet
    they count row `groups`. A file that was found in a folder is not `alone`."""

    url: str
    name: str
    start: int = 0
    end: int | None = None
    line: int = 1
    groups: bool = False
    alone: bool = True


def opened(shard: Shard) -> BinaryIO:
    """The file of a shard, at its beginning. Raises OSError, SourceError."""
    return open_url(shard.url) if "://" in shard.url else open(shard.url, "rb")
