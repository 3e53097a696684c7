"""Sending over HTTP with httpx: the only room that opens a socket. Secrets are added here, and scrubbed here."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from . import __version__
from .exchange import SCRUBBED_KEY, Exchange, Failure, Headers, Read, Request
from .requests import UNKNOWN_TOKEN

#: Response headers that name the caller; their values are not stored, that they were there is.
_PRIVATE_HEADERS = ("set-cookie", "openai-organization", "openai-project", "anthropic-organization-id")
SCRUBBED = "[scrubbed]"
_ECHO = 16  #: characters of the key that count as an echo of it (contract, security-02)


@dataclass(frozen=True)
class Limits:
    """Bounds of one exchange, in seconds and bytes."""

    connect: float = 10.0
    read: float = 60.0
    total: float = 180.0
    content: int = 32 * 1024 * 1024


def live(base_url: str, key: str = "", limits: Limits | None = None) -> Callable[[Request], Exchange]:
    """A `Send` to the endpoint at `base_url` (such as https://host/v1), with `key` as bearer token. Whatever goes
    wrong in transport becomes the exchange's failure; nothing is raised."""
    bounds = limits or Limits()
    client = httpx.Client(
        timeout=httpx.Timeout(bounds.read, connect=bounds.connect),
        headers={"user-agent": f"phanedge-conformance/{__version__}", "accept-encoding": "gzip, deflate"},
        follow_redirects=False,
    )

    def send(request: Request) -> Exchange:
        return _send(client, base_url.rstrip("/"), key, bounds, request)

    return send


def _send(client: httpx.Client, base_url: str, key: str, limits: Limits, request: Request) -> Exchange:
    started, clock = time.time(), time.monotonic()
    status, headers, reads, failure = 0, [], [], None
    try:
        with client.stream(
            request.method,
            base_url + request.path,
            content=request.body or None,
            headers=[*request.headers, *_authorization(request, key)],
        ) as response:
            status = response.status_code
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw]
            size = 0
            for data in response.iter_raw():
                now = time.monotonic() - clock
                reads.append((round(now, 6), data))
                size += len(data)
                if size > limits.content:
                    failure = Failure("too large", f"the body exceeds {limits.content:,} bytes")
                    break
                if now > limits.total:
                    failure = Failure("timeout", f"the response had not ended after {limits.total:g} s")
                    break
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        failure = _failure(error)
    return Exchange(
        request=request,
        status=status,
        headers=tuple(_scrub_header(name, value, key) for name, value in headers),
        reads=_scrub_reads(reads, key),
        failure=failure and Failure(failure.kind, _scrub(failure.detail.encode(), key).decode("utf-8", "replace")),
        started=started,
        seconds=round(time.monotonic() - clock, 6),
    )


def _authorization(request: Request, key: str) -> Headers:
    token = {"valid": key, "unknown": UNKNOWN_TOKEN, "none": ""}[request.credentials]
    return (("authorization", f"Bearer {token}"),) if token else ()


def _failure(error: Exception) -> Failure:
    """What httpx raised, as a kind that a person understands."""
    detail = str(error) or type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        return Failure("timeout", f"no answer in time ({type(error).__name__})")
    if isinstance(error, httpx.ConnectError):
        if _caused_by(error, ssl.SSLError):
            return Failure("tls", detail)
        unresolved = re.search(r"Name or service|getaddrinfo|nodename|name resolution|No address", detail)
        return Failure("unresolved" if unresolved else "refused", detail)
    if isinstance(error, httpx.RemoteProtocolError):
        return Failure("truncated" if "incomplete" in detail or "without sending" in detail else "undecodable", detail)
    if isinstance(error, httpx.ReadError | httpx.WriteError | httpx.CloseError):
        return Failure("reset", detail)
    return Failure("not sent", f"{type(error).__name__}: {detail}")


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


# --- secrets ----------------------------------------------------------------------------------------------------------


def _scrub(data: bytes, key: str) -> bytes:
    """The bytes with every part of the key that is long enough to be an echo masked, at the same length, so that
    lengths and times stay true. The mark is what `security.token_not_echoed` looks for."""
    secret = key.encode()
    if len(secret) < _ECHO:
        return data.replace(secret, SCRUBBED_KEY.encode()) if len(secret) >= 8 else data
    position = 0
    while (position := _next_echo(data, secret, position)) >= 0:
        length = _echo_length(data, secret, position)
        mask = SCRUBBED_KEY.encode().ljust(length, b"*")[:length]
        data = data[:position] + mask + data[position + length :]
        position += length
    return data


def _next_echo(data: bytes, secret: bytes, start: int) -> int:
    found = [
        at for offset in range(len(secret) - _ECHO + 1) if (at := data.find(secret[offset : offset + _ECHO], start)) >= 0
    ]
    return min(found, default=-1)


def _echo_length(data: bytes, secret: bytes, position: int) -> int:
    """How many bytes from here on are one contiguous part of the secret."""
    length = _ECHO
    while position + length < len(data) and data[position : position + length + 1] in secret:
        length += 1
    return length


def _scrub_reads(reads: list[Read], key: str) -> tuple[Read, ...]:
    """The reads with the key masked, also where it came split over two of them."""
    data = _scrub(b"".join(read for _, read in reads), key)
    scrubbed, start = [], 0
    for when, read in reads:
        scrubbed.append((when, data[start : start + len(read)]))
        start += len(read)
    return tuple(scrubbed)


def _scrub_header(name: str, value: str, key: str) -> tuple[str, str]:
    if name.lower() in _PRIVATE_HEADERS:
        return name, SCRUBBED
    return name, _scrub(value.encode("latin-1"), key).decode("latin-1")
