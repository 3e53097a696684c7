"""More of what hostile endpoints do: to the protocol, to memory, and to the processor."""

from __future__ import annotations

import gzip
from collections.abc import Iterable

from conformance.evidence.exchange import Exchange

from .scripts import JSON, MEGABYTE, Row
from .server import Part, head, whole

PADDING = 2 * MEGABYTE  #: bytes of each reply
EVENT = ("framing.one_json_object",)
CHUNK = tuple(f"chunk.{name}" for name in ("created", "id", "model", "object"))
NO_JSON = (JSON, "transport.event_stream_media_type", "transport.json_media_type")


def _chunks(data: bytes, size: int = 1) -> Iterable[bytes]:
    """The data in chunked coding, a mebibyte of chunks at a time, ended."""
    made = bytearray()
    for at in range(0, len(data), size):
        piece = data[at : at + size]
        made += b"%x\r\n" % len(piece) + piece + b"\r\n"
        if len(made) > MEGABYTE:
            yield bytes(made)
            made.clear()
    yield bytes(made) + b"0\r\n\r\n"


def _body(exchange: Exchange, events: bytes, document: bytes) -> Iterable[Part]:
    """A stream of these events before its own, or a document with this in a member of its own."""
    if exchange.streamed:
        return [whole(exchange, body=events + exchange.wire)]
    return [whole(exchange, body=exchange.wire.replace(b"{", b'{"more": ' + document + b", ", 1))]


# --- the protocol ---------------------------------------------------------------------------------------------


def a_byte_after_its_end(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange) + b"\n"]


def a_second_response(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange), whole(exchange)]


def a_flood_after_its_end(exchange: Exchange) -> Iterable[Part]:
    yield whole(exchange)
    for _ in range(64):
        yield b"x" * MEGABYTE


def a_thousand_interim_responses(exchange: Exchange) -> Iterable[Part]:
    return [b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1000 + whole(exchange)]


def interim_responses_without_end(exchange: Exchange) -> Iterable[Part]:
    while True:
        yield b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000
        yield 0.02


def switched_protocols(exchange: Exchange) -> Iterable[Part]:
    return [b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", whole(exchange)]


def many_trailers(exchange: Exchange) -> Iterable[Part]:
    fields = b"".join(b"X-Trailer-%d: a\r\n" % number for number in range(2000))
    chunk = b"%x\r\n" % len(exchange.wire) + exchange.wire + b"\r\n"
    return [head(exchange, "Transfer-Encoding: chunked"), chunk + b"0\r\n" + fields + b"\r\n"]


def a_chunk_beyond_any_size(exchange: Exchange) -> Iterable[Part]:
    return [head(exchange, "Transfer-Encoding: chunked"), b"f" * 40 + b"\r\n" + exchange.wire]


def a_long_chunk_extension(exchange: Exchange) -> Iterable[Part]:
    chunk = b"%x;" % len(exchange.wire) + b"a" * 200_000 + b"\r\n" + exchange.wire + b"\r\n0\r\n\r\n"
    return [head(exchange, "Transfer-Encoding: chunked"), chunk]


def http_of_1990(exchange: Exchange) -> Iterable[Part]:
    return [exchange.wire]


def a_negative_length(exchange: Exchange) -> Iterable[Part]:
    return [head(exchange, "Content-Length: -1"), exchange.wire]


def a_length_of_many_digits(exchange: Exchange) -> Iterable[Part]:
    return [head(exchange, f"Content-Length: {'9' * 5000}"), exchange.wire]


def a_status_of_000(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange).replace(b" 200 ", b" 000 ", 1)]


def a_reason_of_a_line_of_escapes(exchange: Exchange) -> Iterable[Part]:
    return [b"HTTP/1.1 200 \x1b[2J" + b"\x1b[31m" * 10_000 + b"\r\n\r\n"]


def gzip_of_many_members(exchange: Exchange) -> Iterable[Part]:
    members = gzip.compress(b"") * 20_000
    return [whole(exchange, ("Content-Encoding", "gzip"), body=members + gzip.compress(exchange.wire))]


# --- memory ---------------------------------------------------------------------------------------------------


def padded(exchange: Exchange) -> Iterable[Part]:
    comment = b": " + b"x" * PADDING + b"\n\n"
    return [whole(exchange, body=comment + exchange.wire if exchange.streamed else b" " * PADDING + exchange.wire)]


def chunks_of_a_byte(exchange: Exchange) -> Iterable[Part]:
    space = (b":\n\n" if exchange.streamed else b" ") * 20_000
    yield head(exchange, "Transfer-Encoding: chunked")
    yield from _chunks(space + exchange.wire)


def empty_arrays(exchange: Exchange) -> Iterable[Part]:
    arrays = b"[" + b"[]," * 50_000 + b"[]]"
    return _body(exchange, b"data: " + arrays + b"\n\n", arrays)


