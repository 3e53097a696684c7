"""A prompt beyond the context of any model, and its refusal."""

from __future__ import annotations

from dataclasses import replace

from conformance.contract.profile import Model
from conformance.contract.requests import (
    COSTLY,
    INTRUSIVE,
    PLAIN,
    again,
    chat,
    intrusive,
    streamed,
)
from conformance.contract.scopes import failed
from conformance.evidence.exchange import SALT, Exchange, Inconclusive, NotApplicable
from conformance.evidence.send import Send


def overflow(send: Send, send_raw: Send, model: Model, *, stream: bool = True) -> Exchange:
    """The refusal of a prompt beyond the context. Raises NotApplicable without `--intrusive`, since an endpoint that
    takes it may charge for it, and Inconclusive where it was read whole. What may pass is asked once more: that it
    comes again while other requests are answered shows that it is about the prompt."""
    if not model.claims(INTRUSIVE) or not model.claims(COSTLY):
        raise NotApplicable("it costs much where it is accepted, and is sent with --intrusive only")
    plain = intrusive(replace(chat(f"{SALT} {'a ' * OVERFLOW_WORDS}", label="context-overflow"), expect="error"))
    request = streamed(plain) if stream else plain
    exchange = send_raw(request)
    if exchange.transient and exchange.status != 429 and send(PLAIN).succeeded:
        exchange = send_raw(again(request))
    if exchange.failure or exchange.status in (401, 402, 403, 429):
        raise Inconclusive(f"{exchange} is not about the prompt")
    if _is_read(exchange) and _prompt_of(exchange) > OVERFLOW_WORDS // 2:
        raise Inconclusive(f"a prompt of {OVERFLOW_WORDS} tokens fits the model's context")
    return exchange


def _is_read(exchange: Exchange) -> bool:
    """Whether an answer came, rather than an error, in a success or by its status."""
    failing = exchange.streamed and failed(exchange)
    return exchange.succeeded and not failing and bool(exchange.reply.get("choices"))


def _prompt_of(exchange: Exchange) -> int:
    usage = exchange.reply.get("usage")
    found = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return found if isinstance(found, int) else OVERFLOW_WORDS


OVERFLOW_WORDS = 280_000  #: a token each, more than a window of 200,000 tokens holds
