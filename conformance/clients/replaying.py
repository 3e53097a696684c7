"""Recorded exchanges served from loopback, each at a base URL of its own, in the pieces in which they came."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference.server import serving

#: What can be sent as a header field (RFC 9110 5.1, 5.5); recorders write others.
_FIELD = re.compile(r"[!#$%&'*+.^`|~\w-]+", re.ASCII)
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?|")


@contextmanager
def replaying(exchanges: Mapping[str, Exchange]) -> Iterator[str]:
    """Serve exchanges by their names; gives the URL to which `/NAME` is added to have the base URL of one."""
    served = {name: _at_once(exchange) for name, exchange in exchanges.items()}

    def send(request: Request) -> Exchange:
        return served.get(request.path.split("/")[1], _UNKNOWN)

    with serving(send) as url:
        yield url


_UNKNOWN = Exchange(Request(), 404, (("content-type", "text/plain"),), ((0.0, b"no such exchange"),))


def _at_once(exchange: Exchange) -> Exchange:
    """The exchange without the time that it took, and with a media type where the recording kept none."""
    headers = tuple((name, value) for name, value in exchange.headers if _sendable(name, value))
    if not exchange.media_type:
        media_type = "text/event-stream" if exchange.streamed else "application/json"
        headers = (*headers, ("content-type", media_type))
    return replace(exchange, headers=headers, reads=tuple((0.0, data) for _, data in exchange.reads))


def _sendable(name: str, value: str) -> bool:
    return _FIELD.fullmatch(name) is not None and _VALUE.fullmatch(value) is not None
