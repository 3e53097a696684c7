"""Errors: another envelope, another status, or none at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any

from conformance.archive import Send
from conformance.exchange import Exchange, Request
from conformance.faults import respond
from conformance.requirement import Fault

from .kit import (
    JSONObject,
    Wrap,
    answering,
    declaring,
    each_error,
    error,
    if_answer,
    in_errors,
    is_chat,
    lift,
)
from .messages import in_place_of_refusal

_ERRORS = (
    "tool_use.",
    "streaming.",
    "schemas_followed.",
    "caching.",
    "transport.",
    "errors.",
    "error.",
    "validation.",
    "auth.",
    "security.",
    "robust.",
    "transport.",
    "ratelimit.",
    "cache.",
    "limits.",
    "unknown.",
    "parameters.",
    "roles.",
    "tools.",
    "structured_output.",
    "schema.",
    "multimodal.",
    "history.",
    "logprobs.",
    "n.",
    "property.",
    "messages.",
    "conversation.",
    "sampling.",
    "reasoning.",
)
_HIDDEN = (
    *_ERRORS,
    "completion.",
    "chunk.",
    "framing.",
    "streaming.",
    "usage.",
    "envelope.",
    "ids.",
    "message.",
    "choices.",
    "equivalence.",
)


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


def _unknown_model(status: int, document: Any) -> Wrap:
    def fault(exchange: Exchange) -> Exchange:
        return answering(status, document)(exchange) if exchange.status == 404 else exchange

    return lift(if_answer(lambda exchange: exchange.refused, fault))


def _overflow(status: int, document: Any) -> Wrap:
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


_p = declaring(*_ERRORS)

FAULTS = (
    _p("error-in-base-resp", "An error is a 200 with base_resp and null choices.", "B310",
       in_errors(becomes(200, lambda found: {"choices": None, "base_resp": {"status_code": 1008,
       "status_msg": "failed"}})),
       *_HIDDEN),
    _p("error-members-none", "The members of an error are the string None.", "B311",
       in_errors(each_error(lambda found: found.update(_NONE)))),
    _p("error-code-a-number", "The code of an error is a number, and param is missing.", "B313",
       in_errors(becomes(0, lambda found: {"error": {"code": 400, "message": found["message"],
       "type": found["type"]}}))),
    _p("error-as-content", "An error is a completion that says it, with a usage of zeros.", "B315",
       in_errors(becomes(200, lambda found: _completion(found["message"]))), *_HIDDEN, "sampling."),
    _p("error-as-null", "An error is a 200 with the body null.", "B316", in_errors(becomes(200, lambda _: None)),
       *_HIDDEN),
    _p("streamed-error-in-a-200", "A streamed request is refused by an error event, with param empty.", "B318 B361",
       _as_stream(lambda found: [_event({"error": found | {"param": ""}})]), *_HIDDEN),
    _p("streamed-error-then-done", "A streamed request is refused by an error event and [DONE].", "B338 B334",
       _as_stream(lambda found: [_event({"error": {"message": found["message"]}}), _DONE]), *_HIDDEN),
    _p("streamed-error-bare", "A streamed request is refused by an event: error of another shape.", "B357",
       _as_stream(lambda found: [b"event: error\n" + _event({"code": 400, "details": found["message"]}), _DONE]),
       *_HIDDEN),
    _p("streamed-error-as-content", "A streamed request is refused by a chunk of content.", "B353",
       _as_stream(lambda found: [_event(_content(found["message"])), _DONE]), *_HIDDEN, "sampling."),
    _p("error-flat", "The members of an error are the body, without error around them.", "B319 B354",
       in_errors(becomes(0, _flat))),
    _p("error-code-and-message", "An error is a code and a message, flat.", "B354",
       in_errors(becomes(403, lambda found: {"code": "INSUFFICIENT_BALANCE", "message": found["message"]}))),
    _p("traceback", "A malformed body is a 500 with a traceback.", "B320",
       in_place_of_refusal(lambda request: request.document is None, 500, error(_TRACE, code=500, kind="None"))),
    _p("error-as-detail",
       "An error is FastAPI's detail, with 422.", "B321", in_errors(becomes(422, _detail), status=400)),
    _p("error-members-of-the-gateway", "The param of an error is empty, its type the gateway's own.", "B322",
       in_errors(each_error(lambda found: found.update(_EMPTY)))),
    _p("unknown-model-busy", "An unknown model is a 503.", "B326", _unknown_model(503, _BUSY)),
    _p("unknown-model-in-a-200", "An unknown model is a 200 with a flat error.", "B327", _unknown_model(200,
       _NOT_FOUND),
       *_HIDDEN),
    _p("unknown-model-crashes", "An unknown model is a 500 that says nothing.", "B328", _unknown_model(500, _VAGUE)),
    _p("unknown-model-throttled", "An unknown model is a 429.", "B326",
       _unknown_model(429, error("Rate limited", code="rate_limit_exceeded", kind="requests"))),
    _p("error-a-string", "error is a string.", "B329", in_errors(becomes(0,
       lambda found: {"error": found["message"]}))),
    _p("throttled-as-bad-gateway", "One request in forty is throttled, and a 502 says so in detail.", "B331",
       every(40, answering(502, {"detail": "LLM provider error"})), *_ERRORS),
    _p("throttled-in-detail", "One request in forty is throttled, and a 429 says so in detail.", "B331",
       every(40, answering(429, {"detail": "The provider rate-limited this request"})), *_ERRORS),
    _p("throttled-without-retry-after", "One request in forty is throttled, and a 429 does not say for how long.",
       "B367",
       every(40, answering(429, error("Rate limited", code="rate_limit_exceeded", kind="requests"))), *_ERRORS,
       reason="Retry-After is optional (contract, ratelimit-03); that upstream sent one is not on the wire"),
    _p("error-type-nil", "The type of an error is the string <nil>.", "B333",
       in_errors(each_error(lambda found: found.update(type="<nil>", message="failed (request id: 2026)")))),
    _p("error-type-null", "The type of an error is null, and Azure's members stand beside it.", "B334",
       in_errors(each_error(lambda found: found.update(type=None, status=400,
       innererror={"code": "ResponsiblePolicy"})))),
    _p("error-message-an-object", "The message of an error is an object.", "B335",
       in_errors(each_error(lambda found: found.update(message={"detail": [found.get("message")]})))),
    _p("error-message-empty", "The message of an error is empty, and its param a status.", "B336",
       in_errors(each_error(lambda found: found.update(
           message=" (request id: 2024)", param="422", type="upstream_error", code="bad_response_status_code")))),
    _p("error-as-errors", "An error is Cloudflare's list of errors.", "B337",
       in_errors(becomes(0, lambda found: {"errors": [{"message": found["message"], "code": 5006}], "success": False,
                                           "result": {}, "messages": []}))),
    _p("overflow-in-a-200", "A prompt that is too long is a 200 with an error.", "B338",
       _overflow(200, error("The number of tokens to keep is greater than the context length")), *_HIDDEN),
    _p("overflow-masked", "A prompt that is too long is told that all providers failed.", "B340", _overflow(502,
       _ALL_FAILED)),
    _p("overflow-code-of-the-vendor", "A prompt that is too long has a code of the vendor's, a number.", "B341",
       _overflow(400, _EXCEEDED)),
    _p("overflow-code-generic", "A prompt that is too long has the code upstream_client_error.", "B340",
       _overflow(400, error("Bad request", code="upstream_client_error", kind="upstream_error"))),
    _p("error-of-the-gateway", "An error has the gateway's type around it.", "B349",
       in_errors(becomes(0, lambda found: {"type": "one_hub_error", "error": {
           "type": "internal_error", "message": "channel not implemented"}}))),
    _p("python-in-a-message", "A wrong parameter is told in Python's words, without naming it.", "B351",
       in_errors(each_error(lambda found: found.update(
           message="invalid literal for int() with base 10: 'abc'", type="BadRequestError", param=None, code=400)),
           status=400)),
    _p("param-not-named", "An error never names the parameter.", "B351",
       in_errors(each_error(lambda found: found.update(param=None, code=None)))),
)  # fmt: skip
