"""Other error responses that say the same."""

from __future__ import annotations

import json
import re
from typing import Any

from conformance.contract.faults import (
    chain,
    drop,
    edit,
    header,
    put,
    respond,
    status,
)
from conformance.contract.requests import UNKNOWN_TOKEN
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange

from .kit import (
    ALARMS,
    FINDINGS,
    HTTP,
    UNNAMED,
    right,
)


@right("validation-06: any client error", deviates={"validation.unknown_model_is_404": "validation-07"})
def unknown_model_is_400(exchange: Exchange) -> Exchange:
    """An unknown model is answered with 400."""
    return status(400)(exchange) if _of_a_model(exchange) else exchange


@right("validation-07")
def unknown_model_is_404(exchange: Exchange) -> Exchange:
    """An unknown model is answered with 404, and another sentence that names it."""
    said = put("error.message", f"Model {exchange.request.asked.get('model')} is not available.")
    return chain(status(404), said)(exchange) if _of_a_model(exchange) else exchange


def _of_a_model(exchange: Exchange) -> bool:
    return exchange.refused and exchange.document.get("error", {}).get("code") == "model_not_found"


@right(
    "validation-08: tolerated",
    deviates={"validation.overflow_is_400": "validation-23", "caching.wrong_order": "cache-22"},
)
def wrong_members_are_422(exchange: Exchange) -> Exchange:
    """A request that is JSON and has wrong members is answered with 422."""
    wrong = exchange.refused and exchange.status == 400 and isinstance(exchange.request.document, dict)
    return status(422)(exchange) if wrong else exchange


@right("auth-04: 400, 401 or 403", deviates={"auth.malformed_credentials_401": "auth-04, expected 401"})
def other_credentials_are_403(exchange: Exchange) -> Exchange:
    """Credentials that are no bearer token are answered with 403."""
    other = exchange.request.credentials in ("empty", "raw", "basic", "query")
    return status(403)(exchange) if other and exchange.status == 401 else exchange


@right("auth-06", deviates={"auth.challenge": "auth-06"})
def no_challenge(exchange: Exchange) -> Exchange:
    """A 401 has no WWW-Authenticate, as OpenAI's has none for years."""
    return header("www-authenticate", None)(exchange)


@right("auth-07: another code, or none, is a deviation only", deviates={"auth.wrong_key_code": "auth-07"})
def code_null_for_a_wrong_key(exchange: Exchange) -> Exchange:
    """The error of a 401 has the code null, as one of OpenAI's."""
    return put("error.code", None)(exchange) if exchange.status == 401 else exchange


@right("robust-01: 404 or 405")
def other_methods_are_404(exchange: Exchange) -> Exchange:
    """Another method is answered with 404."""
    return chain(status(404), header("allow", None))(exchange) if exchange.status == 405 else exchange


@right(FINDINGS, deviates=UNNAMED)
def param_and_code_null(exchange: Exchange) -> Exchange:
    """The errors of wrong members have param and code null, as a third of OpenAI's have."""
    nulls = chain(put("error.param", None), put("error.code", None))
    return nulls(exchange) if exchange.status == 400 else exchange


@right(
    "errors-05: absence warns",
    deviates=UNNAMED | {"error.error.code.present": "errors-05", "error.error.param.present": "errors-05"},
)
def param_and_code_absent(exchange: Exchange) -> Exchange:
    """The errors of wrong members have neither param nor code, as Groq's and Perplexity's."""
    return chain(drop("error.param"), drop("error.code"))(exchange) if exchange.status == 400 else exchange


@right(FINDINGS)
def other_types_of_errors(exchange: Exchange) -> Exchange:
    """The type of an error is the gateway's own: the type is an open set."""
    return put("error.type", "bad_request")(exchange) if exchange.status == 400 else exchange


@right(FINDINGS)
def charset_of_errors(exchange: Exchange) -> Exchange:
    """Errors are application/json; charset=utf-8, for a layer in front answers them."""
    return header("content-type", "application/json; charset=utf-8")(exchange) if exchange.refused else exchange


@right("models are no part of the contract")
def no_list_of_models(exchange: Exchange) -> Exchange:
    """There is no GET /models."""
    error = {"message": "Not found.", "type": "invalid_request_error", "param": None, "code": None}
    own = header("x-request-id", "req_" + exchange.request.key)
    return chain(respond(404, {"error": error}), own)(exchange) if exchange.request.path == "/models" else exchange


