"""Recordings that others made -> Exchanges. The formats, and what each lets one judge: docs/recordings.md."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from .exchange import JSON_CONTENT, Exchange, Fact, Headers, Inconclusive, Request
from .exchange_json import load_exchange
from .sse import DONE
from .strict_json import JSONError, loads

SUFFIXES = (".jsonl", ".jsonl.gz", ".har", ".json")
HELP = "docs/recordings.md describes the formats"

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
SECRET = re.compile(r"authorization|api-?key|cookie|secret|organi[sz]ation|[-_]token$|^openai-project$", re.I)
MASKED = re.compile(r"REDACTED|<masked>|[A-Z]-XXX$|^<[A-Z_]+>$")
MASKED_ID = re.compile(r'"id"\s*:\s*"[^"]*(?:REDACTED|<masked>)')
TRANSFER = ("content-encoding", "content-length", "transfer-encoding")  #: untrue of a body that was decoded
TRANSIENT = (408, 429)  #: says nothing of the request
GZIP = b"\x1f\x8b"
Made = TypeVar("Made")


class RecordingError(Exception):
    """A recording cannot be read: where, why, and what to do."""


@dataclass(frozen=True)
class Recording:
    """An exchange that others recorded. `official` are unedited answers of api.openai.com, whose successes
    violate no MUST; `origin` is the file with its line or entry, for people."""

    exchange: Exchange
    vendor: str
    model: str
    official: bool
    origin: str


def recordings(folder: Path) -> Iterator[Recording]:
    """Every recording of a folder and those within it, or of one file, one by one. Raises RecordingError."""
    found = False
    folder = folder.absolute()
    for path in _files(folder):
        for recording in _read(path, path.relative_to(folder.parent).as_posix(), alone=path == folder):
            found = True
            yield recording
    if not found:
        raise RecordingError(f"{folder} holds no recorded exchange ({', '.join(SUFFIXES)}): {HELP}")


def _files(folder: Path) -> list[Path]:
    if not folder.exists():
        raise RecordingError(f"{folder} does not exist: name a folder with recordings, or one file")
    if folder.is_file():
        if not folder.name.endswith(SUFFIXES):
            raise RecordingError(f"{folder} is none of {', '.join(SUFFIXES)}: {HELP}")
        return [folder]
    files = (path for path in folder.rglob("*") if path.is_file() and path.name.endswith(SUFFIXES))
    return sorted(path for path in files if "/." not in f"/{path.relative_to(folder).as_posix()}")


def _read(path: Path, name: str, *, alone: bool) -> Iterator[Recording]:
    try:
        if path.suffix == ".har":
            yield from _har(path, name)
        elif path.suffix == ".json":
            yield from _own(path, name, alone=alone)
        else:
            yield from _lines(path, name)
    except OSError as error:
        raise RecordingError(f"{name} cannot be read ({error.strerror or error}): check the file") from None


def _parsed(data: bytes, origin: str) -> Any:
    try:
        return loads(data)
    except JSONError as error:
        raise RecordingError(f"{origin} is not JSON ({error}): record it again, or remove it") from None


def _made(make: Callable[[dict[str, Any], str], Made], value: Any, origin: str) -> Made:
    """What `make` makes of a JSON object; what it stumbles over becomes a RecordingError."""
    if not isinstance(value, dict):
        raise RecordingError(f"{origin} is not a JSON object: {HELP}")
    try:
        return make(value, origin)
    except KeyError as name:
        raise RecordingError(f"{origin} lacks the member {name}: add it; {HELP}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise RecordingError(f"{origin} has a wrong member ({error}): correct it; {HELP}") from None


# --- lines of JSON ------------------------------------------------------------------------------------------


def _lines(path: Path, name: str) -> Iterator[Recording]:
    number = 0
    with gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as lines:
        try:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    origin = f"{name}:{number}"
                    yield _made(_of_line, _parsed(line, origin), origin)
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
        body, unclosed = _closed(body)
    headers = _cleaned((str(name), str(value)) for name, value in row["response_headers"].items())
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
            body=b"" if asked is None else json.dumps(asked).encode(), expect=_expected(status), label=origin
        ),
        status=status,
        headers=headers,
        reads=((0.0, body),),
        unrecorded=LOST[row["fidelity"]] | TEXT_LOSES | {fact for fact, lost in missing.items() if lost},
    )
    model = row.get("model") or _model_of(exchange)
    return Recording(exchange, row.get("vendor", "unknown"), model, row.get("official", False), origin)


def _check_types(row: dict[str, Any]) -> None:
    present = {name: kinds for name, kinds in OPTIONAL.items() if name in row}
    for name, kinds in (REQUIRED | present).items():
        if not isinstance(row[name], kinds) or (name == "status" and row[name] is True):
            raise TypeError(f"{name} is {json.dumps(row[name])[:40]}")


def _expected(status: int) -> Literal["reply", "error"]:
    """Only a refusal for its own sake shows that the request was mistaken."""
    return "error" if 400 <= status < 500 and status not in TRANSIENT else "reply"


def _model_of(exchange: Exchange) -> str:
    """The name of the model that was asked, else of that which answered."""
    model = exchange.request.asked.get("model")
    try:
        return str(model or exchange.reply.get("model") or "unknown")
    except Inconclusive:
        return "unknown"


def _cleaned(pairs: Iterable[tuple[str, str]]) -> Headers:
    """The fields of a response that are true of its decoded body, no secret, and not masked."""
    return tuple(
        (name, value)
        for name, value in pairs
        if name.lower() not in TRANSFER and not SECRET.search(name) and not MASKED.search(value)
    )


def _closed(body: bytes) -> tuple[bytes, bool]:
    """The stream with the blank line after its last event that a recorder stripped, and whether one did.

    Recorders strip white space. A last event that is broken off within its data, they did not break off.
    """
    last = re.split(rb"\r\n|\n|\r", body)
    if len(last) > 2 and not last[-1] and not last[-2]:
        return body, False
    line = next((line for line in reversed(last) if line.strip()), b"")
    data = line.removeprefix(b"data:").strip()
    if not line.startswith(b"data:") or (data != DONE.encode() and not _is_json(data)):
        return body, False
    return body.rstrip() + b"\n\n", True


def _is_json(data: bytes) -> bool:
    try:
        loads(data)
    except JSONError:
        return False
    return True


# --- HTTP archives (HAR 1.2) --------------------------------------------------------------------------------


def _har(path: Path, name: str) -> Iterator[Recording]:
    document = _parsed(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), name)
    entries = document.get("log", {}).get("entries") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise RecordingError(f"{name} has no log.entries: export it as HAR 1.2")
    for number, entry in enumerate(entries, 1):
        recording = _made(_of_entry, entry, f"{name} entry {number}")
        if recording:
            yield recording


def _of_entry(entry: dict[str, Any], origin: str) -> Recording | None:
    sent, received = entry["request"], entry["response"]
    url = urlsplit(sent["url"])
    path = _api_path(sent["method"], url.path.rstrip("/"), sent.get("postData", {}).get("text"))
    if path is None or received["status"] == 0:  # 0: the client gave up
        return None
    content = received["content"]
    if "text" not in content:
        raise RecordingError(f"{origin} has no content.text: save the HAR anew “with content”")
    body, exact, unclosed = _content(content)
    headers = _pairs(received)
    coded = any(name.lower() == "content-encoding" for name, _ in headers)
    exact = exact and (not coded or body.startswith(GZIP))  # else the content coding is undone
    if not exact:
        headers = _cleaned(headers)
    request = _sent(sent, path, received["status"], origin)
    seconds = max(entry.get("time") or 0, 0) / 1000
    missing: dict[Fact, bool] = {
        "request": bool(request.method == "POST" and not request.body),
        "headers": not headers,
        "other headers": not headers,
        "framing": unclosed,
        "bytes": not exact,
        "times": not seconds or request.streams,
        "ids": MASKED_ID.search(content["text"]) is not None,
    }
    exchange = Exchange(
        request=request,
        status=received["status"],
        headers=headers,
        reads=((seconds, body),),
        started=datetime.fromisoformat(entry["startedDateTime"]).timestamp(),
        seconds=seconds,
        unrecorded=frozenset({"key", *(fact for fact, lost in missing.items() if lost)}),
    )
    return Recording(exchange, url.hostname or "unknown", _model_of(exchange), False, origin)


def _api_path(method: str, path: str, body: str | None) -> str | None:
    """The path below the base URL of what the suite knows; None for any other request. GET of
    chat/completions lists stored completions, and messages are a body of other APIs too."""
    if method == "GET":
        return "/models" if path.endswith("/models") else None
    if method != "POST" or path.endswith(("/messages", "/responses")):
        return None
    if path.endswith("/chat/completions"):
        return "/chat/completions"
    return "/chat/completions" if "messages" in Request(body=(body or "").encode()).asked else None


def _content(content: dict[str, Any]) -> tuple[bytes, bool, bool]:
    """The body, whether to the byte, and whether its end was stripped."""
    if content.get("encoding") == "base64":
        return base64.b64decode(content["text"], validate=True), True, False
    body = content["text"].encode("utf-8", "replace")
    if str(content.get("mimeType", "")).startswith("text/event-stream"):
        body, unclosed = _closed(body)
        return body, False, unclosed
    return body, False, False


def _pairs(message: dict[str, Any]) -> Headers:
    pairs = ((str(each["name"]), str(each["value"])) for each in message["headers"])
    return tuple(pair for pair in pairs if not SECRET.search(pair[0]) and not pair[0].startswith(":"))


def _sent(sent: dict[str, Any], path: str, status: int, origin: str) -> Request:
    post = sent.get("postData", {})
    text = post.get("text") or ""
    return Request(
        method=sent["method"],
        path=path,
        body=base64.b64decode(text) if post.get("encoding") == "base64" else text.encode(),
        headers=_pairs(sent) or JSON_CONTENT,
        expect=_expected(status),
        label=origin,
    )


# --- our own archive ----------------------------------------------------------------------------------------


def _own(path: Path, name: str, *, alone: bool) -> Iterator[Recording]:
    document = _parsed(path.read_bytes(), name)
    kind = document.get("format") if isinstance(document, dict) else None
    if kind == "exchange-1":
        yield _made(_of_archive, document, name)
    elif isinstance(kind, str) and not kind.startswith("exchange-") and not alone:
        return  # a report or profile beside the exchanges
    else:
        raise RecordingError(f"{name} has the unknown format {kind!r}, not exchange-1: move it away; {HELP}")


def _of_archive(document: dict[str, Any], origin: str) -> Recording:
    exchange = load_exchange(document)
    return Recording(exchange, Path(origin).parent.name or "unknown", _model_of(exchange), False, origin)
