"""Sending over HTTP with httpx: the only room that opens a socket. Secrets are added here, and scrubbed here."""

from __future__ import annotations

import base64
import re
import ssl
import time
import weakref
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlencode

import httpx

from . import __version__
from .exchange import SCRUBBED_KEY, Exchange, Failure, Headers, Inconclusive, Read, Request
from .requests import UNKNOWN_TOKEN

#: Response headers that name the caller; their values are not stored, that they were there is.
_PRIVATE_HEADERS = ("set-cookie", "openai-organization", "openai-project", "anthropic-organization-id")
SCRUBBED = "[scrubbed]"
_ECHO = 16  #: characters of the key that count as an echo of it (contract, security-02)
_SECRET = 8  #: characters that a key has at least


@dataclass(frozen=True)
class Limits:
    """Bounds of one exchange, in seconds and bytes."""

    connect: float = 10.0
    read: float = 60.0
    total: float = 180.0
    content: int = 32 * 1024 * 1024


def live(base_url: str, key: str = "", limits: Limits | None = None) -> Callable[[Request], Exchange]:
    """A `Send` to the endpoint at `base_url` (such as https://host/v1), with `key` as bearer token. Whatever goes
    wrong in transport becomes the exchange's failure; nothing is raised. No cookie is kept: what a request is
    answered depends on it alone. A plain loopback address is reached directly, whatever proxy is set."""
    bounds = limits or Limits()
    client = httpx.Client(
        timeout=httpx.Timeout(bounds.read, connect=bounds.connect),
        headers={"user-agent": f"phanedge-conformance/{__version__}", "accept-encoding": "gzip, deflate"},
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        trust_env=not base_url.startswith(("http://127.", "http://localhost", "http://[::1]")),
    )

    def send(request: Request) -> Exchange:
        return _send(client, base_url.rstrip("/"), key, bounds, request)

    weakref.finalize(send, client.close)
    return send


def _send(client: httpx.Client, base_url: str, key: str, limits: Limits, request: Request) -> Exchange:
    started, clock = time.time(), time.monotonic()
    status = 0
    headers: list[tuple[str, str]] = []
    reads: list[Read] = []
    failure: Failure | None = None
    try:
        with client.stream(
            request.method,
            _url(base_url, request, key),
            content=_body(request),
            headers=[*request.headers, *_authorization(request, key)],
        ) as response:
            status = response.status_code
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw]
            size = 0
            for data in response.iter_raw():
                now = time.monotonic() - clock
                reads.append((round(now, 6), data))
                size += len(data)
                if request.hang_up_after is not None and len(reads) >= request.hang_up_after:
                    failure = Failure("hung up", f"on purpose, after {len(reads)} reads")
                    break
                if size > limits.content:
                    failure = Failure("too large", f"the body exceeds {limits.content:,} bytes")
                    break
                if now > limits.total:
                    failure = Failure("timeout", f"the response had not ended after {limits.total:g} s")
                    break
    except Exception as error:  # httpx raises others too: for a key or a port that no request can carry
        failure = _failure(error)
    exchange = Exchange(
        request=request,
        status=status,
        headers=tuple(headers),
        reads=tuple(reads),
        failure=failure,
        started=started,
        seconds=round(time.monotonic() - clock, 6),
    )
    return _scrubbed(exchange, key)


def _authorization(request: Request, key: str) -> Headers:
    """The header that the request's credentials stand for; none where there is no key to put into it."""
    if request.credentials == "unknown":
        return (("authorization", f"Bearer {UNKNOWN_TOKEN}"),)
    if request.credentials == "empty":
        return (("authorization", "Bearer"),)
    forms = {
        "valid": f"Bearer {key}", "lowercase": f"bearer {key}", "uppercase": f"BEARER {key}",
        "raw": key, "basic": f"Basic {_basic(key)}",
    }  # fmt: skip
    return (("authorization", forms[request.credentials]),) if key and request.credentials in forms else ()


def _basic(key: str) -> str:
    """The key as Basic credentials have it (RFC 7617)."""
    return base64.b64encode(f"user:{key}".encode()).decode()


