"""Replies with tool calls, whole and streamed, made by hand."""

from __future__ import annotations

from typing import Any

from conformance.contract.requests import (
    TOOL_AUTO,
    TOOL_AUTO_STREAM,
    TOOL_PARALLEL,
    TOOL_PARALLEL_STREAM,
)  # fmt: skip
from conformance.evidence.exchange import Exchange, Request
from tests.support.builders_stream import (
    DONE,
    ERROR,
    ROLE,
    call,
    delta,
    plain,
    stream,
)

PARIS = '{"city":"Paris"}'


def calls(request: Request, *found: Any, finish: str | None = "tool_calls", **message: Any) -> Exchange:
    return plain(request, {"tool_calls": list(found)} | message, finish=finish)


def text(request: Request, content: str | None, finish: str = "stop", **message: Any) -> Exchange:
    return plain(request, {"content": content} | message, finish=finish)


def first(arguments: str = "", index: Any = 0, id: Any = "call_1", name: Any = "get_weather", **members: Any) -> Any:
    function = {"name": name, "arguments": arguments}
    return {"index": index, "id": id, "type": "function", "function": function} | members


def more(arguments: str, index: Any = 0, **members: Any) -> Any:
    return {"index": index, "function": {"arguments": arguments}} | members


def pieces(*found: Any, request: Request = TOOL_AUTO_STREAM, finish: str | None = "tool_calls") -> Exchange:
    return stream(request, ROLE, *(delta(tool_calls=[piece]) for piece in found), delta(finish), DONE)


WEATHER = calls(TOOL_AUTO, call("get_weather", PARIS))
IN_PIECES = pieces(first(), more('{"city":'), more('"Paris"}'))
AT_ONCE = pieces(first(PARIS))
TWO_AT_ONCE = stream(
    TOOL_PARALLEL_STREAM, ROLE, delta(tool_calls=[first(PARIS), first(PARIS, 1, "call_2")]), delta("tool_calls"), DONE
)
#: Kimi and LM Studio name the call in every piece.
NAMED_AGAIN = pieces(first(), first('{"city":'), first('"Paris"}'))
SHARED_INDEX = pieces(first(PARIS), first('{"city":"Tokyo"}', id="call_2"), request=TOOL_PARALLEL_STREAM)
BROKEN_OFF = stream(TOOL_AUTO_STREAM, ROLE, delta(tool_calls=[first('{"ci')]), ERROR, DONE)
TWO_CALLS = calls(TOOL_PARALLEL, call("get_weather", PARIS), call("get_weather", PARIS, "call_2"))
