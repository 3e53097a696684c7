"""Ways for an exchange to go wrong: functions from exchange to exchange."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate
from typing import Any

from conformance.evidence.exchange import Exchange, Failure, Inconclusive, Read, Request

from .requirement import Fault

DROP = object()  #: as a value: the member is removed

Edit = Callable[[Any], object]
_EVENT_END = re.compile(rb"\r\n(?:\r\n|[\r\n])|[\r\n](?:\r\n|[\r\n])")  # two line ends, each CRLF, LF or CR
_DATA_LINE = re.compile(rb"^data: ?(\{.*\})", re.MULTILINE)


def chain(*faults: Fault) -> Fault:
    """Applies one fault after the other."""

    def fault(exchange: Exchange) -> Exchange:
        for each in faults:
            exchange = each(exchange)
        return exchange

    return fault


def only(condition: Callable[[Request], bool], *faults: Fault) -> Fault:
    """Applies the faults to the responses to requests for which the condition holds."""
    return lambda exchange: chain(*faults)(exchange) if condition(exchange.request) else exchange


# --- the content --------------------------------------------------------------------------------------------


def with_content(exchange: Exchange, *reads: Read) -> Exchange:
    """The exchange with other content, uncoded; a Content-Length it had is kept true."""
    length = str(sum(len(data) for _, data in reads))
    headers = tuple(
        (name, length if name.lower() == "content-length" else value)
        for name, value in exchange.headers
        if name.lower() != "content-encoding"
    )
    return replace(exchange, headers=headers, reads=tuple(reads))


def content(data: bytes) -> Fault:
    """Replaces the whole body."""
    return lambda exchange: with_content(exchange, (exchange.seconds, data))


def content_edit(change: Callable[[bytes], bytes]) -> Fault:
    """Changes the bytes of the body; in a stream, of each event."""

    def fault(exchange: Exchange) -> Exchange:
        if exchange.streamed:
            return with_content(exchange, *((when, change(block)) for when, block in blocks(exchange)))
        return with_content(exchange, (exchange.seconds, change(exchange.content)))

    return fault


def edit(change: Edit) -> Fault:
    """Changes every JSON document of the response in place: the body, or the data of each event."""

    def rewrite(data: bytes) -> bytes:
        document = json.loads(data)
        change(document)
        after = json.dumps(document)
        return data if after == _normal(data) else after.encode()

    def fault(exchange: Exchange) -> Exchange:
        if exchange.streamed:
            lines = content_edit(lambda block: _DATA_LINE.sub(lambda found: b"data: " + rewrite(found[1]), block))
            return lines(exchange)
        if not isinstance(_document(exchange), dict | list):
            return exchange
        return with_content(exchange, (exchange.seconds, rewrite(exchange.content)))

    return fault


@lru_cache(maxsize=1024)
def _normal(data: bytes) -> str:
    """A JSON text as it is written here. Texts tell 1 from 1.0 and True, which are equal in Python; what many faults
    are applied to is written once."""
    return json.dumps(json.loads(data))


def _document(exchange: Exchange) -> Any:
    try:
        return exchange.document
    except Inconclusive:
        return None


def places(document: Any, path: str) -> Iterator[tuple[Any, Any]]:
    """Each container with the key that the path leads to, where the container exists: `choices.*.index`."""
    *parents, last = path.split(".")
    found = [document]
    for name in parents:
        found = [each for container in found for each in _inside(container, name)]
    for container in found:
        if isinstance(container, dict):
            yield container, last
        elif isinstance(container, list):
            yield from ((container, position) for position in range(len(container)) if last == "*")


def _inside(container: Any, name: str) -> list[Any]:
    if name == "*":
        return list(container) if isinstance(container, list) else []
    return [container[name]] if isinstance(container, dict) and name in container else []


def put(path: str, value: Any) -> Fault:
    """Sets every member at this path, such as `choices.*.index`, to a value, also where it was absent. The value may be
    a function of the old one; `DROP` removes the member."""

    def change(document: Any) -> None:
        for container, key in list(places(document, path)):
            if value is DROP:
                if isinstance(container, dict):
                    container.pop(key, None)
            elif callable(value):
                if isinstance(container, list) or key in container:
                    container[key] = value(container[key])
            else:
                container[key] = deepcopy(value)

    return edit(change)


def drop(path: str) -> Fault:
    """Removes every member at this path."""
    return put(path, DROP)


# --- the message --------------------------------------------------------------------------------------------


def header(name: str, value: str | None) -> Fault:
    """Replaces all header fields of this name by one with this value; None removes them."""
    name = name.lower()

    def fault(exchange: Exchange) -> Exchange:
        others = tuple(pair for pair in exchange.headers if pair[0].lower() != name)
        return replace(exchange, headers=others if value is None else (*others, (name, value)))

    return fault


def status(code: int) -> Fault:
    """Sets the status code."""
    return lambda exchange: replace(exchange, status=code)


def respond(code: int, document: Any, *headers: tuple[str, str]) -> Fault:
    """Replaces the response by another one, in JSON."""

    def fault(exchange: Exchange) -> Exchange:
        body = json.dumps(document).encode()
        fields = (("content-type", "application/json"), ("content-length", str(len(body))), *headers)
        return replace(exchange, status=code, headers=fields, reads=((exchange.seconds, body),))

    return fault


def late(exchange: Exchange) -> Exchange:
    """Sends an error response as a stream of status 200, like an endpoint that had already sent status 200."""
    told = content_edit(lambda body: b"data: " + body + b"\n\ndata: [DONE]\n\n")
    in_stream = chain(told, header("content-type", "text/event-stream"), status(200))
    return in_stream(exchange) if exchange.refused else exchange


def failing(failure: Failure) -> Fault:
    """No complete response arrives."""
    return lambda exchange: replace(exchange, failure=failure)


# --- the events of a stream; other responses are left as they are -------------------------------------------


def blocks(exchange: Exchange) -> list[Read]:
    """The bytes of each event, its blank line included, with the time they had arrived."""
    data = exchange.content
    arrived = list(accumulate(len(read) for _, read in exchange.decoded_reads))
    found: list[Read] = []
    start = 0
    for end in [*(match.end() for match in _EVENT_END.finditer(data)), len(data)]:
        if end > start:
            found.append((exchange.decoded_reads[bisect_left(arrived, end)][0], data[start:end]))
        start = end
    return found


def events(change: Callable[[list[Read]], list[Read]]) -> Fault:
    """Changes the list of a stream's events, each with its blank line."""
    return lambda exchange: with_content(exchange, *change(blocks(exchange))) if exchange.streamed else exchange


def insert(position: int, data: bytes) -> Fault:
    """Inserts bytes before the event at this position; a negative one counts from the end, [DONE] being -1."""

    def change(before: list[Read]) -> list[Read]:
        index = position if position >= 0 else max(len(before) + position, 0)
        when = before[min(index, len(before) - 1)][0] if before else 0.0
        return [*before[:index], (when, data), *before[index:]]

    return events(change)


def append(data: bytes) -> Fault:
    """Adds bytes after the last event."""
    return events(lambda before: [*before, (before[-1][0] if before else 0.0, data)])


def without_events(holding: bytes) -> Fault:
    """Removes every event that contains these bytes."""
    return events(lambda before: [block for block in before if holding not in block[1]])


def chunk(document: dict[str, Any]) -> bytes:
    """An event with this JSON as its data."""
    return b"data: " + json.dumps(document).encode() + b"\n\n"
