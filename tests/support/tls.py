"""Servers that speak TLS and proxies, on loopback, with certificates made for the occasion."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
import uvicorn

from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import app, listening
from tests.support.sockets import PATIENCE, request_on, some

NAMES = ("127.0.0.1", "localhost")


class Certificates:
    """PEM files in a folder: of an authority, and of what it and another one vouch for."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._authority, other = folder, trustme.CA(), trustme.CA()
        ago = datetime.now(UTC) - timedelta(days=30)
        issue = self._authority.issue_cert
        self.authorities = self._write("authorities", self._authority.cert_pem.bytes())
        self.server = self._kept("server", issue(*NAMES))
        self.elsewhere = self._kept("elsewhere", issue("models.example"))
        self.expired = self._kept("expired", issue(*NAMES, not_before=ago, not_after=ago + timedelta(days=1)))
        self.client = self._kept("client", issue("caller@models.example"))
        self.stranger = self._kept("stranger", other.issue_cert("caller@models.example"))

    def _kept(self, name: str, issued: trustme.LeafCert) -> Path:
        return self._write(name, issued.private_key_and_cert_chain_pem.bytes())

    def _write(self, name: str, content: bytes) -> Path:
        path = self._folder / f"{name}.pem"
        path.write_bytes(content)
        return path


@contextmanager
def serving_tls(certificate: Path, clients: Path | None = None) -> Iterator[str]:
    """The reference endpoint over TLS: its base URL. One of the authorities in `clients` must vouch for a caller."""
    config = uvicorn.Config(
        app(Endpoint().answer), http="h11", ws="none", lifespan="off", log_level="critical", access_log=False,
        ssl_certfile=certificate, ssl_ca_certs=str(clients) if clients else None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if clients else ssl.CERT_NONE, timeout_graceful_shutdown=1,
    )  # fmt: skip
    with listening("127.0.0.1", 0) as listener:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            thread.join(PATIENCE)


@dataclass
class Proxy:
    """A proxy that was started: its address, what it was asked for, and all the bytes that callers sent."""

    host: str
    heads: list[str] = field(default_factory=list)
    seen: bytearray = field(default_factory=bytearray)


@contextmanager
def proxying(upstream: str = "", refusal: bytes = b"") -> Iterator[Proxy]:
    """A proxy that tunnels what CONNECT asks for, forwards what comes in plain to `upstream` (host:port) whatever host
    is named, or answers everything with the refusal."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        proxy = Proxy(f"127.0.0.1:{listener.getsockname()[1]}")

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.settimeout(PATIENCE)
                asked = request_on(connection)
                head, _, body = asked.partition(b"\r\n\r\n")
                proxy.heads.append(head.decode("latin-1"))
                proxy.seen += asked
                method, target, _ = proxy.heads[-1].split("\r\n")[0].split(" ")
                if refusal:
                    connection.sendall(refusal)
                    return
                with _connected(target if method == "CONNECT" else upstream) as other:
                    if method == "CONNECT":
                        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                        threading.Thread(target=_copy, args=(other, connection, len), daemon=True).start()
                        _copy(connection, other, proxy.seen.extend)
                    else:
                        fields = [
                            each for each in head.split(b"\r\n")[1:] if not each.lower().startswith(b"connection")
                        ]
                        path = target.partition("://")[2].partition("/")[2]
                        line = f"{method} /{path} HTTP/1.1\r\n".encode()
                        other.sendall(line + b"\r\n".join([*fields, b"connection: close"]) + b"\r\n\r\n" + body)
                        _copy(other, connection, len)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


def _connected(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


def _copy(source: socket.socket, target: socket.socket, note: Callable[[bytes], object]) -> None:
    """Until one of them has ended, which then ends the other."""
    with suppress(OSError):
        while True:
            data = some(source)
            note(data)
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
