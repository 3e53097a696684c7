"""Generation that fails: how a client learns of it."""

from __future__ import annotations

import json

from conformance.contract.faults import DROP, events, header, late, put, status
from conformance.contract.requests import NO_MESSAGES_STREAM, UNKNOWN_MODEL_STREAM
from conformance.contract.requirement import Impact
from conformance.contract.scopes import (
    EVERY_FAILED_STREAM,
    EVERY_STREAM,
    failed,
    streamed_choices,
)
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.sse import DONE, EventStream
from conformance.language import say
from conformance.suite.streaming import AREA
from conformance.suite.streaming.chunks import (
    Chunks,
    finish_reasons,
    one_more_chunk,
)
from conformance.suite.support.failing_streams import ERROR, ERROR_CHUNK, NOTHING, failing


def _errors(stream: EventStream) -> list[int]:
    """Positions of the documents that hold an error."""
    return [
        position
        for position, document in enumerate(stream.documents)
        if isinstance(document, dict) and document.get("error")
    ]


@AREA.should(
    "report a failure within a stream as an error object that has a message",
    on=EVERY_FAILED_STREAM,
    source="openai-openapi#ErrorResponse",
    contract=["streaming-16"],
    at="error.message",
    hint='Send data: {"error": {"message": …, "type": …, "param": null, "code": null}}.',
    shown_by=failing,
    broken_by={"no message": put("error.message", DROP), "text": put("error", "The upstream broke off")},
)
def test_error_told(stream: EventStream) -> None:
    for position in _errors(stream):
        error = stream.documents[position]["error"]
        message = error.get("message") if isinstance(error, dict) else None
        assert isinstance(message, str), say("the error in the stream has no message: {dumps}", json.dumps(error)[:160])
        assert message, say("the message of the error in the stream is empty")


@AREA.should(
    "give an error within a stream the type and the code that an error response has",
    on=EVERY_FAILED_STREAM,
    impact=Impact.FORM,
    source="openai-openapi#Error",
    contract=["errors-03", "errors-04"],
    at="error",
    hint="Use the same object as in an error response: type is a string, code a string or null.",
    shown_by=failing,
    broken_by={
        "no type": put("error.type", None),
        "the word None": put("error.type", "None"),
        "a number": put("error.code", 500),
    },
)
def test_error_typed(stream: EventStream) -> None:
    for position in _errors(stream):
        error = stream.documents[position]["error"]
        if not isinstance(error, dict):
            raise NotApplicable(say("the error is not an object (covered by streaming.error_told)"))
        kind, code = error.get("type"), error.get("code")
        word = isinstance(kind, str) and kind not in ("", *NOTHING)
        assert word, say("the error in the stream has the type {kind!r}: {dumps}", kind, json.dumps(error)[:160])
        assert code is None or isinstance(code, str), say("the error in the stream has the code {code!r}", code)


@AREA.should(
    "signal by the status that a streamed request fails before any content was sent",
    on=EVERY_FAILED_STREAM,
    source="openai-openapi#createChatCompletion",
    contract=["streaming-17"],
    at="status",
    hint="Send the status only with the first token: until then a failure can still be signalled by it.",
    shown_by=failing,
    broken_by={
        "nothing but an error": events(lambda before: [(before[0][0], ERROR), *before[-1:]]),
        "as a chunk": events(lambda before: [(before[0][0], ERROR_CHUNK), *before[-1:]]),
        "before what it belongs to": events(lambda before: [(before[0][0], ERROR), *before]),
    },
)
def test_early_failure_has_status(exchange: Exchange) -> None:
    """Comments that keep a connection alive take the status with them. An error may come in what is else a chunk."""
    if exchange.stream.comments:
        raise NotApplicable(say("the stream was kept alive with comments, so that its status was sent before"))
    first = _errors(exchange.stream)[0]
    assert first > 0, say(
        "HTTP {status}, and the stream begins with an error: {text}", exchange.status, exchange.text[:160].strip()
    )


@AREA.should(
    "not finish a choice normally after an error within the stream",
    on=EVERY_FAILED_STREAM,
    impact=Impact.DATA,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.finish_reason",
    contract=["streaming-16"],
    at="choices.*.finish_reason",
    hint="Send no chunk with finish_reason stop or tool_calls after the error event.",
    shown_by=failing,
    broken_by=one_more_chunk(-1, choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]),
)
def test_error_is_final(stream: EventStream) -> None:
    later = [each for each in stream.documents[_errors(stream)[0] :] if isinstance(each, dict)]
    reasons = [reason for reason in finish_reasons(streamed_choices(later)) if reason in ("stop", "tool_calls")]
    assert not reasons, say("after the error event a choice ends with finish_reason {reasons}", reasons[0])


@AREA.should(
    "not end a stream without a finish_reason, [DONE] or an error event",
    on=EVERY_STREAM,
    impact=Impact.DATA,
    source="openai-python#_streaming.py",
    contract=["streaming-16"],
    hint="When the upstream breaks off, send an error event: clients treat such an end as a complete answer.",
    needs=["terminator"],
    broken_by={
        "cut after the first event": events(lambda before: before[:1]),
        "empty": events(lambda before: []),
    },
)
def test_no_silent_end(exchange: Exchange, stream: EventStream, chunks: Chunks) -> None:
    said = [*(event.data for event in stream.events), stream.pending or ""]
    done = any(data.rstrip().endswith(DONE) for data in said)
    finished = any(finish_reasons([choice]) for choice in streamed_choices(chunks))
    assert done or finished or failed(exchange), say(
        "the stream of {number} events just ends: no finish_reason, no [DONE], no error", len(stream.events)
    )


@AREA.must(
    "reject a streamed request without messages, or for an unknown model, with a 4xx status, not in a stream",
    on=(NO_MESSAGES_STREAM, UNKNOWN_MODEL_STREAM),
    source="whatwg-sse#processing-model",
    contract=["streaming-17"],
    at="status",
    hint="Send the status only with the first token: until then a failure can still be signalled by it.",
    broken_by={
        "an error event": late,
        "an event stream": header("content-type", "text/event-stream"),
        "a server error": status(500),
    },
    needs=["request", "status"],
)
def test_refused_before_it_streams(exchange: Exchange) -> None:
    told = say(
        "{request} was answered with HTTP {status}, {media_type}",
        exchange.request,
        exchange.status,
        exchange.media_type,
    )
    assert 400 <= exchange.status < 500, say("{told}: {text}", told, exchange.text[:120].strip())
    assert exchange.media_type != "text/event-stream", told
