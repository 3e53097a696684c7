"""A model that does not exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.contract.faults import only, put, status
from conformance.contract.given import OnDemand, as_received, on_demand
from conformance.contract.requests import PLAIN, UNKNOWN_MODEL, UNKNOWN_MODEL_ERROR
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.evidence.observed import answered_with
from conformance.language import say

from . import AREA
from .rejections import ACCEPTED, TAKEN


@AREA.must(
    "answer for a model that does not exist with a client error, not with another model or a server error",
    on={"tries": OnDemand(as_received(UNKNOWN_MODEL_ERROR), declared=1), "plain": on_demand(PLAIN)},
    impact=Impact.DATA,
    source="openai-errors#api-errors",
    contract=["validation-06"],
    at="status",
    hint="503 “no available channel” makes SDKs retry: a model that nobody serves is a 404.",
    broken_by=TAKEN | {"503": only(lambda each: each.asked.get("model") == UNKNOWN_MODEL, status(503))},
)
def test_unknown_model_refused(tries: Sequence[Exchange], plain: Sequence[Exchange]) -> None:
    """A transient status is about the model where it recurs while another model is answered."""
    exchange = tries[0]
    if exchange.transient and plain[0].succeeded:
        exchange = tries[1]
    if exchange.failure or exchange.status in (401, 429):
        raise Inconclusive(say("{exchange} is not about the model", exchange))
    assert 400 <= exchange.status < 500, answered_with(exchange)


@AREA.should(
    "answer for a model that does not exist with status 404 and the code model_not_found",
    on=(UNKNOWN_MODEL_ERROR,),
    source="openai-errors#api-errors",
    contract=["validation-07"],
    at="error.code",
    broken_by={"400": status(400), "another code": put("error.code", "channel_not_found"), "accepted": ACCEPTED},
    after=["validation.unknown_model_refused"],
)
def test_unknown_model_is_404(exchange: Exchange) -> None:
    assert exchange.status == 404, answered_with(exchange)
    assert exchange.error.get("code") == "model_not_found", say(
        "the error's code is {code!r}", exchange.error.get("code")
    )


@AREA.should(
    "name the model that does not exist in the error's message",
    on=(UNKNOWN_MODEL_ERROR,),
    source="openai-errors#api-errors",
    contract=["validation-07"],
    at="error.message",
    broken_by=put("error.message", "No such model."),
    after=["validation.unknown_model_refused", "validation.unknown_model_is_404"],
)
def test_unknown_model_named(exchange: Exchange, error: dict[str, Any]) -> None:
    message = error.get("message")
    assert UNKNOWN_MODEL in str(message), say(
        "the requested model is {member!r}, the error's message {message!r}", UNKNOWN_MODEL, message
    )
