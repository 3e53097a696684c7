"""Shards -> record batches: where each record stands, its adapter, and its JSON. Memory is bounded."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from io import RawIOBase
from itertools import accumulate
from typing import BinaryIO

import pyarrow as pa

from conformance.evidence.parquet import rows_of_parquet
from conformance.evidence.recording import RecordingError
from conformance.evidence.row import Row, unreadable
from conformance.evidence.rows import lines, rows_of
from conformance.language import say
from conformance.text import reason_of

from .shard import Shard, opened
from .stores import SourceError

#: A record: where it stands, for people; the name of its adapter; its JSON. Of one that cannot be read the adapter is
#: empty, and the record has the reason.
RECORDS = pa.schema([("origin", pa.string()), ("adapter", pa.string()), ("record", pa.binary())])
ROWS, BYTES = 1000, 8 * 1024 * 1024  #: of one batch, about


def read(shard: Shard) -> Iterator[pa.RecordBatch]:
    """The records of a shard. What cannot be read is a row without an adapter, which has the reason."""
    return batches(_rows(shard))


def batches(rows: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    """The rows in batches of at most so many rows, and not many more bytes."""
    held, size = list[Row](), 0
    for row in rows:
        held.append(row)
        size += len(row.record)
        if len(held) >= ROWS or size >= BYTES:
            yield _batch(held)
            held, size = [], 0
    if held:
        yield _batch(held)


def _batch(rows: list[Row]) -> pa.RecordBatch:
    origins, adapters, records, _ = zip(*rows, strict=True)
    columns = [_of_bytes([each.encode("utf-8", "replace") for each in origins]).cast(pa.string())]
    columns += [pa.array(adapters, pa.string()), _of_bytes(records)]
    return pa.RecordBatch.from_arrays(columns, schema=RECORDS)


def _of_bytes(values: Sequence[bytes]) -> pa.Array:
    """An array of the values, each of which is copied once: pyarrow's own conversion takes five times as long."""
    ends = array("i", accumulate(map(len, values), initial=0))
    return pa.Array.from_buffers(pa.binary(), len(values), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(values))])


def _rows(shard: Shard) -> Iterator[Row]:
    """Raises nothing: what fails is a row."""
    try:
        with opened(shard) as file:
            if shard.groups:
                yield from rows_of_parquet(file, shard.name, shard.start, shard.end)
            elif shard.start or shard.end is not None:
                yield from lines(_Range(file, shard.start, shard.end), shard.name, shard.line)
            else:
                yield from rows_of(file, shard.name, alone=shard.alone)
    except (RecordingError, SourceError) as error:
        yield unreadable(shard.name, str(error))
    except OSError as error:
        yield unreadable(shard.name, say("cannot be read ({reason}): check the file", reason_of(error)))


class _Range(RawIOBase):
    """The bytes of a file from one place to another."""

    def __init__(self, file: BinaryIO, start: int, end: int | None) -> None:
        file.seek(start)
        self._file, self._left = file, None if end is None else end - start

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size if self._left is None else min(size, self._left))
        if self._left is not None:
            self._left -= len(data)
        return data
