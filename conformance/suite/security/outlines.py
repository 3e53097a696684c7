"""A response in a line, for messages."""

from __future__ import annotations

from conformance.evidence.exchange import Exchange


def outline(exchange: Exchange) -> str:
    return f"HTTP {exchange.status} {exchange.text[:120].strip()}"
