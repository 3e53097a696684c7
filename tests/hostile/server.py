"""The reference endpoint behind a socket of its own, which misbehaves byte by byte where it is told to."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.access import judge_header
from tests.support.sockets import serving_until, some

#: Bytes are sent, a number waits so many seconds, `reset` ends the connection with a TCP reset, `hang` waits until the
#: client has gone.
Part = bytes | float | Literal["reset", "hang"]
#: What is done instead of the honest answer; the iterable may have no end.
Script = Callable[[Exchange], Iterable[Part]]
LONGEST = 60.0  #: seconds that one connection is kept


@dataclass
class Hostile:
    """A server that was started, and how often it misbehaved."""

    port: int
    misbehaved: int = 0
    served: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@contextmanager
def hostile(script: Script, where: Callable[[Request], bool]) -> Iterator[Hostile]:
    """A server on loopback that follows the script for those requests, and answers the others as the reference does."""
    endpoint, over = Endpoint(), threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        server = Hostile(listener.getsockname()[1])

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.settimeout(LONGEST)
                request = _request(connection)
                exchange = endpoint.answer(request)
                bad = where(request)
                with server.lock:
                    server.served += 1
                    server.misbehaved += bad
                _play(connection, script(exchange) if bad else [whole(exchange)], over)

        def accept() -> None:
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        with serving_until(over, listener, accept):
            yield server


def whole(exchange: Exchange, *more: tuple[str, str], body: bytes | None = None) -> bytes:
    """The honest response as bytes, with more fields and another body where they are given."""
    content = exchange.wire if body is None else body
    kept = [(name, value) for name, value in exchange.headers if name.lower() != "content-length"]
    lines = [f"HTTP/1.1 {exchange.status} Said", *(f"{name}: {value}" for name, value in [*kept, *more])]
    lines += [f"Content-Length: {len(content)}", "Connection: close"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + content


def head(exchange: Exchange, *fields: str) -> bytes:
    """The honest response up to its content, its length left to these fields."""
    media_type = exchange.header("content-type") or "application/json"
    lines = [f"HTTP/1.1 {exchange.status} Said", f"Content-Type: {media_type}", *fields, "Connection: close"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def _play(connection: socket.socket, script: Iterable[Part], over: threading.Event) -> None:
    for part in script:
        if isinstance(part, bytes):
            connection.sendall(part)
        elif part == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        elif part == "hang":
            connection.recv(1)
        elif over.wait(float(part)):
            return


def _request(connection: socket.socket) -> Request:
    """A whole request: its head, and its content by Content-Length or in chunks."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += some(connection)
    start, _, body = data.partition(b"\r\n\r\n")
    line, *rest = start.decode("latin-1").split("\r\n")
    fields = [(name.strip(), value.strip()) for name, _, value in (each.partition(":") for each in rest)]
    known = {name.lower(): value for name, value in fields}
    if known.get("transfer-encoding", "").lower() == "chunked":
        while not body.endswith(b"0\r\n\r\n"):
            body += some(connection)
        body = _joined(body)
    while len(body) < int(known.get("content-length", "0")):
        body += some(connection)
    method, target, _ = line.split(" ")
    headers = tuple((name, value) for name, value in fields if name.lower() != "authorization")
    return Request(
        method, target.removeprefix("/v1"), body, headers, credentials=judge_header(known.get("authorization"), None)
    )


def _joined(chunks: bytes) -> bytes:
    body, rest = b"", chunks
    while True:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return body
        body, rest = body + rest[:length], rest[length + 2 :]
