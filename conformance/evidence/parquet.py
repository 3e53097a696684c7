"""The records of a Parquet file: its rows, or what one of its columns holds, as JSON text or as a struct."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

from conformance.language import say

from .adapters import adapter_of
from .kinds import what_it_is
from .recording import RecordingError
from .row import Row, unreadable
from .unpacking import extra

MAGIC = b"PAR1"
_ROWS, _BYTES = 1000, 8 * 1024 * 1024  #: that are decoded at once, about


def rows_of_parquet(opened: BinaryIO, name: str, first: int = 0, end: int | None = None) -> Iterator[Row]:
    """The records in the row groups from `first` to `end`. Raises RecordingError where the file cannot be read."""
    pyarrow = extra("pyarrow", name, say("a Parquet file"))
    try:
        file = _opened(opened, name)
        groups = range(first, file.num_row_groups if end is None else end)
        number, column = sum(file.metadata.row_group(each).num_rows for each in range(first)), ""
        for group in groups:
            for batch in file.iter_batches(_at_once(file.metadata.row_group(group)), row_groups=[group]):
                for record in batch.to_pylist(maps_as_pydicts="lossy"):
                    number += 1
                    column, row = _row(record, column, f"{name} row {number}")
                    yield row
    except (pyarrow.ArrowException, OSError) as error:
        raise RecordingError(say("{name} is damaged ({line}): write it again", name, _line(error))) from None


def row_groups(opened: BinaryIO, name: str) -> list[int]:
    """The bytes of each row group. Raises RecordingError where the file cannot be read."""
    pyarrow = extra("pyarrow", name, say("a Parquet file"))
    try:
        file = _opened(opened, name)
        return [file.metadata.row_group(each).total_byte_size for each in range(file.num_row_groups)]
    except (pyarrow.ArrowException, OSError) as error:
        raise RecordingError(say("{name} is damaged ({line}): write it again", name, _line(error))) from None


def _opened(opened: BinaryIO, name: str) -> Any:
    return extra("pyarrow.parquet", name, say("a Parquet file")).ParquetFile(opened, pre_buffer=False)


def _line(error: Exception) -> str:
    return str(error).partition("\n")[0][:160]


def _at_once(group: Any) -> int:
    """How many rows of a group are decoded at once."""
    fitting: int = _BYTES * group.num_rows // max(group.total_byte_size, 1)
    return max(1, min(_ROWS, fitting))


def _row(record: dict[str, Any], column: str, origin: str) -> tuple[str, Row]:
    """The row of a record, and the column that it stands in, empty where all columns are its members; the one where the
    last one stood is looked at first."""
    for name in (column, "", *record):
        found = _value(record.get(name)) if name else record
        adapter = adapter_of(found)
        if adapter:
            return name, Row(origin, adapter.name, _json(found))
    return column, unreadable(origin, what_it_is(record))


def _value(value: Any) -> Any:
    if not isinstance(value, str | bytes):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None


def _json(record: Any) -> bytes:
    return json.dumps(record, default=_plain).encode()


def _plain(value: Any) -> str:
    """What JSON has no type for: moments, decimals, bytes."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