def explained(more: str) -> Fault:
    """The messages of all errors, with one more sentence."""
    return put("error.message", lambda message: f"{message} {more}" if isinstance(message, str) else message)


@right(f"{ALARMS}: a message may speak of panic")
def errors_speak_of_panic(exchange: Exchange) -> Exchange:
    """A message speaks of panic and traces as a policy does, not as a program does."""
    return explained("Requests about panic attacks are answered; don't panic, and keep no trace of them.")(exchange)


@right("OpenAI's own messages on keys")
def errors_explain_keys(exchange: Exchange) -> Exchange:
    """A message says what keys look like and where to find them."""
    looks = "Keys begin with sk- or sk-proj-, as in 'Authorization: Bearer sk-...'."
    return explained(f"{looks} Find yours at https://platform.example/account/api-keys.")(exchange)


@right("security-04: only what is internal")
def errors_name_public_places(exchange: Exchange) -> Exchange:
    """A message names public hosts, routes and versions, and uses words that hosts and traces have as well."""
    places = "See https://docs.example.com/usr/errors or https://api.example.com:443/v1/chat/completions."
    return explained(f"{places} Version 2026.11.30, internal policy 10.2, and a file such as data.go.")(exchange)


@right("security-02: the first eight and the last four characters")
def wrong_keys_are_shown_masked(exchange: Exchange) -> Exchange:
    """The error of a 401 shows the wrong key's first eight and last four characters, as OpenAI's."""
    shown = f"Incorrect API key provided: {UNKNOWN_TOKEN[:8]}{'*' * 37}{UNKNOWN_TOKEN[-4:]}."
    unknown = exchange.status == 401 and exchange.request.credentials == "unknown"
    return put("error.message", shown)(exchange) if unknown else exchange


@right("FastAPI's and pydantic's errors")
def errors_quote_the_request(exchange: Exchange) -> Exchange:
    """A message quotes the last message of the request, as validators do that show their input."""
    found = exchange.request.asked.get("messages")
    quoted = json.dumps(found[-1] if isinstance(found, list) and found else found, ensure_ascii=False)[:200]
    return explained(f"Input was {quoted}.")(exchange)


@right("error.message is free text")
def errors_over_lines(exchange: Exchange) -> Exchange:
    """A message has several lines, quotation marks, backslashes, and characters beyond ASCII."""
    return explained('\n  – expected “string”\t(see "messages\\0")\n\u2028  更多')(exchange)


@right("validation-23: the code names it")
def overflow_in_other_words(exchange: Exchange) -> Exchange:
    """An overflow of the context is told in Anthropic's words, under OpenAI's code."""

    def change(document: Any) -> None:
        error = document.get("error") if isinstance(document, dict) else None
        if isinstance(error, dict) and error.get("code") == "context_length_exceeded":
            error |= {"message": "prompt is too long: 280009 tokens > 128000 maximum", "param": None}

    return edit(change)(exchange) if exchange.refused else exchange


@right(f"{HTTP}: 413")
def overflow_is_413(exchange: Exchange) -> Exchange:
    """A prompt beyond the context is answered with 413, as Groq does."""
    too_long = exchange.refused and b"context_length_exceeded" in exchange.content
    return status(413)(exchange) if too_long else exchange


@right(f"{FINDINGS}: OpenAI's own, where an account may send fewer tokens in a minute")
def overflow_is_beyond_the_rate(exchange: Exchange) -> Exchange:
    """A prompt beyond the context is beyond the tokens per minute, too, and that is what the error says."""
    said = "Request too large for the model in organization on tokens per min (TPM): Limit 30000, Requested 280009."
    error = {"message": said, "type": "tokens", "param": None, "code": "rate_limit_exceeded"}
    throttled = respond(429, {"error": error}, ("x-request-id", f"req_{exchange.request.key}"), ("retry-after", "60"))
    too_long = exchange.refused and b"context_length_exceeded" in exchange.content
    return throttled(exchange) if too_long else exchange