def _url(base_url: str, request: Request, key: str) -> str:
    if request.credentials != "query":
        return base_url + request.path
    return f"{base_url}{request.path}?{urlencode(dict.fromkeys(('api_key', 'key', 'access_token'), key))}"


def _body(request: Request) -> bytes | Iterator[bytes] | None:
    """The content; in two pieces where it is to be sent in chunks (RFC 9112 7.1)."""
    chunked = any(name.lower() == "transfer-encoding" for name, _ in request.headers)
    middle = len(request.body) // 2
    return iter((request.body[:middle], request.body[middle:])) if chunked else request.body or None


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
        if "without sending a response" in detail:  # nothing began that could be cut short
            return Failure("reset", detail)
        return Failure("truncated" if "incomplete" in detail or "complete message" in detail else "undecodable", detail)
    if isinstance(error, httpx.ReadError | httpx.WriteError | httpx.CloseError):
        return Failure("reset", detail)
    return Failure("not sent", f"{type(error).__name__}: {detail}")


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False


# --- secrets ------------------------------------------------------------------------------------------------


def _scrubbed(exchange: Exchange, key: str) -> Exchange:
    """The exchange without the caller's secrets. Coded content that echoes the key is coded anew without it."""
    failure = exchange.failure
    clean = replace(
        exchange,
        headers=tuple(_scrub_header(name, value, key) for name, value in exchange.headers),
        reads=_scrub_reads(exchange.reads, key),
        failure=failure and Failure(failure.kind, _scrub(failure.detail.encode(), key).decode("utf-8", "replace")),
    )
    try:
        decoded = clean.decoded_reads
    except Inconclusive:
        return clean
    scrubbed = _scrub_reads(decoded, key)
    return clean if scrubbed == decoded else _coded_anew(clean, scrubbed)


def _coded_anew(exchange: Exchange, decoded: Sequence[Read]) -> Exchange:
    """The exchange with other content in the same content coding, its Content-Length true."""
    coder = zlib.compressobj(wbits=15 if exchange.header("content-encoding") == "deflate" else 31)
    reads = [(when, coder.compress(data) + coder.flush(zlib.Z_SYNC_FLUSH)) for when, data in decoded]
    reads[-1] = (reads[-1][0], reads[-1][1] + coder.flush())
    length = str(sum(len(data) for _, data in reads))
    headers = ((name, length if name.lower() == "content-length" else value) for name, value in exchange.headers)
    return replace(exchange, headers=tuple(headers), reads=tuple(reads))


def _scrub(data: bytes, key: str) -> bytes:
    """The bytes with every part of the key that is long enough to be an echo masked, at the same length, so that
    lengths and times stay true. The mark is what `security.token_not_echoed` looks for. A key too short for
    the mark is struck out, unless it is so short (`sk-1234`, `EMPTY`) that it is no secret but a word."""
    if len(key) < _SECRET:
        return data
    data = _masked(data, _basic(key).encode())
    return _masked(data, key.encode()) if len(key) >= _ECHO else data.replace(key.encode(), b"*" * len(key))


def _masked(data: bytes, secret: bytes) -> bytes:
    position = 0
    while (position := _next_echo(data, secret, position)) >= 0:
        length = _echo_length(data, secret, position)
        mask = SCRUBBED_KEY.encode().ljust(length, b"*")[:length]
        data = data[:position] + mask + data[position + length :]
        position += length
    return data


def _next_echo(data: bytes, secret: bytes, start: int) -> int:
    found = [
        at
        for offset in range(len(secret) - _ECHO + 1)
        if (at := data.find(secret[offset : offset + _ECHO], start)) >= 0
    ]
    return min(found, default=-1)


def _echo_length(data: bytes, secret: bytes, position: int) -> int:
    """How many bytes from here on are one contiguous part of the secret."""
    length = _ECHO
    while position + length < len(data) and data[position : position + length + 1] in secret:
        length += 1
    return length


def _scrub_reads(reads: Sequence[Read], key: str) -> tuple[Read, ...]:
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
