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
from conformance.evidence.exchange import Exchange, Fact, Failure, Headers, Request
from conformance.evidence.failure import RUN_ENDED, cut_on_purpose, too_large
from conformance.evidence.kept import one_at_a_time
from conformance.language import say

from .clients import arranged, compact
from .deadline import BoundedBackend, deadline, has_passed
from .failures import failure_of
from .in_process import Answer, InProcess
from .limits import Deadline as Deadline
from .limits import Limits as Limits
from .proxy import Proxy, proxy_of
from .scrub import scrubbed
from .secrets import secrets_of
from .wire import authorization, content_of, url_of

_LINGER = 0.005  #: seconds in which what follows a response is looked for
_SHOWN = 65_536  #: bytes of a body that is too large which are kept
_CONNECTIONS = 100  #: at once; more are asked for by no option


@dataclass(frozen=True)
class Access:
    """How the endpoint is reached beside its address: `headers` go with every request, `authorities` is a PEM file of
    certificates that are trusted, `certificate` one of the caller's own, with its key (mutual TLS). The values of the
    fields that `secret` names are secret, beside those of fields that are known to carry a secret. `served` is an
    application that is called in place of what is at the address."""

    headers: Headers = ()
    authorities: Path | None = None
    certificate: Path | None = None
    secret: tuple[str, ...] = ()
    served: InProcess | None = None


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
        access: Access = Access(),  # it is frozen
        as_client: Callable[[Request], str] = lambda _: "",
    ) -> None:
        self._base_url, self._key, self._as_client = base_url, key, as_client
        self._limits, self._headers = limits or Limits(), access.headers
        self._proxy = Proxy() if access.served else proxy_of(base_url)
        self._unrecorded = frozenset[Fact]({"connection"} if access.served else ())
        self._secrets = secrets_of(base_url, key, self._headers, access.secret)
        self._client = httpx.Client(
            transport=_Served(access.served, access) if access.served else _Transport(base_url, self._proxy, access),
            timeout=httpx.Timeout(self._limits.read, connect=self._limits.connect),
            headers={"user-agent": f"phanedge-conformance/{__version__}", "accept-encoding": "gzip, deflate"},
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )

    def __call__(self, request: Request) -> Exchange:
        """The exchange that sending this leads to."""
        client = self._as_client(request)
        exchange = replace(
            _send(self._client, self._base_url, self._key, self._limits, request, self._headers, self._proxy, client),
            client=client,
            unrecorded=self._unrecorded,
        )
        with one_at_a_time(sum(len(data) for _, data in exchange.reads)):
            if has_passed():  # while others had their turn: what is not searched is not kept
                exchange = replace(exchange, reads=(), failure=Failure("timeout", RUN_ENDED))
            return scrubbed(exchange, self._secrets)

    def close(self) -> None:
        """Close all connections; who waits on one hears that it broke off."""
        self._client.close()


def trusting(access: Access) -> ssl.SSLContext:
    """What TLS is spoken with. Raises OSError, with a sentence, where a file of certificates cannot be used."""
    try:
        trusted = httpx.create_ssl_context(verify=str(access.authorities) if access.authorities else True)
    except OSError as error:  # ssl.SSLError is one
        raise OSError(
            say("--authorities: {authorities} holds no certificate in PEM form ({error})", access.authorities, error)
        ) from None
    try:
        if access.certificate:
            trusted.load_cert_chain(access.certificate, password="")  # else it is asked for at the terminal
    except OSError as error:
        lacks = say("holds no certificate in PEM form with its own private key, without a password")
        raise OSError(say("--certificate: {certificate} {lacks} ({error})", access.certificate, lacks, error)) from None
    return trusted


class _Transport(httpx.BaseTransport):
    """httpx's way into httpcore, over connections that keep a deadline. What httpcore raises is not translated."""

    def __init__(self, base_url: str, proxy: Proxy, access: Access) -> None:
        secure = any(each.lower().startswith("https:") for each in (base_url, proxy.address))
        trusted = trusting(access) if secure else None  # reading the system's certificates takes 20 ms
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
            headers=_fields(request, self._own),
            content=request.stream,
            extensions=request.extensions,
        )
        response = self._pool.handle_request(asked)
        stream = _Stream(response)
        extensions = {**response.extensions, _STREAM: stream}
        return httpx.Response(response.status, headers=response.headers, stream=stream, extensions=extensions)

    def close(self) -> None:
        self._pool.close()


