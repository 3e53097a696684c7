"""Errors: another envelope, another status, or none at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from conformance.contract.faults import chain, respond
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send

from .kit import (
    JSONObject,
    Wrap,
    answering,
    each_error,
    error,
    if_answer,
    in_errors,
    is_chat,
    lift,
    planted,
)
from .messages import in_place_of_refusal


def becomes(status: int, shape: Callable[[JSONObject], Any]) -> Fault:
    """Each error response with this status, and with what the shape makes of its error object. 0 keeps the status."""

    def fault(exchange: Exchange) -> Exchange:
        try:
            found = exchange.error
        except Exception:
            found = {"message": "failed", "type": "invalid_request_error", "param": None, "code": None}
        kept = tuple(
            pair for pair in exchange.headers if pair[0].lower() in ("www-authenticate", "allow", "x-request-id")
        )
        return respond(status or exchange.status, shape(dict(found)), *kept)(exchange)

    return fault


def _as_stream(shape: Callable[[JSONObject], list[bytes]]) -> Wrap:
    """Each refusal of a streamed request as a stream, in a 200."""

    def fault(exchange: Exchange) -> Exchange:
        if not (exchange.refused and exchange.request.streams):
            return exchange
        blocks = shape(dict(exchange.error))
        headers = (("content-type", "text/event-stream"), ("x-request-id", exchange.header("x-request-id") or ""))
        return Exchange(
            exchange.request,
            200,
            headers,
            tuple((0.02, each) for each in blocks),
            started=exchange.started,
            seconds=0.02,
        )

    return lift(if_answer(lambda exchange: True, fault))


def _event(document: Any) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"


_DONE = b"data: [DONE]\n\n"


def _content(message: str) -> JSONObject:
    """A chunk that says it."""
    choice = {"index": 0, "delta": {"role": "assistant", "content": message}, "finish_reason": "stop"}
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion.chunk",
        "created": 1_760_000_000,
        "model": "m",
        "choices": [choice],
    }


def _completion(message: str) -> JSONObject:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": message, "refusal": None},
        "logprobs": None,
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    head = {"id": "chatcmpl-0", "object": "chat.completion", "created": 1_760_000_000, "model": "m"}
    return {**head, "choices": [choice], "usage": usage}


def every(times: int, fault: Fault) -> Wrap:
    """Every so many requests for a completion end so."""

    def planted(send: Send) -> Send:
        numbers = count(1)

        def faulty(request: Request) -> Exchange:
            exchange = send(request)
            return fault(exchange) if is_chat(request) and not next(numbers) % times else exchange

        return faulty

    return planted


_RATE_LIMITED = error("Rate limited", code="rate_limit_exceeded", kind="requests")


def _without_limits(exchange: Exchange) -> Exchange:
    """Without the header fields that tell of limits."""
    kept = (pair for pair in exchange.headers if not pair[0].lower().startswith("x-ratelimit-"))
    return replace(exchange, headers=tuple(kept))


def _unknown_model(status: int, document: Any) -> Wrap:
    def fault(exchange: Exchange) -> Exchange:
        return answering(status, document)(exchange) if exchange.status == 404 else exchange

    return lift(if_answer(lambda exchange: exchange.refused, fault))


def overflow_told(status: int, document: Any) -> Wrap:
    """What a prompt that is too long is told."""

    def fault(exchange: Exchange) -> Exchange:
        return (
            answering(status, document)(exchange)
            if exchange.error.get("code") == "context_length_exceeded"
            else exchange
        )

    return lift(if_answer(lambda exchange: exchange.refused, fault))


_TRACE = 'Expecting value: line 1 column 1\n\nTraceback (most recent call last):\n File "/home/app/server.py", line 7'
_NONE = {"type": "None", "param": "None", "code": "400"}
_EMPTY = {"type": "gateway_error", "param": "", "code": "400002"}
_BUSY = {"error": {"message": "Service temporarily unavailable", "type": "api_error", "param": None, "code": None}}
_VAGUE = {"error": {"code": "500", "message": "the server encountered a problem and could not process your request"}}
_NOT_FOUND = {
    "code": 404,
    "message": "The model does not exist.",
    "object": "error",
    "param": None,
    "type": "NotFoundError",
}
_ALL_FAILED = {"error": {"message": "All target providers failed.", "attempts": []}}
_EXCEEDED = {
    "error": {"code": 400, "message": "request exceeds the context", "type": "exceed_context_size_error", "n_ctx": 1}
}


def _detail(found: JSONObject) -> Any:
    return {"detail": [{"type": "enum", "loc": ["body", found.get("param")], "msg": found["message"]}]}


def _flat(found: JSONObject) -> Any:
    return {"object": "error", "message": found["message"], "type": "BadRequestError", "param": None, "code": 400}


FAULTS = (
    planted("error-in-base-resp", "An error is a 200 with base_resp and null choices.", "B310",
        in_errors(becomes(200, lambda found: {"choices": None, "base_resp": {"status_code": 1008,
        "status_msg": "failed"}})),
        "errors.no_error_in_success", "completion.choices", also=("auth.", "caching.", "multimodal.", "robust.",
        "security.", "streaming.", "validation.")),
    planted("error-members-none", "The members of an error are the string None.", "B311",
        in_errors(each_error(lambda found: found.update(_NONE))),
        "errors.type_is_a_word", also=("auth.wrong_key_code_of_openai", "validation.")),
    planted("error-code-a-number", "The code of an error is a number, and param is missing.", "B313",
        in_errors(becomes(0, lambda found: {"error": {"code": 400, "message": found["message"],
        "type": found["type"]}})),
        "error.error.code", "error.error.param.present", also=("validation.",)),
    planted("error-as-content", "An error is a completion that says it, with a usage of zeros.", "B315",
        in_errors(becomes(200, lambda found: _completion(found["message"]))),
        "validation.malformed_is_400", "validation.unknown_model_refused", "auth.unknown_token_401", also=("auth.",
        "cache.", "caching.", "envelope.", "ids.", "multimodal.", "robust.", "roles.no_part_dropped",
        "schemas_followed.", "security.", "streaming.", "usage.", "validation.")),
    planted("error-as-null", "An error is a 200 with the body null.", "B316", in_errors(becomes(200, lambda _: None)),
        "validation.malformed_is_400", "validation.unknown_model_refused", "auth.unknown_token_401",
        "transport.one_json_object", also=("auth.", "caching.", "multimodal.", "robust.", "security.", "streaming.",
        "validation.")),
    planted("streamed-error-in-a-200",
        "A streamed request is rejected by an error event, with param empty.", "B318 B361",
        _as_stream(lambda found: [_event({"error": found | {"param": ""}})]),
        "validation.streamed_mistake_has_status", "streaming.refused_before_it_streams",
        "streaming.early_failure_has_status", "auth.streamed_401_is_json", also=("equivalence.errors", "validation.")),
    planted("streamed-error-then-done", "A streamed request is rejected by an error event and [DONE].", "B338 B334",
        _as_stream(lambda found: [_event({"error": {"message": found["message"]}}), _DONE]),
        "validation.streamed_mistake_has_status", "streaming.refused_before_it_streams",
        "streaming.early_failure_has_status", "auth.streamed_401_is_json", also=("equivalence.errors",
        "streaming.error_typed", "validation.")),
    planted("streamed-error-bare", "A streamed request is rejected by an event: error of another shape.", "B357",
        _as_stream(lambda found: [b"event: error\n" + _event({"code": 400, "details": found["message"]}), _DONE]),
        "streaming.refused_before_it_streams", "auth.streamed_401_is_json", also=("equivalence.errors", "validation.")),
    planted("streamed-error-as-content", "A streamed request is rejected by a chunk of content.", "B353",
        _as_stream(lambda found: [_event(_content(found["message"])), _DONE]),
        "streaming.refused_before_it_streams", "auth.streamed_401_is_json", also=("equivalence.errors", "validation.")),
    planted("error-flat", "The members of an error are the body, without error around them.", "B319 B354",
        in_errors(becomes(0, _flat)),
        "error.error", also=("robust.huge_body", "tool_use.no_tools", "validation.huge_limit")),
    planted("error-code-and-message", "An error is a code and a message, flat.", "B354",
        in_errors(becomes(403, lambda found: {"code": "INSUFFICIENT_BALANCE", "message": found["message"]})),
        "error.error", also=("caching.wrong_order", "robust.", "tool_use.no_tools", "validation.unknown_model_is_404")),
    planted("traceback", "A malformed body is a 500 with a traceback.", "B320",
        in_place_of_refusal(lambda request: request.document is None, 500, error(_TRACE, code=500, kind="None")),
        "security.errors_hide_internals", "validation.malformed_is_400", "errors.mistake_is_4xx", also=("error.",
        "errors.", "robust.", "validation.")),
    planted("error-as-detail",
        "An error is FastAPI's detail, with 422.", "B321", in_errors(becomes(422, _detail), status=400),
        "error.error", also=("caching.wrong_order", "tool_use.no_tools", "validation.")),
    planted("error-members-of-the-gateway", "The param of an error is empty, its type the gateway's own.", "B322",
        in_errors(each_error(lambda found: found.update(_EMPTY))),
        "validation.param_named", also=("auth.wrong_key_code_of_openai", "validation.")),
    planted("unknown-model-busy", "An unknown model is a 503.", "B326", _unknown_model(503, _BUSY),
        "validation.unknown_model_refused", "errors.mistake_is_4xx"),
    planted("unknown-model-in-a-200", "An unknown model is a 200 with a flat error.", "B327", _unknown_model(200,
        _NOT_FOUND),
        "validation.unknown_model_refused", "streaming.refused_before_it_streams", "validation.unknown_model_is_404",
        also=("robust.odd_numbers", "security.two_models")),
    planted("unknown-model-crashes", "An unknown model is a 500 that says nothing.", "B328",
        _unknown_model(500, _VAGUE),
        "validation.unknown_model_refused", "errors.mistake_is_4xx", "validation.unknown_model_is_404", also=("error.",
        "robust.odd_numbers", "security.two_models", "streaming.refused_before_it_streams", "validation.")),
    planted("unknown-model-throttled", "An unknown model is a 429.", "B326",
        _unknown_model(429, _RATE_LIMITED),
        "validation.unknown_model_refused", "validation.unknown_model_is_404",
        reason="a 429 may always be a true one, and is never treated as a violation (decisions, transients)"),
    planted("error-a-string", "error is a string.", "B329", in_errors(becomes(0,
        lambda found: {"error": found["message"]})),
        "error.error", also=("robust.huge_body", "tool_use.no_tools", "validation.huge_limit")),
    planted("throttled-as-bad-gateway", "One request in forty is throttled, and a 502 says so in detail.", "B331",
        every(40, answering(502, {"detail": "LLM provider error"})),
        "error.error", "errors.mistake_is_4xx", also=("error.", "errors.", "ratelimit.")),
    planted("throttled-in-detail", "One request in forty is throttled, and a 429 says so in detail.", "B331",
        every(40, answering(429, {"detail": "The provider rate-limited this request"})),
        "ratelimit.error_object", "error.error", also=("error.", "errors.", "ratelimit.")),
    planted("throttled-without-retry-after", "One request in forty is throttled, and a 429 does not say for how long.",
        "B367",
        every(40, chain(_without_limits, answering(429, _RATE_LIMITED))),
        "ratelimit.tells_when",
        gray=True),
    planted("error-type-nil", "The type of an error is the string <nil>.", "B333",
        in_errors(each_error(lambda found: found.update(type="<nil>", message="failed (request id: 2026)"))),
        "errors.type_is_a_word", also=("caching.wrong_order", "validation.unknown_model_named")),
    planted("error-type-null", "The type of an error is null, and Azure's members stand beside it.", "B334",
        in_errors(each_error(lambda found: found.update(type=None, status=400,
        innererror={"code": "ResponsiblePolicy"}))),
        "error.error.type"),
    planted("error-message-an-object", "The message of an error is an object.", "B335",
        in_errors(each_error(lambda found: found.update(message={"detail": [found.get("message")]}))),
        "error.error.message", also=("tool_use.no_tools",)),
    planted("error-message-empty", "The message of an error is nothing but an id, and its param a status.", "B336",
        in_errors(each_error(lambda found: found.update(
           message=" (request id: 2024)", param="422", type="upstream_error", code="bad_response_status_code"))),
        "errors.message_in_words", also=("auth.wrong_key_code_of_openai", "caching.wrong_order", "validation.")),
    planted("error-as-errors", "An error is Cloudflare's list of errors.", "B337",
        in_errors(becomes(0, lambda found: {"errors": [{"message": found["message"], "code": 5006}], "success": False,
                                           "result": {}, "messages": []})),
        "error.error", also=("robust.huge_body", "tool_use.no_tools", "validation.huge_limit")),
    planted("overflow-in-a-200", "A prompt that is too long is a 200 with an error.", "B338",
        overflow_told(200, error("The number of tokens to keep is greater than the context length")),
        "validation.overflow_refused"),
    planted("overflow-masked",
        "The error for a prompt that is too long says that all providers failed.", "B340", overflow_told(502,
        _ALL_FAILED),
        "validation.overflow_refused"),
    planted("overflow-code-of-the-vendor", "A prompt that is too long has a code of the vendor's, a number.", "B341",
        overflow_told(400, _EXCEEDED),
        "validation.context_overflow_code"),
    planted("overflow-code-generic", "For a prompt that is too long the error says nothing but Bad request.", "B340",
        overflow_told(400, error("Bad request", code="upstream_client_error", kind="upstream_error")),
        "validation.context_overflow", "validation.context_overflow_code"),
    planted("error-of-the-gateway", "An error is the gateway's own, with neither code nor param.", "B349",
        in_errors(becomes(0, lambda found: {"type": "one_hub_error", "error": {
           "type": "internal_error", "message": "channel not implemented"}})),
        "error.error.code.present", "error.error.param.present", also=("auth.", "caching.", "validation.")),
    planted("python-in-a-message",
        "The error for a wrong parameter is in Python's words, and does not name it.", "B351",
        in_errors(each_error(lambda found: found.update(
           message="invalid literal for int() with base 10: 'abc'", type="BadRequestError", param=None, code=400)),
           status=400),
        "validation.param_named", also=("caching.wrong_order", "error.error.code", "validation.")),
    planted("param-not-named", "An error never names the parameter.", "B351",
        in_errors(each_error(lambda found: found.update(param=None, code=None))),
        "validation.param_named", also=("auth.wrong_key_code", "validation.")),
)  # fmt: skip
