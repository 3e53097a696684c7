"""Requests that are wrong in themselves, and what nulls stand for.

A wrong request has no more than it needs to be wrong: no limit and no temperature that a model could refuse instead.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from conformance.contract.faults import header, late, only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import (
    EMPTY_MESSAGES,
    MALFORMED,
    NO_MESSAGES,
    PLAIN,
    UNKNOWN_MODEL,
    UNKNOWN_MODEL_ERROR,
    WEATHER,
    WRONG_TYPE,
    again,
    bad,
    chat,
    features_of,
    once,
)
from conformance.contract.requirement import Area
from conformance.contract.scopes import failed
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request, list_of
from conformance.evidence.send import Send
from conformance.suite.support.overflow import overflow
from conformance.suite.support.parameters import LEAST, NULLS, USER
from conformance.suite.support.prompts import same_prompt

AREA = Area("validation")

OK = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1_767_225_600, "model": "some-model",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "OK."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
}  # fmt: skip
ACCEPTED = respond(200, OK)
TAKEN = {"accepted": ACCEPTED, "a server error": status(500)}  #: what a request that is to be refused is not answered
NOT_400 = TAKEN | {"404": status(404)}


def wrong(label: str, needs: str = "", **members: Any) -> Request:
    """The smallest request with these members, which make it wrong; sent where the features it is about are claimed."""
    document = LEAST | members
    features = features_of(document) | ({needs} if needs else set())
    return replace(bad(label, document), features=features)


def said(exchange: Exchange) -> str:
    return f"{exchange.request} was answered with HTTP {exchange.status}: {exchange.text[:120].strip()}"


def answered(exchange: Exchange) -> bool:
    """Whether a completion with some content came, plainly."""
    if exchange.streamed:
        return False
    choices = exchange.document.get("choices") if exchange.succeeded and isinstance(exchange.document, dict) else None
    messages = [choice.get("message") for choice in list_of(choices) if isinstance(choice, dict)]
    return any(isinstance(message, dict) and message.get("content") for message in messages)


def refused(exchange: Exchange, *statuses: int) -> None:
    """The request is answered with one of these statuses, or any client error where none is named. Raises
    Inconclusive where the key, not the request, was refused."""
    if exchange.status in (401, 402, 403):
        raise Inconclusive(f"{exchange.request}: HTTP {exchange.status} is about the key, not about the request")
    assert exchange.status in (statuses or range(400, 500)), said(exchange)


# --- what a body must have ----------------------------------------------------------------------------------

NO_MODEL = bad("no-model", {"messages": [USER]})
EMPTY_BODY = bad("body-empty", b"")
NULL_BODY = bad("body-null", b"null")
ARRAY_BODY = bad("body-array", b"[]")


@AREA.must(
    "refuse a body without model with a client error, unless it has a default model that answers",
    on=(NO_MODEL,),
    source="openai-openapi#CreateChatCompletionRequest.model",
    contract=["validation-01"],
    at="error",
    broken_by={"a server error": status(500), "an error in a success": status(200)},
)
def test_model_required(exchange: Exchange) -> None:
    if answered(exchange):
        raise NotApplicable("it has a default model, of which another requirement speaks")
    refused(exchange)


@AREA.should(
    "refuse a body without model rather than choose a model",
    on=(NO_MODEL,),
    source="openai-openapi#CreateChatCompletionRequest.model",
    contract=["validation-01"],
    at="model",
    hint="What the caller pays follows from the model: do not choose it for them.",
    broken_by=ACCEPTED,
)
def test_no_default_model(exchange: Exchange) -> None:
    refused(exchange)


@AREA.must(
    "refuse a body without messages with a client error",
    on=(NO_MESSAGES,),
    source="openai-openapi#CreateChatCompletionRequest.messages",
    contract=["validation-02"],
    broken_by=TAKEN,
)
def test_messages_required(exchange: Exchange) -> None:
    refused(exchange)


@AREA.must(
    "refuse an empty array of messages with a client error",
    on=(EMPTY_MESSAGES,),
    source="openai-openapi#CreateChatCompletionRequest.messages",
    contract=["validation-03"],
    hint='Go\'s binding:"required" lets an empty slice through: check its length.',
    broken_by=TAKEN,
)
def test_messages_not_empty(exchange: Exchange) -> None:
    refused(exchange)


@AREA.must(
    "refuse a body that is empty, or JSON but no object, with a client error",
    on=(EMPTY_BODY, NULL_BODY, ARRAY_BODY),
    source="openai-openapi#createChatCompletion",
    contract=["validation-05"],
    broken_by=TAKEN,
)
def test_body_is_object(exchange: Exchange) -> None:
    refused(exchange)


@AREA.should(
    "answer a body that lacks what it must have with status 400",
    on=(NO_MODEL, NO_MESSAGES, EMPTY_MESSAGES, EMPTY_BODY, NULL_BODY, ARRAY_BODY),
    source="rfc9110#15.5.1",
    contract=["validation-01", "validation-02", "validation-03", "validation-05"],
    at="status",
    hint="Validate the body before a model or a channel is looked up; 422 is as good.",
    broken_by={"404": status(404), "409": status(409)},
)
def test_lacking_is_400(exchange: Exchange) -> None:
    if not exchange.refused or exchange.status >= 500:
        raise NotApplicable("it was not refused with a client error, which is another requirement")
    refused(exchange, 400, 422)


# --- JSON ---------------------------------------------------------------------------------------------------

_MESSAGES = json.dumps(LEAST["messages"]).encode()
TRAILING_COMMA = once(bad("json-trailing-comma", b'{"model": "$MODEL$", "messages": ' + _MESSAGES + b",}"))
NOT_A_NUMBER = once(bad("json-nan", b'{"model": "$MODEL$", "temperature": NaN, "messages": ' + _MESSAGES + b"}"))
TWO_OBJECTS = once(bad("json-two-objects", json.dumps(LEAST).encode() * 2))


@AREA.must(
    "answer a body that is not JSON (cut short, a trailing comma, NaN) with status 400",
    on=(MALFORMED, TRAILING_COMMA, NOT_A_NUMBER),
    source="rfc9110#15.5.1",
    contract=["validation-04"],
    at="status",
    hint="Parse strictly; Python's json takes NaN unless parse_constant refuses it.",
    broken_by=TAKEN | {"422": status(422)},
)
def test_malformed_is_400(exchange: Exchange) -> None:
    refused(exchange, 400)


@AREA.should(
    "answer a body of two JSON objects, one after the other, with status 400",
    on=(TWO_OBJECTS,),
    source="rfc9110#15.5.1",
    contract=["validation-04"],
    at="status",
    hint="Go's Decoder reads the first value only: check that nothing follows it.",
    broken_by=TAKEN,
)
def test_one_json_text(exchange: Exchange) -> None:
    refused(exchange, 400)


# --- the model ----------------------------------------------------------------------------------------------


@AREA.must(
    "answer for a model that does not exist with a client error, not with another model or a server error",
    on=(UNKNOWN_MODEL_ERROR,),
    source="openai-errors#api-errors",
    contract=["validation-06"],
    at="status",
    hint="503 “no available channel” makes SDKs try again: a model that nobody serves is a 404.",
    broken_by=TAKEN | {"503": only(lambda each: each.asked.get("model") == UNKNOWN_MODEL, status(503))},
)
def test_unknown_model_refused(send: Send, send_raw: Send) -> None:
    exchange = send_raw(UNKNOWN_MODEL_ERROR)
    if exchange.transient and send(PLAIN).succeeded:
        exchange = send_raw(again(UNKNOWN_MODEL_ERROR))
    if exchange.failure or exchange.status in (401, 429):
        raise Inconclusive(f"{exchange} is not about the model")
    assert 400 <= exchange.status < 500, said(exchange)


@AREA.should(
    "answer for a model that does not exist with status 404 and the code model_not_found",
    on=(UNKNOWN_MODEL_ERROR,),
    source="openai-errors#api-errors",
    contract=["validation-07"],
    at="error.code",
    broken_by={"400": status(400), "another code": put("error.code", "channel_not_found"), "accepted": ACCEPTED},
)
def test_unknown_model_is_404(exchange: Exchange) -> None:
    assert exchange.status == 404, said(exchange)
    assert exchange.error.get("code") == "model_not_found", f"the error's code is {exchange.error.get('code')!r}"


@AREA.should(
    "name the model that does not exist in the error's message",
    on=(UNKNOWN_MODEL_ERROR,),
    source="openai-errors#api-errors",
    contract=["validation-07"],
    at="error.message",
    broken_by=put("error.message", "No such model."),
)
def test_unknown_model_named(exchange: Exchange, error: dict[str, Any]) -> None:
    message = error.get("message")
    assert UNKNOWN_MODEL in str(message), f"asked for {UNKNOWN_MODEL!r}, the error's message is {message!r}"


# --- types and roles ----------------------------------------------------------------------------------------

MODEL_NUMBER = wrong("model-a-number", model=123)
STREAM_TEXT = once(wrong("stream-a-string", stream="yes"))
#: Before a right message, so that a message which is silently left out shows.
UNKNOWN_ROLE = wrong("role-unknown", messages=[{"role": "wizard", "content": "Say HI."}, USER])
NO_ROLE = wrong("role-absent", messages=[{"content": "Say HI."}, USER])
NO_CONTENT = wrong("content-absent", messages=[{"role": "user"}])
#: Streamed: a mistake that is found late then tends to come in an event.
NULL_CONTENT = wrong("content-null-stream", messages=[{"role": "user", "content": None}], stream=True)
EMPTY_CONTENT = wrong("content-empty-array", messages=[{"role": "user", "content": []}])


@AREA.should(
    "answer a model that is no string, messages that are no array and stream that is no boolean with status 400",
    on=(MODEL_NUMBER, WRONG_TYPE, STREAM_TEXT),
    source="openai-openapi#CreateChatCompletionRequest",
    contract=["validation-08"],
    at="status",
    broken_by=TAKEN | {"404": status(404)},
)
def test_wrong_type_is_400(exchange: Exchange) -> None:
    refused(exchange, 400, 422)


@AREA.should(
    "refuse a message whose role is missing or none of the API's, also where others follow it",
    on=(UNKNOWN_ROLE, NO_ROLE),
    source="openai-openapi#ChatCompletionRequestMessage",
    contract=["validation-09"],
    hint="Do not leave the message out, and do not take an unknown role for assistant.",
    broken_by=TAKEN,
)
def test_role_refused(exchange: Exchange) -> None:
    refused(exchange)


@AREA.should(
    "refuse a user message whose content is absent, null or an empty array",
    on=(NO_CONTENT, NULL_CONTENT, EMPTY_CONTENT),
    source="openai-openapi#ChatCompletionRequestUserMessage.content",
    contract=["validation-10"],
    broken_by=TAKEN,
)
def test_content_required(exchange: Exchange) -> None:
    refused(exchange)


# --- ranges -------------------------------------------------------------------------------------------------

TEMPERATURE_HIGH = wrong("temperature-100", temperature=100)
TOP_P_HIGH = wrong("top_p-1.5", top_p=1.5)
PRESENCE_HIGH = wrong("presence_penalty-3", presence_penalty=3)
FREQUENCY_LOW = wrong("frequency_penalty--3", frequency_penalty=-3)
N_ZERO = once(wrong("n-0", n=0))
LIMIT_FRACTION = once(wrong("max_tokens-1.5", max_tokens=1.5))
NEWER_LIMIT_NEGATIVE = wrong("max_completion_tokens--5", max_completion_tokens=-5)
#: Streamed, as NULL_CONTENT is.
TOP_LOGPROBS_21 = wrong("top_logprobs-21-stream", logprobs=True, top_logprobs=21, stream=True)
TOP_LOGPROBS_ALONE = wrong("top_logprobs-alone", "chat.logprobs", top_logprobs=2)

SAMPLING = (TEMPERATURE_HIGH, TOP_P_HIGH, PRESENCE_HIGH, FREQUENCY_LOW)
LIMITS = (LIMIT_FRACTION, NEWER_LIMIT_NEGATIVE)


@AREA.should(
    "refuse a temperature, top_p or penalty outside its range with a client error, or clamp it and answer",
    on=SAMPLING,
    source="openai-openapi#ModelResponseProperties",
    contract=["validation-11", "validation-12"],
    broken_by={"a server error": status(500), "an error in a success": status(200), "no content": respond(200, {})},
)
def test_sampling_range(exchange: Exchange) -> None:
    if not answered(exchange):
        refused(exchange)


@AREA.may(
    "refuse a temperature, top_p or penalty outside its range rather than clamp or ignore it",
    on=SAMPLING,
    source="openai-openapi#ModelResponseProperties",
    contract=["validation-11", "validation-12"],
    broken_by=ACCEPTED,
)
def test_sampling_range_refused(exchange: Exchange) -> None:
    refused(exchange)


@AREA.should(
    "name the parameter that is wrong in error.param",
    on=(*SAMPLING, N_ZERO, *LIMITS, TOP_LOGPROBS_21, TOP_LOGPROBS_ALONE),
    source="openai-openapi#Error.param",
    contract=["validation-11", "validation-12"],
    at="error.param",
    hint="Validate parameters before the upstream does, whose own names the caller does not know.",
    broken_by={"null": put("error.param", None), "another": put("error.param", "input[0].generationConfig.x")},
)
def test_param_named(exchange: Exchange, asked: dict[str, Any]) -> None:
    if exchange.status not in (400, 422):
        raise NotApplicable("it was not refused with a 400")
    param, message = exchange.error.get("param"), exchange.error.get("message")
    names = [name for name in asked if name not in LEAST]
    named = isinstance(param, str) and any(param.removeprefix("body.").startswith(name) for name in names)
    assert named, f"{' and '.join(names)} is wrong, error.param is {param!r} and the message {str(message)[:120]!r}"


@AREA.should(
    "refuse n below 1",
    on=(N_ZERO,),
    source="openai-openapi#CreateChatCompletionRequest.n",
    contract=["validation-13"],
    hint="Go's omitempty takes n: 0 for absent: use a pointer.",
    broken_by=TAKEN,
)
def test_n_below_one(exchange: Exchange) -> None:
    refused(exchange)


@AREA.should(
    "refuse a limit of tokens that is negative or a fraction",
    on=LIMITS,
    source="openai-openapi#CreateChatCompletionRequest.max_completion_tokens",
    contract=["validation-14"],
    broken_by=TAKEN,
)
def test_limit_refused(exchange: Exchange) -> None:
    refused(exchange)


@AREA.should(
    "refuse top_logprobs above 20, and top_logprobs without logprobs",
    on=(TOP_LOGPROBS_21, TOP_LOGPROBS_ALONE),
    source="openai-openapi#CreateChatCompletionRequest.top_logprobs",
    contract=["validation-15"],
    broken_by=TAKEN,
)
def test_top_logprobs_refused(exchange: Exchange) -> None:
    refused(exchange)


@AREA.must(
    "answer a streamed request that it finds to be wrong with an error status, not with an error in a stream",
    on=(NULL_CONTENT, TOP_LOGPROBS_21),
    source="openai-openapi#createChatCompletion",
    contract=["streaming-17"],
    at="status",
    hint="Send the status only with the first token: until then a failure can still be signalled by it.",
    broken_by={"an error event": late, "an event stream": header("content-type", "text/event-stream")},
)
def test_streamed_mistake_has_status(exchange: Exchange) -> None:
    if exchange.succeeded and not (exchange.streamed and failed(exchange)):
        raise NotApplicable("it was accepted, which is another requirement")
    refused(exchange)
    assert exchange.media_type != "text/event-stream", f"the HTTP {exchange.status} is an event stream"


# --- what belongs together ----------------------------------------------------------------------------------

OPTIONS_ALONE = once(wrong("stream_options-alone", stream_options={"include_usage": True}))


@AREA.may(
    "refuse stream_options without stream with status 400, or ignore them",
    on=(OPTIONS_ALONE,),
    source="openai-openapi#ChatCompletionStreamOptions",
    contract=["validation-16"],
    broken_by={"a stream": respond(200, {"object": "chat.completion.chunk"}), "a server error": status(500)},
)
def test_options_without_stream(exchange: Exchange) -> None:
    if not answered(exchange):
        refused(exchange, 400, 422)


def tool(**function: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"parameters": {"type": "object", "properties": {}}} | function}


TOOL_UNNAMED = wrong("tool-unnamed", tools=[tool()])
TOOL_SPACED = wrong("tool-name-with-space", tools=[tool(name="bad name!")])
TOOL_LONG = wrong("tool-name-of-65", tools=[tool(name="a" * 65)])
TOOL_UNDECLARED = wrong(
    "tool-choice-undeclared", tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "nope"}}
)
TOOLS_LACKING = wrong("tool-choice-without-tools", "chat.tools", tool_choice="required")
_CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
TOOL_UNASKED = wrong(
    "tool-result-unasked", "chat.tools", messages=[USER, {"role": "tool", "tool_call_id": "call_x", "content": "21"}]
)
TOOL_UNANSWERED = wrong(
    "tool-call-unanswered",
    tools=[WEATHER],
    messages=[USER, {"role": "assistant", "content": None, "tool_calls": [_CALL]}, USER],
)
FORMAT_UNKNOWN = wrong("format-yaml", "chat.response_format.json_schema", response_format={"type": "yaml"})
FORMAT_UNNAMED = wrong(
    "format-unnamed", response_format={"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}
)


@AREA.should(
    "refuse a tool without a name, and a name that has spaces or more than 64 characters",
    on=(TOOL_UNNAMED, TOOL_SPACED, TOOL_LONG),
    source="openai-openapi#FunctionObject.name",
    contract=["validation-17"],
    broken_by=NOT_400,
)
def test_tool_name_refused(exchange: Exchange) -> None:
    refused(exchange, 400, 422)


@AREA.should(
    "refuse a tool_choice of a function that is not among the tools, or of a tool where there are none",
    on=(TOOL_UNDECLARED, TOOLS_LACKING),
    source="openai-openapi#ChatCompletionToolChoiceOption",
    contract=["validation-18"],
    broken_by=NOT_400,
)
def test_tool_choice_refused(exchange: Exchange) -> None:
    refused(exchange, 400, 422)


@AREA.should(
    "refuse a response_format of an unknown type, and a json_schema without a name",
    on=(FORMAT_UNKNOWN, FORMAT_UNNAMED),
    source="openai-openapi#CreateChatCompletionRequest.response_format",
    contract=["validation-19"],
    broken_by=NOT_400,
)
def test_format_refused(exchange: Exchange) -> None:
    refused(exchange, 400, 422)


@AREA.should(
    "refuse a tool's message that answers no call",
    on=(TOOL_UNASKED,),
    source="openai-openapi#ChatCompletionRequestToolMessage.tool_call_id",
    contract=["validation-20"],
    broken_by=NOT_400,
)
def test_unasked_result_refused(exchange: Exchange) -> None:
    refused(exchange, 400, 422)


@AREA.should(
    "refuse a history in which a tool call is not answered",
    on=(TOOL_UNANSWERED,),
    source="openai-functions#handling-function-calls",
    contract=["validation-21"],
    broken_by=NOT_400,
)
def test_unanswered_call_refused(exchange: Exchange) -> None:
    refused(exchange, 400, 422)


# --- nulls --------------------------------------------------------------------------------------------------


@AREA.should(
    "take null for every optional parameter that may be null",
    on=(NULLS,),
    source="openai-openapi#CreateChatCompletionRequest",
    contract=["validation-22"],
    at="error",
    hint="Take null members out of the body before it is validated.",
    broken_by={"400": status(400), "500": status(500)},
)
def test_nulls_accepted(exchange: Exchange) -> None:
    if exchange.status in (401, 402, 403):
        raise Inconclusive(f"HTTP {exchange.status} is about the key, not about the request")
    assert exchange.succeeded, said(exchange)


@AREA.should(
    "count the same prompt_tokens with optional parameters that are null as without them",
    on=(NULLS, PLAIN),
    source="openai-openapi#CreateChatCompletionRequest",
    contract=["validation-22"],
    at="usage.prompt_tokens",
    broken_by=only(lambda each: "verbosity" in each.asked, put("usage.prompt_tokens", 99)),
)
def test_nulls_cost_nothing(send: Send) -> None:
    same_prompt(send(PLAIN), send(NULLS))


NO_BIAS = chat(label="logit-bias-empty", logit_bias={})


@AREA.should(
    "take an empty object for an optional parameter as if it were absent",
    on=(NO_BIAS,),
    source="openai-openapi#CreateChatCompletionRequest.logit_bias",
    contract=["validation-22", "unknown-03"],
    at="error",
    hint="Look at what an object holds before refusing it as not supported.",
    broken_by={"400": status(400), "500": status(500)},
)
def test_empty_object_taken(exchange: Exchange, model: Model) -> None:
    if model.reasons:
        raise NotApplicable("a model that reasons takes no logit_bias")
    if exchange.status in (401, 402, 403):
        raise Inconclusive(f"HTTP {exchange.status} is about the key, not about the request")
    assert exchange.succeeded, said(exchange)


#: More than any model can write; none writes it, since the answer is short.
LIMIT_HUGE = chat(label="max_tokens-10000000", max_tokens=10_000_000)


@AREA.should(
    "answer a limit that is larger than the model's own, or refuse it with a 400 whose error names the limit",
    on=(LIMIT_HUGE,),
    source="openai-openapi#Error.param",
    contract=["validation-14", "errors-01"],
    at="error.param",
    hint="Bring the limit down to what the upstream takes, or say so in words of the API: max_tokens is too large.",
    broken_by={
        "the upstream's words": respond(400, {"error": "<400> InternalError.Algo.InvalidParameter: [1, 8192]"}),
        "another parameter": respond(400, {"error": {"message": "Invalid request.", "param": "input.length"}}),
        "a failure": status(500),
        "an error in a success": respond(200, {"error": {"message": "max_tokens is too large"}}),
    },
)
def test_huge_limit(exchange: Exchange) -> None:
    if exchange.status in (401, 402, 403):
        raise Inconclusive(f"HTTP {exchange.status} is about the key or the account, not about the request")
    if not exchange.refused:
        assert exchange.reply.get("choices"), said(exchange)
        return
    refused(exchange, 400, 422)
    error = exchange.document.get("error") if isinstance(exchange.document, dict) else None
    told = f"{error.get('param')} {error.get('message')}".lower() if isinstance(error, dict) else ""
    named = any(name in told for name in ("max_tokens", "max_completion_tokens", "maximum", "token"))
    assert named, f"{said(exchange)}, which is no error object that names the limit"


# --- the context --------------------------------------------------------------------------------------------

_TOO_LONG = ("context", "too long", "too large", "maximum", "exceed", "reduce the length", "token limit")


@AREA.should(
    "refuse a prompt beyond the model's context with status 400 and an error that says so",
    on=(PLAIN,),
    source="openai-errors#api-errors",
    contract=["validation-23"],
    at="error.message",
    hint="Pass the upstream's refusal on as context_length_exceeded, and cut nothing silently.",
    broken_by={
        "accepted": only(lambda each: each.streams, ACCEPTED),
        "404": only(lambda each: each.streams, status(404)),
        "a gateway's failure": only(lambda each: each.streams, status(502)),
        "a failure where it is plain": only(lambda each: not each.streams and each.expect == "error", status(500)),
        "an error in a success": only(lambda each: each.streams, respond(200, {"error": {"message": "too long"}})),
        "a message that hides it": only(
            lambda each: each.streams,
            put("error.message", "All target providers failed."), put("error.code", "upstream_error"),
        ),
    },
)  # fmt: skip
def test_context_overflow(send: Send, send_raw: Send, model: Model) -> None:
    """It is sent plain, too, where the stream was refused, so that neither costs anything."""
    for stream in (True, False):
        exchange = overflow(send, send_raw, model, stream=stream)
        assert exchange.status in (400, 413), said(exchange)
        told = f"{exchange.error.get('code')} {exchange.error.get('message')}".lower()
        assert any(each in told for each in _TOO_LONG), f"the error does not speak of the context: {told[:160]}"


@AREA.may(
    "call the error of a prompt beyond the context context_length_exceeded",
    on=(PLAIN,),
    source="openai-errors#api-errors",
    contract=["validation-23"],
    at="error.code",
    broken_by=put("error.code", 400),
)
def test_context_overflow_code(send: Send, send_raw: Send, model: Model) -> None:
    exchange = overflow(send, send_raw, model)
    if exchange.status not in (400, 413):
        raise NotApplicable("it was not refused as too long, which is another requirement")
    code = exchange.error.get("code")
    assert code == "context_length_exceeded", f"the error's code is {code!r}"