def _fields(request: httpx.Request, own: Headers) -> list[tuple[bytes, bytes]]:
    """The fields in the order in which they are written: that of the client as which the request is sent."""
    if not (client := request.extensions["client"]):
        return request.headers.raw
    fields = arranged(client, request.headers.items(), own)
    return [(name.encode("ascii"), value.encode(request.headers.encoding)) for name, value in fields]


_STREAM = "conformance-stream"  #: the extension of a response that holds its stream


class _Stream(httpx.SyncByteStream):
    """The content of a response, and how many bytes followed it on its connection, which is then not used again: they
    would be taken for the answer to the next request (RFC 9112 9.2)."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response
        self.surplus = 0

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()
        self.surplus = self._left_over()

    def _left_over(self) -> int:
        """The bytes that were received already or come at once, after the end of the response."""
        # httpcore keeps its h11.Connection to itself
        received, _ = self._response.stream._stream._connection._h11_state.trailing_data  # type: ignore[union-attr]
        connection: httpcore.NetworkStream = self._response.extensions["network_stream"]
        try:
            more = connection.read(_SHOWN, timeout=_LINGER)
        except httpcore.TimeoutException:
            if not received:
                return 0
            more = b""
        except httpcore.NetworkError:
            more = b""
        connection.close()
        return len(received) + len(more)

    def close(self) -> None:
        self._response.close()


class _Served(httpx.BaseTransport):
    """httpx's way to an application in this process."""

    def __init__(self, served: InProcess, access: Access) -> None:
        self._served, self._own = served, access.headers

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url, patience = request.url, request.extensions["timeout"]["read"]
        target = (url.raw_scheme, url.raw_host, url.port, url.raw_path)
        answer = self._served.ask(request.method, target, _fields(request, self._own), request.read())
        stream = _Pieces(answer, patience)
        answer.begin(patience)
        return httpx.Response(answer.status, headers=answer.fields, stream=stream, extensions={_STREAM: stream})


class _Pieces(httpx.SyncByteStream):
    """The content of an application's answer, which nothing can follow: there is no connection."""

    surplus = 0

    def __init__(self, answer: Answer, patience: float | None) -> None:
        self._answer, self._patience = answer, patience

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.pieces(self._patience)

    def close(self) -> None:
        self._answer.close()


def _send(
    client: httpx.Client, base_url: str, key: str, limits: Limits, request: Request, headers: Headers, proxy: Proxy,
    sent_as: str,
) -> Exchange:  # fmt: skip
    started, clock = time.time(), time.monotonic()
    status = surplus = 0
    fields: list[tuple[str, str]] = []
    reads: list[tuple[float, bytearray]] = []
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
            for number, data in enumerate(response.iter_raw(), 1):
                _note(reads, round(time.monotonic() - clock, 6), data)
                size += len(data)
                if request.hang_up_after is not None and number >= request.hang_up_after:
                    failure = Failure("hung up", cut_on_purpose(number))
                    break
                if size > limits.content:
                    failure = Failure("too large", too_large(limits.content))
                    reads = _beginning(reads)
                    break
            surplus = response.extensions[_STREAM].surplus
    except Exception as error:  # httpx raises others too: for a key or a port that no request can carry
        failure = failure_of(error, time.monotonic() - clock, limits, proxy.address)
    return Exchange(
        request=request,
        status=status,
        headers=tuple(fields),
        reads=tuple((when, bytes(data)) for when, data in reads),
        failure=failure,
        started=started,
        seconds=round(time.monotonic() - clock, 6),
        surplus=surplus,
    )


def _note(reads: list[tuple[float, bytearray]], when: float, data: bytes) -> None:
    """Add what arrived. What arrives within a millisecond, or a thousandth of the time so far, is one read: so there
    are a few thousand at most, however small the pieces are that it comes in."""
    if reads and when - reads[-1][0] < max(0.001, when / 1000):
        reads[-1][1].extend(data)
    else:
        reads.append((when, bytearray(data)))


def _beginning(reads: list[tuple[float, bytearray]]) -> list[tuple[float, bytearray]]:
    """As much of what is too large as shows what it is."""
    kept, size = [], 0
    for when, data in reads:
        if size >= _SHOWN:
            break
        kept.append((when, data[: _SHOWN - size]))
        size += len(data)
    return kept
