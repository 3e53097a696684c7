"""Functions as they are declared: without parameters, with a demanding schema, or none."""

from __future__ import annotations

import json
from collections.abc import Sequence

from conformance.contract.faults import put, respond, status
from conformance.contract.given import on_demand, tries
from conformance.contract.profile import Model
from conformance.contract.requests import ONE_CALL, WEATHER, chat, disputed, streamed
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.evidence.observed import answered_with
from conformance.language import joined, say
from conformance.suite.support.calls import JSONObject, call, called, is_object
from conformance.suite.support.refusals import error_in, may_be_forced
from conformance.suite.support.replies import REFUSED, Problem, answered, but_for_controls, one_of

from . import AREA, CALLS

ARGUMENTS = f"{CALLS}.*.function.arguments"

_PING: JSONObject = {"type": "function", "function": {"name": "ping", "description": "Checks that the line is up."}}
TOOL_BARE = chat(
    "Use the tool: is the line up?", label="tool-bare", tools=[WEATHER, _PING], max_tokens=ONE_CALL,
    tool_choice={"type": "function", "function": {"name": "ping"}},
)  # fmt: skip
TOOL_BARE_STREAM = streamed(TOOL_BARE)
EMPTY_TOOLS = disputed(chat("Say hello in one sentence.", label="tools-empty", tools=[], max_tokens=60))
_KEYWORDS = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "unit": {"$ref": "#/$defs/unit"},
        "kind": {"type": "string", "enum": ["kind_tq7"]},
        "pass": {"type": "string", "description": "Always KM583, and nothing else."},
        "note": {"anyOf": [{"type": "string", "enum": ["note_wp2"]}, {"type": "string", "enum": ["note_wp3"]}]},
        "options": {"type": "object", "properties": {}, "additionalProperties": False},
        "level": {"type": "integer", "enum": [1, 2, 3]},
        "link": {"type": ["string", "null"], "format": "uri"},
        "size": {"type": "number", "exclusiveMinimum": 0, "default": 1},
        "state": {"const": "on"},
    },
    "required": ["unit", "kind", "pass", "note", "options"],
    "additionalProperties": False,
    "$defs": {"unit": {"type": "string", "enum": ["unit_zr9"]}},
}
_SET = {"name": "set_up", "description": "Sets the machine up.", "parameters": _KEYWORDS}
TOOL_KEYWORDS = chat(
    "Set the machine up with the tool.",
    label="tool-keywords", tools=[{"type": "function", "function": _SET}], max_tokens=300,
    tool_choice={"type": "function", "function": {"name": "set_up"}},
)  # fmt: skip
_PASS: JSONObject = {"type": "object", "properties": {"pass": {"type": "string"}}, "required": ["pass"]}
_DESCRIBED = {"name": "set_up", "description": "Sets the machine up. The pass is always KM583.", "parameters": _PASS}
TOOL_DESCRIBED = chat(
    "Set the machine up with the tool.",
    label="tool-keywords-control", tools=[{"type": "function", "function": _DESCRIBED}], max_tokens=300,
    tool_choice={"type": "function", "function": {"name": "set_up"}},
)  # fmt: skip


@AREA.should(
    "give {} as the arguments of a function without parameters, streamed or not",
    on=(TOOL_BARE, TOOL_BARE_STREAM),
    source="openai-openapi#FunctionParameters",
    contract=["tools-13"],
    at=ARGUMENTS,
    hint="Write {} where the upstream has no arguments, and an empty schema where it wants one.",
    broken_by={
        "empty": put(ARGUMENTS, ""),
        "empty in streams": put("choices.*.delta.tool_calls.*.function.arguments", ""),
        "null": put(ARGUMENTS, "null"),
        "refused": REFUSED,
    },
)
def test_bare(exchange: Exchange, model: Model) -> None:
    may_be_forced(exchange, model)
    assert exchange.succeeded, say("a function has no parameters: {answer}", answered_with(exchange))
    found = [each.get("arguments") for each in called(exchange)]
    if not found:
        raise Inconclusive(say("the named function was not called (covered by tools.named_is_called)"))
    for each in found:
        whole = isinstance(each, str) and is_object(each)
        assert whole, say("the arguments of a function without parameters are {each!r:.100}", each)


