"""Where traffic lies -> shards: files, folders, globs and object stores, each divided into what is read at once."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

from conformance.evidence.parquet import MAGIC, row_groups
from conformance.evidence.recording import RecordingError
from conformance.evidence.recordings import SUFFIXES
from conformance.evidence.rows import is_lines
from conformance.evidence.unpacking import BUFFER, packed
from conformance.language import say

from .records import read as read
from .shard import Shard as Shard
from .shard import opened
from .stores import SourceError as SourceError
from .stores import files_of, public, size_of

SPLIT = 64 * 1024 * 1024  #: bytes of one shard, about
ARCHIVES = (*SUFFIXES, ".zip")  #: how files in a folder end that are read
BLOCK = 1024 * 1024


def shards(sources: Iterable[str]) -> Iterator[Shard]:
    """The shards of these sources, each file once, in the order of their names. Raises SourceError."""
    seen = set[str]()
    for source in sources:
        found = False
        for shard in _files(source):
            found = True
            place = shard.url if "://" in shard.url else os.path.realpath(shard.url)
            if place not in seen:
                seen.add(place)
                yield from _divided(shard)
        if not found:
            raise SourceError(say("{source} holds no recordings ({archives})", public(source), ", ".join(ARCHIVES)))


# --- files --------------------------------------------------------------------------------------------------


def _files(source: str) -> Iterator[Shard]:
    if source.startswith("file://"):
        yield from _files(url2pathname(urlsplit(source).path))
    elif "://" in source:
        urls, alone = files_of(source)
        yield from (Shard(each, public(each), alone=alone) for each in urls if alone or _is_read(each))
    elif os.path.isdir(source):
        yield from _within(source)
    elif os.path.isfile(source):
        yield Shard(os.path.abspath(source), source)
    elif os.path.exists(source):
        raise SourceError(say("{source} is neither a file nor a folder", source))
    else:
        matching = sorted(glob.glob(source, recursive=True))
        if not matching:
            raise SourceError(
                say("{source} does not exist: name files, folders, globs, or URLs such as s3://bucket/folder", source)
            )
        for each in matching:
            yield from (replace(shard, alone=False) for shard in _files(each))


def _within(folder: str) -> Iterator[Shard]:
    """The files in a folder and those below it; hidden ones and links to folders are passed over."""
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for file in sorted(files):
            whole = os.path.join(path, file)
            if _is_read(whole) and os.path.isfile(whole):
                yield Shard(os.path.abspath(whole), whole, alone=False)


def _is_read(path: str) -> bool:
    return path.endswith(ARCHIVES) and not path.rpartition("/")[2].startswith(".")


# --- what is read at once -----------------------------------------------------------------------------------


def _divided(shard: Shard) -> Iterator[Shard]:
    """A large file of plain lines in pieces that begin and end with a line, one of Parquet in pieces of row groups; any
    other as it is, and one that cannot be read, which reading tells."""
    remote = "://" in shard.url
    size = size_of(shard.url) if remote else os.path.getsize(shard.url)
    if size < 2 * SPLIT:
        yield shard
        return
    try:
        with opened(shard) as file:
            head = file.read(BUFFER)
            if head.startswith(MAGIC):
                yield from _groups(shard, row_groups(file, shard.name))
            elif packed(head) or not is_lines(head, shard.name):
                yield shard
            elif remote:
                yield from _found_lines(shard, file, size)
            else:
                yield from _counted_lines(shard, file)
    except (OSError, RecordingError):
        yield shard


def _counted_lines(shard: Shard, file: BinaryIO) -> Iterator[Shard]:
    """The pieces of a file that is read once to know the numbers of its lines."""
    at, number, start, line = file.seek(0), 1, 0, 1
    while block := file.read(BLOCK):
        end = block.find(b"\n") + 1 if at - start >= SPLIT else 0
        if end:
            after = number + block.count(b"\n", 0, end)
            yield replace(shard, start=start, end=at + end, line=line)
            start, line = at + end, after
        number += block.count(b"\n")
        at += len(block)
    yield replace(shard, start=start, line=line)


def _found_lines(shard: Shard, file: BinaryIO, size: int) -> Iterator[Shard]:
    """The pieces of a file that is elsewhere, of which no more is read than how its pieces begin: their lines are
    counted from there."""
    start = 0
    while size - start > 2 * SPLIT:
        at = file.seek(start + SPLIT)
        while (block := file.read(BUFFER)) and b"\n" not in block:
            at += len(block)
        end = at + block.find(b"\n") + 1
        if not block or end >= size:
            break
        yield replace(shard, name=_piece(shard, start), start=start, end=end)
        start = end
    yield replace(shard, name=_piece(shard, start), start=start)


def _piece(shard: Shard, start: int) -> str:
    return f"{shard.name} from byte {start}" if start else shard.name


def _groups(shard: Shard, sizes: list[int]) -> Iterator[Shard]:
    start, held = 0, 0
    for number, size in enumerate(sizes):
        held += size
        if held >= SPLIT or number == len(sizes) - 1:
            yield replace(shard, start=start, end=number + 1, groups=True)
            start, held = number + 1, 0
