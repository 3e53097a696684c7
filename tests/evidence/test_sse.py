"""The event-stream parser against the standard, however the bytes were split over reads."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.evidence.exchange import Read
from conformance.evidence.sse import Event, EventStream, parse

PIECES = (
    b"data: ", b"data:", b"data", b"event: error", b"id: 7", b"retry: 3000", b": ping", b":", b"PING",
    b"\n", b"\n\n", b"\r", b"\r\n", b"\r\n\r\n", b"\xef\xbb\xbf", b"\xff", b"\xe4\xb8", b"\x00", b" ",
    '{"a": "é世👩‍👩‍👧"}'.encode(), b"[DONE]", "\u2028".encode(), "\u0085".encode(), b"\x0b", b"\x1c",
)  # fmt: skip


@st.composite
def split(draw: st.DrawFn) -> tuple[Read, ...]:
    """Bytes much like an event stream, split into reads anywhere, empty reads among them."""
    content = b"".join(draw(st.lists(st.sampled_from(PIECES), max_size=24)))
    cuts = sorted(draw(st.lists(st.integers(0, len(content)), max_size=6)))
    edges = [0, *cuts, len(content)]
    return tuple((float(number), content[a:b]) for number, (a, b) in enumerate(pairwise(edges)))


def by_the_standard(content: bytes) -> list[tuple[str, str]]:
    """The data and the name of each event, by the letter of WHATWG HTML 9.2.6: character by character."""
    stream = content.decode("utf-8", "replace").removeprefix("\ufeff")
    events: list[tuple[str, str]] = []
    data, name, line, position = "", "", "", 0
    while position < len(stream):
        character = stream[position]
        position += 1
        if character not in "\r\n":
            line += character
            continue
        if character == "\r" and stream[position : position + 1] == "\n":
            position += 1
        field, value = (line, "") if ":" not in line else (line[: line.index(":")], line[line.index(":") + 1 :])
        value = value[1:] if value.startswith(" ") else value
        if line == "":
            if data != "":
                events.append((data[:-1], name or "message"))
            data, name = "", ""
        elif field == "event":
            name = value
        elif field == "data":
            data += value + "\n"
        line = ""
    return events


def whole(reads: tuple[Read, ...]) -> bytes:
    return b"".join(data for _, data in reads)


def timeless(stream: EventStream) -> EventStream:
    return replace(stream, events=tuple(replace(event, time=0.0) for event in stream.events), ended=0.0)


@given(split())
@example(((0.0, b"data: a\r"), (1.0, b"\n\r"), (2.0, b"\ndata: b\r\n\r\n")))
@example(((0.0, b"data: \xe4"), (1.0, b"\xb8\x96\n\n")))
@example(((0.0, b"\xef"), (1.0, b"\xbb\xbfdata: a\n\n")))
def test_how_bytes_are_split_changes_times_only(reads: tuple[Read, ...]) -> None:
    assert timeless(parse(reads)) == timeless(parse([(0.0, whole(reads))]))


@given(split())
def test_events_are_those_of_the_standard(reads: tuple[Read, ...]) -> None:
    assert [(event.data, event.name) for event in parse(reads).events] == by_the_standard(whole(reads))


@given(split())
def test_an_event_has_the_time_of_the_first_read_that_shows_it(reads: tuple[Read, ...]) -> None:
    events = parse(reads).events
    for number, time in enumerate((when for when, _ in reads), 1):
        assert [event for event in events if event.time <= time] == list(parse(reads[:number]).events)


@given(split())
def test_nothing_of_the_content_is_passed_over(reads: tuple[Read, ...]) -> None:
    """Every line is seen again: as data, as another field, as a comment, or among what was wrong."""
    stream = parse(reads)
    lines = whole(reads).decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    data = sum(event.data.count("\n") + 1 for event in stream.events)
    data += 0 if stream.pending is None else stream.pending.count("\n") + 1
    named = sum(line.partition(":")[0] in ("event", "id", "retry") for line in lines.split("\n"))
    seen = data + named + len(stream.comments) + len(stream.foreign)
    assert seen == sum(line != "" for line in lines.split("\n"))


STREAMS: dict[str, tuple[bytes, list[Event]]] = {
    "a byte-order mark is skipped, once": (b"\xef\xbb\xbfdata: a\n\n", [Event("a")]),
    "CR ends a line": (b"data: a\r\rdata: b\r\r", [Event("a"), Event("b")]),
    "CRLF ends one line, not two": (b"data: a\r\ndata: b\r\n\r\n", [Event("a\nb")]),
    "line ends may be mixed": (
        b"data: a\n\r\ndata: b\r\n\ndata: c\n\r",
        [Event("a"), Event("b"), Event("c")],
    ),
    "comments are no data": (b": ping\n\ndata: a\n: between\n\n::PING\n\n", [Event("a")]),
    "one space after the colon is not data": (b"data:  a \n\ndata:b\n\n", [Event(" a "), Event("b")]),
    "lines of data are joined by LF": (b'data: {"a":\ndata: 1}\n\n', [Event('{"a":\n1}')]),
    "a field without a colon is empty": (b"data\n\n", [Event("")]),
    "an empty field of data is an event": (b"data:\n\n", [Event("")]),
    "names are case-sensitive": (b"Data: a\n\n", []),
    "a block without data is no event": (b"event: ping\n\nretry: 3000\n\ndata: a\n\n", [Event("a")]),
    "a name holds for one event": (
        b"event: error\ndata: a\n\ndata: b\n\n",
        [Event("a", "error", ("event",)), Event("b")],
    ),
    "an empty name is none": (b"event:\ndata: a\n\n", [Event("a", "message", ("event",))]),
    "NUL is a character": (b"data: a\x00b\n\n", [Event("a\x00b")]),
    "U+2028, U+0085, VT and FS end no line": (
        "data: a\u2028b\u0085c\x0bd\x1ce\n\n".encode(),
        [Event("a\u2028b\u0085c\x0bd\x1ce")],
    ),
    "what is not UTF-8 is replaced": (b"data: \xff\n\n", [Event("\ufffd")]),
    "an event that no blank line closed is discarded": (b"data: a\n\ndata: b\n", [Event("a")]),
    "an empty stream has no events": (b"", []),
}


@pytest.mark.parametrize("name", STREAMS)
def test_events(name: str) -> None:
    content, events = STREAMS[name]
    assert list(parse([(0.0, content)]).events) == events


WRONG: dict[str, tuple[bytes, EventStream]] = {
    "data without a line end": (b"data: a", EventStream(pending="a")),
    "data without a blank line": (b"data: a\ndata: b\r\n", EventStream(pending="a\nb")),
    "the terminator without a blank line": (b"data: [DONE]\n", EventStream(pending="[DONE]")),
    "data after a byte-order mark, without a line end": (b"\xef\xbb\xbfdata: a", EventStream(pending="a")),
    "JSON without a field": (b'{"error": "x"}\n\n', EventStream(foreign=('{"error": "x"}',))),
    "JSON without a field or a line end": (b'{"error": "x"}', EventStream(foreign=('{"error": "x"}',))),
    "a word": (b"PING\n\n", EventStream(foreign=("PING",))),
    "a second byte-order mark": (
        b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n",
        EventStream(foreign=("\ufeffdata: a",)),
    ),
    "a line that is not UTF-8": (b": \xff\n", EventStream(comments=(" \ufffd",), broken=(b": \xff",))),
    "a character that is cut off": (
        b"data: \xe4\xb8",
        EventStream(pending="\ufffd", broken=(b"data: \xe4\xb8",)),
    ),
    "a replacement character is text": ("data: \ufffd".encode(), EventStream(pending="\ufffd")),
    "a block without data": (b"retry: 3000\nid: 1\n\n", EventStream(idle=("retry", "id"))),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_was_wrong_is_kept(name: str) -> None:
    content, stream = WRONG[name]
    assert parse([(0.0, content)]) == stream


def test_documents_end_at_the_terminator() -> None:
    stream = parse([(0.0, b'data: {"a": 1}\n\ndata: x\n\ndata: [DONE] \n\ndata: {"b": 2}\n\ndata: [DONE]\n\n')])
    assert stream.documents == [{"a": 1}]
    assert stream.terminators == [2, 4]


def test_times_are_those_of_the_reads() -> None:
    data = [b"data: a\n", b"\nda", b"", b"ta: b\r\n\r", b"\n"]
    stream = parse([(float(number), read) for number, read in enumerate(data)])
    assert [event.time for event in stream.events] == [1.0, 3.0]
    assert stream.ended == 4.0
