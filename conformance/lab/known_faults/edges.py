"""Requests at the edge of what an endpoint serves: routes that do not exist, codings that a client does not accept,
sampling parameters that are passed over, and prompts beyond the context under another name."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from dataclasses import replace

from conformance.contract.faults import content, header, status, with_content
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send

from .errors import overflow_told
from .http import page
from .kit import (
    JSONObject,
    Wrap,
    each_text,
    each_usage,
    error,
    if_answer,
    in_completions,
    in_replies,
    is_claude,
    lift,
    misread,
    planted,
    where,
)
from .refusals import both

# --- routes -------------------------------------------------------------------------------------------------------

_EMPTY = header("content-type", None)


def _elsewhere(fault: Fault) -> Wrap:
    """What is answered where no route is."""

    def planted(send: Send) -> Send:
        def faulty(request: Request) -> Exchange:
            known = request.path.partition("?")[0] in ("/chat/completions", "/models") or "/models/" in request.path
            return send(request) if known or not request.authentic else fault(send(request))

        return faulty

    return planted


def _served_anyhow(request: Request) -> Request:
    return request if request.path.startswith(("/chat", "/models")) else replace(request, path="/chat/completions")


# --- codings ------------------------------------------------------------------------------------------------------


def _gzip(change: Callable[[bytes], bytes]) -> Fault:
    """A content in gzip, changed."""

    def fault(exchange: Exchange) -> Exchange:
        coded = with_content(exchange, (exchange.seconds, change(gzip.compress(exchange.content))))
        return header("content-encoding", "gzip")(coded)

    return fault


def _wants_identity(exchange: Exchange) -> bool:
    fields = {name.lower(): value for name, value in exchange.request.headers}
    return fields.get("accept-encoding") == "identity"


# --- sampling -----------------------------------------------------------------------------------------------------


def _zero(name: str) -> Callable[[Request], bool]:
    return lambda request: request.asked.get(name) == 0 and type(request.asked[name]) in (int, float)


def _by_chance(send: Send) -> Send:
    """Where digits are made up, they are other ones each time."""
    chance = random.Random(7)

    def faulty(request: Request) -> Exchange:
        exchange = send(request)
        if b"random digits" not in request.body:
            return exchange
        text = "".join(str(chance.randrange(10)) for _ in range(24))
        return each_text(lambda said: text if said[:1].isdigit() else said)(exchange)

    return faulty


def _penalty_lost(request: Request) -> Request:
    body = request.body.replace(b'"frequency_penalty": 2', b'"frequency_penalty": 0')
    return request if body == request.body else replace(request, body=body)


def _four_hundred_more(usage: JSONObject) -> None:
    for name in ("prompt_tokens", "total_tokens"):
        usage[name] += 400


_BATCHED = "a server that computes requests together may repeat no answer, either"
_TOO_LONG = "This model's maximum context length is 128000 tokens."

FAULTS = (
    planted("unknown-route-a-page", "A route that does not exist is a page.", "B372", _elsewhere(page(404)),
        "errors.unknown_route_told"),
    planted("unknown-route-empty", "A route that does not exist is a 404 without a body.", "B372",
        _elsewhere(lambda exchange: content(b"")(_EMPTY(status(404)(exchange)))),
        "errors.unknown_route_told"),
    planted("unknown-route-a-success", "A route that does not exist is a page in a 200.", "B374",
        _elsewhere(page(200)),
        "errors.unknown_route_refused"),
    planted("unknown-route-crashes", "A route that does not exist is a 500.", "B374",
        _elsewhere(status(500)),
        "errors.unknown_route_refused", "errors.mistake_is_4xx"),
    planted("unknown-route-served", "Any route leads to the model.", "B375", misread(_served_anyhow),
        "errors.unknown_route_refused"),
    planted("gzip-in-spite-of-identity", "A client that accepts no coding is sent gzip.", "B101",
        lift(if_answer(lambda exchange: exchange.succeeded and _wants_identity(exchange), _gzip(bytes))),
        "transport.identity_heeded"),
    planted("gzip-with-a-tail", "Bytes follow the end of the gzip content.", "B101",
        in_completions(_gzip(lambda data: data + b"\r\n0\r\n\r\n")),
        "transport.content_coding"),
    planted("gzip-cut-short", "The last bytes of the gzip content are missing.", "B377",
        in_completions(_gzip(lambda data: data[:-8])),
        "transport.content_coding"),
    planted("deflate-in-name-only", "A reply is declared as deflate and is not.", "B101",
        in_replies(header("content-encoding", "deflate")),
        "transport.content_coding"),
    planted("charset-as-coding", "A reply has its charset as Content-Encoding.", "B101",
        in_replies(header("content-encoding", "utf-8")),
        "transport.content_coding"),
    planted("coding-named-identity", "A reply has identity as Content-Encoding.", "B101",
        in_replies(header("content-encoding", "identity")),
        "transport.no_identity_named"),
    planted("temperature-zero-by-chance", "A temperature of 0 is taken for none.", "B282",
        where(_zero("temperature"), _by_chance),
        "sampling.zero_repeats", passes=_BATCHED),
    planted("top-p-zero-by-chance", "A top_p of 0 is taken for none.", "B282",
        where(_zero("top_p"), _by_chance),
        "sampling.zero_repeats", passes=_BATCHED),
    planted("top-p-zero-by-chance-claude", "On Claude a top_p of 0 is taken for none.", "B282",
        where(both(_zero("top_p"), is_claude), _by_chance),
        "sampling.zero_repeats", passes=_BATCHED),
    planted("frequency-penalty-lost", "frequency_penalty is passed over.", "B282", misread(_penalty_lost),
        "sampling.penalty_varies"),
    planted("prompt-of-400-more", "A constant of 400 is in every prompt_tokens.", "B093",
        in_replies(each_usage(_four_hundred_more)),
        "usage.two_words", "usage.plausible_count",
        passes="an endpoint may openly add a system prompt of that length"),
    planted("overflow-as-wrong-key", "A prompt that is too long is a 401.", "B340",
        overflow_told(401, error(_TOO_LONG, kind="authentication_error")),
        "validation.overflow_refused"),
    planted("overflow-as-throttled", "A prompt that is too long is a 429 that speaks of the context.", "B340",
        overflow_told(429, error(_TOO_LONG, code="context_length_exceeded")),
        "validation.overflow_refused"),
    planted("overflow-not-found", "A prompt that is too long is a 404.", "B340",
        overflow_told(404, error("Not found", code="not_found")),
        "validation.overflow_is_400", "validation.context_overflow", also=("validation.context_overflow_code",)),
    planted("overflow-is-422", "A prompt that is too long is a 422 that says so.", "B341",
        overflow_told(422, error(_TOO_LONG, code="context_length_exceeded")),
        "validation.overflow_is_400"),
    planted("overflow-empty-completion", "A prompt that is too long is a completion without text.", "B338",
        overflow_told(200, {"id": "chatcmpl-0", "object": "chat.completion", "created": 1_760_000_000, "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 280_009, "completion_tokens": 0, "total_tokens": 280_009}}),
        "validation.overflow_refused"),
    planted("overflow-without-choices", "A prompt that is too long is a 200 with no choices.", "B338",
        overflow_told(200, {"id": "chatcmpl-0", "object": "chat.completion", "choices": []}),
        "validation.overflow_refused"),
)  # fmt: skip
