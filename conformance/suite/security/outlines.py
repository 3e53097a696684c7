"""A response in a line, for messages."""

from __future__ import annotations

from conformance.evidence.exchange import Exchange
from conformance.language import say


def outline(exchange: Exchange) -> str:
    return say("HTTP {status} {text}", exchange.status, exchange.text[:120].strip())
