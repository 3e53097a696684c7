"""Answers to the requests of single requirements satisfy the rest of the catalogue."""

from __future__ import annotations

from collections.abc import Callable

from conformance.contract.faults import drop, only, put, respond
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, TOOL_AUTO, attempts
from conformance.contract.requirement import Requirement
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.evidence.send import Send
from conformance.suite.support.overflow import overflow
from conformance.suite.support.parameters import ALL_OPTIONS, extremes
from conformance.suite.support.round_trip import after_call

from . import AREA
from .judged import hold


def _labelled(beginning: str) -> Callable[[Request], bool]:
    return lambda request: request.label.startswith(beginning)


@AREA.must(
    "satisfy every other MUST of this catalogue in what it answers to the requests of single requirements, too: a "
    "prompt beyond the context, a result sent back, OpenAI's parameters, the ends of ranges",
    on=(PLAIN, TOOL_AUTO),
    source="openai-openapi#createChatCompletion",
    contract=["errors-01", "sampling-01"],
    hint="The message names the requirement.",
    broken_by={
        "a result sent back": only(_labelled("tool-round-trip"), drop("usage.total_tokens")),
        "parameters": only(_labelled("options-of-openai"), put("choices.*.finish_reason", "eos")),
        "the ends of ranges": only(_labelled("parameters-"), drop("id")),
        "a prompt too long": only(_labelled("context-overflow"), respond(400, {"error": "the context is too long"})),
    },
)
def test_single_requests(send: Send, send_raw: Send, model: Model, counts: Callable[[Requirement], bool]) -> None:
    """Nothing is sent for this that is not sent for another requirement."""
    judged, reasons = 0, list[str]()
    asked: list[Callable[[], Exchange]] = [
        lambda: send(after_call(map(send, attempts(TOOL_AUTO)))),
        lambda: send(_unless(model.family == "gpt", ALL_OPTIONS)),
        lambda: send(_unless(model.reasons, extremes("least", model))),
        lambda: send(_unless(model.reasons, extremes("greatest", model))),
        lambda: _unless_large(overflow(send, send_raw, model)),
        lambda: _unless_large(_too_long_twice(send, send_raw, model)),
    ]
    for had in asked:
        try:
            exchange = had()
        except (Inconclusive, NotApplicable) as reason:
            reasons.append(str(reason))
            continue
        hold(exchange, model, counts)
        judged += 1
    if not judged:
        raise Inconclusive("; ".join(reasons))


def _unless(condition: bool, request: Request) -> Request:
    """The request, where it is sent for another requirement."""
    if condition or not request.asked:
        raise NotApplicable("it is not asked of this model")
    return request


def _too_long_twice(send: Send, send_raw: Send, model: Model) -> Exchange:
    """The plain prompt that is too long, where the stream of it was refused: else it may be charged for."""
    if overflow(send, send_raw, model).status < 400:
        raise NotApplicable("it was not refused in a stream")
    return overflow(send, send_raw, model, stream=False)


def _unless_large(exchange: Exchange) -> Exchange:
    """The exchange, where it is not about the size of the body, which a server in front may refuse in its own words."""
    if exchange.status == 413:
        raise NotApplicable("it is refused for the size of its body")
    return exchange
