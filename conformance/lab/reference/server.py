"""The endpoint over HTTP: any `Send` behind an ASGI server, with its bytes at their times."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as Incoming
from starlette.responses import StreamingResponse

from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send

from .access import CUSTOMER, Keys, bearer, judge_header
from .body import LARGEST
from .endpoint import Endpoint
from .refusal import Refusal

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Emit = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Emit], Awaitable[None]]

PATIENCE = 10.0  #: seconds to wait for the server to start and to stop
_DRAINED = 8 * LARGEST  #: bytes of a body that is too large, read to the end so that the client hears why
#: Fields of one connection, which the server sets itself (RFC 9110 7.6.1, RFC 9112).
_OF_THE_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "trailer", "te"})


class BrokenOff(Exception):
    """The response ends here without being whole, as the exchange did."""


def app(send: Send, keys: Keys = None) -> Application:
    """An ASGI application that answers as `send` does.

    The bearer token is judged here and goes no further: `send` is told whether it is valid, and by which name
    to keep the customer's caches. Without `keys` those of an Endpoint are taken.
    """
    keys = send.keys if keys is None and isinstance(send, Endpoint) else keys

    async def application(scope: Scope, receive: Receive, emit: Emit) -> None:
        incoming = Incoming(scope, receive)
        began = time.monotonic()
        try:
            request = _request(incoming, await _body(incoming), keys)
        except ClientDisconnect:
            return
        exchange = await run_in_threadpool(_answer, send, request)
        response = StreamingResponse(_parts(exchange, began), status_code=exchange.status or 500)
        response.raw_headers = [(name.encode(), value.encode("latin-1")) for name, value in _headers(exchange)]
        await response(scope, receive, emit)

    return application


def serve(host: str, port: int, send: Send, keys: Keys = None) -> None:
    """Serve until interrupted. Raises OSError where the address cannot be had."""
    with listening(host, port) as listener, contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(_config(send, keys)).run([listener])


@contextlib.contextmanager
def serving(send: Send, port: int = 0, keys: Keys = None) -> Iterator[str]:
    """Serve on loopback in a thread; gives the base URL. Port 0 takes a free one. Raises OSError where the
    port is taken, RuntimeError where the server does not start."""
    with listening("127.0.0.1", port) as listener:
        server = uvicorn.Server(_config(send, keys))
        thread = threading.Thread(target=server.run, args=([listener],), name="reference endpoint", daemon=True)
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            _wait_until_over(server, thread)


def listening(host: str, port: int) -> socket.socket:
    """A socket whose connections send at once what is written. asyncio sees to that for its own sockets only: a body
    would wait for the acknowledgement of its header fields, 40 ms on Linux."""
    listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _config(send: Send, keys: Keys) -> uvicorn.Config:
    return uvicorn.Config(
        app(send, keys),
        http="h11",
        ws="none",
        lifespan="off",
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    end = time.monotonic() + PATIENCE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            raise RuntimeError("the reference endpoint did not start")
        time.sleep(0.005)


def _wait_until_over(server: uvicorn.Server, thread: threading.Thread) -> None:
    """Until nothing is accepted or answered any more. The thread ends a tenth of a second later, by itself."""
    end = time.monotonic() + PATIENCE
    while thread.is_alive() and time.monotonic() < end:
        if not server.server_state.tasks and not any(each.is_serving() for each in server.servers):
            return
        time.sleep(0.005)


async def _body(incoming: Incoming) -> bytes:
    """The content, of which no more is kept than tells that it is too large."""
    kept, seen = bytearray(), 0
    async for part in incoming.stream():
        seen += len(part)
        kept += part[: LARGEST + 1 - len(kept)]
        if seen > _DRAINED:
            break
    return bytes(kept)


def _request(incoming: Incoming, body: bytes, keys: Keys) -> Request:
    header = incoming.headers.get("authorization")
    customer = hashlib.sha256(bearer(header).encode()).hexdigest()[:16]
    headers = tuple(
        (name, value) for name, value in incoming.headers.items() if name not in ("authorization", "cookie", CUSTOMER)
    )
    query = f"?{incoming.url.query}" if incoming.url.query else ""
    return Request(
        method=incoming.method,
        path=incoming.url.path.removeprefix("/v1") + query,
        body=body,
        headers=(*headers, (CUSTOMER, customer)),
        credentials=judge_header(header, keys),
    )


def _answer(send: Send, request: Request) -> Exchange:
    """The exchange; what crashes is OpenAI's server_error, which says nothing about the inside."""
    try:
        return send(request)
    except Exception:
        refusal = Refusal("The server had an error while processing your request.", status=500, kind="server_error")
        content = json.dumps(refusal.document).encode()
        return Exchange(request, 500, (("content-type", "application/json"),), ((0.0, content),))


def _headers(exchange: Exchange) -> list[tuple[str, str]]:
    """The fields of the response itself, with a Content-Length that is true or none."""
    length = str(len(exchange.wire)) if exchange.failure is None else str(len(exchange.wire) + 1)
    return [
        (name, length if name.lower() == "content-length" else value)
        for name, value in exchange.headers
        if name.lower() not in _OF_THE_CONNECTION
    ]


async def _parts(exchange: Exchange, began: float) -> AsyncIterator[bytes]:
    """The reads, each not before its time."""
    for when, data in exchange.reads:
        await asyncio.sleep(max(began + when - time.monotonic(), 0.0))
        yield data
    if exchange.failure is not None:
        raise BrokenOff(str(exchange.failure))
