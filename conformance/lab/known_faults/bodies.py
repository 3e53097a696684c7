"""Bodies that are not what their headers say, events that are not the stream's own, and what outlives a request."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

from conformance.contract.faults import events, failing, header, insert, only, with_content
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Failure, Read, Request
from conformance.evidence.send import Send

from .errors import every
from .kit import (
    Chunks,
    JSONObject,
    Wrap,
    asks,
    choices,
    finishes,
    if_answer,
    in_completions,
    in_errors,
    in_replies,
    in_streams,
    is_chat,
    is_claude,
    lift,
    misread,
    planted,
    rechunk,
    where,
)
from .refusals import Condition, both, format_of, streaming


def _without(exchange: Exchange, *names: str) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in exchange.headers if pair[0].lower() not in names)


def _zipped(exchange: Exchange) -> Exchange:
    """Gzip, and not declared so."""
    return with_content(exchange, (exchange.seconds, gzip.compress(exchange.content)))


def _cut_at_the_upstreams_length(exchange: Exchange) -> Exchange:
    """A body that was rewritten has the length from before, and ends there."""
    data = exchange.content[: len(exchange.content) * 2 // 3]
    headers = (*_without(exchange, "transfer-encoding", "content-length"), ("content-length", str(len(data))))
    return replace(exchange, headers=headers, reads=((exchange.seconds, data),))


def _length_and_chunks(exchange: Exchange) -> Exchange:
    headers = _without(exchange, "transfer-encoding", "content-length")
    return replace(exchange, headers=(*headers, ("content-length", "512"), ("transfer-encoding", "chunked")))


def _accepts_events(exchange: Exchange) -> bool:
    accepted = [value for name, value in exchange.request.headers if name.lower() == "accept"]
    return exchange.succeeded and not exchange.request.streams and any("text/event-stream" in each for each in accepted)


def _as_events(exchange: Exchange) -> Exchange:
    body = b"data: " + exchange.content + b"\n\ndata: [DONE]\n\n"
    headers = (*_without(exchange, "content-type", "content-length"), ("content-type", "text/event-stream"))
    return replace(exchange, headers=headers, reads=((exchange.seconds, body),))


def _unless_false(exchange: Exchange) -> Exchange:
    """A completion called an event stream, where stream is not in the body."""
    if not exchange.succeeded or "stream" in exchange.request.asked:
        return exchange
    body = b"data: " + exchange.content + b"\n[DONE]"
    return replace(header("content-type", "text/event-stream")(exchange), reads=((exchange.seconds, body),))


def _open_for_a_minute(exchange: Exchange) -> Exchange:
    later = exchange.seconds + 60
    return replace(exchange, reads=(*exchange.reads, (later, b"")), seconds=later)


def _at_once(exchange: Exchange) -> Exchange:
    return replace(exchange, reads=((exchange.seconds, exchange.wire),))


def _numbered(before: list[Read]) -> list[Read]:
    return [(when, b"id: %d\n" % number + data) for number, (when, data) in enumerate(before)]


def _heartbeat_in_an_event(before: list[Read]) -> list[Read]:
    if len(before) < 4:
        return before
    when, data = before[2]
    half = len(data) // 2
    return [*before[:2], (when, data[:half] + b": keep-alive\n\n" + data[half:]), *before[3:]]


def _end_of_calls_twice(chunks: Chunks) -> Chunks:
    def ends_calls(chunk: JSONObject) -> bool:
        return finishes(chunk) and any(each.get("finish_reason") == "tool_calls" for each in choices(chunk))

    return [each for chunk in chunks for each in ([chunk, deepcopy(chunk)] if ends_calls(chunk) else [chunk])]


def _answered_plain(condition: Condition) -> Wrap:
    """Such streams are answered with a completion, in JSON."""

    def understood(request: Request) -> Request:
        if not is_chat(request) or not request.streams or not condition(request):
            return request
        asked = {name: each for name, each in request.asked.items() if name not in ("stream", "stream_options")}
        return replace(request, body=json.dumps(asked).encode())

    return misread(understood)


def _after_a_hang_up(result: Fault, times: int = 1) -> Wrap:
    """What so many requests after one that the client hung up are answered."""

    def wrap(send: Send) -> Send:
        left = [0]

        def faulty(request: Request) -> Exchange:
            exchange = send(request)
            if request.hang_up_after is not None:
                left[0] = times
            elif left[0] and is_chat(request):
                left[0] -= 1
                return result(exchange)
            return exchange

        return faulty

    return wrap


def _replayed(condition: Condition) -> Wrap:
    """What was answered before is answered by the same bytes."""

    def wrap(send: Send) -> Send:
        known: dict[bytes, Exchange] = {}
        lock = threading.Lock()

        def faulty(request: Request) -> Exchange:
            whole = request.method == "POST" and request.authentic and request.hang_up_after is None
            if not whole or not is_chat(request) or not condition(request):
                return send(request)
            with lock:
                if request.body not in known:
                    known[request.body] = send(request)
                return replace(known[request.body], request=request)

        return faulty

    return wrap


def _only_event(text: bytes) -> Callable[[list[Read]], list[Read]]:
    """Nothing but this event and what ends the stream."""
    return lambda before: [(before[0][0], text), *before[-1:]]


def _long(request: Request) -> bool:
    return len(request.body) > 4000


def _plain_without_chance(request: Request) -> bool:
    return not request.streams and request.asked.get("temperature") == 0


_TOLD = {"message": 'Traceback (most recent call last):\n  File "/usr/a.py", line 3', "type": "None", "code": 500}
_TRACE = b"data: " + json.dumps({"error": _TOLD}).encode() + b"\n\n"
_GUARDRAIL = b'data: {"error": {"message": "guardrail", "type": "None", "param": "None", "code": "500"}}\n\n'
_SCHEMA_FAILED = b'data: {"error": {"message": "schema", "type": "server_error", "param": null, "code": null}}\n\n'

FAULTS = (
    planted("gzip-in-name-only", "A reply is declared as gzip and is not.", "B101",
        in_replies(header("content-encoding", "gzip")),
        "transport.content_coding"),
    planted("streamed-gzip-in-name-only", "A stream is declared as gzip and is not.", "B101",
        in_streams(header("content-encoding", "gzip")),
        "transport.content_coding"),
    planted("brotli-unasked", "A body is declared as br, which was not asked for.", "B101",
        in_completions(header("content-encoding", "br")),
        "transport.content_coding"),
    planted("gzip-unnamed", "A body is gzip and not declared so.", "B377", in_completions(_zipped),
        "transport.one_json_object"),
    planted("streams-cut-at-upstream-length", "A stream ends at the length that it had upstream.", "B109",
        in_streams(_cut_at_the_upstreams_length),
        "streaming.no_silent_end", "framing.done_once", also=("choices.", "framing.", "isolation.", "streaming.")),
    planted("bodies-cut-at-upstream-length", "A body ends at the length that it had upstream.", "B377",
        in_completions(_cut_at_the_upstreams_length),
        "transport.one_json_object"),
    planted("length-and-chunked", "A stream has a length and chunks.", "B382", in_streams(_length_and_chunks),
        "transport.one_framing", also=("transport.whole_body",)),
    planted("errors-one-byte-short", "A 400 has a length of one byte more than it has.", "B376",
        in_errors(failing(Failure("truncated", "one byte is missing")), status=400),
        "transport.whole_body", also=("robust.nested_json",)),
    planted("completion-as-text", "A completion is declared as text/plain.", "B101",
        in_completions(header("content-type", "text/plain; charset=utf-8")),
        "transport.json_media_type"),
    planted("accept-makes-a-stream", "An Accept that has text/event-stream makes a stream of any reply.", "B101",
        lift(if_answer(_accepts_events, _as_events)),
        "transport.no_stream_unasked", also=("idempotence.sdk_headers", "transport.json_media_type")),
    planted("stream-unless-false", "Without a stream member the answer is called an event stream.", "B101",
        lift(if_answer(lambda exchange: True, _unless_false)),
        "transport.no_stream_unasked", "transport.json_media_type", also=("transport.whole_body",)),
    planted("streams-without-request-id", "Streams have no x-request-id.", "B412",
        in_streams(header("x-request-id", None)),
        "transport.request_id"),
    planted("empty-streams-claude", "Claude's streams are a 200 of no bytes.", "B377",
        in_streams(only(is_claude, lambda exchange: replace(exchange, reads=()))),
        "streaming.no_silent_end"),
    planted("open-after-done", "The connection stays open for a minute after [DONE].", "B115",
        in_streams(_open_for_a_minute),
        "framing.ends_after_done", passes="on a machine under load a stream that is right ends late, too"),
    planted("streams-all-at-once", "A stream arrives at once when it has ended.", "B217", in_streams(_at_once),
        "framing.incremental"),
    planted("bracket-left-over", "A line of ] is left over in the stream.", "B107",
        in_streams(insert(-1, b"]\n\n")),
        "framing.json_in_data"),
    planted("ids-and-comments", "Every event has an id line, and comments keep the stream alive.", "B119 B106",
        in_streams(events(_numbered), insert(1, b": ping\n\n")),
        "framing.data_only"),
    planted("empty-data-keeps-alive", "Empty data lines keep the stream alive.", "B106",
        in_streams(insert(1, b"data:\n\n")),
        "framing.keep_alive", "framing.one_json_object"),
    planted("empty-data-first", "An empty data line comes before the first event.", "B106",
        in_streams(insert(0, b"data: \n\n")),
        "framing.keep_alive", "framing.one_json_object"),
    planted("heartbeat-in-an-event", "A comment that keeps the stream alive is put within an event.", "B121",
        in_streams(events(_heartbeat_in_an_event)),
        "framing.json_in_data", "framing.one_json_object", also=("framing.", "isolation.", "message.stream_not_empty",
        "streaming.", "tool_call.", "tools.")),
    planted("ping-events", "Anthropic's ping events are relayed.", "B119",
        in_streams(insert(1, b'event: ping\ndata: {"type": "ping"}\n\n')),
        "framing.keep_alive", "framing.data_only", also=("chunk.", "streaming.")),
    planted("end-of-calls-twice", "The chunk that ends tool calls comes twice.", "B146",
        in_streams(rechunk(_end_of_calls_twice)),
        "streaming.finish_once", also=("choices.streamed_apart",)),
    planted("only-done-after-long-prompts", "Where the prompt is long a stream is [DONE] alone.", "B109",
        where(both(streaming, _long), in_streams(events(lambda before: before[-1:]))),
        "streaming.done_after_finish"),
    planted("guardrail-in-the-stream", "Now and then a stream ends in an error event whose type is None.", "B318 B311",
        every(9, if_answer(lambda exchange: exchange.streamed,
            events(lambda before: [*before[:3], (before[0][0], _GUARDRAIL)]))),
        "streaming.error_typed", also=("equivalence.length", "isolation.aborted_streams",
        "unicode.arguments_in_every_script")),
    planted("streamed-logprobs-in-a-trace", "A stream with logprobs is a traceback in a 200.", "B361 B401",
        where(both(streaming, asks("logprobs")),
            lift(if_answer(lambda exchange: exchange.succeeded, lambda each: replace(each, reads=((0.1, _TRACE),))))),
        "security.streamed_errors_hide_internals", "streaming.early_failure_has_status",
        also=("streaming.error_typed",)),
    planted("streamed-schema-is-an-error", "A stream with a schema is nothing but an error event.", "B361",
        where(both(streaming, format_of("json_schema")), in_streams(events(_only_event(_SCHEMA_FAILED)))),
        "streaming.early_failure_has_status"),
    planted("streams-with-tools-answered-plain", "A stream with tools is answered in JSON.", "B101",
        _answered_plain(asks("tools")),
        "transport.event_stream_media_type"),
    planted("streams-with-schema-answered-plain", "A stream with a schema is answered in JSON.", "B101",
        _answered_plain(format_of("json_schema")),
        "transport.event_stream_media_type"),
    planted("away-after-a-hang-up", "After a stream that was hung up the server is away for a while.", "B109",
        _after_a_hang_up(failing(Failure("refused", "connection refused")), 3),
        "robust.hung_up", also=("robust.nested_json",)),
    planted("silent-after-a-hang-up", "After a stream that was hung up the next request is not answered.", "B115",
        _after_a_hang_up(failing(Failure("timeout", "no answer in 60 s"))),
        "robust.hung_up"),
    planted("streams-replayed", "A stream that was answered before is played back, id and all.", "B404",
        _replayed(streaming),
        "isolation.aborted_streams"),
    planted("replayed-without-chance", "Plain requests of temperature 0 are played back.", "B404",
        _replayed(_plain_without_chance),
        "ids.unique", "idempotence.repeats_are_independent", also=("caching.automatic_hits", "caching.written_is_read",
        "transport.request_id_unique")),
)  # fmt: skip
