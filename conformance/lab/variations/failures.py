"""Failures that pass, and streams that break off and say so."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from conformance.contract.faults import blocks, chunk, header, respond, with_content
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Failure, Request

from .kit import ALARMS, FINDINGS, HTTP, right

#: What OpenAI's load balancer and its API say where they are away or throttled.
ENVOY = b"upstream connect error or disconnect/reset before headers. reset reason: connection termination"
THROTTLED = {
    "message": "Rate limit reached for requests.",
    "type": "requests",
    "param": None,
    "code": "rate_limit_exceeded",
}
AWAY = {"message": "The engine is currently overloaded.", "type": "server_error", "param": None, "code": None}
BROKEN = {"message": "The model produced invalid content.", "type": "model_error", "param": None, "code": None}
NO_COUNTS = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def one_in(number: int, request: Request) -> bool:
    """Whether a request is one of so many, always the same ones."""
    return int(request.key, 16) % number == 0


def answered_before(*before: Fault) -> Fault:
    """A third of the valid requests were answered otherwise before, and were then sent again."""

    def fault(exchange: Exchange) -> Exchange:
        if not exchange.succeeded or exchange.request.expect != "reply" or not one_in(3, exchange.request):
            return exchange
        attempts = (each(replace(exchange, seconds=number + 1.0)) for number, each in enumerate(before))
        return replace(exchange, earlier=tuple(attempts))

    return fault


def _saying(status: int, error: Mapping[str, Any], *headers: tuple[str, str]) -> Fault:
    """An error response whose x-request-id is its own."""

    def fault(exchange: Exchange) -> Exchange:
        own = header("x-request-id", f"req_{exchange.seconds:.0f}_{status}_{exchange.request.key}")
        return own(respond(status, {"error": error}, *headers)(exchange))

    return fault


@right("RFC 6585 4, RFC 9110 10.2.3")
def throttled_at_first(exchange: Exchange) -> Exchange:
    """A third of the requests get 429 with Retry-After in seconds at first, and their answer when sent again."""
    return answered_before(_saying(429, THROTTLED, ("retry-after", "1")))(exchange)


@right("RFC 9110 10.2.3: a date or seconds", deviates={"ratelimit.retry_after_in_seconds": "ratelimit-03"})
def throttled_until_a_date(exchange: Exchange) -> Exchange:
    """A third of the requests get 429 with a date in Retry-After at first, and their answer when sent again."""
    return answered_before(_saying(429, THROTTLED, ("retry-after", "Mon, 30 Nov 2026 16:10:00 GMT")))(exchange)


@right("ratelimit-03: where present", deviates={"ratelimit.tells_when": "ratelimit-03, which lets it be left out"})
def throttled_without_a_time(exchange: Exchange) -> Exchange:
    """A third of the requests get 429 without Retry-After at first, and their answer when sent again."""
    return answered_before(_saying(429, THROTTLED))(exchange)


@right("openai-errors: 503 means that the engine is overloaded")
def overloaded_at_first(exchange: Exchange) -> Exchange:
    """A third of the requests get 503 twice, and their answer when sent again."""
    return answered_before(_saying(503, AWAY), _saying(503, AWAY))(exchange)


@right(
    f"{FINDINGS}: two of OpenAI's own",
    deviates={"errors.server_error_is_json": "errors-01", "errors.media_type": "errors-08"},
)
def away_for_a_moment(exchange: Exchange) -> Exchange:
    """The load balancer answers a third of the requests with 503 in plain text at first, as OpenAI's."""

    def away(before: Exchange) -> Exchange:
        told = with_content(_saying(503, AWAY)(before), (before.seconds, ENVOY))
        return header("content-type", "text/plain")(told)

    return answered_before(away)(exchange)


@right(f"{ALARMS}: a transient accuses nobody")
def cut_at_first(exchange: Exchange) -> Exchange:
    """A third of the requests get half of their answer at first, and the whole one when sent again."""

    def cut(before: Exchange) -> Exchange:
        half = replace(before, reads=((before.seconds, before.wire[: len(before.wire) // 2]),))
        return replace(half, failure=Failure("truncated", "the connection was closed before the end"))

    return answered_before(cut)(exchange)


@right("openai-errors: 429 of two kinds")
def out_of_credit_at_first(exchange: Exchange) -> Exchange:
    """A third of the requests get 429 with insufficient_quota at first, and their answer when credit was bought."""
    quota = {"message": "You exceeded your current quota, please check your plan and billing details."}
    quota |= {"type": "insufficient_quota", "code": "insufficient_quota"}
    return answered_before(_saying(429, quota | {"param": None}))(exchange)


def unanswered(kind: Any, detail: str) -> Fault:
    """Of some fifty valid requests one has no whole answer."""

    def fault(exchange: Exchange) -> Exchange:
        lost = exchange.succeeded and exchange.request.expect == "reply" and one_in(47, exchange.request)
        return replace(exchange, failure=Failure(kind, detail)) if lost else exchange

    return fault


@right(f"{HTTP}: a connection may close at any time")
def reset_now_and_then(exchange: Exchange) -> Exchange:
    """Now and then a connection is reset, by whatever stands between."""
    return unanswered("reset", "the connection was reset")(exchange)


@right(f"{ALARMS}: a loaded machine")
def too_late_now_and_then(exchange: Exchange) -> Exchange:
    """Now and then an answer takes longer than is waited for."""
    return unanswered("timeout", "nothing arrived in 60 seconds")(exchange)


def breaking(after: Callable[[Exchange], list[bytes]]) -> Fault:
    """A quarter of the streams fail after their first word, and then say something else before they end."""

    def fault(exchange: Exchange) -> Exchange:
        # properties.no_server_error is right to tell of one of the generated requests
        if not exchange.streamed or exchange.request.label == "generated" or not one_in(4, exchange.request):
            return exchange
        before = blocks(exchange)
        more = [(exchange.seconds, each) for each in (chunk({"error": BROKEN}), *after(exchange))]
        return with_content(exchange, *before[:2], *more, before[-1])

    return fault


@right(f"{FINDINGS}: eight of OpenAI's own streams")
def streams_break_off(exchange: Exchange) -> Exchange:
    """A quarter of the streams end in an error event and [DONE], without usage, as OpenAI's."""
    return breaking(lambda _: [])(exchange)


@right(f"{ALARMS}: a failed stream says nothing about counts")
def streams_break_off_and_count_nothing(exchange: Exchange) -> Exchange:
    """After the error event of a stream its usage chunk counts zeros: what failed is not counted."""

    def counts(broken: Exchange) -> list[bytes]:
        if not isinstance(broken.request.asked.get("stream_options"), dict):
            return []
        first = json.loads(blocks(broken)[0][1].removeprefix(b"data: "))
        return [chunk(first | {"choices": [], "usage": NO_COUNTS})]

    return breaking(counts)(exchange)
