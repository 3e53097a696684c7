"""The requirements of tool calls on replies that are right in an unusual way, and on real faults."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.contract.requests import (
    TOOL_AUTO,
    TOOL_AUTO_STREAM,
    TOOL_NAMED,
    TOOL_NAMED_STREAM,
    TOOL_NONE,
    TOOL_PARALLEL,
    TOOL_PARALLEL_STREAM,
    TOOL_REQUIRED,
    TOOL_SINGLE,
    TOOL_STRICT,
    chat,
)  # fmt: skip
from conformance.evidence.exchange import Exchange, Request
from tests.support.builders_stream import (
    DONE,
    ERROR,
    ROLE,
    STOP,
    Case,
    call,
    delta,
    fails,
    plain,
    right,
    silent,
    stream,
    unclear,
    uncovered,
    warns,
)

PARIS = '{"city":"Paris"}'
BOOKING = {"day": "friday", "guests": 4, "table": "4071", "contact": {"name": "Ada", "by_mail": False}}
PING = {"type": "function", "function": {"name": "ping"}}
NO_PARAMETERS = chat("Use the tool.", label="ping", tools=[PING])
QUERY = {"type": "custom", "custom": {"name": "run_query"}}
CUSTOM = chat("Use the tool.", label="custom", tools=[QUERY])
CUSTOM_CALL = {"id": "call_1", "type": "custom", "custom": {"name": "run_query", "input": "SELECT 1"}}


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
LIMITED = pieces(first('{"city":"Pa'), finish="length")
XML = text(TOOL_REQUIRED, "<tool_call>\n<function=get_weather>Paris</function></tool_call>")
STRICT = calls(TOOL_STRICT, call("book_table", json.dumps(BOOKING)), finish="stop")
TWO_CALLS = calls(TOOL_PARALLEL, call("get_weather", PARIS), call("get_weather", PARIS, "call_2"))

CASES = [
    right("tools.declared_names", "plain", WEATHER),
    right("tools.declared_names", "in pieces", IN_PIECES),
    right("tools.declared_names", "a custom tool", calls(CUSTOM, CUSTOM_CALL)),
    right("tools.declared_names", "a name in every piece, another fault", NAMED_AGAIN),
    warns("tools.declared_names", "the upstream's prefix", calls(TOOL_AUTO, call("functions.get_weather", PARIS))),
    warns("tools.declared_names", "a helper of the gateway", calls(TOOL_AUTO, call("json_tool_call", "{}"))),
    warns("tools.declared_names", "fragments of a template", pieces(first("{}", name='"}'))),

    right("tools.arguments_are_json", "an empty object", calls(NO_PARAMETERS, call("ping", "{}"))),
    right("tools.arguments_are_json", "white space around it", calls(TOOL_AUTO, call("get_weather", f" {PARIS} \n"))),
    silent("tools.arguments_are_json", "cut off by the limit",
           calls(TOOL_AUTO, call("get_weather", '{"ci'), finish="length")),
    unclear("tools.arguments_are_json", "broken off by an error", BROKEN_OFF),
    warns("tools.arguments_are_json", "the end lost", calls(TOOL_AUTO, call("get_weather", '{"city":"Paris"'))),
    warns("tools.arguments_are_json", "empty", calls(NO_PARAMETERS, call("ping", ""))),
    warns("tools.arguments_are_json", "null as text", calls(NO_PARAMETERS, call("ping", "null"))),
    silent("tools.arguments_are_json", "an object, another fault", calls(TOOL_AUTO, call("get_weather", {}))),  # type: ignore[arg-type]
    right("tools.required_arguments", "more than is required",
          calls(TOOL_AUTO, call("get_weather", '{"city":"x","unit":"celsius","z":1}'))),
    silent("tools.required_arguments", "nothing is required", calls(NO_PARAMETERS, call("ping", "{}"))),
    warns("tools.required_arguments", "under another name", calls(TOOL_AUTO, call("get_weather", '{"location":"x"}'))),
    silent("tools.required_arguments", "no JSON, another fault", calls(TOOL_AUTO, call("get_weather", "Paris"))),

    right("tools.ids_differ", "two calls", TWO_CALLS),
    right("tools.ids_differ", "two calls at once", TWO_AT_ONCE),
    silent("tools.ids_differ", "one call", WEATHER),
    silent("tools.ids_differ", "ids that a recorder masked",
           replace(calls(TOOL_PARALLEL, *[call("get_weather", PARIS)] * 2), unrecorded=frozenset({"ids"}))),
    fails("tools.ids_differ", "counted per name",
          calls(TOOL_PARALLEL, *[call("get_weather", PARIS, "functions.get_weather:0")] * 2)),
    right("tools.ids_differ_between_replies", "different ids", WEATHER, pieces(first(PARIS, id="call_9"))),
    warns("tools.ids_differ_between_replies", "call_0 every time",
          calls(TOOL_AUTO, call("get_weather", PARIS, "call_0")), pieces(first(PARIS, id="call_0"))),

    right("tools.none_is_none", "text", text(TOOL_NONE, "I cannot look.")),
    right("tools.none_is_none", "tool_calls null", text(TOOL_NONE, "No.", tool_calls=None)),
    fails("tools.none_is_none", "a call", calls(TOOL_NONE, call("get_weather", PARIS))),
    fails("tools.none_is_none", "a call beside text", calls(TOOL_NONE, call("get_weather", PARIS), content="Wait.")),
    unclear("tools.none_is_none", "no text", text(TOOL_NONE, "")),
    unclear("tools.none_is_none", "cut off while it thought", text(TOOL_NONE, "", "length")),
    silent("tools.none_is_none", "free to call", WEATHER),
    right("tools.required_is_required", "two calls, and text before them",
          calls(TOOL_REQUIRED, call("get_weather", PARIS), call("get_weather", PARIS, "call_2"), content="Wait.")),
    fails("tools.required_is_required", "text", text(TOOL_REQUIRED, "Hello!")),
    fails("tools.required_is_required", "the call as text", XML),
    unclear("tools.required_is_required", "lost", text(TOOL_REQUIRED, "", tool_calls=[])),
    unclear("tools.required_is_required", "a refusal", text(TOOL_REQUIRED, None, refusal="I cannot.")),
    unclear("tools.required_is_required", "cut off while it thought", text(TOOL_REQUIRED, "", "length")),
    right("tools.named_is_called", "ends with stop", calls(TOOL_NAMED, call("get_time", PARIS), finish="stop")),
    right("tools.named_is_called", "a name in every piece, another fault",
          pieces(first(name="get_time"), first(PARIS, name="get_time"), request=TOOL_NAMED_STREAM)),
    fails("tools.named_is_called", "text", text(TOOL_NAMED, "Sunny.")),
    fails("tools.named_is_called", "the other", calls(TOOL_NAMED, call("get_weather", PARIS))),
    fails("tools.named_is_called", "both",
          calls(TOOL_NAMED, call("get_time", PARIS), call("get_weather", PARIS, "call_2"))),
    unclear("tools.named_is_called", "a refusal", text(TOOL_NAMED, None, refusal="I cannot.")),
    right("tools.forced_finish", "stop, as OpenAI's older models",
          calls(TOOL_NAMED, call("get_time", PARIS), finish="stop")),
    right("tools.forced_finish", "tool_calls, as the newer", calls(TOOL_NAMED, call("get_time", PARIS))),
    silent("tools.forced_finish", "length with a call", calls(TOOL_NAMED, call("get_time", PARIS), finish="length")),
    warns("tools.forced_finish", "tool_call", calls(TOOL_REQUIRED, call("get_weather", PARIS), finish="tool_call")),
    right("tools.one_at_most", "one", calls(TOOL_SINGLE, call("get_weather", PARIS))),
    unclear("tools.one_at_most", "none", text(TOOL_SINGLE, "Which first?")),
    fails("tools.one_at_most", "two",
          calls(TOOL_SINGLE, call("get_weather", PARIS), call("get_weather", PARIS, "call_2"))),
    silent("tools.one_at_most", "two, which was not forbidden", TWO_CALLS),
    right("tools.strict_arguments", "as the schema says", STRICT),
    silent("tools.strict_arguments", "not strict",
           calls(TOOL_AUTO, call("get_weather", '{"city":"Paris","unit":"kelvin"}'))),
    warns("tools.strict_arguments", "a value off the enumeration",
          calls(TOOL_STRICT, call("book_table", json.dumps(BOOKING | {"day": "monday"})))),
    warns("tools.strict_arguments", "a member too many, deep inside",
          calls(TOOL_STRICT, call("book_table", json.dumps(BOOKING).replace('"by_mail"', '"x": 1, "by_mail"')))),
    silent("tools.strict_arguments", "cut off", calls(TOOL_STRICT, call("book_table", '{"da'), finish="length")),

    *(right(f"tools.{name}", what, exchange)
      for name in ("first_piece", "indices_from_zero", "one_call_per_index", "pieces_add_up")
      for what, exchange in {"in pieces": IN_PIECES, "arguments at once": AT_ONCE, "two at once": TWO_AT_ONCE,
                             "named in every piece": NAMED_AGAIN}.items()),
    fails("tools.first_piece", "no id", pieces({"index": 0, "type": "function", "function": {"name": "get_weather"}})),
    fails("tools.first_piece", "no type", pieces({"index": 0, "id": "a", "function": {"name": "get_weather"}})),
    fails("tools.first_piece", "the name in no piece", pieces(first(name=None), more(PARIS))),
    fails("tools.first_piece", "an empty name", pieces(first(PARIS, name=""))),
    silent("tools.first_piece", "no index, another fault", pieces(first(PARIS, index=None))),
    fails("tools.indices_from_zero", "the upstream's block numbers", pieces(first(PARIS, index=1))),
    fails("tools.indices_from_zero", "minus one", pieces(first(PARIS, index=-1))),
    fails("tools.one_call_per_index", "all under index 0", SHARED_INDEX),
    right("tools.one_call_per_index", "an empty id later on", pieces(first(), more(PARIS, id=""))),
    right("tools.named_once", "null later on", pieces(first(), more(PARIS, id=None))),
    silent("tools.named_once", "at once", AT_ONCE),
    silent("tools.named_once", "a shared index, another fault", SHARED_INDEX),
    warns("tools.named_once", "in every piece", NAMED_AGAIN),
    warns("tools.named_once", "the name again",
          pieces(first(), {"index": 0, "function": {"name": "get_weather", "arguments": PARIS}})),
    right("tools.no_empty_names", "left out", IN_PIECES),
    warns("tools.no_empty_names", "an empty id", pieces(first(), more(PARIS, id="", type="function"))),
    warns("tools.no_empty_names", "an empty name",
          pieces(first(), {"index": 0, "function": {"name": "", "arguments": PARIS}})),
    fails("tools.pieces_add_up", "an extra {} ahead", pieces(first("{}"), more(PARIS))),
    fails("tools.pieces_add_up", "escaped twice", pieces(first(json.dumps(PARIS)[:9]), more(json.dumps(PARIS)[9:]))),
    fails("tools.pieces_add_up", "escaped twice, without quotes", pieces(first(json.dumps(PARIS)[1:-1]))),
    fails("tools.pieces_add_up", "each piece twice",
          pieces(first('{"city":'), more('{"city":'), more('"Paris"}'), more('"Paris"}'))),
    fails("tools.pieces_add_up", "a piece twice",
          pieces(first(), more('{"city":'), more('{"city":'), more('"Paris"'), more("}"))),
    fails("tools.pieces_add_up", "each holds what came before",
          pieces(first(), more('{"city":'), more('{"city":"Pa'), more(PARIS))),
    fails("tools.pieces_add_up", "the wrong way round", pieces(first(), more('"Paris"'), more('{"city":'), more("}"))),
    unclear("tools.pieces_add_up", "the end lost", pieces(first(), more('{"city":"Paris"'))),
    unclear("tools.pieces_add_up", "truncation disguised as tool_calls", pieces(first('{"text":"abc'))),
    unclear("tools.pieces_add_up", "a slip: one brace too many", pieces(first(), more(PARIS), more("}"))),
    unclear("tools.pieces_add_up", "a slip: quotes", pieces(first(), more("{'city':'Paris'}"))),
    unclear("tools.pieces_add_up", "a slip: a line break within a text", pieces(first(), more('{"city":"Pa\nris"}'))),
    right("tools.pieces_add_up", "a slip among others", IN_PIECES, pieces(first(), more('{"city":Paris}'))),
    silent("tools.pieces_add_up", "cut off by the limit", LIMITED),
    unclear("tools.pieces_add_up", "broken off by an error", BROKEN_OFF),
    silent("tools.pieces_add_up", "a shared index, another fault", SHARED_INDEX),
    right("tools.no_null_arguments", "left out or empty", IN_PIECES, pieces(first(), {"index": 0, "function": {}})),
    warns("tools.no_null_arguments", "null first", pieces(first(None), more(PARIS))),  # type: ignore[arg-type]
    warns("tools.no_null_arguments", "null last", pieces(first(), more(PARIS), more(None))),  # type: ignore[arg-type]
    right("tools.streamed_finish", "tool_calls", IN_PIECES),
    silent("tools.streamed_finish", "forced",
           pieces(first(PARIS, name="get_time"), request=TOOL_NAMED_STREAM, finish="stop")),
    silent("tools.streamed_finish", "cut off by the limit", LIMITED),
    fails("tools.streamed_finish", "stop", pieces(first(PARIS), finish="stop")),
    fails("tools.streamed_finish", "no end of its own but stop",
          stream(TOOL_AUTO_STREAM, ROLE, delta(tool_calls=[first(PARIS)]), STOP, DONE)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_tools(case: Case) -> None:
    case.check()


def test_every_requirement_has_a_case_of_each_kind() -> None:
    assert uncovered("tools", CASES) == set()
