"""Recordings as lines of JSON, whole or gzipped."""

from __future__ import annotations

import gzip
import json
import warnings
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.language import say

from .exchange import Exchange, Fact, Request
from .lines import LONGEST, numbered
from .observed import is_unfinished_object, json_object
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
from .sse import DONE

#: What a JSONL recording has lost by its fidelity, beside what text never keeps.
LOST: dict[str, frozenset[Fact]] = {
    "wire": frozenset(),
    "reserialized": frozenset(),
    "scrubbed": frozenset({"ids", "created", "headers"}),
    "fixture": frozenset({"status", "headers", "request"}),  # and the terminator, if it is not there
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
    number, begun = 0, False
    with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as opened:
        try:
            for number, line in numbered(opened):
                if line is None:
                    said = f"{name}:{number} is a line of more than {LONGEST:,} bytes, and is left out: split it"
                    warnings.warn(said, RecordingWarning, stacklevel=2)
                    continue
                text = line.removeprefix(BOM_UTF8) if number == 1 else line
                if begun := _is_half_written(text):
                    break  # it is the last
                if text.strip():
                    origin = f"{name}:{number}"
                    yield made(_of_line, parsed(text, origin), origin)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise RecordingError(
                say(
                    "{name} is damaged after line {number} ({error}): copy it again, or compress it again",
                    name,
                    number,
                    error,
                )
            ) from None
    if begun:
        said = f"{name}:{number} is a line that was not written to its end, and is left out: record it again"
        warnings.warn(said, RecordingWarning, stacklevel=2)


def _is_half_written(line: bytes) -> bool:
    """Whether a line is the last of its file, and a JSON object that just ends."""
    return not line.endswith(b"\n") and is_unfinished_object(line.decode("utf-8", "replace"))


def _sent(asked: Any) -> bytes:
    """The body of a request, which was kept as an object or as JSON text. Raises TypeError for anything else."""
    if asked is None:
        return b""
    document = json_object(asked) if isinstance(asked, str) else asked
    if not isinstance(document, dict):
        raise TypeError(say("request_json is {asked}, not an object or its JSON text", json.dumps(asked)[:40]))
    return asked.encode("utf-8", "surrogatepass") if isinstance(asked, str) else json.dumps(asked).encode()


def _of_line(row: dict[str, Any], origin: str) -> Recording:
    _check_types(row)
    if row["fidelity"] not in LOST:
        raise ValueError(say("fidelity is {fidelity!r}, which is none of {lost}", row["fidelity"], ", ".join(LOST)))
    sent, status = _sent(row["request_json"]), row["status"]
    body, unclosed = row["response_body"].encode("utf-8", "replace"), False
    if row["stream"]:
        body, unclosed = closed(body)
    headers = cleaned((str(name), str(value)) for name, value in row["response_headers"].items())
    missing: dict[Fact, bool] = {
        "request": not sent,
        "headers": not any(name.lower() == "content-type" for name, _ in headers),
        "framing": unclosed,
        "terminator": row["stream"] and row["fidelity"] == "fixture" and DONE.encode() not in body,
        "ids": MASKED_ID.search(row["response_body"]) is not None,
    }
    if missing["headers"] and row["stream"]:
        headers += (("content-type", "text/event-stream"),)
    source = " ".join(row[name] for name in ("source_repo", "source_path") if row.get(name))
    origin = f"{origin} ({source})" if source else origin
    exchange = Exchange(
        request=Request(body=sent, expect=expected(status), label=origin),
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
            raise TypeError(say("{name} is {row}", name, json.dumps(row[name])[:40]))
