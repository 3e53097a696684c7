"""Where traffic lies -> shards: files, folders, globs and object stores, each divided into what is read at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from conformance.evidence.recordings import SUFFIXES
from conformance.evidence.rows import is_lines
from conformance.evidence.unpacking import BUFFER, packed

from .records import read as read
from .shard import Shard as Shard
from .shard import SourceError as SourceError

SPLIT = 64 * 1024 * 1024  #: bytes of one shard of plain lines, about
_BLOCK = 1024 * 1024
_MOST = 1_000_000  #: files in a folder


def shards(sources: Iterable[str]) -> Iterator[Shard]:
    """The shards of these sources, each file once, in the order of their names. Raises SourceError."""
    seen = set[str]()
    for source in sources:
        for shard in _files(source):
            if shard.url not in seen:
                seen.add(shard.url)
                yield from _divided(shard)


# --- files --------------------------------------------------------------------------------------------------


def _files(source: str) -> Iterator[Shard]:
    if os.path.isdir(source):
        yield from _within(source)
    elif os.path.isfile(source):
        yield Shard(os.path.abspath(source), source)
    else:
        raise SourceError(f"{source} does not exist: name files, folders, globs, or URLs such as s3://bucket/folder")


def _within(folder: str) -> Iterator[Shard]:
    """The files in a folder and those below it; hidden ones and links to folders are passed over."""
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for file in sorted(files):
            whole = os.path.join(path, file)
            if file.endswith(SUFFIXES) and not file.startswith(".") and os.path.isfile(whole):
                yield Shard(os.path.abspath(whole), whole, alone=False)


def _divided(shard: Shard) -> Iterator[Shard]:
    """A file of plain lines in pieces that begin and end with a line; any other as it is."""
    if "://" in shard.url or os.path.getsize(shard.url) < 2 * SPLIT:
        yield shard
        return
    with open(shard.url, "rb") as file:
        head = file.read(BUFFER)
        if packed(head) or not is_lines(head, shard.name):
            yield shard
            return
        file.seek(0)
        start, line, number = 0, 1, 1
        at = 0
        while block := file.read(_BLOCK):
            if at - start >= SPLIT and (end := block.find(b"\n") + 1):
                number += block[:end].count(b"\n")
                yield Shard(shard.url, shard.name, start, at + end, line, shard.alone)
                start, line = at + end, number
                number += block[end:].count(b"\n")
            else:
                number += block.count(b"\n")
            at += len(block)
        yield Shard(shard.url, shard.name, start, None, line, shard.alone)
