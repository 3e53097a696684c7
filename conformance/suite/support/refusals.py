"""Whether a response says that what was requested is not offered."""

from __future__ import annotations

from typing import Any

from conformance.contract.profile import Model
from conformance.contract.scopes import tool_choice
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.language import say

#: Statuses that speak of the key, the account, the moment or the size, not of what was asked.
_OF_ANOTHER_THING = (401, 402, 403, 407, 408, 413, 429)


def refuses(exchange: Exchange) -> bool:
    """Whether a response says that what was requested is not offered; not that the key, the account or the moment is
    wrong."""
    return exchange.refused and exchange.status < 500 and exchange.status not in _OF_ANOTHER_THING


def may_not_be_forced(exchange: Exchange, model: Model) -> bool:
    """Whether a call was forced of a model that reasons, which may reject that, as Claude does; OpenAI's may not. The
    rejection may be all that shows that it reasons."""
    forced = tool_choice(exchange.request) in ("required", "named")
    return forced and ((model.reasons and not model.asked_as_openai) or "thinking" in exchange.text.lower())


def may_be_forced(exchange: Exchange, model: Model) -> None:
    """Raises NotApplicable where a forced call is rejected, and may be since the model reasons."""
    if refuses(exchange) and may_not_be_forced(exchange, model):
        raise NotApplicable(say("a model that reasons may reject that a call is forced"))


#: Words of an error about a prompt that is longer than the model's context.
TOO_LONG = ("context", "too long", "too large", "maximum", "exceed", "reduce the length", "token limit")


def is_too_long(exchange: Exchange) -> bool:
    """Whether a prompt was rejected for being longer than the model's context."""
    return exchange.status in (400, 413, 422) and any(each in exchange.text.lower() for each in TOO_LONG)


def rejected(exchange: Exchange) -> bool:
    """Whether a request was rejected that may be rejected with a 4xx. Raises AssertionError for a server error."""
    assert not exchange.refused or exchange.status < 500, say(
        "“{request}” was answered with {outcome}; expected a reply or a 4xx", exchange.request, exchange.outcome
    )
    return exchange.refused


def error_in(exchange: Exchange) -> dict[str, Any]:
    """The error object in a body; empty where there is none."""
    error = exchange.document.get("error") if isinstance(exchange.document, dict) else None
    return error if isinstance(error, dict) else {}


def not_about_the_key(exchange: Exchange) -> Exchange:
    """The exchange, if its status is not about the key or the account. Raises Inconclusive for 401, 402 and 403."""
    if exchange.status in (401, 402, 403):
        raise Inconclusive(
            say("{request}: HTTP {status} is about the key, not about the request", exchange.request, exchange.status)
        )
    return exchange
