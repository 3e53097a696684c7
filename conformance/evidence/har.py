"""Recordings as HTTP archives (HAR 1.2)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.language import say

from .exchange import JSON_CONTENT, Exchange, Fact, Headers, Request
from .recording import (
    MASKED_ID,
    SECRET,
    Recording,
    RecordingError,
    cleaned,
    closed,
    expected,
    made,
    model_of,
    parsed,
    whole,
)

GZIP = b"\x1f\x8b"


def entries(path: Path, name: str) -> Iterator[Recording]:
    """The recordings in a file, whose name for people is `name`. Raises RecordingError."""
    document = parsed(whole(path, name).removeprefix(b"\xef\xbb\xbf"), name)
    listed = document.get("log", {}).get("entries") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise RecordingError(say("{name} has no log.entries: export it as HAR 1.2", name))
    for number, entry in enumerate(listed, 1):
        recording = made(_of_entry, entry, f"{name} entry {number}")
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
        raise RecordingError(say("{origin} has no content.text: save the HAR again “with content”", origin))
    body, exact, unclosed = _content(content)
    headers = _pairs(received)
    coded = any(name.lower() == "content-encoding" for name, _ in headers)
    exact = exact and (not coded or body.startswith(GZIP))  # else the content coding is undone
    if not exact:
        headers = cleaned(headers)
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
    return Recording(exchange, url.hostname or "unknown", model_of(exchange), False, origin)


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
        body, unclosed = closed(body)
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
        expect=expected(status),
        label=origin,
    )
