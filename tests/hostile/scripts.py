"""What hostile endpoints do, each as a script that a socket follows."""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from conformance.evidence.exchange import Exchange

from .server import Part, Script, head, whole

KEY = "sk-hostile-Zk4fQ8wL2mN7xR9tB3vC6yH1jD5gS0aP"
OWNED = "</script><script>alert('owned')</script><img src=x onerror=alert(1)>"
ESCAPES = "\x1b[2J\x1b[31mowned\x1b]0;owned\x07\u202e\u0085\r\n::error::owned"
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Row:
    """One way of misbehaving. `seen` is what an exchange must have come to, by the kind of failure or as status;
    `violates` are the MUSTs that are violated where some requests of a run are treated so, and follow from no other."""

    name: str
    script: Script
    seen: str
    violates: tuple[str, ...] = ()
    streamed: bool = False


def _forever(part: bytes, seconds: float) -> Iterator[Part]:
    for _ in itertools.count():
        yield part
        yield seconds


def never_answers(exchange: Exchange) -> Iterable[Part]:
    return ["hang"]


def a_byte_now_and_then(exchange: Exchange) -> Iterable[Part]:
    yield head(exchange, f"Content-Length: {len(exchange.wire)}")
    for byte in exchange.wire:
        yield bytes([byte])
        yield 0.2


def headers_now_and_then(exchange: Exchange) -> Iterable[Part]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from _forever(b"X-Slow: 1\r\n", 0.2)


def a_stream_without_end(exchange: Exchange) -> Iterable[Part]:
    yield head(exchange, "Transfer-Encoding: chunked")
    event = exchange.reads[min(1, len(exchange.reads) - 1)][1]
    yield from _forever(_chunk(event), 0.01)


def a_flood_without_end(exchange: Exchange) -> Iterable[Part]:
    yield head(exchange, "Transfer-Encoding: chunked")
    yield from _forever(_chunk(b": keep alive\n\n" * 8192), 0.0)


def a_gibibyte(exchange: Exchange) -> Iterable[Part]:
    yield head(exchange, f"Content-Length: {1024 * MEGABYTE}")
    for _ in range(1024):
        yield b" " * MEGABYTE


@cache
def _bomb() -> bytes:
    """A megabyte of gzip that holds a gibibyte."""
    coder = zlib.compressobj(9, wbits=31)
    block = b" " * MEGABYTE
    return b"".join([*(coder.compress(block) for _ in range(1024)), coder.flush()])


def a_gzip_bomb(exchange: Exchange) -> Iterable[Part]:
    return [head(exchange, f"Content-Length: {len(_bomb())}", "Content-Encoding: gzip"), _bomb()]


def nested_deeply(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange, body=b'{"choices": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")]


def not_utf_8(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange, body=exchange.wire.replace(b"content", b"cont\xff\xfeent"))]


def nul_bytes(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange, body=exchange.wire.replace(b"assistant", b"assi\x00stant"))]


def ten_thousand_headers(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange, *((f"x-{number}", "a") for number in range(10_000)))]


def a_header_of_a_mebibyte(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange, ("x-large", "a" * MEGABYTE))]


def chunks_that_lie(exchange: Exchange) -> Iterable[Part]:
    return [head(exchange, "Transfer-Encoding: chunked"), b"5\r\n{}\r\nzz\r\n"]


def a_length_that_is_none(exchange: Exchange) -> Iterable[Part]:
    return [head(exchange, "Content-Length: many"), exchange.wire]


def two_lengths(exchange: Exchange) -> Iterable[Part]:
    return [head(exchange, "Content-Length: 3", f"Content-Length: {len(exchange.wire)}"), exchange.wire]


def gzip_that_is_none(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange, ("Content-Encoding", "gzip"))]


def gzip_cut_short(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange, ("Content-Encoding", "gzip"), body=gzip.compress(exchange.wire)[:-20])]


def a_redirect_loop(exchange: Exchange) -> Iterable[Part]:
    return [b"HTTP/1.1 307 Again\r\nLocation: /v1/chat/completions\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"]


def reset_at_once(exchange: Exchange) -> Iterable[Part]:
    return ["reset"]


def reset_in_the_headers(exchange: Exchange) -> Iterable[Part]:
    return [b"HTTP/1.1 200 OK\r\nContent-Type: appl", 0.05, "reset"]


def reset_in_the_content(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange)[:-30], 0.05, "reset"]


def closed_in_the_content(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange)[:-30]]


