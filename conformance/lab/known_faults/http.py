"""HTTP and security: methods, bodies, headers, keys, and whose answer it is."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

from conformance.contract.faults import content, header, put
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send

from .kit import (
    answering,
    each_error,
    error,
    if_answer,
    in_completions,
    in_errors,
    in_replies,
    is_chat,
    lift,
    misread,
    planted,
    where,
)

_LIMIT = 1_000_000  #: bytes of a body, beyond which some proxies refuse it
_PAGE = b"<!DOCTYPE html><html><head><title>502 Bad gateway</title></head><body>nginx</body></html>"
OVERLAP = 0.002  #: seconds in which requests count as parallel


def page(status: int) -> Fault:
    """A proxy's HTML page with this status."""

    def fault(exchange: Exchange) -> Exchange:
        return replace(content(_PAGE)(replace(exchange, status=status)), headers=(("content-type", "text/html"),))

    return fault


def _large(request: Request) -> bool:
    return len(request.body) > _LIMIT


def _blank(exchange: Exchange) -> Exchange:
    """Nothing but line ends."""
    return content(b"\n\n\n\n")(exchange)


def _response_cache(send: Send) -> Send:
    """A body that was answered before is answered by the same bytes, whoever asks."""
    known: dict[bytes, Exchange] = {}

    def faulty(request: Request) -> Exchange:
        if not is_chat(request) or request.method != "POST" or not request.authentic:
            return send(request)
        if request.body not in known:
            known[request.body] = send(request)
        return replace(known[request.body], request=request)

    return faulty


def _mixed_up(send: Send) -> Send:
    """Of requests that come at once, one gets the answer of another."""
    lock = threading.Lock()
    waiting: list[Request] = []

    def faulty(request: Request) -> Exchange:
        if not is_chat(request) or request.method != "POST" or not request.authentic:
            return send(request)
        with lock:
            others = [each for each in waiting if each.body != request.body and each.streams == request.streams]
            waiting.append(request)
        time.sleep(OVERLAP)
        exchange = send(others[0] if others else request)
        with lock:
            waiting.remove(request)
        return replace(exchange, request=request)

    return faulty


def _usage_mixed_up(send: Send) -> Send:
    """A reply that is not streamed has the usage of the one before it."""
    last: list[dict[str, Any]] = []

    def faulty(request: Request) -> Exchange:
        exchange = send(request)
        if not (is_chat(request) and exchange.succeeded and not exchange.streamed):
            return exchange
        own = exchange.reply.get("usage")
        before = last[0] if last else own
        last[:] = [own] if isinstance(own, dict) else last
        return put("usage", before)(exchange)

    return faulty


def _no_length(exchange: Exchange) -> Exchange:
    kept = tuple(pair for pair in exchange.headers if pair[0].lower() not in ("content-length", "transfer-encoding"))
    return replace(exchange, headers=(*kept, ("connection", "close")))


def _any_key(request: Request) -> Request:
    return replace(request, credentials="valid") if not request.authentic else request


def _any_header(request: Request) -> Request:
    """A key that is presented is taken for valid, whatever it is."""
    return replace(request, credentials="valid") if request.credentials == "unknown" else request


def _no_key_needed(request: Request) -> Request:
    return replace(request, credentials="valid") if request.credentials in ("none", "empty") else request


def _lowercase_refused(request: Request) -> Request:
    return replace(request, credentials="unknown") if request.credentials == "lowercase" else request


def _put_header(*pairs: tuple[str, str]) -> Fault:
    return lambda exchange: replace(exchange, headers=(*exchange.headers, *pairs))


_POOL = (
    "HTTPConnectionPool(host='10.0.0.3', port=8443): Max retries exceeded with url: /v1/messages"
    ' File "/app/keys/vertex.json", postgres://admin:hunter2@db.internal:5432/gateway'
)
_KEYED = "404 for url https://generativelanguage.googleapis.com/v1beta/models/x:generateContent?key=AIza" + "B" * 35
_LEAKED = (
    ("set-cookie", "__cf_bm=AbCdEf; path=/; HttpOnly"), ("server", "cloudflare"), ("cf-ray", "8f1-FRA"),
    ("openai-organization", "org-abc123"),
)  # fmt: skip
_NEST = {"message": "Cannot POST /v1/chat/completions", "error": "Not Found", "statusCode": 404}

