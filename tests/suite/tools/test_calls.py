"""Calls that are right in an unusual way, and real faults in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.faults import put
from conformance.contract.requests import (
    TOOL_AUTO,
    TOOL_PARALLEL,
    chat,
)  # fmt: skip
from conformance.evidence.exchange import Exchange
from tests.support.builders_stream import (
    Case,
    call,
    fails,
    plain,
    right,
    silent,
    unclear,
    warns,
)

from .replies import (
    BROKEN_OFF,
    IN_PIECES,
    NAMED_AGAIN,
    PARIS,
    TWO_AT_ONCE,
    TWO_CALLS,
    WEATHER,
    calls,
    first,
    pieces,
)

PING = {"type": "function", "function": {"name": "ping"}}
LEGACY = "choices.*.message.function_call"
NO_PARAMETERS = chat("Use the tool.", label="ping", tools=[PING])
QUERY = {"type": "custom", "custom": {"name": "run_query"}}
CUSTOM = chat("Use the tool.", label="custom", tools=[QUERY])
CUSTOM_CALL = {"id": "call_1", "type": "custom", "custom": {"name": "run_query", "input": "SELECT 1"}}


ALTERNATIVES = ["call_1", "call_2"], ["call_1", "call_3"]


def alternatives(*ids: list[str]) -> Exchange:
    """A reply with several choices, each with calls that have these ids."""
    return plain(TOOL_AUTO, *({"tool_calls": [call("get_weather", PARIS, each) for each in own]} for own in ids))


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
    right("tools.ids_differ", "an id that another choice has, too", alternatives(*ALTERNATIVES)),
    fails("tools.ids_differ", "an id twice in the second choice", alternatives(ALTERNATIVES[0], ["call_1", "call_1"])),
    silent("tools.ids_differ", "one call in each choice", alternatives(["call_1"], ["call_1"])),
    fails("tools.ids_differ", "counted per name",
          calls(TOOL_PARALLEL, *[call("get_weather", PARIS, "functions.get_weather:0")] * 2)),
    right("tools.ids_differ_between_replies", "different ids", WEATHER, pieces(first(PARIS, id="call_9"))),
    warns("tools.ids_differ_between_replies", "call_0 every time",
          calls(TOOL_AUTO, call("get_weather", PARIS, "call_0")), pieces(first(PARIS, id="call_0"))),
    right("tools.one_form", "tool_calls alone", WEATHER),
    right("tools.one_form", "function_call null", put(LEGACY, None)(WEATHER)),
    warns("tools.one_form", "both", put(LEGACY, {"name": "get_weather", "arguments": PARIS})(WEATHER)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_calls(case: Case) -> None:
    case.check()
