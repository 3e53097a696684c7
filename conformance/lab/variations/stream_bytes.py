"""Other bytes of the same event stream."""

from __future__ import annotations

import json
from dataclasses import replace

from conformance.evidence.exchange import Exchange

from .kit import (
    ALARMS,
    SSE,
    bytes_of_stream,
    right,
)


@right(SSE)
def lines_end_in_crlf(exchange: Exchange) -> Exchange:
    """The lines of a stream end in CR LF, as Perplexity's and AI21's."""
    return bytes_of_stream(lambda block: block.replace(b"\n", b"\r\n"))(exchange)


@right(SSE)
def lines_end_in_cr(exchange: Exchange) -> Exchange:
    """The lines of a stream end in CR alone."""
    return bytes_of_stream(lambda block: block.replace(b"\n", b"\r"))(exchange)


@right(SSE)
def comments_between_events(exchange: Exchange) -> Exchange:
    """Comments keep the connection open before the first event and between events, as OpenRouter's do."""
    return bytes_of_stream(lambda block: b": OPENROUTER PROCESSING\n\n" + block)(exchange)


@right(SSE)
def comments_within_events(exchange: Exchange) -> Exchange:
    """An empty comment stands before the data of an event."""
    return bytes_of_stream(lambda block: b":\n" + block)(exchange)


@right(SSE)
def no_space_after_the_colon(exchange: Exchange) -> Exchange:
    """No space follows data:."""
    return bytes_of_stream(lambda block: block.replace(b"data: ", b"data:", 1))(exchange)


@right(SSE)
def more_blank_lines(exchange: Exchange) -> Exchange:
    """Two blank lines follow each event."""
    return bytes_of_stream(lambda block: block + b"\n")(exchange)


@right(SSE)
def data_over_several_lines(exchange: Exchange) -> Exchange:
    """The JSON of an event stands on two data lines, which a client joins by a line feed."""
    return bytes_of_stream(lambda block: block.replace(b'{"id"', b'{\ndata: "id"', 1))(exchange)


@right(ALARMS)
def a_read_for_every_byte(exchange: Exchange) -> Exchange:
    """Every byte arrives by itself."""
    return replace(exchange, reads=tuple((when, bytes([each])) for when, data in exchange.reads for each in data))


@right(ALARMS, deviates={"framing.incremental": "framing-08"})
def one_read_for_all(exchange: Exchange) -> Exchange:
    """The whole stream arrives at once at the end, for a proxy holds it back."""
    return replace(exchange, reads=((exchange.reads[-1][0], exchange.wire),))


@right(ALARMS)
def slow_to_begin(exchange: Exchange) -> Exchange:
    """The first event of a stream comes after nine seconds, and the others as fast as before."""
    if not exchange.streamed:
        return exchange
    reads = tuple((when + 9, data) for when, data in exchange.reads)
    return replace(exchange, reads=reads, seconds=exchange.seconds + 9)


@right(ALARMS)
def reads_across_events(exchange: Exchange) -> Exchange:
    """Reads end in the middle of events and of characters."""
    when = [each for each, data in exchange.reads for _ in data]
    size = 613
    starts = range(0, len(exchange.wire), size)
    reads = ((when[min(at + size, len(when)) - 1], exchange.wire[at : at + size]) for at in starts)
    return replace(exchange, reads=tuple(reads))


@right(f"{SSE}: one leading U+FEFF is stripped")
def begins_with_a_mark(exchange: Exchange) -> Exchange:
    """A stream begins with a byte order mark."""
    if not exchange.streamed:
        return exchange
    first, *others = exchange.reads
    return replace(exchange, reads=((first[0], b"\xef\xbb\xbf" + first[1]), *others))


@right(SSE)
def comment_after_the_end(exchange: Exchange) -> Exchange:
    """A comment follows [DONE]."""
    return bytes_of_stream(lambda block: block + b": bye\n\n" if b"[DONE]" in block else block)(exchange)


@right(ALARMS)
def bursts_at_first(exchange: Exchange) -> Exchange:
    """The first time that a stream is asked for all of it arrives at once, as on a loaded machine."""
    return one_read_for_all(exchange) if exchange.streamed and exchange.request.attempt == 1 else exchange


@right("openai/openai-python#1230: only CR and LF end lines")
def line_separators_raw(exchange: Exchange) -> Exchange:
    """A member of each chunk has U+2028, U+2029 and U+0085 as they are."""
    raw = '"x_note":"\u2028\u2029\u0085",'.encode()
    return bytes_of_stream(lambda block: block.replace(b'{"id"', b"{" + raw + b'"id"', 1))(exchange)


@right("RFC 8259 7")
def chunks_escaped(exchange: Exchange) -> Exchange:
    """Chunks have all characters beyond ASCII, slashes and signs of HTML escaped, as PHP and Go write them."""
    signs = {b"/": b"\\/", b"<": b"\\u003c", b">": b"\\u003e", b"&": b"\\u0026"}

    def escaped(block: bytes) -> bytes:
        if b"{" not in block:
            return block
        data = json.dumps(json.loads(block.removeprefix(b"data: "))).encode()
        for sign, code in signs.items():
            data = data.replace(sign, code)
        return b"data: " + data + b"\n\n"

    return bytes_of_stream(escaped)(exchange)