FAULTS = (
    planted("errors-as-pages", "Errors are a proxy's HTML page, with status 502.", "B372", in_errors(page(502)),
        "errors.mistake_is_4xx", "errors.server_error_is_json", "errors.media_type",
        also=("robust.", "transport.request_id", "validation.")),
    planted("errors-as-pages-same-status", "Errors are HTML pages with the right status.", "B372 B374",
        lift(if_answer(lambda exchange: exchange.refused, lambda exchange: page(exchange.status)(exchange))),
        "errors.refusal_is_json", "errors.media_type", also=("auth.", "robust.", "transport.request_id")),
    planted("preflight-refused", "A CORS preflight is answered with 405.", "B373",
        where(lambda request: request.method == "OPTIONS", lift(answering(405, error("Method not allowed")))),
        reason="no row of the contract asks for CORS, and the reference endpoint itself has none"),
    planted("wrong-method-crashes", "A wrong method is a 500.", "B374",
        where(lambda request: request.method not in ("POST", "OPTIONS"), lift(answering(500, error("Internal error")))),
        "robust.other_methods", "errors.mistake_is_4xx"),
    planted("wrong-method-in-detail", "A wrong method is FastAPI's detail.", "B374",
        where(lambda request: request.method not in ("POST", "OPTIONS"),
             lift(answering(405, {"detail": "Method Not Allowed"}))),
        "error.error"),
    planted("wrong-method-answered", "A wrong method is answered with a completion.", "B374",
        misread(lambda request: replace(request, method="POST") if is_chat(request) and request.body else request),
        "robust.other_methods"),
    planted("large-body-not-found", "A body of more than a megabyte is a 404.", "B375",
        where(_large, lift(answering(404,
        _NEST))),
        "robust.huge_body"),
    planted("large-body-invalid", "A large body is called invalid JSON, with no error around it.", "B376",
        where(_large, lift(answering(400, {"detail": "Invalid JSON in request body"}))),
        "robust.huge_body"),
    planted("large-body-bare", "A large body is a 413 without a body.", "B376",
        where(_large, lift(lambda exchange: replace(exchange, status=413, headers=(("content-length", "0"),),
        reads=()))),
        "robust.huge_body"),
    planted("blank-body", "A completion is nothing but blank lines.", "B377", in_completions(_blank),
        "transport.one_json_object"),
    planted("close-delimited", "A body has neither a length nor chunks.", "B382", in_replies(_no_length),
        gray=True, reason="legal by the standard, and what the benign session holds to be free of violations"),
    planted("lowercase-scheme-refused", "The scheme bearer in lower case is rejected.", "B384",
        misread(_lowercase_refused),
        "auth.scheme_case",
        gray=True),
    planted("internals-in-errors", "Errors quote what went wrong inside.", "B401",
        in_errors(each_error(lambda found: found.update(message=_POOL))),
        "security.errors_hide_internals", also=("caching.wrong_order", "validation.unknown_model_named")),
    planted("any-key-accepted", "Any key is accepted, and none too.", "B402", misread(_any_key),
        "auth.unknown_token_401", "auth.no_credentials_401", "auth.malformed_credentials", also=("auth.",)),
    planted("unknown-key-accepted", "Any key is accepted.", "B402", misread(_any_header),
        "auth.unknown_token_401", also=("auth.streamed_401_is_json",)),
    planted("no-key-needed", "A request without a key is served.", "B402", misread(_no_key_needed),
        "auth.no_credentials_401", also=("auth.malformed_credentials", "auth.models_listed")),
    planted("responses-cached", "A request that was answered before gets the same answer, id and all.", "B404",
        _response_cache,
        "ids.unique", "idempotence.repeats_are_independent", also=("caching.automatic_hits", "caching.written_is_read",
        "isolation.aborted_streams", "transport.request_id_unique")),
    planted("no-cache-control", "Completions say nothing of caching.", "B406",
        in_replies(header("cache-control", None)),
        gray=True,
        reason="a POST's answer is not stored unless it says so (RFC 9111), and the reference endpoint is silent, too"),
    planted("upstream-key-in-errors", "Errors quote the address of the upstream, its key too.", "B407",
        in_errors(each_error(lambda found: found.update(message=_KEYED))),
        "security.no_upstream_credentials", also=("caching.wrong_order", "validation.unknown_model_named")),
    planted("answers-mixed-up", "Of requests at once, one gets the answer of another.", "B409", _mixed_up,
        "isolation.answers_not_mixed_up", also=("isolation.",)),
    planted("usage-mixed-up", "A reply has the usage of the one before it.", "B409", _usage_mixed_up,
        "isolation.usage_not_mixed_up", also=("caching.", "choices.", "equivalence.", "isolation.", "multimodal.",
        "robust.hung_up", "roles.parts_cost_what_text_costs", "sampling.", "unicode.", "unknown.", "usage.",
        "validation.")),
    planted("upstream-headers", "Headers of the upstream are passed on.", "B412", in_replies(_put_header(*_LEAKED)),
        "security.no_upstream_account"),
)  # fmt: skip
