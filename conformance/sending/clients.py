"""The official SDKs as an endpoint sees them: which requests go out as theirs do, and with which header fields.

An endpoint that conforms for this suite alone, known by its User-Agent, conforms for nobody.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from conformance.contract.requests import PLAIN
from conformance.evidence.exchange import JSON_CONTENT, Headers, Request
from conformance.evidence.strict_json import JSONError, loads

_OF_REQUEST = ""  #: stands for the value that the request itself gives

#: By client, the fields of a request in the order and the letters in which it writes them, recorded from each.
CLIENTS: Mapping[str, Headers] = {
    "openai-python": (
        ("Host", _OF_REQUEST),
        ("Accept-Encoding", "gzip, deflate"),
        ("Connection", "keep-alive"),
        ("authorization", _OF_REQUEST),
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("user-agent", "OpenAI/Python 3.57.0"),
        ("x-stainless-lang", "python"),
        ("x-stainless-package-version", "3.57.0"),
        ("x-stainless-os", "Linux"),
        ("x-stainless-arch", "x64"),
        ("x-stainless-runtime", "CPython"),
        ("x-stainless-runtime-version", "3.11.7"),
        ("x-stainless-async", "false"),
        ("x-stainless-retry-count", "0"),
        ("x-stainless-read-timeout", "600"),
        ("Content-Length", _OF_REQUEST),
    ),
    "openai-node": (
        ("host", _OF_REQUEST),
        ("connection", "keep-alive"),
        ("accept", "application/json"),
        ("user-agent", "OpenAI/JS 6.49.0"),
        ("x-stainless-retry-count", "0"),
        ("x-stainless-lang", "js"),
        ("x-stainless-package-version", "6.49.0"),
        ("x-stainless-os", "Linux"),
        ("x-stainless-arch", "x64"),
        ("x-stainless-runtime", "node"),
        ("x-stainless-runtime-version", "v20.20.2"),
        ("authorization", _OF_REQUEST),
        ("content-type", "application/json"),
        ("accept-language", "*"),
        ("sec-fetch-mode", "cors"),
        ("accept-encoding", "gzip, deflate"),
        ("content-length", _OF_REQUEST),
    ),
}
_DRAWN = ("", *CLIENTS)  #: as whom a request is sent, each as often as the others; the first is this suite itself
_OF_THE_CONNECTION = frozenset({"connection", "accept-encoding", "content-type"})  #: what curl and a request say anyway


def client_of(request: Request, salt: str) -> str:
    """As which client a request is sent in a run; empty where it is sent as this suite's own. What follows another
    request is sent as that is. The first request of a run, and what is about header fields or the connection, is always
    the suite's own."""
    first = request
    while first.after is not None:
        first = first.after
    usual = request.headers == JSON_CONTENT and request.credentials == "valid" and request.hang_up_after is None
    if not usual or request.method != "POST" or first.label == PLAIN.label:
        return ""
    digest = hashlib.sha256(f"client {salt} {first.key}".encode()).digest()
    return _DRAWN[digest[0] % len(_DRAWN)]


def fields_of(client: str) -> Headers:
    """What a client adds to the fields of a request, for whoever sends it again by other means."""
    fields = CLIENTS.get(client, ())
    return tuple((name, value) for name, value in fields if value and name.lower() not in _OF_THE_CONNECTION)


def arranged(client: str, fields: Iterable[tuple[str, str]], own: Headers) -> list[tuple[str, str]]:
    """The fields of a request as the client writes them; those of the caller (`own`) stay as they are."""
    given, kept = dict(fields), {name.lower() for name, _ in own}
    written = [
        (name, given[name.lower()] if value == _OF_REQUEST or name.lower() in kept else value)
        for name, value in CLIENTS[client]
        if value != _OF_REQUEST or name.lower() in given
    ]
    names = {name.lower() for name, _ in written}
    return written + [(name, given[name]) for name in dict.fromkeys(map(str.lower, kept)) if name not in names]


def compact(body: bytes) -> bytes:
    """The same JSON text without white space between its parts, as the SDKs write it; what was not written by Python's
    own defaults stays as it is."""
    try:
        document = loads(body)
    except JSONError:
        return body
    if json.dumps(document, ensure_ascii=False).encode("utf-8", "replace") != body:
        return body
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
