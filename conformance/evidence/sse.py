"""Server-sent events from bytes, by WHATWG HTML 9.2, keeping what was wrong with the framing."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any

from .strict_json import JSONError, loads

LINE_END = re.compile(rb"\r\n|\n|\r")
_LINE_END = re.compile(r"\r\n|\n|\r")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FIELDS = ("data", "event", "id", "retry")
DONE = "[DONE]"


@dataclass(frozen=True)
class Event:
    """One dispatched event. `time` is when its closing blank line had arrived, in seconds since the request
    was sent; `fields` are the names of its fields other than data, in order."""

    data: str
    name: str = "message"
    fields: tuple[str, ...] = ()
    time: float = 0.0

    @property
    def done(self) -> bool:
        """The terminator of a chat-completions stream."""
        return self.data.strip() == DONE

    @cached_property
    def document(self) -> Any:
        """The data as JSON, or None where it is no JSON."""
        try:
            return loads(self.data)
        except JSONError:
            return None


@dataclass(frozen=True)
class EventStream:
    """What a stream said.

    `pending` is the data of a last event that no blank line closed: by the standard it is discarded.
    `foreign` are lines that are neither a known field nor a comment; `broken` are lines that are not UTF-8;
    `idle` are the fields of blocks without data, which are not dispatched. A last line that no line end
    closed counts as a line here, so that nothing of the content is passed over.
    """

    events: tuple[Event, ...] = ()
    comments: tuple[str, ...] = ()
    pending: str | None = None
    foreign: tuple[str, ...] = ()
    broken: tuple[bytes, ...] = ()
    idle: tuple[str, ...] = ()
    ended: float = 0.0

    @cached_property
    def documents(self) -> list[Any]:
        """The JSON of each event up to the terminator; what is not JSON is left out."""
        documents = []
        for event in self.events:
            if event.done:
                break
            if event.document is not None:
                documents.append(event.document)
        return documents

    @property
    def terminators(self) -> list[int]:
        """Positions of the [DONE] events."""
        return [position for position, event in enumerate(self.events) if event.done]


@dataclass
class _Buffer:
    """The event being collected between two blank lines."""

    data: list[str] = field(default_factory=list)
    name: str = ""
    fields: list[str] = field(default_factory=list)

    def collect(self, line: str) -> bool:
        """Take one field line; False where the field is unknown and so ignored."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name not in FIELDS:
            return False
        if name == "data":
            self.data.append(value)
            return True
        if name == "event":
            self.name = value
        self.fields.append(name)
        return True


def parse(reads: Sequence[tuple[float, bytes]]) -> EventStream:
    """The event stream that these reads carry; how the bytes were split over reads changes times only."""
    events: list[Event] = []
    comments: list[str] = []
    foreign: list[str] = []
    idle: list[str] = []
    buffer = _Buffer()
    content = b"".join(data for _, data in reads)
    lines, ends, broken = _texts(content, timed=len(reads) > 1)
    arrived = list(accumulate(len(data) for _, data in reads))
    for number, text in enumerate(lines):
        if text.startswith("data: "):  # nearly every line that is not empty
            buffer.data.append(text[6:])
        elif not text:
            if buffer.data:
                when = reads[bisect_left(arrived, ends[number]) if ends else 0][0]
                data = buffer.data[0] if len(buffer.data) == 1 else "\n".join(buffer.data)
                events.append(Event(data, buffer.name or "message", tuple(buffer.fields), when))
            else:
                idle += buffer.fields
            buffer = _Buffer()
        elif text.startswith(":"):
            comments.append(text[1:])
        elif not buffer.collect(text):
            foreign.append(text)
    return EventStream(
        events=tuple(events),
        comments=tuple(comments),
        pending="\n".join(buffer.data) if buffer.data else None,
        foreign=tuple(foreign),
        broken=tuple(broken),
        idle=tuple(idle),
        ended=reads[-1][0] if reads else 0.0,
    )


def _texts(content: bytes, *, timed: bool) -> tuple[list[str], list[int], list[bytes]]:
    """Each line as text; where it is `timed`, the offset at which it is known to be whole; and the lines that are not
    UTF-8."""
    if not timed and not content.startswith(BYTE_ORDER_MARK):
        with suppress(UnicodeDecodeError):  # all at once, which is faster
            text = content.decode()
            lines = _LINE_END.split(text) if "\r" in text else text.split("\n")
            return (lines if lines[-1] else lines[:-1]), [], []
    found = [(line, line.decode("utf-8", "replace"), end) for line, end in _lines(content)]
    broken = [line for line, text, _ in found if "\ufffd" in text and text.encode() != line]
    return [text for _, text, _ in found], [end for _, _, end in found], broken


def _lines(content: bytes) -> Iterable[tuple[bytes, int]]:
    """Each line with the offset just after the first byte of its end, by which it is known to be whole: the
    LF of a CRLF may come a read later. A last line that was not ended is there too, unless it is empty."""
    start = len(BYTE_ORDER_MARK) if content.startswith(BYTE_ORDER_MARK) else 0
    for end in LINE_END.finditer(content, start):
        yield content[start : end.start()], end.start() + 1
        start = end.end()
    if start < len(content):
        yield content[start:], len(content)
