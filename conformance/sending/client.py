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
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from conformance import __version__
from conformance.contract.requests import UNKNOWN_TOKEN
from conformance.evidence.exchange import Exchange, Failure, Headers, Read, Request

from .deadline import BoundedBackend, deadline
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
    Raises OSError as `trusting` does."""

    def __init__(
        self, base_url: str, key: str = "", limits: Limits | None = None, access: Access | None = None
    ) -> None:
        self._base_url, self._key = base_url, key
        self._limits, self._headers = limits or Limits(), access.headers if access else ()
        self._proxy = _proxy(base_url)
        self._secrets = (
            key, _basic(key) if key else "", *(value for _, value in self._headers), *self._proxy.secrets
        )  # fmt: skip
        self._client = httpx.Client(
            transport=_Transport(self._proxy, access or Access()),
            timeout=httpx.Timeout(self._limits.read, connect=self._limits.connect),
            headers={"user-agent": f"phanedge-conformance/{__version__}", "accept-encoding": "gzip, deflate"},
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    def __call__(self, request: Request) -> Exchange:
        """The exchange that sending this leads to."""
        exchange = _send(self._client, self._base_url, self._key, self._limits, request, self._headers, self._proxy)
        return scrubbed(exchange, self._secrets)

    def close(self) -> None:
        """Close all connections; who waits on one hears that it broke off."""
        self._client.close()


def trusting(access: Access) -> ssl.SSLContext:
    """What TLS is spoken with. Raises OSError, with a sentence, where a file of certificates cannot be used."""
    try:
        trusted = httpx.create_ssl_context(verify=str(access.authorities) if access.authorities else True)
    except OSError as error:  # ssl.SSLError is one
        raise OSError(f"--authorities: {access.authorities} holds no certificate in PEM form ({error})") from None
    try:
        if access.certificate:
            trusted.load_cert_chain(access.certificate, password="")  # else it is asked for at the terminal
    except OSError as error:
        lacks = "holds no certificate in PEM form with its own private key, without a password"
        raise OSError(f"--certificate: {access.certificate} {lacks} ({error})") from None
    return trusted


class _Transport(httpx.BaseTransport):
    """httpx's way into httpcore, over connections that keep a deadline. What httpcore raises is not translated."""

    def __init__(self, proxy: _Proxy, access: Access) -> None:
        trusted = trusting(access)
        self._unusable = "" if proxy.usable else "is no address of a proxy that speaks HTTP, such as http://host:3128"
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted,
            proxy=proxy.spoken_to(trusted) if proxy.address and proxy.usable else None,
            max_connections=_CONNECTIONS,
            keepalive_expiry=5.0,
            network_backend=BoundedBackend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._unusable:
            raise httpcore.ProxyError(self._unusable)
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


@dataclass(frozen=True)
class _Proxy:
    """Through what requests go: its address, empty for none, and the credentials that it is given."""

    address: str = ""
    credentials: tuple[str, str] | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be told of it."""
        if self.credentials is None:
            return ()
        return self.credentials[1], base64.b64encode(":".join(self.credentials).encode()).decode()

    @property
    def usable(self) -> bool:
        """Whether it can be spoken to; none can."""
        return (
            not self.address
            or re.fullmatch(r"https?://(\[[\da-fA-F:]+\]|[^/?#@\s:]+)(:\d{1,5})?", self.address) is not None
        )

    def spoken_to(self, trusted: ssl.SSLContext) -> httpcore.Proxy:
        """It as httpcore has it."""
        tls = trusted if self.address.startswith("https://") else None
        user, password = self.credentials or ("", "")
        auth = (user.encode(), password.encode()) if self.credentials else None
        return httpcore.Proxy(self.address, auth=auth, ssl_context=tls)


def proxy_for(base_url: str) -> str:
    """The address of the proxy through which this one is reached, without its credentials; empty for none."""
    return _proxy(base_url).address


def _proxy(base_url: str) -> _Proxy:
    """The proxy that the environment names for this address, none for a plain loopback one."""
    if base_url.startswith(("http://127.", "http://localhost", "http://[::1]")):
        return _Proxy()
    try:
        address = urlsplit(base_url)
        proxies = {} if proxy_bypass(address.netloc) or proxy_bypass(address.hostname or "") else getproxies()
    except ValueError:  # no address at all, which sending to it will say
        return _Proxy()
    named = proxies.get(address.scheme) or proxies.get("all")
    if not named:
        return _Proxy()
    scheme, _, rest = named.rpartition("://")
    credentials, _, host = rest.rstrip("/").rpartition("@")
    user, _, password = credentials.partition(":")
    return _Proxy(f"{scheme or 'http'}://{host}", (unquote(user), unquote(password)) if credentials else None)


def _send(
    client: httpx.Client, base_url: str, key: str, limits: Limits, request: Request, headers: Headers, proxy: _Proxy
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
        failure = _failure(error, time.monotonic() - clock, limits, proxy.address)
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


def _failure(error: Exception, seconds: float, limits: Limits, proxy: str) -> Failure:
    """What was raised, as a kind that a person understands."""
    detail = str(error) or type(error).__name__
    if isinstance(error, httpcore.TimeoutException):
        if seconds >= limits.total:
            return Failure("timeout", f"the response had not ended after {limits.total:g} s")
        bound = limits.connect if isinstance(error, httpcore.ConnectTimeout) else limits.read
        return Failure("timeout", f"no answer in time ({bound:g} s of silence)")
    if _caused_by(error, ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionResetError):  # in a handshake, too
        return Failure("reset", detail)
    if _caused_by(error, ssl.SSLError):
        return Failure("tls", re.sub(r"^\[SSL[^\]]*\] |\.? \(_ssl\.c:\d+\)$", "", detail))
    if isinstance(error, httpcore.ProxyError):
        return Failure("proxy", f"{proxy} {'answered ' if detail[:3].isdigit() else ''}{detail}")
    if isinstance(error, httpcore.ConnectError):
        if proxy:
            return Failure("proxy", f"{proxy} cannot be reached, {detail}")
        unresolved = re.search(r"Name or service|getaddrinfo|nodename|name resolution|No address", detail)
        return Failure("unresolved" if unresolved else "refused", detail)
    if isinstance(error, httpcore.RemoteProtocolError):
        if "without sending a response" in detail:  # nothing began that could be cut short
            return Failure("reset", detail)
        return Failure("truncated" if "incomplete" in detail or "complete message" in detail else "undecodable", detail)
    if isinstance(error, httpcore.ReadError | httpcore.WriteError):
        return Failure("reset", detail)
    return Failure("not sent", f"{type(error).__name__}: {detail}")


def _caused_by(error: BaseException | None, *kinds: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kinds):
            return True
        error = error.__cause__ or error.__context__
    return False
