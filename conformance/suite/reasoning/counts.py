"""How reasoning shows in a reply: as text and as a count of tokens."""

from __future__ import annotations

from typing import Any

from conformance.evidence.exchange import Exchange
from conformance.language import say

COUNT = "usage.completion_tokens_details.reasoning_tokens"
UNCOUNTED = say("the reply has the text of the reasoning, and reasoning_tokens is 0")


def token_counts(exchange: Exchange) -> tuple[Any, Any]:
    """reasoning_tokens, None where absent, and completion_tokens."""
    details = exchange.usage.get("completion_tokens_details")
    reasoning = details.get("reasoning_tokens") if isinstance(details, dict) else None
    return reasoning, exchange.usage.get("completion_tokens")


def shows_reasoning(exchange: Exchange) -> bool:
    """Whether a message of the reply has the text of the reasoning."""
    return any(each.get("reasoning_content") or each.get("reasoning") for each in exchange.messages)
