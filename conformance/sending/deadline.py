"""Connections that keep a deadline: httpx bounds each read, and a server that sends a byte a second outlives that."""

from __future__ import annotations

import socket
import ssl
import time
import typing
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

import httpcore

_DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Whatever this thread waits for on bounded connections meanwhile ends with httpcore's TimeoutException after so
    many seconds, however many bytes come, or at the earlier deadline that this one is within."""
    outer = _DEADLINE.get()
    end = time.monotonic() + seconds
    token = _DEADLINE.set(end if outer is None else min(end, outer))
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def has_passed() -> bool:
    """Whether the deadline that this thread is within has passed."""
    until = _DEADLINE.get()
    return until is not None and time.monotonic() >= until


def left(timeout: float | None, over: type[httpcore.TimeoutException]) -> float | None:
    """The timeout, shortened to what is left until the deadline. Raises `over` where nothing is."""
    until = _DEADLINE.get()
    if until is None:
        return timeout
    remaining = until - time.monotonic()
    if remaining <= 0:
        raise over("the deadline has passed")
    return remaining if timeout is None else min(timeout, remaining)


class BoundedBackend(httpcore.NetworkBackend):
    """httpcore's own network, each of whose waits also ends at the deadline."""

    def __init__(self) -> None:
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: typing.Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        remaining = left(timeout, httpcore.ConnectTimeout)
        return _BoundedStream(self._network.connect_tcp(host, port, remaining, local_address, socket_options))


class _BoundedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Also ends what another thread is waiting for here."""
        connection = self._stream.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError):  # it may be closed already
                connection.shutdown(socket.SHUT_RDWR)
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        remaining = left(timeout, httpcore.ConnectTimeout)
        return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, remaining))

    def get_extra_info(self, info: str) -> typing.Any:
        return self._stream.get_extra_info(info)
