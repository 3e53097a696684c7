"""What recordings of HTTP have in common: HAR and cassettes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance.evidence.exchange import JSON_CONTENT, Exchange, Fact, Headers, Request
from conformance.evidence.observed import json_object
from conformance.evidence.recording import SECRET, Recording, cleaned, closed, expected, has_masked_id, model_of
from conformance.evidence.unpacking import GZIP


@dataclass(frozen=True)
class Sent:
    """A request as it was recorded: `body` is empty where it was not."""

    method: str
    url: str
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Received:
    """A response as it was recorded. `exact`: its body is as it arrived, byte for byte, and not text."""

    status: int
    headers: Headers
    body: bytes
    exact: bool
    streamed: bool = False
    started: float = 0.0
    seconds: float = 0.0


def pairs(given: Iterable[tuple[str, str]]) -> Headers:
    """Header fields without secrets, and without the pseudo-header fields of HTTP/2."""
    return tuple(pair for pair in given if not SECRET.search(pair[0]) and not pair[0].startswith(":"))


def recorded(sent: Sent, received: Received, origin: str, loses: Iterable[Fact] = ()) -> Recording | None:
    """The recording of a request to the API; None of any other request, and where the client gave up (status 0)."""
    url = urlsplit(sent.url)
    path = api_path(sent.method, url.path.rstrip("/"), sent.body)
    if path is None or not received.status:
        return None
    body, unclosed = closed(received.body) if received.streamed and not received.exact else (received.body, False)
    coded = any(name.lower() == "content-encoding" for name, _ in received.headers)
    exact = received.exact and (not coded or body.startswith(GZIP))  # else the content coding is undone
    headers = received.headers if exact else cleaned(received.headers)
    status = received.status
    request = Request(sent.method, path, sent.body, sent.headers or JSON_CONTENT, expect=expected(status), label=origin)
    missing: dict[Fact, bool] = {
        "request": bool(request.method == "POST" and not request.body),
        "headers": not headers,
        "other headers": not headers,
        "framing": unclosed,
        "bytes": not exact,
        "times": not received.seconds or request.streams,
        "ids": has_masked_id(body.decode("utf-8", "replace")),
    }
    exchange = Exchange(
        request=request,
        status=status,
        headers=headers,
        reads=((received.seconds, body),),
        started=received.started,
        seconds=received.seconds,
        unrecorded=frozenset({"key", *loses, *(fact for fact, lost in missing.items() if lost)}),
    )
    if not _is_of_api(exchange, at_its_path=url.path.rstrip("/").endswith(path)):
        return None
    return Recording(exchange, url.hostname or "unknown", model_of(exchange), False, origin)


def _is_of_api(exchange: Exchange, *, at_its_path: bool) -> bool:
    """Whether what was answered may be the API's: other APIs are asked with messages, too, and have lists of models."""
    if exchange.request.path == "/models":
        document = json_object(exchange.content) if exchange.succeeded and not exchange.undecodable else None
        return document is None or "object" in document or ("data" in document and "has_more" not in document)
    return at_its_path or (not exchange.undecodable and b'"choices"' in exchange.content)


def api_path(method: str, path: str, body: bytes) -> str | None:
    """The path below the base URL of what the suite knows; None for any other request. GET of
    chat/completions lists stored completions. What is asked elsewhere with messages may be a chat completion."""
    if method == "GET":
        return "/models" if path.endswith("/models") else None
    if method != "POST" or path.endswith(("/messages", "/responses")):
        return None
    if path.endswith("/chat/completions"):
        return "/chat/completions"
    return "/chat/completions" if "messages" in Request(body=body).asked else None
