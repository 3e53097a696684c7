"""Whether a model thinks before it answers, learnt from its first answers, so that it is left room for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.contract.for_model import for_model
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN
from conformance.evidence.exchange import Exchange, Inconclusive, list_of
from conformance.evidence.send import Send

from .preflight import answers


def learnt(send: Send, model: Model, salt: str) -> tuple[Model, Exchange]:
    """The model with how it is to be asked, and its answer to a plain request that is so asked. That it thinks is
    believed where it then says something. The same answers lead to the same, so that a run that is judged again, or
    gone on with, asks as it did. Raises Inconclusive where it cannot be sent."""
    exchange = send(for_model(PLAIN, model, salt))
    for thinker in _likely(model, exchange):
        another = send(for_model(PLAIN, thinker, salt))
        if answers(another) and any(_message(choice).get("content") for choice in _choices(another)):
            return thinker, another
    return model, exchange


def _likely(model: Model, exchange: Exchange) -> Iterator[Model]:
    if exchange.status in (400, 422) and not model.reasons and model.family == "claude" and _names_limits(exchange):
        yield replace(model, thinking="room")
    elif exchange.status in (400, 422) and not model.asked_as_openai and _names_limits(exchange):
        yield replace(model, thinking="openai")
    elif answers(exchange) and not model.reasons and _thinks(exchange):
        yield replace(model, thinking="room")


def _names_limits(exchange: Exchange) -> bool:
    """Whether an error is about max_tokens or temperature, which models that reason refuse as others take them."""
    try:
        told = f"{exchange.error.get('param')} {exchange.error.get('message')}"
    except Inconclusive:
        return False
    named = "max_tokens" in told or "temperature" in told
    return named and any(word in told for word in ("support", "max_completion_tokens", "deprecated", "thinking"))


def _thinks(exchange: Exchange) -> bool:
    """Whether a reply to a plain request of 16 tokens has thoughts, or nothing but thoughts fit into it."""
    usage = exchange.reply.get("usage")
    counts = usage.get("completion_tokens_details") if isinstance(usage, dict) else None
    if isinstance(counts, dict) and counts.get("reasoning_tokens"):
        return True
    for choice in _choices(exchange):
        said = _message(choice)
        text = str(said.get("content") or "")
        cut = choice.get("finish_reason") == "length" and (not text.strip() or text.lstrip().startswith("<think>"))
        if cut or said.get("reasoning_content") or said.get("reasoning"):
            return True
    return False


def _choices(exchange: Exchange) -> list[dict[str, Any]]:
    return [each for each in list_of(exchange.reply.get("choices")) if isinstance(each, dict)]


def _message(choice: dict[str, Any]) -> dict[str, Any]:
    message = choice.get("message")
    return message if isinstance(message, dict) else {}
