"""Parameters outside their ranges."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import header, late, put, respond, status
from conformance.contract.requests import once
from conformance.contract.requirement import Impact
from conformance.contract.scopes import tells_of_failure
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.observed import answered_with
from conformance.language import joined, say
from conformance.suite.support.parameters import LEAST
from conformance.suite.support.refusals import not_about_the_key

from . import AREA
from .rejections import ACCEPTED, NULL_CONTENT, OK, TAKEN, TOP_LOGPROBS_21, answered, rejected, wrong

TEMPERATURE_HIGH = wrong("temperature-100", temperature=100)
TOP_P_HIGH = wrong("top_p-1.5", top_p=1.5)
PRESENCE_HIGH = wrong("presence_penalty-3", presence_penalty=3)
FREQUENCY_LOW = wrong("frequency_penalty--3", frequency_penalty=-3)
N_ZERO = once(wrong("n-0", n=0))
LIMIT_FRACTION = once(wrong("max_tokens-1.5", max_tokens=1.5))
NEWER_LIMIT_NEGATIVE = wrong("max_completion_tokens--5", max_completion_tokens=-5)
TOP_LOGPROBS_ALONE = wrong("top_logprobs-alone", "chat.logprobs", top_logprobs=2)

SAMPLING = (TEMPERATURE_HIGH, TOP_P_HIGH, PRESENCE_HIGH, FREQUENCY_LOW)
LIMITS = (LIMIT_FRACTION, NEWER_LIMIT_NEGATIVE)


@AREA.should(
    "reject a temperature, top_p or penalty outside its range with a client error, or clamp it and answer",
    on=SAMPLING,
    source="openai-openapi#ModelResponseProperties",
    contract=["validation-11", "validation-12"],
    broken_by={"a server error": status(500), "an error in a success": status(200), "no content": respond(200, {})},
)
def test_sampling_range(exchange: Exchange) -> None:
    if not answered(exchange):
        rejected(exchange)


@AREA.may(
    "reject a temperature, top_p or penalty outside its range rather than clamp or ignore it",
    on=SAMPLING,
    source="openai-openapi#ModelResponseProperties",
    contract=["validation-11", "validation-12"],
    broken_by=ACCEPTED,
)
def test_sampling_range_refused(exchange: Exchange) -> None:
    rejected(exchange)


@AREA.should(
    "name the invalid parameter in error.param",
    on=(*SAMPLING, N_ZERO, *LIMITS, TOP_LOGPROBS_21, TOP_LOGPROBS_ALONE),
    source="openai-openapi#Error.param",
    contract=["validation-11", "validation-12"],
    at="error.param",
    hint="Validate parameters before the upstream does, whose own names the caller does not know.",
    broken_by={"null": put("error.param", None), "another": put("error.param", "input[0].generationConfig.x")},
)
def test_param_named(exchange: Exchange, asked: dict[str, Any]) -> None:
    if exchange.status not in (400, 422):
        raise NotApplicable(say("it was not rejected with a 400"))
    param, message = exchange.error.get("param"), str(exchange.error.get("message"))[:120]
    names = [name for name in asked if name not in LEAST]
    named = isinstance(param, str) and any(param.removeprefix("body.").startswith(name) for name in names)
    assert named, say(
        "error.param is {param!r} with the message {message!r}; expected {names}", param, message, joined(" or ", names)
    )


@AREA.should(
    "reject n below 1",
    on=(N_ZERO,),
    source="openai-openapi#CreateChatCompletionRequest.n",
    contract=["validation-13"],
    hint="Go's omitempty treats n: 0 as absent: use a pointer.",
    broken_by=TAKEN,
)
def test_n_below_one(exchange: Exchange) -> None:
    rejected(exchange)


@AREA.should(
    "reject a limit of tokens that is negative or a fraction",
    on=LIMITS,
    source="openai-openapi#CreateChatCompletionRequest.max_completion_tokens",
    contract=["validation-14"],
    broken_by=TAKEN,
)
def test_limit_refused(exchange: Exchange) -> None:
    rejected(exchange)


@AREA.should(
    "reject top_logprobs above 20, and top_logprobs without logprobs",
    on=(TOP_LOGPROBS_21, TOP_LOGPROBS_ALONE),
    source="openai-openapi#CreateChatCompletionRequest.top_logprobs",
    contract=["validation-15"],
    broken_by=TAKEN,
)
def test_top_logprobs_refused(exchange: Exchange) -> None:
    rejected(exchange)


@AREA.must(
    "answer a streamed request that it finds invalid with an error status, not with an error in a stream",
    on=(NULL_CONTENT, TOP_LOGPROBS_21),
    impact=Impact.CLIENTS,
    source="openai-openapi#createChatCompletion",
    contract=["streaming-17"],
    at="status",
    hint="Send the status once the first token has arrived; until then it can still report a failure.",
    broken_by={
        "an error event": late,
        "an end that is an error": respond(200, OK | {"choices": [{"index": 0, "finish_reason": "error"}]}),
        "an event stream": header("content-type", "text/event-stream"),
    },
)
def test_streamed_mistake_has_status(exchange: Exchange) -> None:
    if exchange.succeeded and not tells_of_failure(exchange):
        raise NotApplicable(say("it was accepted (covered by other requirements)"))
    assert not_about_the_key(exchange).refused, answered_with(exchange)
    assert exchange.media_type != "text/event-stream", say("the HTTP {status} is an event stream", exchange.status)