@right(f"{HTTP}: 405")
def unknown_routes_are_405(exchange: Exchange) -> Exchange:
    """A request to a route that does not exist is answered with 405, as by a gateway that serves pages under GET."""
    elsewhere = exchange.status == 404 and exchange.request.path.startswith("/no-such-route")
    return chain(status(405), header("allow", "GET"))(exchange) if elsewhere else exchange


@right("RFC 6750 3")
def challenge_with_its_reason(exchange: Exchange) -> Exchange:
    """WWW-Authenticate gives a realm, and where a token was presented the error and its description."""
    told = 'Bearer realm="api"'
    if exchange.request.credentials == "unknown":
        told += ', error="invalid_token", error_description="The key is unknown or revoked"'
    return header("www-authenticate", told)(exchange) if exchange.status == 401 else exchange


@right("errors-04: the code is an open set")
def codes_of_its_own(exchange: Exchange) -> Exchange:
    """Errors of wrong members have the gateway's own code, but for those that clients know."""
    known = ("context_length_exceeded", "model_not_found", "invalid_api_key")
    own = put("error.code", lambda code: code if code in known else "GW_4001")
    return own(exchange) if exchange.status == 400 else exchange


@right("auth-04: 400, 401 or 403", deviates={"auth.malformed_credentials_401": "auth-04, expected 401"})
def malformed_credentials_are_400(exchange: Exchange) -> Exchange:
    """Credentials that are no bearer token are answered with 400."""
    other = exchange.request.credentials in ("empty", "raw", "basic", "query")
    return status(400)(exchange) if other and exchange.status == 401 else exchange


@right(f"{HTTP}: 415 or 400")
def foreign_media_types_are_400(exchange: Exchange) -> Exchange:
    """A request that is not declared as JSON is answered with 400."""
    return status(400)(exchange) if exchange.status == 415 else exchange


@right(f"{ALARMS}: Go's decoder")
def lone_surrogates_are_replaced(exchange: Exchange) -> Exchange:
    """A lone surrogate in a request is read as U+FFFD, and stands in the reply."""
    lone = exchange.refused and re.search(rb"\\ud83d(?!\\ud)", exchange.request.body)
    return served("OK.\ufffd")(exchange) if lone else exchange


def served(content: str) -> Fault:
    """A plain completion in place of an error."""

    def fault(exchange: Exchange) -> Exchange:
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        document = {
            "id": f"chatcmpl-{exchange.request.key}",
            "object": "chat.completion",
            "created": int(exchange.started),
            "model": exchange.request.asked["model"],
            "choices": [choice],
            "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
            | {"prompt_tokens_details": {"cached_tokens": 0}},
        }
        return respond(200, document, ("x-request-id", "req_" + exchange.request.key))(exchange)

    return fault


@right(f"{ALARMS}: a route of OpenAI's API")
def lists_stored_completions(exchange: Exchange) -> Exchange:
    """GET /chat/completions lists stored completions, of which there is none."""
    listed: dict[str, Any] = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
    own = header("x-request-id", "req_" + exchange.request.key)
    return own(respond(200, listed)(exchange)) if exchange.request.method == "GET" and _of_chat(exchange) else exchange


def _of_chat(exchange: Exchange) -> bool:
    return exchange.request.path == "/chat/completions"


@right("either is right by the contract")
def takes_what_may_be_refused(exchange: Exchange) -> Exchange:
    """What an endpoint may refuse, such as a limit beyond its own or an empty array of tools, is answered; the model
    reads parts of an unknown type, too."""
    asked = exchange.request.asked
    plain = _of_chat(exchange) and not asked.get("stream") and not asked.get("response_format")
    taken = (
        exchange.refused
        and exchange.request.expect == "either"
        and plain
        and b"cache_control" not in exchange.request.body
    )
    noted = re.search(rb"The gate code is (\w+)", exchange.request.body)
    return served(noted[1].decode() if noted else "OK")(exchange) if taken else exchange


@right("RFC 8259 4: names should be unique")
def two_models_are_refused(exchange: Exchange) -> Exchange:
    """A body with two members of one name is refused."""
    twice = exchange.request.body.count(b'"model"') == 2 and b"tools" not in exchange.request.body
    error = {"message": "model is given twice.", "type": "invalid_request_error", "param": "model", "code": None}
    own = header("x-request-id", "req_" + exchange.request.key)
    return own(respond(400, {"error": error})(exchange)) if twice else exchange
