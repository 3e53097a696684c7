"""Events: their lines, their encoding, and one JSON object in the data of each."""

from __future__ import annotations

import re

from conformance.contract.faults import append, content_edit, events, insert
from conformance.contract.requirement import Impact
from conformance.contract.scopes import EVERY_STREAM
from conformance.evidence.exchange import Read
from conformance.evidence.sse import Event, EventStream
from conformance.language import say
from conformance.suite.framing import AREA
from conformance.suite.framing.event_streams import before_done, last_event, not_empty, quoted

JSON_BEGINS = ("{", "[", "}", "]", '"')


def _run_together(before: list[Read]) -> list[Read]:
    """One line end after each event but the last."""
    return [*((when, data.rstrip(b"\r\n") + b"\n") for when, data in before[:-1]), *before[-1:]]


def _bare(data: bytes) -> bytes:
    return re.sub(rb"^data: ?(?=\{)", b"", data)


@AREA.must(
    "close every event of a stream, the last one too, with a blank line",
    on=EVERY_STREAM,
    source="whatwg-sse#event-stream-interpretation",
    contract=["framing-01"],
    hint="Write two line ends after every event, data: [DONE] included; clients discard an event cut short.",
    needs=["framing"],
    broken_by={
        "one line end after the last event": last_event(lambda data: data.rstrip(b"\r\n") + b"\n"),
        "no line end after the last event": last_event(lambda data: data.rstrip(b"\r\n")),
    },
)
def test_events_closed(stream: EventStream) -> None:
    pending = not_empty(stream).pending
    assert pending is None, say("the stream ends within the event {quoted}, which clients discard", quoted(pending))


@AREA.must(
    "send all JSON of a stream in data fields",
    on=EVERY_STREAM,
    source="whatwg-sse#parsing-an-event-stream",
    contract=["framing-01"],
    hint="Begin every line of JSON, errors too, with “data: ”; clients ignore a line without it.",
    broken_by={
        "every event": content_edit(_bare),
        "an error at the end": append(b'{"error": {"message": "upstream"}}\n\n'),
        "JSON over several lines": insert(-1, b'data: {\n"id": "chatcmpl-1"\n}\n\n'),
    },
)
def test_json_in_data(stream: EventStream) -> None:
    bare = [line for line in not_empty(stream).foreign if line.lstrip().startswith(JSON_BEGINS)]
    assert not bare, say("a line has no field name, so that clients ignore it: {quoted}", quoted(bare[0]))


@AREA.should(
    "send in a stream only fields named data, event, id or retry, comments and blank lines",
    on=EVERY_STREAM,
    impact=Impact.FORM,
    source="whatwg-sse#parsing-an-event-stream",
    contract=["framing-01"],
    hint="Begin lines that are not for clients with a colon: “: ping”.",
    broken_by=insert(1, b"PING\n\n"),
)
def test_known_fields(stream: EventStream) -> None:
    unknown = [line for line in not_empty(stream).foreign if not line.lstrip().startswith(JSON_BEGINS)]
    assert not unknown, say("the line {quoted} is neither a known field nor a comment", quoted(unknown[0]))


@AREA.must(
    "encode streams as UTF-8",
    on=EVERY_STREAM,
    impact=Impact.DATA,
    source="whatwg-sse#parsing-an-event-stream",
    contract=["framing-02"],
    hint="Do not split a character when you split text into chunks.",
    needs=["bytes"],
    broken_by={
        "half a character": content_edit(lambda data: data.replace(b'"content":"', b'"content":"\xe4\xb8')),
        "Latin-1": insert(1, b": caf\xe9\n\n"),
    },
)
def test_utf8(stream: EventStream) -> None:
    broken = not_empty(stream).broken
    assert not broken, say("a line of the stream is not UTF-8: {broken!r}", broken[0][:120])


@AREA.must(
    "send exactly one JSON object in the data of every event but the terminator",
    on=EVERY_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse",
    contract=["framing-03"],
    hint="Write one complete object per event; end the current event before an error event.",
    broken_by={
        "no blank line between events": events(_run_together),
        "an event that an error interrupts": insert(
            1, b'data: {"id":"c1","choices":[{"del\ndata: {"error":{"message":"x"}}\n\n'
        ),
        "a cut-off event glued to the next": insert(1, b'data: {"id":"1","objdata: {"id":"1"}\n\n'),
        "an array": insert(1, b"data: [1]\n\n"),
        "NaN": insert(1, b'data: {"choices": [], "score": NaN}\n\n'),
        "text": insert(1, b"data: ping\n\n"),
    },
)
def test_one_json_object(stream: EventStream) -> None:
    others = [event.data for event in before_done(stream) if not isinstance(event.document, dict)]
    assert not others, say(
        "{number} event(s) hold no JSON object, the first one: {quoted}", len(others), quoted(others[0])
    )


@AREA.should(
    "send chunks as plain data, without the fields event, id and retry",
    on=EVERY_STREAM,
    source="whatwg-sse#event-stream-interpretation",
    contract=["framing-06"],
    hint="Omit event, id and retry; “event: error” beside an error object is fine.",
    broken_by={
        "a name": content_edit(lambda data: re.sub(rb"^(?=data: ?\{)", b"event: message\n", data)),
        "an id": content_edit(lambda data: re.sub(rb"^(?=data: ?\{)", b"id: 7\n", data)),
        "a block of its own": insert(0, b"retry: 3000\n\n"),
    },
)
def test_data_only(stream: EventStream) -> None:
    named = [field for event in before_done(stream) if not _is_error(event) for field in event.fields]
    assert not named, say("{number} field(s) beside data, the first one: {named}", len(named), named[0])
    assert not stream.idle, say(
        "the field {idle} stands in a block without data, on which SDKs stumble", stream.idle[0]
    )


def _is_error(event: Event) -> bool:
    return isinstance(event.document, dict) and bool(event.document.get("error"))
