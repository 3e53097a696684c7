"""Sending over HTTP with httpx: the only room that opens a socket. Secrets are added here, and scrubbed at once."""

from __future__ import annotations

import base64
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from . import __version__
from .exchange import Exchange, Failure, Headers, Read, Request
from .network import BoundedBackend, deadline
from .requests import UNKNOWN_TOKEN
from .scrub import scrubbed

_SHOWN = 65_536  #: bytes of a body that is too large which are kept
_CONNECTIONS = 100  #: at once; more are asked for by no option


@dataclass(frozen=True)
class Limits:
    """Bounds of one exchange: seconds to connect, of silence, and in all; bytes of content as transferred."""

    connect: float = 10.0
    read: float = 60.0
    total: float = 180.0
    content: int = 8 * 1024 * 1024


@dataclass(frozen=True)
class Access:
    """How the endpoint is reached beside its address: `headers` go with every request, `authorities` is a PEM file of
    certificates that are trusted, `certificate` one of the caller's own, with its key (mutual TLS)."""

    headers: Headers = ()
    authorities: Path | None = None
    certificate: Path | None = None


class Live:
    """A `Send` to the endpoint at `base_url` (such as https://host/v1, a query included), with `key` as bearer token.
    Whatever goes wrong in transport becomes the exchange's failure; nothing is raised. No cookie is kept: what a
    request is answered depends on it alone. A plain loopback address is reached directly, whatever proxy is set.
    Raises OSError where a file of certificates cannot be read."""

    def __init__(
        self, base_url: str, key: str = "", limits: Limits | None = None, access: Access | None = None
    ) -> None:
        self._base_url, self._key = base_url, key
        self._limits, self._headers = limits or Limits(), access.headers if access else ()
        self._secrets = (key, _basic(key) if key else "", *(value for _, value in self._headers))
        self._client = httpx.Client(
            transport=_Transport(base_url, access or Access()),
            timeout=httpx.Timeout(self._limits.read, connect=self._limits.connect),
            headers={"user-agent": f"phanedge-conformance/{__version__}", "accept-encoding": "gzip, deflate"},
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    def __call__(self, request: Request) -> Exchange:
        """The exchange that sending this leads to."""
        exchange = _send(self._client, self._base_url, self._key, self._limits, request, self._headers)
        return scrubbed(exchange, self._secrets)

    def close(self) -> None:
        """Close all connections; who waits on one hears that it broke off."""
        self._client.close()


class _Transport(httpx.BaseTransport):
    """httpx's way into httpcore, over connections that keep a deadline. What httpcore raises is not translated."""

    def __init__(self, base_url: str, access: Access) -> None:
        trusted = httpx.create_ssl_context(verify=str(access.authorities) if access.authorities else True)
        if access.certificate:
            trusted.load_cert_chain(access.certificate)
        proxy = _proxy(base_url)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted,
            proxy=httpcore.Proxy(proxy) if proxy else None,
            max_connections=_CONNECTIONS,
            keepalive_expiry=5.0,
            network_backend=BoundedBackend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        response = self._pool.handle_request(asked)
        return httpx.Response(
            response.status, headers=response.headers, stream=_Stream(response), extensions=response.extensions
        )

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


def _proxy(base_url: str) -> str | None:
    """The proxy that the environment names for this address, none for a plain loopback one."""
    if base_url.startswith(("http://127.", "http://localhost", "http://[::1]")):
        return None
    try:
        address = urlsplit(base_url)
        proxies = {} if proxy_bypass(address.hostname or "") else getproxies()
    except ValueError:  # no address at all, which sending to it will say
        return None
    named = proxies.get(address.scheme) or proxies.get("all")
    return named if not named or "://" in named else f"http://{named}"


def _send(
    client: httpx.Client, base_url: str, key: str, limits: Limits, request: Request, headers: Headers
) -> Exchange:
    started, clock = time.time(), time.monotonic()
    status = 0
    fields: list[tuple[str, str]] = []
    reads: list[Read] = []
    failure: Failure | None = None
    try:
        with (
            deadline(limits.total),
            client.stream(
                request.method,
                _url(base_url, request, key),
                content=_body(request),
                headers=[*headers, *request.headers, *_authorization(request, key)],
            ) as response,
        ):
            status = response.status_code
            fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw]
            size = 0
            for data in response.iter_raw():
                reads.append((round(time.monotonic() - clock, 6), data))
                size += len(data)
                if request.hang_up_after is not None and len(reads) >= request.hang_up_after:
                    failure = Failure("hung up", f"on purpose, after {len(reads)} reads")
                    break
                if size > limits.content:
                    failure = Failure("too large", f"the body exceeds {limits.content:,} bytes")
                    reads = _beginning(reads)
                    break
    except Exception as error:  # httpx raises others too: for a key or a port that no request can carry
        failure = _failure(error, time.monotonic() - clock, limits)
    return Exchange(
        request=request,
        status=status,
        headers=tuple(fields),
        reads=tuple(reads),
        failure=failure,
        started=started,
        seconds=round(time.monotonic() - clock, 6),
    )


def _beginning(reads: list[Read]) -> list[Read]:
    """As much of what is too large as shows what it is."""
    kept, size = [], 0
    for when, data in reads:
        if size >= _SHOWN:
            break
        kept.append((when, data[: _SHOWN - size]))
        size += len(data)
    return kept


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
    """Where the request goes: its path after that of the base URL, and the queries of both."""
    base, _, query = base_url.partition("?")
    path, _, asked = request.path.partition("?")
    members = [*parse_qsl(query, keep_blank_values=True), *parse_qsl(asked, keep_blank_values=True)]
    if request.credentials == "query":
        members += [(name, key) for name in ("api_key", "key", "access_token")]
    return base.rstrip("/") + path + (f"?{urlencode(members)}" if members else "")


def _body(request: Request) -> bytes | Iterator[bytes] | None:
    """The content; in two pieces where it is to be sent in chunks (RFC 9112 7.1)."""
    chunked = any(name.lower() == "transfer-encoding" for name, _ in request.headers)
    middle = len(request.body) // 2
    return iter((request.body[:middle], request.body[middle:])) if chunked else request.body or None


def _failure(error: Exception, seconds: float, limits: Limits) -> Failure:
    """What was raised, as a kind that a person understands."""
    detail = str(error) or type(error).__name__
    if isinstance(error, httpcore.TimeoutException):
        if seconds >= limits.total:
            return Failure("timeout", f"the response had not ended after {limits.total:g} s")
        bound = limits.connect if isinstance(error, httpcore.ConnectTimeout) else limits.read
        return Failure("timeout", f"no answer in time ({bound:g} s of silence)")
    if isinstance(error, httpcore.ConnectError | httpcore.ProxyError):
        if _caused_by(error, ssl.SSLError):
            return Failure("tls", detail)
        unresolved = re.search(r"Name or service|getaddrinfo|nodename|name resolution|No address", detail)
        return Failure("unresolved" if unresolved else "refused", detail)
    if isinstance(error, httpcore.RemoteProtocolError):
        if "without sending a response" in detail:  # nothing began that could be cut short
            return Failure("reset", detail)
        return Failure("truncated" if "incomplete" in detail or "complete message" in detail else "undecodable", detail)
    if isinstance(error, httpcore.ReadError | httpcore.WriteError):
        return Failure("reset", detail)
    return Failure("not sent", f"{type(error).__name__}: {detail}")


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__ or error.__context__
    return False
