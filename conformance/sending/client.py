"""Sending over HTTP with httpx: the only module that uses it. Secrets are added here, and scrubbed at once."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpcore
import httpx

from conformance import __version__
from conformance.evidence.exchange import Exchange, Failure, Headers, Read, Request

from .clients import arranged, compact
from .deadline import BoundedBackend, deadline
from .failures import failure_of
from .limits import Limits as Limits
from .proxy import Proxy, proxy_of
from .scrub import scrubbed
from .secrets import secrets_of
from .wire import authorization, content_of, url_of

_SHOWN = 65_536  #: bytes of a body that is too large which are kept
_CONNECTIONS = 100  #: at once; more are asked for by no option


@dataclass(frozen=True)
class Access:
    """How the endpoint is reached beside its address: `headers` go with every request, `authorities` is a PEM file of
    certificates that are trusted, `certificate` one of the caller's own, with its key (mutual TLS). The values of the
    fields that `secret` names are secret, beside those of fields that are known to carry a secret."""

    headers: Headers = ()
    authorities: Path | None = None
    certificate: Path | None = None
    secret: tuple[str, ...] = ()


class Live:
    """A `Send` to the endpoint at `base_url` (such as https://host/v1, a query included), with `key` as bearer token.
    Whatever goes wrong in transport becomes the exchange's failure; nothing is raised. No cookie is kept: what a
    request is answered depends on it alone. A plain loopback address is reached directly, whatever proxy is set.
    `as_client` names the client as which a request is sent (clients.py), by default this suite. Raises OSError as
    `trusting` does."""

    def __init__(
        self,
        base_url: str,
        key: str = "",
        limits: Limits | None = None,
        access: Access | None = None,
        as_client: Callable[[Request], str] = lambda _: "",
    ) -> None:
        self._base_url, self._key, self._as_client = base_url, key, as_client
        self._limits, self._headers = limits or Limits(), access.headers if access else ()
        self._proxy = proxy_of(base_url)
        self._secrets = secrets_of(base_url, key, self._headers, access.secret if access else ())
        self._client = httpx.Client(
            transport=_Transport(self._proxy, access or Access()),
            timeout=httpx.Timeout(self._limits.read, connect=self._limits.connect),
            headers={"user-agent": f"phanedge-conformance/{__version__}", "accept-encoding": "gzip, deflate"},
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    def __call__(self, request: Request) -> Exchange:
        """The exchange that sending this leads to."""
        client = self._as_client(request)
        exchange = _send(
            self._client, self._base_url, self._key, self._limits, request, self._headers, self._proxy, client
        )
        return scrubbed(replace(exchange, client=client), self._secrets)

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

    def __init__(self, proxy: Proxy, access: Access) -> None:
        trusted = trusting(access)
        self._own = access.headers
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
            headers=self._fields(request),
            content=request.stream,
            extensions=request.extensions,
        )
        response = self._pool.handle_request(asked)
        return httpx.Response(
            response.status, headers=response.headers, stream=_Stream(response), extensions=response.extensions
        )

    def _fields(self, request: httpx.Request) -> list[tuple[bytes, bytes]]:
        """The fields in the order in which they are written: that of the client as which the request is sent."""
        if not (client := request.extensions["client"]):
            return request.headers.raw
        fields = arranged(client, request.headers.items(), self._own)
        return [(name.encode("ascii"), value.encode(request.headers.encoding)) for name, value in fields]

    def close(self) -> None:
        self._pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


def _send(
    client: httpx.Client, base_url: str, key: str, limits: Limits, request: Request, headers: Headers, proxy: Proxy,
    sent_as: str,
) -> Exchange:  # fmt: skip
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
                url_of(base_url, request, key),
                content=compact(request.body) if sent_as else content_of(request),
                headers=[*headers, *request.headers, *authorization(request, key)],
                extensions={"client": sent_as},
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
        failure = failure_of(error, time.monotonic() - clock, limits, proxy.address)
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
