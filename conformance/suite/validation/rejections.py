"""Requests that are invalid in one respect, and how they are rejected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.contract.faults import respond, status
from conformance.contract.requests import bad, features_of
from conformance.evidence.exchange import Exchange, Request, list_of
from conformance.evidence.observed import answered_with
from conformance.suite.support.parameters import LEAST
from conformance.suite.support.refusals import not_about_the_key

OK = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1_767_225_600, "model": "some-model",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "OK."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
}  # fmt: skip
ACCEPTED = respond(200, OK)
TAKEN = {"accepted": ACCEPTED, "a server error": status(500)}  #: how an invalid request is not to be answered
NOT_400 = TAKEN | {"404": status(404)}


def wrong(label: str, needs: str = "", **members: Any) -> Request:
    """The smallest request that these members make invalid, without a limit or a temperature that a model could reject
    instead; sent where the features it is about are claimed."""
    document = LEAST | members
    features = features_of(document) | ({needs} if needs else set())
    return replace(bad(label, document), features=features)


def answered(exchange: Exchange) -> bool:
    """Whether a completion with some content came, not streamed."""
    if exchange.streamed:
        return False
    choices = exchange.document.get("choices") if exchange.succeeded and isinstance(exchange.document, dict) else None
    messages = [choice.get("message") for choice in list_of(choices) if isinstance(choice, dict)]
    return any(isinstance(message, dict) and message.get("content") for message in messages)


def rejected(exchange: Exchange, *statuses: int) -> None:
    """Hold that a request is answered with one of these statuses, or with any client error where none is named. Raises
    Inconclusive where the key was rejected, not the request."""
    not_about_the_key(exchange)
    assert exchange.status in (statuses or range(400, 500)), answered_with(exchange)


def accepted(exchange: Exchange) -> None:
    """Hold that a request is answered with a success. Raises Inconclusive where the key was rejected."""
    assert not_about_the_key(exchange).succeeded, answered_with(exchange)


#: Streamed: an invalid request that is detected late tends to be reported in an event.
NULL_CONTENT = wrong("content-null-stream", messages=[{"role": "user", "content": None}], stream=True)
TOP_LOGPROBS_21 = wrong("top_logprobs-21-stream", logprobs=True, top_logprobs=21, stream=True)
