"""More errors that are told wrongly, and what they, or their absence, give away."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

from conformance.contract.faults import header
from conformance.contract.requests import UNKNOWN_TOKEN
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request, list_of

from .errors import every
from .kit import (
    JSONObject,
    answering,
    each_error,
    error,
    if_answer,
    in_errors,
    lift,
    messages_of,
    misread,
    planted,
    where,
)


def _framed_and_cut(exchange: Exchange) -> Exchange:
    """A refusal in one event, cut at the length that it had before."""
    if not (exchange.refused and exchange.request.streams and exchange.status == 400):
        return exchange
    body = exchange.content
    framed = b"data: {'error': {\"message\": " + body + b', "status": 400}}'
    kept = [pair for pair in exchange.headers if pair[0].lower() not in ("content-type", "content-length")]
    headers = (*kept, ("content-type", "text/event-stream"), ("content-length", str(len(body))))
    return replace(exchange, headers=headers, reads=((exchange.seconds, framed[: len(body)]),))


def _refused_stream(exchange: Exchange) -> bool:
    streams = exchange.refused and exchange.status == 400 and exchange.request.streams
    return streams and bool(messages_of(exchange.request))


def _overflows(streams: bool) -> Callable[[Exchange], bool]:
    def too_long(exchange: Exchange) -> bool:
        refused = exchange.refused and exchange.status == 400 and exchange.request.streams is streams
        return refused and len(exchange.request.body) > 100_000

    return too_long


def _in_a_200(exchange: Exchange) -> Exchange:
    """An error event in a success."""
    told = {"message": exchange.error["message"], "type": "BadRequestError", "param": None, "code": 400}
    body = b"data: " + json.dumps({"error": told}).encode() + b"\n\ndata: [DONE]\n\n"
    return replace(exchange, status=200, headers=(("content-type", "text/event-stream"),), reads=((0.1, body),))


def _unknown_key(request: Request) -> bool:
    return request.credentials == "unknown"


def _of_the_key_table(found: JSONObject) -> None:
    """Tells the table of keys, and the hash of this one."""
    digest = hashlib.sha256(UNKNOWN_TOKEN.encode()).hexdigest()
    message = f"API Key = sk-...{UNKNOWN_TOKEN[-4:]}, Key Hash = {digest}. Not in `VerificationTokenTable`"
    found.update(message=message, type="token_not_found_in_db", param="key", code="401")


def _cold(request: Request) -> bool:
    value = request.asked.get("temperature")
    return isinstance(value, int | float) and not 0 <= value <= 2


def _image(request: Request) -> str:
    """The address of the first image."""
    parts = [part for message in messages_of(request) for part in list_of(message.get("content"))]
    urls = [part["image_url"] for part in parts if isinstance(part, dict) and isinstance(part.get("image_url"), dict)]
    return str(urls[0].get("url")) if urls else ""


def _private(request: Request) -> bool:
    return any(each in _image(request) for each in ("127.0.0.1", "169.254", "[::1]"))


def _served(text: str) -> Fault:
    """A completion of this text."""

    def fault(exchange: Exchange) -> Exchange:
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
        own = {"id": "chatcmpl-file", "object": "chat.completion", "created": int(exchange.started) or 1_760_000_000}
        document = own | {"model": exchange.request.asked.get("model"), "choices": [choice], "usage": usage}
        return answering(200, document)(exchange)

    return fault


_UNTYPED = {"code": "INTERNAL_SERVER_ERROR", "status": 500, "message": "An unexpected error occurred."}
_OF_THE_GATEWAY = {"success": False, "name": "GatewayError", "internalCode": 2009, "message": "Unauthorized"}
_IN_DETAIL = {"detail": "Error code: 400 - {'error': {'message': \"-0.7 is less than the minimum of 0\"}}"}
_ARRAY = [{"error": {"code": 400, "message": "Invalid JSON payload received.", "status": "INVALID_ARGUMENT"}}]
_MAX_RETRIES = "HTTPConnectionPool(host='127.0.0.1', port=1): Max retries exceeded: [Errno 111] Connection refused"

FAULTS = (
    planted("streamed-refusal-framed-and-cut", "A rejected stream is a 400 of one event, cut short.", "B361 B107",
        lift(if_answer(lambda exchange: True, _framed_and_cut)),
        "errors.refusal_is_json", "errors.media_type", also=("streaming.refused_before_it_streams",
        "validation.streamed_mistake_has_status")),
    planted("streamed-refusal-called-events", "The rejection of a stream is JSON declared as an event stream.", "B361",
        lift(if_answer(_refused_stream, header("content-type", "text/event-stream"))),
        "errors.media_type", also=("validation.streamed_mistake_has_status",)),
    planted("streamed-overflow-in-a-200", "A stream whose prompt is too long is rejected in a 200.", "B338",
        lift(if_answer(_overflows(True), _in_a_200)),
        "validation.overflow_refused"),
    planted("plain-overflow-crashes", "Without stream a prompt that is too long is a 500.", "B340",
        lift(if_answer(_overflows(False), answering(500, error("provider: 400 Bad Request", kind="api_error")))),
        "validation.overflow_refused"),
    planted("unknown-key-crashes", "An unknown key is a 500 in detail.", "B320",
        where(_unknown_key, lift(answering(500, {"detail": "Internal server error: An unexpected error occurred."}))),
        "auth.unknown_token_401", "errors.mistake_is_4xx", "error.error", also=("auth.streamed_401_is_json",)),
    planted("key-table-told", "A 401 discloses the table of keys and the hash of the key.", "B401",
        where(_unknown_key, lift(each_error(_of_the_key_table))),
        "security.errors_hide_internals", also=("auth.wrong_key_code_of_openai",)),
    planted("key-refused-with-its-status-as-code", "A 401 has 401 as its code.", "B322",
        in_errors(each_error(lambda found: found.update(code="401", type="auth_error")), status=401),
        "auth.wrong_key_code_of_openai"),
    planted("key-refused-in-another-object", "A 401 is the gateway's own object.", "B349",
        in_errors(answering(401, _OF_THE_GATEWAY), status=401),
        "error.error"),
    planted("wrong-key-forbidden", "An unknown key is a 403.", "B354",
        where(_unknown_key, lift(answering(403, error("key not allowed", code="forbidden")))),
        "auth.unknown_token_401", also=("auth.streamed_401_is_json",)),
    planted("now-and-then-untyped", "Every eleventh request is a 500 whose error has no type.", "B328",
        every(11, answering(500, {"success": False, "error": _UNTYPED})),
        # whichever requests they are: what asks for a feature that is to be taken
        "served.no_server_error", "error.error.type",
        also=("caching.", "choices.", "error.", "errors.", "idempotence.", "isolation.",
        "logprobs.", "multimodal.", "robust.", "roles.", "sampling.", "schemas_followed.", "security.", "seed.",
        "stop.", "streaming.", "tool_use.", "unicode.", "unknown.", "validation.")),
    planted("range-in-detail", "A temperature out of range is rejected in FastAPI's detail.", "B321",
        where(_cold, lift(answering(400, _IN_DETAIL))),
        "error.error"),
    planted("errors-in-an-array", "Every 400 is an array of one error.", "B335",
        in_errors(answering(400, _ARRAY), status=400),
        "errors.refusal_is_json", also=("tool_use.no_tools", "validation.huge_limit")),
    planted("files-as-images", "An image at a file: address is read from the server's disk.", "B401",
        where(lambda request: _image(request).startswith("file:"), lift(_served("web-1"))),
        "security.internal_image_refused"),
    planted("private-images-fetched",
        "An image at a private address is fetched, and a 500 discloses the outcome.", "B401",
        where(_private, lift(answering(500, error("<urlopen error [Errno 111] Connection refused>")))),
        "security.internal_image_refused", "security.internal_address_hidden", also=("errors.mistake_is_4xx",)),
    planted("private-images-fetched-told", "An image at a private address is fetched, and a 400 discloses it.", "B401",
        where(_private, lift(answering(400, error(_MAX_RETRIES)))),
        "security.internal_address_hidden", "security.errors_hide_internals"),
    planted("models-for-all", "The models are listed without a key.", "B402",
        misread(lambda each: each if each.path != "/models" or each.authentic else replace(each, credentials="valid")),
        "auth.models_listed"),
)  # fmt: skip