def many_members(exchange: Exchange) -> Iterable[Part]:
    members = b"{" + b",".join(b'"%x":0' % number for number in range(25_000)) + b"}"
    return _body(exchange, b"data: " + members + b"\n\n", members)


def many_comments(exchange: Exchange) -> Iterable[Part]:
    return _body(exchange, b":\n" * 200_000, b'"' + b"\\n" * 200_000 + b'"')


def many_events(exchange: Exchange) -> Iterable[Part]:
    return _body(exchange, b"data:0\n\n" * 25_000, b"[" + b"0," * 50_000 + b"0]")


def an_event_of_many_lines(exchange: Exchange) -> Iterable[Part]:
    return _body(exchange, b"data:0\n" * 25_000 + b"\n", b'"' + b"\\u0000" * 25_000 + b'"')


def a_wide_character(exchange: Exchange) -> Iterable[Part]:
    text = '"\U0001f600'.encode() + b"x" * PADDING + b'"'
    return _body(exchange, b"data: " + text + b"\n\n", text)


# --- the processor --------------------------------------------------------------------------------------------


def a_number_of_a_million_digits(exchange: Exchange) -> Iterable[Part]:
    return _body(exchange, b"data: " + b"9" * MEGABYTE + b"\n\n", b"9" * MEGABYTE)


def a_number_beyond_floats(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange, body=exchange.wire.replace(b'"created": ', b'"created": 1e999999').replace(
        b'"created":', b'"created":1e999999 ,"was":', 1))]  # fmt: skip


def brackets_in_every_event(exchange: Exchange) -> Iterable[Part]:
    return _body(exchange, (b"data: " + b"[" * 20_000 + b"\n\n") * 50, b"[" * 900 + b"]" * 900)


def backslashes(exchange: Exchange) -> Iterable[Part]:
    text = b'"' + b"\\\\" * 100_000 + b'"'
    return _body(exchange, b"data: " + text + b"\n\n", text)


def titles_that_do_not_end(exchange: Exchange) -> Iterable[Part]:
    body = b"<title " * 100_000
    return [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + body]


def a_message_of_megabytes(exchange: Exchange) -> Iterable[Part]:
    body = b'{"error": {"message": "' + b"a/" * MEGABYTE + b'", "type": "t", "param": null, "code": "c"}}'
    fields = b"Content-Type: application/json\r\nConnection: close\r\n"
    return [b"HTTP/1.1 400 Bad\r\n" + fields + b"Content-Length: %d\r\n\r\n" % len(body) + body]


def retry_after_the_end_of_time(exchange: Exchange) -> Iterable[Part]:
    return [
        b"HTTP/1.1 429 Later\r\nRetry-After: " + b"9" * 400 + b"\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    ]


MORE = (
    Row("a byte after its end", a_byte_after_its_end, "200", ("transport.whole_body",)),
    Row("a second response", a_second_response, "200", ("transport.whole_body",)),
    Row("a flood after its end", a_flood_after_its_end, "200", ("transport.whole_body",)),
    Row("a thousand interim responses", a_thousand_interim_responses, "200"),
    Row("interim responses without end", interim_responses_without_end, "timeout"),
    Row("switched protocols", switched_protocols, "undecodable"),
    Row("many trailers", many_trailers, "200"),
    Row("a chunk beyond any size", a_chunk_beyond_any_size, "undecodable"),
    Row("a long chunk extension", a_long_chunk_extension, "undecodable"),
    Row("HTTP of 1990", http_of_1990, "reset"),
    Row("a negative length", a_negative_length, "undecodable"),
    Row("a length of many digits", a_length_of_many_digits, "undecodable"),
    Row("a status of 000", a_status_of_000, "undecodable"),
    Row("a reason of a line of escapes", a_reason_of_a_line_of_escapes, "200", NO_JSON),
    Row("gzip of many members", gzip_of_many_members, "200"),
    Row("padded", padded, "200"),
    Row("chunks of a byte", chunks_of_a_byte, "200"),
    Row("many empty arrays", empty_arrays, "200", EVENT),
    Row("many members", many_members, "200", CHUNK),
    Row("many comments", many_comments, "200"),
    Row("many events", many_events, "200", EVENT),
    Row("an event of many lines", an_event_of_many_lines, "200", EVENT),
    Row("a wide character", a_wide_character, "200", EVENT),
    Row("a number of a million digits", a_number_of_a_million_digits, "200", (JSON, *EVENT)),
    Row("a number beyond floats", a_number_beyond_floats, "200", ("completion.created",)),
    Row("brackets in every event", brackets_in_every_event, "200", EVENT),
    Row("backslashes", backslashes, "200", EVENT),
    Row("titles that do not end", titles_that_do_not_end, "200", NO_JSON),
    Row("a message of megabytes", a_message_of_megabytes, "400", ("stop.up_to_four",)),
    Row("Retry-After the end of time", retry_after_the_end_of_time, "429"),
)
