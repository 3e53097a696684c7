"""Whether the token limit of a request ended its reply."""

from __future__ import annotations

from typing import Any

from conformance.evidence.exchange import Exchange
from conformance.evidence.observed import count_or_none

END_TOKEN = 1  #: some tokenizers count the token that ends a reply


def ended_early(exchange: Exchange) -> bool:
    """Whether a reply is well shorter than its limit, so that it was not cut off. False where it was not counted."""
    asked = exchange.request.asked
    limit = asked.get("max_tokens") or asked.get("max_completion_tokens")
    count = count_or_none(exchange.reply.get("usage"), "completion_tokens")
    return count is not None and type(limit) is int and 0 < count < limit - END_TOKEN


def roomy(asked: dict[str, Any]) -> bool:
    """Whether a limit that was meant to be short is not, since the model reasons."""
    return (asked.get("max_tokens") or asked.get("max_completion_tokens") or 0) > 100
