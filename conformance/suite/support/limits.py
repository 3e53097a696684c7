"""Whether the token limit of a request ended its reply."""

from __future__ import annotations

from typing import Any

from conformance.evidence.exchange import Exchange


def ended_early(exchange: Exchange) -> bool:
    """Whether a reply is well shorter than its limit, so that it was not cut off. False where it was not counted."""
    usage, asked = exchange.reply.get("usage"), exchange.request.asked
    limit = asked.get("max_tokens") or asked.get("max_completion_tokens")
    count = usage.get("completion_tokens") if isinstance(usage, dict) else None
    return type(count) is int and type(limit) is int and 0 < count < limit - END_TOKEN


def roomy(asked: dict[str, Any]) -> bool:
    """Whether a limit that was meant to be short is not, since the model reasons."""
    return (asked.get("max_tokens") or asked.get("max_completion_tokens") or 0) > 100


END_TOKEN = 1  #: some tokenisers count the token that ends a reply
