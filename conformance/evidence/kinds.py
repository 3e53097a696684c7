"""What a record is that no adapter reads, in words: a kind that is known, or the members that it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.language import Said, joined, say

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
    (_has("custom_id", "body"), say("is OpenAI batch input, not output: download the output file of the batch")),
    (_has("custom_id", "result"), say("is a result of Anthropic's message batches, which is another API")),
    (_object("chat.completion"), say("is a completion alone, without status: put it into response_body of a line")),
    (
        _object("chat.completion.chunk"),
        say("is a chunk alone: put the whole stream into response_body of a line"),
    ),
    (_object("response"), say("is a reply of the Responses API, which is another API")),
    (_of_frames, say("is a cassette of a WebSocket, not of HTTP")),
    (_has("resourceMetrics"), say("is OTLP with metrics, which have no single replies: export spans")),
    (_has("resourceLogs"), say("is OTLP with logs: export spans")),
    (
        _has("context", "attributes", "parent_id"),
        say("is a span as OpenTelemetry's SDK prints it: export it as OTLP JSON"),
    ),
    (_has("batch", "metadata"), say("is what is sent to Langfuse, not an export of it: export observations")),
    (_has("traceId", "startTime"), say("is an observation of Langfuse without usageDetails: export these, too")),
    (
        _has("trace_id", "start_time"),
        say("is an observation of Langfuse without usage_details: export these, too"),
    ),
    (_has("spend", "call_type"), say("is a row of LiteLLM's spend logs: log its standard logging payload instead")),
    (_has("messages"), say("is a prompt or a training example, without an answer")),
)


def what_it_is(record: Any) -> str:
    """The end of a sentence that begins with where the record stands. It tells no more than names of members."""
    if not isinstance(record, dict):
        return say("is not a JSON object, but {kind}: {help}", kind_of(record), HELP)
    known = next((said for tells, said in KINDS if tells(record)), "")
    if known:
        return joined("; ", (known, HELP))
    kind = record.get("format")
    if isinstance(kind, str):
        return say("has the unknown format {format!r}, not exchange-1: move it away; {help}", kind[:_LONGEST], HELP)
    names = [name[:_LONGEST] for name in list(record)[:_NAMES]]
    more = ", …" if len(record) > _NAMES else ""
    if not names:
        return say("has no members, and none of {adapters} recognises it: {help}", ", ".join(adapters()), HELP)
    return say(
        "has the members {members}, and none of {adapters} recognises it: {help}",
        ", ".join(names) + more, ", ".join(adapters()), HELP,
    )  # fmt: skip


def without_names(reason: str) -> str:
    """What a record is, without the names that stand in it."""
    values = reason.values if isinstance(reason, Said) else {}
    if "members" in values:
        return say(
            "has no known form, and none of {adapters} recognises it: {help}", values["adapters"], values["help"]
        )
    if "format" in values:
        return say("has no known form, not exchange-1: move it away; {help}", values["help"])
    return reason
