"""A prompt beyond the context of any model, and its rejection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.contract.given import OnDemand, as_received
from conformance.contract.requests import chat, costly, intrusive, streamed
from conformance.contract.scopes import failed
from conformance.evidence.exchange import SALT, Exchange, Inconclusive
from conformance.evidence.observed import count_or_none, json_object

OVERFLOW_WORDS = 280_000  #: a token each, more than a window of 200,000 tokens holds
#: Sent with --intrusive only, since an endpoint that accepts it may charge for it.
OVERFLOW = replace(costly(intrusive(chat(f"{SALT} {'a ' * OVERFLOW_WORDS}", label="context-overflow"))), expect="error")
OVERFLOW_TRIES, OVERFLOW_STREAM_TRIES = (
    OnDemand(as_received(request), usual=1) for request in (OVERFLOW, streamed(OVERFLOW))
)


def overflow(tries: Sequence[Exchange], plain: Sequence[Exchange]) -> Exchange:
    """The response to a prompt beyond the context, `plain` being the response to a short one. A transient status is
    about the prompt where it recurs while other requests are answered. Raises Inconclusive where the response is not
    about the prompt, or the whole prompt was read."""
    exchange = tries[0]
    if exchange.transient and exchange.status != 429 and plain[0].succeeded:
        exchange = tries[1]
    if exchange.failure or exchange.status in (401, 402, 403, 429):
        raise Inconclusive(f"{exchange} is not about the prompt")
    if _is_read(exchange) and _prompt_of(exchange) > OVERFLOW_WORDS // 2:
        raise Inconclusive(f"a prompt of {OVERFLOW_WORDS} tokens fits the model's context")
    return exchange


def _is_read(exchange: Exchange) -> bool:
    """Whether a completion came: neither an error, by its status or in a success, nor nothing at all."""
    if not exchange.succeeded or (exchange.streamed and (failed(exchange) or not exchange.chunks)):
        return False
    document = exchange.reply if exchange.streamed else json_object(exchange.content)
    return document is not None and bool(document.get("choices"))


def _prompt_of(exchange: Exchange) -> int:
    count = count_or_none(exchange.reply.get("usage"), "prompt_tokens")
    return OVERFLOW_WORDS if count is None else count
