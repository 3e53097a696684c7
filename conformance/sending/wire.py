"""What of a request goes on the wire: its address, its content, and the token that its credentials stand for."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode

from conformance.contract.requests import UNKNOWN_TOKEN
from conformance.evidence.exchange import Headers, Request


def authorization(request: Request, key: str) -> Headers:
    """The header that the request's credentials stand for; none where there is no key to put into it."""
    if request.credentials == "unknown":
        return (("authorization", f"Bearer {UNKNOWN_TOKEN}"),)
    if request.credentials == "empty":
        return (("authorization", "Bearer"),)
    forms = {
        "valid": f"Bearer {key}", "lowercase": f"bearer {key}", "uppercase": f"BEARER {key}",
        "raw": key, "basic": f"Basic {basic(key)}",
    }  # fmt: skip
    return (("authorization", forms[request.credentials]),) if key and request.credentials in forms else ()


def basic(key: str) -> str:
    """The key as Basic credentials have it (RFC 7617)."""
    return base64.b64encode(f"user:{key}".encode()).decode()


def url_of(base_url: str, request: Request, key: str) -> str:
    """Where the request goes: its path after that of the base URL, and the queries of both."""
    base, _, query = base_url.partition("?")
    path, _, asked = request.path.partition("?")
    members = [*parse_qsl(query, keep_blank_values=True), *parse_qsl(asked, keep_blank_values=True)]
    if request.credentials == "query":
        members += [(name, key) for name in ("api_key", "key", "access_token")]
    return base.rstrip("/") + path + (f"?{urlencode(members)}" if members else "")


def content_of(request: Request) -> bytes | Iterator[bytes] | None:
    """The content; in two pieces where it is to be sent in chunks (RFC 9112 7.1)."""
    chunked = any(name.lower() == "transfer-encoding" for name, _ in request.headers)
    middle = len(request.body) // 2
    return iter((request.body[:middle], request.body[middle:])) if chunked else request.body or None
