"""Members that belong together: stream_options, tools and their results, response_format."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import respond, status
from conformance.contract.requests import WEATHER, once
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange
from conformance.suite.support.parameters import USER

from . import AREA
from .rejections import NOT_400, answered, rejected, wrong

OPTIONS_ALONE = once(wrong("stream_options-alone", stream_options={"include_usage": True}))


@AREA.may(
    "reject stream_options without stream with status 400, or ignore them",
    on=(OPTIONS_ALONE,),
    source="openai-openapi#ChatCompletionStreamOptions",
    contract=["validation-16"],
    broken_by={"a stream": respond(200, {"object": "chat.completion.chunk"}), "a server error": status(500)},
)
def test_options_without_stream(exchange: Exchange) -> None:
    if not answered(exchange):
        rejected(exchange, 400, 422)


def tool(**function: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"parameters": {"type": "object", "properties": {}}} | function}


TOOL_UNNAMED = wrong("tool-unnamed", tools=[tool()])
TOOL_SPACED = wrong("tool-name-with-space", tools=[tool(name="bad name!")])
TOOL_LONG = wrong("tool-name-of-65", tools=[tool(name="a" * 65)])
TOOL_UNDECLARED = wrong(
    "tool-choice-undeclared", tools=[WEATHER], tool_choice={"type": "function", "function": {"name": "nope"}}
)
TOOLS_LACKING = wrong("tool-choice-without-tools", "chat.tools", tool_choice="required")
_CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
TOOL_UNASKED = wrong(
    "tool-result-unasked", "chat.tools", messages=[USER, {"role": "tool", "tool_call_id": "call_x", "content": "21"}]
)
TOOL_UNANSWERED = wrong(
    "tool-call-unanswered",
    tools=[WEATHER],
    messages=[USER, {"role": "assistant", "content": None, "tool_calls": [_CALL]}, USER],
)
FORMAT_UNKNOWN = wrong("format-yaml", "chat.response_format.json_schema", response_format={"type": "yaml"})
FORMAT_UNNAMED = wrong(
    "format-unnamed", response_format={"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}
)


@AREA.should(
    "reject a tool without a name, and a name that has spaces or more than 64 characters",
    on=(TOOL_UNNAMED, TOOL_SPACED, TOOL_LONG),
    source="openai-openapi#FunctionObject.name",
    contract=["validation-17"],
    broken_by=NOT_400,
)
def test_tool_name_refused(exchange: Exchange) -> None:
    rejected(exchange, 400, 422)


@AREA.should(
    "reject a tool_choice of a function that is not among the tools, or of a tool where there are none",
    on=(TOOL_UNDECLARED, TOOLS_LACKING),
    impact=Impact.DATA,
    source="openai-openapi#ChatCompletionToolChoiceOption",
    contract=["validation-18"],
    broken_by=NOT_400,
)
def test_tool_choice_refused(exchange: Exchange) -> None:
    rejected(exchange, 400, 422)


@AREA.should(
    "reject a response_format of an unknown type, and a json_schema without a name",
    on=(FORMAT_UNKNOWN, FORMAT_UNNAMED),
    impact=Impact.DATA,
    source="openai-openapi#CreateChatCompletionRequest.response_format",
    contract=["validation-19"],
    broken_by=NOT_400,
)
def test_format_refused(exchange: Exchange) -> None:
    rejected(exchange, 400, 422)


@AREA.should(
    "reject a tool message that answers no call",
    on=(TOOL_UNASKED,),
    source="openai-openapi#ChatCompletionRequestToolMessage.tool_call_id",
    contract=["validation-20"],
    broken_by=NOT_400,
)
def test_unasked_result_refused(exchange: Exchange) -> None:
    rejected(exchange, 400, 422)


@AREA.should(
    "reject a history in which a tool call is not answered",
    on=(TOOL_UNANSWERED,),
    source="openai-functions#handling-function-calls",
    contract=["validation-21"],
    broken_by=NOT_400,
)
def test_unanswered_call_refused(exchange: Exchange) -> None:
    rejected(exchange, 400, 422)
