"""Recordings as lines of JSON, whole or gzipped."""

from __future__ import annotations

import gzip
import json
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .exchange import Exchange, Fact, Request
from .lines import LONGEST, numbered
from .recording import (
    MASKED_ID,
    Recording,
    RecordingError,
    RecordingWarning,
    cleaned,
    closed,
    expected,
    made,
    model_of,
    parsed,
)

#: What a JSONL recording has lost by its fidelity, beside what text never keeps.
LOST: dict[str, frozenset[Fact]] = {
    "wire": frozenset(),
    "reserialized": frozenset(),
    "scrubbed": frozenset({"ids", "created", "headers"}),
    "fixture": frozenset({"status", "headers", "request"}),
}
#: Lost in every JSONL recording. Recorders leave header fields out without saying so, content-type rarely.
TEXT_LOSES: frozenset[Fact] = frozenset({"bytes", "times", "other headers", "key"})
REQUIRED: dict[str, type | tuple[type, ...]] = {
    "request_json": object,
    "status": int,
    "response_headers": dict,
    "response_body": str,
    "stream": bool,
    "fidelity": str,
}
OPTIONAL: dict[str, type | tuple[type, ...]] = {
    "vendor": str,
    "model": (str, type(None)),
    "official": bool,
    "source_repo": str,
    "source_path": str,
}


def lines(path: Path, name: str) -> Iterator[Recording]:
    """The recordings in a file, whose name for people is `name`. Raises RecordingError."""
    number = 0
    with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as opened:
        try:
            for number, line in numbered(opened):
                if line is None:
                    said = f"{name}:{number} is a line of more than {LONGEST:,} bytes, and is left out: split it"
                    warnings.warn(said, RecordingWarning, stacklevel=2)
                elif line.strip():
                    origin = f"{name}:{number}"
                    yield made(_of_line, parsed(line, origin), origin)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise RecordingError(
                f"{name} is damaged after line {number} ({error}): copy it again, or compress it again"
            ) from None


def _of_line(row: dict[str, Any], origin: str) -> Recording:
    _check_types(row)
    if row["fidelity"] not in LOST:
        raise ValueError(f"fidelity is {row['fidelity']!r}, which is none of {', '.join(LOST)}")
    asked, status = row["request_json"], row["status"]
    body, unclosed = row["response_body"].encode("utf-8", "replace"), False
    if row["stream"]:
        body, unclosed = closed(body)
    headers = cleaned((str(name), str(value)) for name, value in row["response_headers"].items())
    missing: dict[Fact, bool] = {
        "request": asked is None,
        "headers": not any(name.lower() == "content-type" for name, _ in headers),
        "framing": unclosed,
        "ids": MASKED_ID.search(row["response_body"]) is not None,
    }
    if missing["headers"] and row["stream"]:
        headers += (("content-type", "text/event-stream"),)
    source = " ".join(row[name] for name in ("source_repo", "source_path") if row.get(name))
    origin = f"{origin} ({source})" if source else origin
    exchange = Exchange(
        request=Request(
            body=b"" if asked is None else json.dumps(asked).encode(), expect=expected(status), label=origin
        ),
        status=status,
        headers=headers,
        reads=((0.0, body),),
        unrecorded=LOST[row["fidelity"]] | TEXT_LOSES | {fact for fact, lost in missing.items() if lost},
    )
    model = row.get("model") or model_of(exchange)
    return Recording(exchange, row.get("vendor", "unknown"), model, row.get("official", False), origin)


def _check_types(row: dict[str, Any]) -> None:
    present = {name: kinds for name, kinds in OPTIONAL.items() if name in row}
    for name, kinds in (REQUIRED | present).items():
        if not isinstance(row[name], kinds) or (name == "status" and row[name] is True):
            raise TypeError(f"{name} is {json.dumps(row[name])[:40]}")
