"""A prompt beyond the context of any model, and its rejection."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.contract.given import OnDemand, as_received, on_demand
from conformance.contract.marks import INTRUSIVE, LEFT_OUT
from conformance.contract.profile import Model
from conformance.contract.requests import chat, costly, streamed
from conformance.contract.scopes import failed
from conformance.evidence.exchange import SALT, Exchange, Inconclusive, NotApplicable, list_of
from conformance.evidence.observed import count_or_none, json_object
from conformance.language import say

OVERFLOW_WORDS = 280_000  #: a token each, more than a window of 200,000 tokens holds
_WHOLE = 0.75  #: the share of them beyond which a prompt was not cut to fit such a window
OVERFLOW = replace(costly(chat(f"{SALT} {'a ' * OVERFLOW_WORDS}", label="context-overflow")), expect="error")
OVERFLOW_TRIES = on_demand(*as_received(OVERFLOW))
OVERFLOW_STREAM_TRIES = OnDemand(as_received(streamed(OVERFLOW)), usual=1)
#: Models whose context is known to be smaller: what is rejected costs nothing.
_SMALLER = re.compile(
    r"^reference-|gpt-3\.5|gpt-4(?![.\d])|gpt-5(?![.\d])|gpt-5\.[0-3](?!\d)|(?:^|/)o[134](?:-|$)"
    r"|claude-(?:2|3|instant|haiku-4|opus-4(?:[-.][0-5](?!\d)|-\d{8}|$))"
)


def _may_be_charged(model: Model) -> None:
    """Raises NotApplicable where the prompt could fit the model's context and be charged for, unless --intrusive says
    that it may."""
    if not model.claims(INTRUSIVE) and not _SMALLER.search(model.name.lower()):
        raise NotApplicable(say("the context of {model} is not known: {member}", model.name, LEFT_OUT[INTRUSIVE]))


def overflow(model: Model, tries: Sequence[Exchange], plain: Sequence[Exchange]) -> Exchange:
    """The response to a prompt beyond the context, `plain` being the response to a short one. A transient status is
    about the prompt where it recurs while other requests are answered. Raises NotApplicable where it may not be sent,
    and Inconclusive where the response is not about the prompt, or the whole prompt may have been read."""
    _may_be_charged(model)
    exchange = tries[0]
    if exchange.transient and exchange.status != 429 and plain[0].succeeded:
        exchange = tries[1]
    if exchange.failure or _is_of_another_thing(exchange, plain):
        raise Inconclusive(say("{exchange} is not about the prompt", exchange))
    if _is_read(exchange) and _prompt_of(exchange) > OVERFLOW_WORDS * _WHOLE:
        raise Inconclusive(say("a prompt of {member} tokens fits the model's context", OVERFLOW_WORDS))
    return exchange


def blames_the_prompt(exchange: Exchange) -> bool:
    """Whether a response says by its status that the request is wrong, and not the key or the rate."""
    return 400 <= exchange.status < 500 and exchange.status not in (401, 429)


def _is_of_another_thing(exchange: Exchange, plain: Sequence[Exchange]) -> bool:
    """Whether a rejection may be about the account or the rate: quotas count tokens, too. The key, with which a short
    prompt is answered, is not wrong."""
    if exchange.status not in (401, 402, 403, 429):
        return False
    if exchange.status == 429:
        spoken_of = _CONTEXT.search(exchange.text) and not _RATE.search(exchange.text)
        return not (spoken_of and plain[0].succeeded)
    return exchange.status != 401 or not plain[0].succeeded


_CONTEXT = re.compile(r"context.{0,3}(?:length|window|size)|prompt is too long", re.IGNORECASE)
_RATE = re.compile(r"per (?:minute|day|hour|second)|\b[tr]p[md]\b|rate.?limit|quota", re.IGNORECASE)


def _is_read(exchange: Exchange) -> bool:
    """Whether a completion came: neither an error, by its status or in a success, nor nothing at all."""
    if not exchange.succeeded or (exchange.streamed and (failed(exchange) or not exchange.chunks)):
        return False
    document = exchange.reply if exchange.streamed else json_object(exchange.content)
    return document is not None and bool(document.get("choices")) and not _is_empty(document)


def _is_empty(document: dict[str, Any]) -> bool:
    """Whether a completion says nothing, and counts no output."""
    messages = [each.get("message") for each in list_of(document.get("choices")) if isinstance(each, dict)]
    said = any(value for each in messages if isinstance(each, dict) for name, value in each.items() if name != "role")
    return not said and not count_or_none(document.get("usage"), "completion_tokens")


def _prompt_of(exchange: Exchange) -> int:
    count = count_or_none(exchange.reply.get("usage"), "prompt_tokens")
    return OVERFLOW_WORDS if count is None else count
