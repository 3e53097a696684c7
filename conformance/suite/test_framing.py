"""How the bytes of a stream are cut into events, before anything is said of what the events hold."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from conformance.contract.faults import append, chunk, content_edit, events, insert, without_events
from conformance.contract.profile import Model
from conformance.contract.requests import LONG_STREAM
from conformance.contract.requirement import Area, Fault
from conformance.contract.scopes import EVERY_COMPLETED_STREAM, EVERY_STREAM, streamed_choices
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Read
from conformance.evidence.sse import Event, EventStream

AREA = Area("framing")

PATIENCE = 5.0  #: seconds that may pass between [DONE] and the end of the body
JSON_BEGINS = ("{", "[", "}", "]", '"')


def _shown(value: Any, limit: int = 120) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _seen(stream: EventStream) -> EventStream:
    """The stream, where it has anything in it."""
    if not (stream.events or stream.pending or stream.foreign or stream.comments):
        raise NotApplicable("the stream is empty")
    return stream


def _before_done(stream: EventStream) -> list[Event]:
    """The events that are to hold an object."""
    found = [event for event in stream.events if not event.done]
    if not found:
        raise NotApplicable("the stream has no event but the terminator")
    return found


def _last(change: Any) -> Fault:
    """The last event's bytes changed."""

    def rearrange(before: list[Read]) -> list[Read]:
        return [*before[:-1], *((when, change(data)) for when, data in before[-1:])]

    return events(rearrange)


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
        "one line end after the last event": _last(lambda data: data.rstrip(b"\r\n") + b"\n"),
        "no line end after the last event": _last(lambda data: data.rstrip(b"\r\n")),
    },
)
def test_events_closed(stream: EventStream) -> None:
    pending = _seen(stream).pending
    assert pending is None, f"the stream ends within the event {_shown(pending)}, which clients discard"


