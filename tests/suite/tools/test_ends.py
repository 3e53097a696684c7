"""Ends of replies with calls, and what calls are made of."""

from __future__ import annotations

import json

import pytest

from conformance.contract.requests import TOOL_AUTO, TOOL_AUTO_STREAM, TOOL_PARALLEL, TOOL_REQUIRED, chat
from tests.support.builders_stream import DONE, ROLE, Case, call, delta, fails, right, silent, stream, unclear, warns

from .replies import (
    AT_ONCE,
    BROKEN_OFF,
    IN_PIECES,
    NAMED_AGAIN,
    PARIS,
    TWO_CALLS,
    WEATHER,
    calls,
    first,
    more,
    pieces,
    text,
)

TWICE = json.dumps(PARIS)
DOTTED = [{"type": "function", "function": {"name": "weather.get", "parameters": {"type": "object"}}}]
OWN_NAME = chat("Use the tool.", label="dotted", tools=DOTTED)
NAMELESS = {"id": "call_0", "type": "function", "function": {"arguments": PARIS}}
CASES = [
    right("tools.finish_has_call", "plain", WEATHER),
    right("tools.finish_has_call", "streamed", IN_PIECES),
    silent("tools.finish_has_call", "text", text(TOOL_AUTO, "Sunny.")),
    silent("tools.finish_has_call", "a call and stop, another fault",
           calls(TOOL_AUTO, call("get_weather", PARIS), finish="stop")),
    unclear("tools.finish_has_call", "broken off", BROKEN_OFF),
    fails("tools.finish_has_call", "text", text(TOOL_AUTO, "Sunny.", "tool_calls")),
    fails("tools.finish_has_call", "an empty array", calls(TOOL_AUTO)),
    fails("tools.finish_has_call", "streamed text",
          stream(TOOL_AUTO_STREAM, ROLE, delta(content="Sunny."), delta("tool_calls"), DONE)),
    right("tools.plain_finish", "tool_calls", WEATHER),
    right("tools.plain_finish", "cut off", calls(TOOL_AUTO, call("get_weather", '{"ci'), finish="length")),
    silent("tools.plain_finish", "a forced call", calls(TOOL_REQUIRED, call("get_weather", PARIS), finish="stop")),
    silent("tools.plain_finish", "text", text(TOOL_AUTO, "Sunny.")),
    fails("tools.plain_finish", "stop", calls(TOOL_AUTO, call("get_weather", PARIS), finish="stop")),
    right("tools.arguments_once", "plain", WEATHER),
    right("tools.arguments_once", "streamed", IN_PIECES),
    right("tools.arguments_once", "a string that holds none", calls(TOOL_AUTO, call("get_weather", '"Paris"'))),
    fails("tools.arguments_once", "plain", calls(TOOL_AUTO, call("get_weather", TWICE))),
    fails("tools.arguments_once", "streamed", pieces(first(TWICE[:9]), more(TWICE[9:]))),
    fails("tools.arguments_once", "the second call", calls(TOOL_PARALLEL, call("get_weather", PARIS),
                                                           call("get_weather", TWICE, "call_2"))),
    fails("tools.arguments_once", "beside a call without a name",
          calls(TOOL_PARALLEL, NAMELESS, call("get_weather", TWICE, "call_2"))),
    right("tools.name_characters", "plain", WEATHER),
    right("tools.name_characters", "the client's own", calls(OWN_NAME, call("weather.get", "{}"))),
    right("tools.name_characters", "in each piece, another fault", NAMED_AGAIN),
    warns("tools.name_characters", "a token", calls(TOOL_AUTO, call("get_weather<|channel|>commentary", PARIS))),
    warns("tools.name_characters", "beside a call without a name",
          calls(TOOL_PARALLEL, NAMELESS, call("functions.get_weather", PARIS, "call_2"))),
    right("tools.type_once", "in pieces", IN_PIECES),
    silent("tools.type_once", "at once", AT_ONCE),
    silent("tools.type_once", "with the id, another fault", NAMED_AGAIN),
    warns("tools.type_once", "in each piece", pieces(first(), more(PARIS, type="function"))),
    # a fault in one call does not hide that of another
    warns("tools.declared_names", "beside a call without a name",
          calls(TOOL_PARALLEL, NAMELESS, call("get_moon", PARIS, "call_2"))),
    warns("tools.required_arguments", "beside arguments that are no object",
          calls(TOOL_PARALLEL, call("get_weather", "Paris"), call("get_weather", '{"location": "x"}', "call_2"))),
    warns("tools.arguments_are_json", "beside arguments encoded twice",
          calls(TOOL_PARALLEL, call("get_weather", TWICE), call("get_weather", "{", "call_2"))),
    right("tools.arguments_are_json", "two calls", TWO_CALLS),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_ends(case: Case) -> None:
    case.check()
