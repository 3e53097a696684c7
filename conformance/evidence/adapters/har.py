"""HTTP archives (HAR 1.2), saved with content."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from conformance.evidence.exchange import Headers
from conformance.evidence.recording import Recording, RecordingError, made
from conformance.language import say

from .adapter import Adapter, Record
from .http import Received, Sent, pairs, recorded


def recognises(record: Record) -> bool:
    """Whether it is a whole archive, or an entry of one."""
    entry = "startedDateTime" in record and isinstance(record.get("request"), dict)
    log = record.get("log")
    return entry or (isinstance(log, dict) and (not log or "entries" in log or "creator" in log))


def recordings(record: Record, origin: str) -> Iterator[Recording]:
    for entry in parts(record) or [record]:
        recording = made(_of_entry, entry, origin)
        if recording:
            yield recording


def parts(document: Record) -> list[Any] | None:
    """The entries of an archive. Raises RecordingError where they are no list."""
    if "log" not in document:
        return None
    entries = document["log"].get("entries")
    if not isinstance(entries, list):
        raise RecordingError(say("has no log.entries: export it as HAR 1.2"))
    return entries


def _of_entry(entry: Record, origin: str) -> Recording | None:
    asked, answered = entry["request"], entry["response"]
    post = asked.get("postData", {})
    text = post.get("text") or ""
    body = base64.b64decode(text) if post.get("encoding") == "base64" else text.encode("utf-8", "replace")
    sent = Sent(asked["method"], asked["url"], _fields(asked), body)
    content = answered["content"]
    if "text" not in content:
        empty = Received(answered["status"], (), b"", exact=False)
        if recorded(sent, empty, origin) is None:
            return None
        raise RecordingError(say("{origin} has no content.text: save the HAR again “with content”", origin))
    exact = content.get("encoding") == "base64"
    received = Received(
        status=answered["status"],
        headers=_fields(answered),
        body=_decoded(content["text"]) if exact else content["text"].encode("utf-8", "replace"),
        exact=exact,
        streamed=str(content.get("mimeType", "")).startswith("text/event-stream"),
        started=datetime.fromisoformat(entry["startedDateTime"]).timestamp(),
        seconds=max(entry.get("time") or 0, 0) / 1000,
    )
    return recorded(sent, received, origin)


def _decoded(text: str) -> bytes:
    """What base64 stands for. Polly.JS writes what it did not decompress as a JSON array of pieces."""
    pieces = json.loads(text) if text.startswith("[") else [text]
    return b"".join(base64.b64decode(each, validate=True) for each in pieces)


def _fields(message: dict[str, Any]) -> Headers:
    return pairs((str(each["name"]), str(each["value"])) for each in message["headers"])


ADAPTER = Adapter(
    name="har",
    recognises=recognises,
    recordings=recordings,
    marks=("startedDateTime", "request", "response"),
    loses=frozenset({"key"}),
    form="HTTP archive (HAR 1.2), saved with content",
    told_by="`log`; an entry by `startedDateTime` and `request`",
    lost="by its content, see below",
    parts=parts,
)