@AREA.must(
    "put all JSON of a stream behind the field name data",
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
    bare = [line for line in _seen(stream).foreign if line.lstrip().startswith(JSON_BEGINS)]
    assert not bare, f"a line has no field name, so that clients ignore it: {_shown(bare[0])}"


@AREA.should(
    "send no line in a stream but fields named data, event, id or retry, comments and blank lines",
    on=EVERY_STREAM,
    source="whatwg-sse#parsing-an-event-stream",
    contract=["framing-01"],
    hint="Begin what is not for clients with a colon: “: ping”.",
    broken_by=insert(1, b"PING\n\n"),
)
def test_known_fields(stream: EventStream) -> None:
    unknown = [line for line in _seen(stream).foreign if not line.lstrip().startswith(JSON_BEGINS)]
    assert not unknown, f"the line {_shown(unknown[0])} is neither a known field nor a comment"


@AREA.must(
    "encode streams as UTF-8",
    on=EVERY_STREAM,
    source="whatwg-sse#parsing-an-event-stream",
    contract=["framing-02"],
    hint="Do not cut a character in two when you cut text into chunks.",
    needs=["bytes"],
    broken_by={
        "half a character": content_edit(lambda data: data.replace(b'"content":"', b'"content":"\xe4\xb8')),
        "Latin-1": insert(1, b": caf\xe9\n\n"),
    },
)
def test_utf8(stream: EventStream) -> None:
    broken = _seen(stream).broken
    assert not broken, f"a line of the stream is not UTF-8: {broken[0][:120]!r}"


@AREA.must(
    "send exactly one JSON object in the data of every event but the terminator",
    on=EVERY_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse",
    contract=["framing-03"],
    hint="Write one whole object an event; close an event before an error interrupts it.",
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
    others = [event.data for event in _before_done(stream) if not isinstance(event.document, dict)]
    assert not others, f"{len(others)} event(s) hold no JSON object, the first one: {_shown(others[0])}"


@AREA.must(
    "send data: [DONE] exactly once in a completed stream",
    on=EVERY_COMPLETED_STREAM,
    source="openai-openapi#ChatCompletionStreamOptions.include_usage",
    contract=["framing-04"],
    hint="End every stream that was not broken off with one “data: [DONE]” and a blank line.",
    broken_by={"missing": without_events(b"[DONE]"), "twice": append(b"data: [DONE]\n\n")},
)
def test_done_once(stream: EventStream) -> None:
    if (stream.pending or "").endswith("[DONE]"):
        raise NotApplicable("the event [DONE] was not closed, which is another requirement")
    count = len(stream.terminators)
    assert count == 1, f"the completed stream has {count} events with data: [DONE]"


@AREA.must(
    "send no event after data: [DONE]",
    on=EVERY_STREAM,
    source="openai-openapi#ChatCompletionStreamOptions.include_usage",
    contract=["framing-05"],
    hint="Send usage and cost before [DONE]; clients stop reading there.",
    broken_by=append(chunk({"choices": [], "usage": {"prompt_tokens": 1}})),
)
def test_nothing_after_done(stream: EventStream) -> None:
    if not stream.terminators:
        raise NotApplicable("the stream has no [DONE]")
    late = [event.data for event in stream.events[stream.terminators[0] :] if not event.done]
    assert not late, f"{len(late)} event(s) follow [DONE], which clients do not read: {_shown(late[0])}"


@AREA.should(
    "send chunks as plain data, without the fields event, id and retry",
    on=EVERY_STREAM,
    source="whatwg-sse#event-stream-interpretation",
    contract=["framing-06"],
    hint="Leave event, id and retry out; “event: error” beside an error object is fine.",
    broken_by={
        "a name": content_edit(lambda data: re.sub(rb"^(?=data: ?\{)", b"event: message\n", data)),
        "an id": content_edit(lambda data: re.sub(rb"^(?=data: ?\{)", b"id: 7\n", data)),
        "a block of its own": insert(0, b"retry: 3000\n\n"),
    },
)
def test_data_only(stream: EventStream) -> None:
    named = [field for event in _before_done(stream) if not _is_error(event) for field in event.fields]
    assert not named, f"{len(named)} field(s) beside data, the first one: {named[0]}"
    assert not stream.idle, f"the field {stream.idle[0]} stands in a block without data, on which SDKs stumble"


def _is_error(event: Event) -> bool:
    return isinstance(event.document, dict) and bool(event.document.get("error"))


@AREA.should(
    "keep a connection open with comment lines, never with an event",
    on=EVERY_STREAM,
    source="whatwg-sse#authoring-notes",
    contract=["framing-07"],
    hint="Send “: keep-alive” and a blank line.",
    broken_by={
        "empty data": insert(1, b"data:\n\n"),
        "a word": insert(1, b"data: ping\n\n"),
        "an empty object": insert(1, b"data: {}\n\n"),
        "Anthropic's ping": insert(1, b'event: ping\ndata: {"type": "ping"}\n\n'),
    },
)
def test_keep_alive(stream: EventStream) -> None:
    idle = [event.data for event in _before_done(stream) if _keeps_alive(event)]
    assert not idle, f"{len(idle)} event(s) carry nothing, the first one: data {_shown(idle[0])}"


def _keeps_alive(event: Event) -> bool:
    """An event without a message: blank, a word or two, an empty object, or one that calls itself a ping."""
    if event.document is None:
        return re.fullmatch(r"[\w\s:.-]{0,40}", event.data) is not None
    kind = event.document.get("type") if isinstance(event.document, dict) else None
    return event.document in ({}, "", []) or kind in ("ping", "keepalive", "keep-alive", "heartbeat")


def _linger(exchange: Exchange) -> Exchange:
    ended = max(exchange.seconds, exchange.stream.ended) if exchange.streamed else exchange.seconds
    return replace(exchange, seconds=ended + PATIENCE + 1)


@AREA.should(
    "end the body within five seconds after data: [DONE]",
    on=EVERY_STREAM,
    source="rfc9112#6.3",
    contract=["framing-09"],
    hint="Close the response as soon as [DONE] is written.",
    needs=["times"],
    broken_by=_linger,
)
def test_ends_after_done(exchange: Exchange, stream: EventStream) -> None:
    if not stream.terminators:
        raise NotApplicable("the stream has no [DONE]")
    waited = max(exchange.seconds, stream.ended) - stream.events[stream.terminators[0]].time
    assert waited <= PATIENCE, f"the body ended {waited:.1f} s after [DONE]"


AT_ONCE = 0.1  #: seconds, in which a whole stream is there before anyone can wait for it
LONG_ENOUGH = 200  #: characters, below which nothing is to be spread


def _texts(exchange: Exchange) -> list[tuple[float, int]]:
    """When each piece of text arrived, and how long it is."""
    found = []
    for event in exchange.stream.events:
        for choice in streamed_choices([event.document] if isinstance(event.document, dict) else []):
            text = choice["delta"].get("content") if isinstance(choice.get("delta"), dict) else None
            if isinstance(text, str) and text:
                found.append((event.time, len(text)))
    return found


def _held_back(before: list[Read]) -> list[Read]:
    return [(before[-1][0], data) for _, data in before]


def _in_two(before: list[Read]) -> list[Read]:
    return [(before[0 if number < 9 else -1][0], data) for number, (_, data) in enumerate(before)]


@AREA.should(
    "send a long text as it is written: its beginning in the first half of the time, the rest piece by piece",
    on=(LONG_STREAM,),
    source="openai-openapi#CreateChatCompletionRequest.stream",
    contract=["framing-08"],
    at="header:content-type",
    hint="Turn response buffering off in every proxy (nginx: proxy_buffering off), and flush after each event.",
    needs=["times"],
    broken_by={
        "all at the end": events(_held_back),
        "in two heaps": events(_in_two),
    },
)
def test_incremental(exchange: Exchange, model: Model) -> None:
    pieces, total = _texts(exchange), exchange.reads[-1][0]
    if model.reasons:
        raise NotApplicable("the model thinks before it writes")
    if sum(length for _, length in pieces) < LONG_ENOUGH:
        raise Inconclusive("the text is too short to be spread")
    if total < AT_ONCE:
        raise NotApplicable(f"the whole stream took {total:.3f} s")
    first, arrivals = pieces[0][0], len({when for when, _ in pieces})
    assert first <= total / 2, f"the first text arrived after {first:.2f} of {total:.2f} s"
    assert arrivals >= 4, f"the text arrived in {arrivals} reads, the first after {first:.2f} of {total:.2f} s"
