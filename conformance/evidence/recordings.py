"""Recordings that others made -> Exchanges. The formats, and what each lets one judge: docs/recordings.md."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

from conformance.language import joined, say
from conformance.text import reason_of

from .recording import HELP, parsed
from .recording import Recording as Recording
from .recording import RecordingError as RecordingError
from .recording import RecordingWarning as RecordingWarning
from .row import Row, why
from .rows import YAML, known, rows_of

_PLAIN = (".jsonl", ".ndjson", ".har", ".json", *YAML, ".parquet")
#: Of the files that are read in a folder. A file that is named itself may have any name.
SUFFIXES = (*_PLAIN, *(f"{each}{packed}" for packed in (".gz", ".zst") for each in _PLAIN))


def recordings(folder: Path) -> Iterator[Recording]:
    """Every recording of a folder and those within it, or of one file, one by one. Raises RecordingError;
    warns of what is left out (RecordingWarning)."""
    found = False
    folder = folder.absolute()
    for path in _files(folder):
        for recording in _read(path, path.relative_to(folder.parent).as_posix(), alone=path == folder):
            found = True
            yield recording
    if not found:
        raise RecordingError(
            say("{folder} holds no recorded exchange ({suffixes}): {help}", folder, ", ".join(_PLAIN), HELP)
        )


def _files(folder: Path) -> list[Path]:
    if not folder.exists():
        raise RecordingError(say("{folder} does not exist: name a folder with recordings, or one file", folder))
    if folder.is_file():
        return [folder]
    files = (path for path in folder.rglob("*") if path.is_file() and path.name.endswith(SUFFIXES))
    return sorted(path for path in files if "/." not in f"/{path.relative_to(folder).as_posix()}")


def _read(path: Path, name: str, *, alone: bool) -> Iterator[Recording]:
    try:
        opened = path.open("rb")
    except OSError as error:
        raise RecordingError(say("{name} cannot be read ({reason}): check the file", name, reason_of(error))) from None
    with opened:
        for row in rows_of(opened, name, alone=alone):
            if row.left_out:
                warnings.warn(say("{record}; it is left out", _said(row)), RecordingWarning, stacklevel=2)
            elif not row.adapter:
                raise RecordingError(_said(row))
            else:
                yield from known(row.adapter).recordings(parsed(row.record, row.origin), row.origin)


def _said(row: Row) -> str:
    return joined(" ", (row.origin, why(row.record)))