def not_http(exchange: Exchange) -> Iterable[Part]:
    return [b"SSH-2.0-OpenSSH_9.6\r\n\r\n" * 100]


def markup_and_escapes(exchange: Exchange) -> Iterable[Part]:
    """In every string of the response, the names of members and a header."""
    return [whole(exchange, ("x-owned", OWNED), body=_every_string(exchange, lambda text: text + OWNED + ESCAPES))]


def markup_in_an_error(exchange: Exchange) -> Iterable[Part]:
    error = {"error": {"message": OWNED + ESCAPES, "type": OWNED, "param": None, "code": ESCAPES}}
    body = json.dumps(error).encode()
    yield b"HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nConnection: close\r\n"
    yield f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def the_key_everywhere(exchange: Exchange) -> Iterable[Part]:
    return [whole(exchange, ("x-echo", KEY), ("set-cookie", KEY), body=_every_string(exchange, lambda text: KEY))]


def the_key_in_an_error(exchange: Exchange) -> Iterable[Part]:
    escaped = "".join(f"\\u{ord(each):04x}" for each in KEY)
    body = f'{{"error": {{"message": "{escaped}", "type": "{KEY}", "param": null, "code": "{KEY}"}}}}'.encode()
    yield b"HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nConnection: close\r\n"
    yield f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _every_string(exchange: Exchange, change: Any) -> bytes:
    """The content with every string in it changed, document by document."""

    def changed(value: Any) -> Any:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, list):
            return [changed(each) for each in value]
        return {name: changed(each) for name, each in value.items()} if isinstance(value, dict) else value

    lines = exchange.wire.split(b"\n")
    made = []
    for line in lines:
        start = b"data: " if line.startswith(b"data: ") else b""
        try:
            made.append(start + json.dumps(changed(json.loads(line[len(start) :]))).encode())
        except ValueError:
            made.append(line)
    return b"\n".join(made)


_bomb()  # made before anything is timed
JSON = "transport.one_json_object"
STOPPED = ("stop.reason_is_stop", "stop.streamed_text_ends_before")
WRONG_WORDS = (
    "chunk.object", "completion.object", "completion.choices.finish_reason",
)  # fmt: skip
#: Every row; those named after a failure are inconclusive where a whole response is needed.
ROWS = (
    Row("never answers", never_answers, "timeout"),
    Row("a byte now and then", a_byte_now_and_then, "timeout"),
    Row("headers now and then", headers_now_and_then, "timeout"),
    Row("a stream without end", a_stream_without_end, "timeout", streamed=True),
    Row("a flood without end", a_flood_without_end, "too large"),
    Row("a gibibyte", a_gibibyte, "too large"),
    Row("a gzip bomb", a_gzip_bomb, "200"),
    Row("nested deeply", nested_deeply, "200", (JSON, "framing.json_in_data")),
    Row("not UTF-8", not_utf_8, "200", (JSON, "framing.utf8")),
    Row("NUL bytes", nul_bytes, "200", (JSON, "framing.one_json_object")),
    Row("ten thousand headers", ten_thousand_headers, "200"),
    Row("a header of a mebibyte", a_header_of_a_mebibyte, "undecodable"),
    Row("chunks that lie", chunks_that_lie, "undecodable"),
    Row("a length that is none", a_length_that_is_none, "undecodable"),
    Row("two lengths", two_lengths, "undecodable"),
    Row("gzip that is none", gzip_that_is_none, "200", ("transport.content_coding",)),
    Row(
        "gzip cut short",
        gzip_cut_short,
        "200",
        (JSON, "framing.done_once", "framing.events_closed", "transport.content_coding"),
    ),
    Row("a redirect loop", a_redirect_loop, "307", ("transport.no_stream_unasked",)),
    Row("reset at once", reset_at_once, "reset"),
    Row("reset in the headers", reset_in_the_headers, "reset"),
    Row("reset in the content", reset_in_the_content, "reset"),
    Row("closed in the content", closed_in_the_content, "truncated", ("transport.whole_body",)),
    Row("not HTTP", not_http, "undecodable"),
    Row(
        "markup and escapes",
        markup_and_escapes,
        "200",
        (*WRONG_WORDS, *STOPPED),
    ),
    Row("markup in an error", markup_in_an_error, "400", ("stop.up_to_four",)),
    Row("the key everywhere", the_key_everywhere, "200", (*WRONG_WORDS, "security.token_not_echoed")),
    Row("the key in an error", the_key_in_an_error, "400", ("security.token_not_echoed", "stop.up_to_four")),
)
