"""Those who are told, on loopback: an HTTP server and an SMTP server, which keep what they get."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

HOST = "127.0.0.1"


@dataclass
class Web:
    """A receiver of webhooks: it replies with `status`, and keeps the paths and JSON of what it accepted."""

    port: int = 0
    status: int = 200
    accepted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refused: int = 0


@contextmanager
def web() -> Iterator[Web]:
    """A receiver of webhooks while the block runs."""
    receiver = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if receiver.status == 200:
                receiver.accepted.append((self.path, json.loads(body)))
            else:
                receiver.refused += 1
            self.send_response(receiver.status)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    with answering(Handler) as receiver.port:
        yield receiver


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """A server on loopback: its port."""
    server = ThreadingHTTPServer((HOST, 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Mailbox:
    """A receiver of mail: what it got, decoded."""

    port: int = 0
    got: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.got.append(message)
        return "250 accepted"


@contextmanager
def mailbox(port: int) -> Iterator[Mailbox]:
    """A receiver of mail at a free port while the block runs."""
    receiver = Mailbox(port)
    controller = Controller(receiver, hostname=HOST, port=port)
    controller.start()
    try:
        yield receiver
    finally:
        controller.stop()
