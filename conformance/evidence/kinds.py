"""What a record is that no adapter reads, in words: a kind that is known, or the members that it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .adapters import Record, adapters
from .recording import HELP, kind_of

_NAMES, _LONGEST = 8, 40  #: members that are named, and characters of one


def _has(*names: str) -> Callable[[Record], bool]:
    return lambda record: all(name in record for name in names)


def _object(kind: str) -> Callable[[Record], bool]:
    return lambda record: record.get("object") == kind


def _of_frames(record: Record) -> bool:
    listed = record.get("interactions")
    return isinstance(listed, list) and all(isinstance(each, dict) and "request" not in each for each in listed)


#: Kinds of records that are taken for one of those that are read, with what each is and what to do.
KINDS: tuple[tuple[Callable[[Record], bool], str], ...] = (
    (_has("custom_id", "body"), "is OpenAI batch input, not output: download the output file of the batch"),
    (_has("custom_id", "result"), "is a result of Anthropic's message batches, which is another API"),
    (_object("chat.completion"), "is a completion alone, without status: put it into response_body of a line"),
    (
        _object("chat.completion.chunk"),
        "is a chunk alone: put the whole stream into response_body of a line",
    ),
    (_object("response"), "is a reply of the Responses API, which is another API"),
    (_of_frames, "is a cassette of a WebSocket, not of HTTP"),
    (_has("resourceMetrics"), "is OTLP with metrics, which have no single replies: export spans"),
    (_has("resourceLogs"), "is OTLP with logs: export spans"),
    (_has("context", "attributes", "parent_id"), "is a span as OpenTelemetry's SDK prints it: export it as OTLP JSON"),
    (_has("batch", "metadata"), "is what is sent to Langfuse, not an export of it: export observations"),
    (_has("traceId", "startTime"), "is an observation of Langfuse without usageDetails: export these, too"),
    (
        _has("trace_id", "start_time"),
        "is an observation of Langfuse without usage_details: export these, too",
    ),
    (_has("spend", "call_type"), "is a row of LiteLLM's spend logs: log its standard logging payload instead"),
    (_has("messages"), "is a prompt or a training example, without an answer"),
)


def what_it_is(record: Any) -> str:
    """The end of a sentence that begins with where the record stands. It tells no more than names of members."""
    if not isinstance(record, dict):
        return f"is not a JSON object, but {kind_of(record)}: {HELP}"
    known = next((said for tells, said in KINDS if tells(record)), "")
    if known:
        return f"{known}; {HELP}"
    kind = record.get("format")
    if isinstance(kind, str):
        return f"has the unknown format {kind[:_LONGEST]!r}, not exchange-1: move it away; {HELP}"
    return f"{_members(record)}, and none of {', '.join(adapters())} recognises it: {HELP}"


def _members(record: Record) -> str:
    names = [name[:_LONGEST] for name in list(record)[:_NAMES]]
    more = ", …" if len(record) > _NAMES else ""
    return f"has the members {', '.join(names)}{more}" if names else "has no members"
