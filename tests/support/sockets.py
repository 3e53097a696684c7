"""Scripted servers on loopback: what goes wrong on the wire, byte by byte."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

#: What a script does on one connection: bytes are sent, a number waits so many seconds, `reset` and `hang` speak for
#: themselves; after the last part the connection is closed.
Part = bytes | float | Literal["reset", "hang"]
PATIENCE = 5.0


@dataclass
class Server:
    """A server that was started: its address, and the requests as they arrived."""

    url: str
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0  #: that were accepted, where they are kept


@contextmanager
def scripted(*scripts: Sequence[Part]) -> Iterator[Server]:
    """A server that plays a script on each connection, the last one on all that follow."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        over = threading.Event()

        def serve() -> None:
            number = 0
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    connection.settimeout(PATIENCE)
                    server.requests.append(request_on(connection))
                    _play(connection, scripts[min(number, len(scripts) - 1)], over)
                number += 1

        with serving_until(over, listener, serve):
            yield server


@contextmanager
def kept_alive(*replies: Sequence[Part]) -> Iterator[Server]:
    """A server that keeps its connections: the n-th request, on whichever connection, is answered with the n-th script,
    those that follow with the last one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        over, lock = threading.Event(), threading.Lock()

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.settimeout(PATIENCE)
                while not over.is_set():
                    request = request_on(connection)
                    with lock:
                        script = replies[min(len(server.requests), len(replies) - 1)]
                        server.requests.append(request)
                    _play(connection, script, over)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    server.connections += 1
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        with serving_until(over, listener, accept):
            yield server


@contextmanager
def serving_until(over: threading.Event, listener: socket.socket, serve: Callable[[], None]) -> Iterator[None]:
    """What serves the listener, in a thread of its own; at the end it is told that it is over."""
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE)


def _play(connection: socket.socket, script: Sequence[Part], over: threading.Event) -> None:
    for part in script:
        if isinstance(part, bytes):
            connection.sendall(part)
        elif part == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif part == "hang":
            over.wait(PATIENCE)
        else:
            time.sleep(float(part))


def request_on(connection: socket.socket) -> bytes:
    """A whole request: its head, and as many bytes as Content-Length says."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += some(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(fields.get(b"content-length", b"0")):
        body += some(connection)
    return head + b"\r\n\r\n" + body


def some(connection: socket.socket) -> bytes:
    """What comes next. Raises OSError where the client went away."""
    data = connection.recv(65536)
    if not data:
        raise OSError("the client went away")
    return data


def response(body: bytes, *fields: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """A response with a Content-Length, of its body unless another is given."""
    said = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {said}", "Connection: close"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(*fields: str) -> bytes:
    """The head of a response in chunked coding."""
    return (
        "\r\n".join(["HTTP/1.1 200 OK", *fields, "Transfer-Encoding: chunked", "Connection: close"]).encode()
        + b"\r\n\r\n"
    )


def chunk(data: bytes) -> bytes:
    """One chunk of such a body; an empty one ends it."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
