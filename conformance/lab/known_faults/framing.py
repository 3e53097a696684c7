"""Event streams that are framed wrongly, cut off or interrupted."""

from __future__ import annotations

from dataclasses import replace

from conformance.contract.faults import append, content_edit, events, header, insert
from conformance.evidence.exchange import Exchange, Failure, Read

from .kit import in_streams, planted

_LEGAL = "legal by the standard, and what the benign session holds to be free of violations"
_ERROR = b'{"error":{"message":"stream_read_error","type":"upstream_error","param":null,"code":null}}'
SCANNER = 64 * 1024  #: bytes of the longest line that Go's scanner reads


def _glued(before: list[Read]) -> list[Read]:
    """The beginning of an event stands before the next one, on one line."""
    middle = len(before) // 2
    if len(before) < 4:
        return before
    when, data = before[middle]
    return [*before[:middle], (when, data[: len(data) // 2].rstrip() + before[middle + 1][1]), *before[middle + 2 :]]


def _cut(before: list[Read]) -> list[Read]:
    """Nothing after the first half."""
    return before[: max(len(before) // 2, 1)]


def _cut_before_done(before: list[Read]) -> list[Read]:
    return [block for block in before if b"[DONE]" not in block[1]]


def _late(exchange: Exchange) -> Exchange:
    """Forty seconds of silence before the first event."""
    return replace(
        exchange, reads=tuple((when + 40, data) for when, data in exchange.reads), seconds=exchange.seconds + 40
    )


def _closed(exchange: Exchange) -> Exchange:
    """The connection is closed after a minute of silence, before the first event."""
    failure = Failure("truncated", "the peer closed the connection before the body was complete")
    return replace(exchange, reads=(), failure=failure, seconds=60.0)


def _scanned(before: list[Read]) -> list[Read]:
    """The stream ends before an event that is too long."""
    short = next((number for number, block in enumerate(before) if len(block[1]) > SCANNER), len(before))
    return before[:short]


def _several_lines(before: list[Read]) -> list[Read]:
    """Each document over two data lines."""
    return [(when, data.replace(b'","', b'",\ndata: "', 1)) for when, data in before]


def _interrupted(before: list[Read]) -> list[Read]:
    """An error event within an event that was not ended."""
    middle = len(before) // 2
    if len(before) < 4:
        return before
    when, data = before[middle]
    return [*before[:middle], (when, data[: len(data) // 2] + b"\ndata: " + _ERROR + b"\n\n")]


def _no_reads_end(before: list[Read]) -> list[Read]:
    """The last event lacks its blank line."""
    return [*before[:-1], (before[-1][0], before[-1][1].rstrip(b"\n") + b"\n")] if before else before


FAULTS = (
    planted("no-blank-lines", "Events are not separated by a blank line.", "B097",
        in_streams(content_edit(lambda data: data.replace(b"\n\n", b"\n"))),
        "framing.events_closed", also=("isolation.aborted_streams",)),
    planted("stream-as-ndjson", "A stream is declared as application/x-ndjson.", "B101",
        in_streams(header("content-type", "application/x-ndjson")),
        "transport.event_stream_media_type", also=("isolation.forms_not_mixed_up",)),
    planted("stream-as-json", "A stream is declared as application/json.", "B101",
        in_streams(header("content-type", "application/json")),
        "transport.event_stream_media_type", also=("isolation.forms_not_mixed_up",)),
    planted("stream-as-text", "A stream is declared as text/plain.", "B101",
        in_streams(header("content-type", "text/plain; charset=utf-8")),
        "transport.event_stream_media_type", also=("isolation.forms_not_mixed_up",)),
    planted("comments", "Comments keep a stream alive, and tell its cost.", "B106",
        in_streams(insert(1, b": keepalive\n\n"), insert(-1, b": x-cache-hit=false\n: x-cost=0.00013\n")),
        gray=True, reason=_LEGAL),
    planted("frames-glued", "Half an event stands before the next one.", "B107", in_streams(events(_glued)),
        "framing.one_json_object", also=("choices.streamed_apart", "equivalence.finish_reason", "framing.",
        "isolation.aborted_streams", "streaming.", "unicode.arguments_in_every_script")),
    planted("no-space-after-colon", "data: is followed by no space.", "B108",
        in_streams(content_edit(lambda data: data.replace(b"data: ", b"data:"))),
        gray=True, reason=_LEGAL),
    planted("cut-in-silence", "A stream just ends in its middle.", "B109", in_streams(events(_cut)),
        "streaming.no_silent_end", "framing.done_once", also=("choices.streamed_apart", "isolation.aborted_streams",
        "streaming.", "unicode.arguments_in_every_script")),
    planted("done-missing", "A stream ends without [DONE].", "B109", in_streams(events(_cut_before_done)),
        "framing.done_once"),
    planted("last-event-unclosed", "The last event has no blank line after it.", "B109",
        in_streams(events(_no_reads_end)),
        "framing.events_closed"),
    planted("crlf", "Lines end in CR LF.", "B113",
        in_streams(content_edit(lambda data: data.replace(b"\n", b"\r\n"))),
        gray=True, reason=_LEGAL),
    planted("long-silence", "Nothing comes for forty seconds before the first event.", "B115", in_streams(_late),
        reason="a model may take as long to begin, and comments meanwhile are optional"),
    planted("reset-after-silence", "After a minute of silence a stream is cut off, before its first event.", "B115",
        in_streams(_closed), "transport.whole_body", also=("isolation.aborted_streams",)),
    planted("long-event-ends-the-stream", "A stream ends before an event of more than 64 KB.", "B116",
        in_streams(events(_scanned)),
        "tools.pieces_add_up",
        reason="how much is in an event is the upstream's choice, and to have so much written costs 16,000 tokens"),
    planted("done-twice", "[DONE] comes twice.", "B117", in_streams(append(b"data: [DONE]\n\n")),
        "framing.done_once"),
    planted("chunk-after-done", "A comment and an empty chunk follow [DONE].", "B117",
        in_streams(append(b'data: {"choices":[]}\n\n')),
        "framing.nothing_after_done"),
    planted("retry-event", "An event without data comes first.", "B119", in_streams(insert(0, b"retry: 3000\n\n")),
        "framing.data_only",
        gray=True),
    planted("id-and-event-lines", "Events without data carry an id and a type.", "B119",
        in_streams(insert(1, b"event: ping\nid: 7\n\n")),
        "framing.data_only",
        gray=True),
    planted("document-over-several-lines", "A document is spread over two data lines.", "B120",
        in_streams(events(_several_lines)),
        gray=True, reason=_LEGAL),
    planted("error-within-an-event", "An error event begins before the one before it ended.", "B121",
        in_streams(events(_interrupted)),
        "framing.one_json_object", also=("choices.", "framing.", "isolation.", "streaming.")),
)  # fmt: skip
