"""Texts read out of another text: without escapes, without what stands between letters and digits, or its strings one
after the other. Each remembers where in the received bytes its own stood. Each is made in one pass."""

from __future__ import annotations

import html.entities
import re
import string
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

Span = tuple[int, int]

_PASSES = 4  #: for escapes within escapes of another kind, such as \u0026#45;
#: An escape of a printable ASCII character, or of white space. Repetitions are possessive: nothing is tried twice.
_ESCAPE = re.compile(
    rb"(?<!\\)(?:\\++[nrtbf])++"  # JSON and programs, also within JSON
    rb"|(?<!\\)\\++(?:u(?:0{6}|00|\{0*+)([0-7][0-9a-f])\}?|x([2-7][0-9a-f])|/)"
    rb"|%(?:25)*+(?:u00)?([2-7][0-9a-f])"  # an address, also encoded twice
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
#: A line of event data that is no JSON, or a string of JSON with the colon after a name. Neither is longer than a line.
_TOKEN = re.compile(rb'(?<![^\r\n])data:[ ]*+([^\r\n{["][^\r\n]*+)|"((?:[^"\\\r\n]++|\\[^\r\n])*+)(?:"(\s*+:)?)?+')


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
    places = Places()
    end = 0
    for found in _ESCAPE.finditer(view.data):
        if (meant := _meant(found)) is None:
            continue
        start = found.start()
        if end < start:
            pieces.append(view.data[end:start])
            places.add(end, start, start - end)
        pieces.append(meant)
        places.add(start, end := found.end(), 1)
    if not pieces:
        return view
    places.add(end, len(view.data), len(view.data) - end)
    return View(b"".join([*pieces, view.data[end:]]), Derived(view, lambda: places).origin)


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

    def places() -> Places:
        found = Places()
        for start, end in (each.span() for each in _ALPHANUMERIC.finditer(view.data)):
            found.add(start, end, end - start)
        return found

    return View(view.data.translate(None, _BETWEEN), Derived(view, places).origin)


def spelled(view: View) -> Iterator[View]:
    """What strings spell together, one after the other: all, those of one name, and lines of event data that are no
    JSON. Where a stream sends a word in pieces, it is whole here."""
    everything, data, named = Places(), Places(), dict[bytes, Places]()
    name = b""
    for token in _TOKEN.finditer(view.data):
        if token[3] is not None:  # the colon after a name
            name = token[2]
        elif token[2]:
            start, end = token.span(2)
            everything.add(start, end, end - start)
            named.setdefault(name, Places()).add(start, end, end - start)
        elif token[1] is not None:
            start, end = token.span(1)
            data.add(start, end, end - start)
    groups = (everything, *(named.values() if len(named) > 1 else ()), data)
    yield from (_joined(view, places) for places in groups if len(places.starts) > 1)


def _joined(view: View, places: Places) -> View:
    pieces = (view.data[first:last] for first, last in zip(places.firsts, places.lasts, strict=True))
    return View(b"".join(pieces), Derived(view, lambda: places).origin)


class Places:
    """Where the segments of a view begin in it, and where each stood before, from its first byte to its last."""

    def __init__(self) -> None:
        self.starts, self.firsts, self.lasts = array("Q"), array("Q"), array("Q")
        self.size = 0

    def add(self, first: int, last: int, size: int) -> None:
        """One that stood there, and is `size` bytes long in the view: one where it was an escape."""
        self.starts.append(self.size)
        self.firsts.append(first)
        self.lasts.append(last)
        self.size += size


class Derived:
    """A view's memory of the one that it was read out of, made where it is asked for."""

    def __init__(self, view: View, make: Callable[[], Places]) -> None:
        self._view, self._make = view, make

    @cached_property
    def _places(self) -> Places:
        return self._make()

    def origin(self, start: int, end: int) -> Iterator[Span]:
        """Where the bytes from the one place to the other were received."""
        places = self._places
        starts = places.starts
        at = bisect_right(starts, start) - 1
        while at < len(starts) and starts[at] < end:
            first, last, began = places.firsts[at], places.lasts[at], starts[at]
            until = starts[at + 1] if at + 1 < len(starts) else places.size
            if until - began == last - first:  # copied, not an escape
                last = first + min(end, until) - began
                first += max(start - began, 0)
            yield from self._view.origin(first, last)
            at += 1
