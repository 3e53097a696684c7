"""Generated valid requests: what they are answered satisfies the catalogue, and is no server error."""

from __future__ import annotations

from collections.abc import Callable

from conformance.contract.faults import drop, only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN
from conformance.contract.scopes import tells_of_failure
from conformance.evidence.exchange import Exchange, Request, Violation
from conformance.evidence.send import Send
from conformance.language import say
from conformance.suite.support.failing_streams import failing

from . import AREA
from .judged import Counts, hold, request_of, strategies


def _generated_with(member: str) -> Callable[[Request], bool]:
    return lambda request: request.label == "generated" and member in request.asked


def _each_valid(judged: Callable[[Exchange], None], send: Send, model: Model, examples: int) -> None:
    """Judge what generated valid requests are answered."""
    made = strategies()
    generated, first = made.valid_requests(model.claims), made.together(model.claims)
    made.search(generated, lambda request, send: judged(send(request)), send, examples, model.name, first)


@AREA.must(
    "satisfy every other MUST of this catalogue in what it answers to any valid request",
    on=(PLAIN,),
    source="openai-openapi#createChatCompletion",
    contract=["sampling-01"],
    hint="Fix the requirement named above; the request shown is the smallest that violates it.",
    broken_by={
        "a reply": only(_generated_with("seed"), drop("usage.total_tokens")),
        "a refusal": only(_generated_with("stop"), respond(400, {"message": "no"})),
    },
)
def test_valid_requests(send: Send, model: Model, examples: int, counts: Counts) -> None:
    """Model and endpoint may reject a combination; then the rejection is judged."""
    _each_valid(lambda exchange: hold(exchange, model, counts), send, model, examples)


def _no_failure(exchange: Exchange) -> None:
    """Hold that no attempt at a request failed, by its status or within a success: the first one, too, where it was
    sent again."""
    for each in reversed(exchange.all):
        if (each.status >= 500 and not each.transient) or tells_of_failure(each):
            end = " ".join(each.text.split())[-160:]
            raise Violation(
                say(
                    "HTTP {status}, whose content ends in {end!r}; asked: {request_of}",
                    each.status,
                    end,
                    request_of(each),
                ),
                each,
            )


@AREA.should(
    "answer valid requests without a server error",
    on=(PLAIN,),
    source="rfc9110#15.6",
    contract=["sampling-01"],
    hint="Reject with 400 what the upstream cannot do.",
    broken_by={
        "500": only(_generated_with("frequency_penalty"), status(500)),
        "an error in a stream": only(lambda each: each.label == "generated" and each.streams, failing),
        "an end that is an error": only(
            _generated_with("frequency_penalty"), put("choices.*.finish_reason", lambda reason: reason and "error")
        ),
    },
)
def test_no_server_error(send: Send, model: Model, examples: int) -> None:
    _each_valid(_no_failure, send, model, examples)
