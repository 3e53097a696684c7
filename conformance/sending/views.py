"""Texts read out of another text: without escapes, without what stands between letters and digits, or its strings one
after the other. Each remembers where in the received bytes its own stood. Each is made in one pass."""

from __future__ import annotations

import html.entities
import re
import string
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

Span = tuple[int, int]
Segments = tuple[list[int], list[Span]]  #: where each segment begins in a view, and where it stood before

_PASSES = 4  #: for escapes within escapes of another kind, such as \u0026#45;
#: An escape of a printable ASCII character, or of white space. Repetitions are possessive: nothing is tried twice.
_ESCAPE = re.compile(
    rb"(?<!\\)(?:\\++[nrtbf])++|(?<!\\)\\++(?:u00([0-7][0-9a-f])|x([2-7][0-9a-f])|/)"  # JSON, also within JSON
    rb"|%(?:25)*+([2-7][0-9a-f])"  # an address, also encoded twice
    rb"|&(?:amp;)*+(?:#x0*+([2-7][0-9a-f])(?![0-9a-f]);?|#0*+([0-9]{2,3})(?![0-9]);?|([a-z]{2,8}+);)",  # HTML
    re.IGNORECASE,
)
_ENTITIES = {
    name.rstrip(";").lower().encode(): char.encode()
    for name, char in html.entities.html5.items()
    if len(char) == 1 and " " < char < "\x7f"
}
_BETWEEN = bytes(set(range(256)) - set(f"{string.ascii_letters}{string.digits}".encode()))
_ALPHANUMERIC = re.compile(rb"[0-9A-Za-z]++")
#: The data of an event, a string of JSON with the colon after a name, or brackets. A string without end is a line long.
_TOKEN = re.compile(rb'(?<![^\r\n])data:|"((?:[^"\\\r\n]++|\\[^\r\n])*+)(?:"(\s*+:)?)?+|[\[\]{}]++')
_LINE = re.compile(rb"[^\r\n]++")


@dataclass(frozen=True)
class View:
    """Bytes that were read out of others."""

    data: bytes
    origin: Callable[[int, int], Iterator[Span]]  #: where the bytes from the one place to the other were received


def received(data: bytes) -> View:
    """The bytes themselves."""
    return View(data, lambda start, end: iter([(start, end)]))


def unescaped(view: View) -> View:
    """With the escapes of JSON, HTML and addresses undone, also where they were applied more than once."""
    for _ in range(_PASSES):
        before, view = view, _once_unescaped(view)
        if view is before:
            break
    return view


def _once_unescaped(view: View) -> View:
    pieces: list[bytes] = []
    starts: list[int] = []
    spans: list[Span] = []
    size = end = 0
    for found in _ESCAPE.finditer(view.data):
        if (meant := _meant(found)) is None:
            continue
        for span, piece in (((end, found.start()), view.data[end : found.start()]), (found.span(), meant)):
            if piece:
                pieces.append(piece)
                starts.append(size)
                spans.append(span)
                size += len(piece)
        end = found.end()
    if not end:
        return view
    starts.append(size)
    spans.append((end, len(view.data)))
    return View(b"".join([*pieces, view.data[end:]]), _Derived(view, lambda: (starts, spans)).origin)


def _meant(escape: re.Match[bytes]) -> bytes | None:
    """The character that an escape stands for, a blank for white space; None where it is none of ASCII."""
    if digits := escape[1] or escape[2] or escape[3] or escape[4]:
        return bytes([int(digits, 16)])
    if escape[5]:
        return bytes([int(escape[5])]) if 32 <= int(escape[5]) < 127 else None
    if escape[6]:
        return _ENTITIES.get(escape[6].lower())
    return b"/" if escape[0].endswith(b"/") else b" "


def alphanumeric(view: View) -> View:
    """The letters and digits only."""

    def segments() -> Segments:
        starts, spans, size = [], [], 0
        for found in _ALPHANUMERIC.finditer(view.data):
            starts.append(size)
            spans.append(found.span())
            size += found.end() - found.start()
        return starts, spans

    return View(view.data.translate(None, _BETWEEN), _Derived(view, segments).origin)


def spelled(view: View) -> Iterator[View]:
    """What strings spell together, one after the other: all, those of one name at one depth, and lines of event data
    that are no JSON. Where a stream sends a word in pieces, it is whole here."""
    everything: list[Span] = []
    named: dict[tuple[int, bytes], list[Span]] = {}
    data: list[Span] = []
    depth, name = 0, b""
    for token in _TOKEN.finditer(view.data):
        first = token[0][:1]
        if first == b'"':
            if token[2] is not None:
                name = token[1]
            elif token[1]:
                everything.append(token.span(1))
                named.setdefault((depth, name), []).append(token.span(1))
        elif first == b"d":
            depth, name = 0, b""
            if (line := _LINE.match(view.data, token.end())) and line[0].lstrip()[:1] not in b'{["':
                data.append(line.span())
        else:
            if first in b"{[" and view.data[token.start() - 1 : token.start()] in (b"\r", b"\n"):
                depth, name = 0, b""  # the next line of JSON
            depth += token[0].count(b"{") + token[0].count(b"[") - token[0].count(b"}") - token[0].count(b"]")
            name = b"" if first in b"}]" else name
    groups = (everything, *(named.values() if len(named) > 1 else ()), data)
    yield from (_joined(view, spans) for spans in groups if len(spans) > 1)


def _joined(view: View, spans: list[Span]) -> View:
    starts, size = [], 0
    for start, end in spans:
        starts.append(size)
        size += end - start
    return View(b"".join(view.data[start:end] for start, end in spans), _Derived(view, lambda: (starts, spans)).origin)


class _Derived:
    """Where the bytes of a view stood in the one that it was read out of; found out where it is asked for."""

    def __init__(self, view: View, segments: Callable[[], Segments]) -> None:
        self._view, self._make = view, segments

    @cached_property
    def _segments(self) -> Segments:
        return self._make()

    def origin(self, start: int, end: int) -> Iterator[Span]:
        starts, spans = self._segments
        at = bisect_right(starts, start) - 1
        while at < len(starts) and starts[at] < end:
            first, last = spans[at]
            until = starts[at + 1] if at + 1 < len(starts) else starts[at] + last - first
            if until - starts[at] == last - first:  # copied, not an escape
                last = first + min(end, until) - starts[at]
                first += max(start - starts[at], 0)
            yield from self._view.origin(first, last)
            at += 1
