"""Recordings that others made -> Exchanges. The formats, and what each lets one judge: docs/recordings.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.language import say
from conformance.text import reason_of

from . import har, jsonl
from .exchange_json import load_exchange
from .recording import HELP, made, model_of, parsed, whole
from .recording import Recording as Recording
from .recording import RecordingError as RecordingError
from .recording import RecordingWarning as RecordingWarning

SUFFIXES = (".jsonl", ".jsonl.gz", ".har", ".json")


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
            say("{folder} holds no recorded exchange ({suffixes}): {help}", folder, ", ".join(SUFFIXES), HELP)
        )


def _files(folder: Path) -> list[Path]:
    if not folder.exists():
        raise RecordingError(say("{folder} does not exist: name a folder with recordings, or one file", folder))
    if folder.is_file():
        if not folder.name.endswith(SUFFIXES):
            raise RecordingError(say("{folder} is none of {suffixes}: {help}", folder, ", ".join(SUFFIXES), HELP))
        return [folder]
    files = (path for path in folder.rglob("*") if path.is_file() and path.name.endswith(SUFFIXES))
    return sorted(path for path in files if "/." not in f"/{path.relative_to(folder).as_posix()}")


def _read(path: Path, name: str, *, alone: bool) -> Iterator[Recording]:
    try:
        if path.suffix == ".har":
            yield from har.entries(path, name)
        elif path.suffix == ".json":
            yield from _own(path, name, alone=alone)
        else:
            yield from jsonl.lines(path, name)
    except OSError as error:
        raise RecordingError(say("{name} cannot be read ({reason}): check the file", name, reason_of(error))) from None


# --- our own archive ----------------------------------------------------------------------------------------


def _own(path: Path, name: str, *, alone: bool) -> Iterator[Recording]:
    document = parsed(whole(path, name), name)
    kind = document.get("format") if isinstance(document, dict) else None
    if kind == "exchange-1":
        yield made(_of_archive, document, name)
    elif isinstance(kind, str) and not kind.startswith("exchange-") and not alone:
        return  # a report or profile beside the exchanges
    else:
        raise RecordingError(
            say("{name} has the unknown format {kind!r}, not exchange-1: move it away; {help}", name, kind, HELP)
        )


def _of_archive(document: dict[str, Any], origin: str) -> Recording:
    exchange = load_exchange(document)
    return Recording(exchange, Path(origin).parent.name or "unknown", model_of(exchange), False, origin)