def _lacking(*values: str) -> Problem:
    """Which of these values, that stand only in the function, a call lacks."""

    def problem(exchange: Exchange) -> str:
        answered(exchange)
        given = " ".join(str(each.get("arguments")) for each in called(exchange))
        missing = joined(" and ", [value for value in values if value not in given])
        return missing and say("the arguments lack {missing}, which the schema says: {given!r}", missing, given[:200])

    return problem


@AREA.should(
    "let the model read the whole schema of a function: $defs and $ref, enum, anyOf, descriptions, an empty object",
    on={"answers": tries(TOOL_KEYWORDS), "controls": on_demand(TOOL_DESCRIBED)},
    impact=Impact.DATA,
    source="openai-openapi#FunctionParameters",
    contract=["tools-02", "tools-07"],
    at=ARGUMENTS,
    hint="Pass parameters on as they are; resolve or leave out what the upstream rejects, and keep what it reads.",
    broken_by={
        "refused": REFUSED,
        "definitions lost": put(ARGUMENTS, lambda text: text.replace("unit_zr9", "metre")),
        "values lost": put(ARGUMENTS, lambda text: text.replace("kind_tq7", "any")),
        "descriptions lost": but_for_controls(put(ARGUMENTS, lambda text: text.replace("KM583", "secret"))),
        "anyOf lost": put(ARGUMENTS, lambda text: text.replace("note_wp", "none")),
    },
)
def test_schema_keywords(answers: Sequence[Exchange], controls: Sequence[Exchange], model: Model) -> None:
    """What only a description says proves something where the model follows the description of a function."""
    may_be_forced(answers[0], model)
    one_of(answers, _lacking("unit_zr9", "kind_tq7", "note_wp"))
    one_of(answers, _lacking("KM583"), controls)


def _rejected_with_error(exchange: Exchange) -> bool:
    """Whether the request was rejected. Raises AssertionError where that was not with 400 or 422 and an error."""
    if not exchange.refused:
        return False
    said = " ".join(exchange.text.split())[:160]
    whole = exchange.status in (400, 422) and isinstance(error_in(exchange).get("message"), str)
    expected = say("expected a reply, or status 400 or 422 and an error object")
    assert whole, say(
        "an empty array of tools is answered with HTTP {status}: {said}; {expected}", exchange.status, said, expected
    )
    return True


_CALL = {"content": None, "tool_calls": [call("call_1a2b", "Paris")]}


@AREA.should(
    "accept an empty array of tools as if there were none, or reject it with status 400 or 422 and an error object",
    on=(EMPTY_TOOLS,),
    source="openai-openapi#CreateChatCompletionRequest.tools",
    contract=["tools-04", "validation-17"],
    at="choices.*.message.content",
    hint="Leave an empty array out before the request is translated.",
    shown_by=put("choices.*.message.content", "Hello, nice to meet you."),
    broken_by={
        "FastAPI's detail": respond(422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "tools"]}]}),
        "JSON": respond(200, {"choices": [{"index": 0, "message": {"content": '{"name": "hello", "arguments": {}}'}}]}),
        "a call": respond(200, {"choices": [{"index": 0, "message": _CALL}]}),
        "a failure": status(500),
    },
    after=["error.error"],
    needs_model=False,
)
def test_no_tools(exchange: Exchange) -> None:
    if _rejected_with_error(exchange):
        return
    assert not exchange.tool_calls, say(
        "no tools are offered, and one is called: {dumps}", json.dumps(called(exchange))[:160]
    )
    text = answered(exchange)
    greeting = not is_object(text.strip().removeprefix("```json").removesuffix("```"))
    assert greeting, say("a greeting was asked for with an empty array of tools, and JSON came: {text!r}", text[:160])
