"""The requirements of structured output on replies that are right in an unusual way, and on real faults."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.requests import (
    JSON_OBJECT,
    SCHEMA_FLAT,
    SCHEMA_NESTED_STREAM,
    TOOLS,
    chat,
    streamed,
)
from conformance.evidence.exchange import Exchange
from tests.support.builders_stream import (
    DONE,
    ERROR,
    ROLE,
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

JSON_OBJECT_STREAM = streamed(JSON_OBJECT)
ADA: dict[str, Any] = {"name": "Ada", "age": 36, "height": 1.7, "member": True, "tags": []}
ADDRESS = {"city": "London", "zip": "NW1"}
ORDER = {"order": {"id": "A-1", "customer": {"name": "Ada", "address": ADDRESS}, "items": [{"sku": "S", "qty": 2}]}}
FORMAT = SCHEMA_FLAT.asked["response_format"]
WITH_TOOLS = streamed(chat(label="schema and tools", response_format=FORMAT, tools=[TOOLS["get_time"]]))
REMOTE = {"$ref": "https://schemas.example/order.json"}
UNUSABLE = chat(label="ref", response_format={"type": "json_schema", "json_schema": {"strict": True, "schema": REMOTE}})


def answer(content: Any, finish: str = "stop", **message: Any) -> Exchange:
    """In JSON mode."""
    return plain(JSON_OBJECT, {"content": content} | message, finish=finish)


def flat(content: Any, finish: str = "stop", **message: Any) -> Exchange:
    """By the flat schema."""
    text = json.dumps(content) if isinstance(content, dict) else content
    return plain(SCHEMA_FLAT, {"content": text} | message, finish=finish)


def nested(*texts: str, finish: str | None = "stop") -> Exchange:
    """By the nested schema, in pieces."""
    return stream(SCHEMA_NESTED_STREAM, ROLE, *(delta(content=text) for text in texts), delta(finish), DONE)


WHOLE = json.dumps(ORDER)
TWICE = f"{json.dumps(ADA)}\n{json.dumps(ADA)}"

CASES = [
    right("structured_output.json_object", "any object, white space around it", answer(' {"x": [1]}\n')),
    right("structured_output.json_object", "in pieces",
          stream(JSON_OBJECT_STREAM, ROLE, delta(content='{"a"'), delta("stop", content=": 1}"), DONE)),
    fails("structured_output.json_object", "in a Markdown fence", answer('```json\n{"a": 1}\n```')),
    fails("structured_output.json_object", "a template's token ahead", answer('language_json\n{"a": 1}')),
    fails("structured_output.json_object", "as the call of a tool that nobody offered",
          answer(None, "tool_calls", tool_calls=[call("json_tool_call", "{}")])),
    fails("structured_output.json_object", "text", answer("A banana is a fruit.")),
    fails("structured_output.json_object", "NaN", answer('{"a": NaN}')),
    unclear("structured_output.json_object", "cut off", answer('{"a": ', "length")),
    unclear("structured_output.json_object", "ended by an error, which is another requirement", answer("", "error")),
    unclear("structured_output.json_object", "cut off for a reason of the upstream's", answer('{"a": ', "MAX_TOKENS")),
    right("structured_output.json_object", "whole, for a reason of the upstream's", answer('{"a": 1}', "end_turn")),
    unclear("structured_output.json_object", "a refusal", answer(None, refusal="I cannot.")),
    unclear("structured_output.json_object", "broken off by an error",
            stream(JSON_OBJECT_STREAM, ROLE, delta(content='{"a"'), ERROR, DONE)),
    right("structured_output.no_white_space_run", "indented", answer('{\n    "a": 1\n}\n')),
    right("structured_output.no_white_space_run", "cut off in a word", flat('{"name": "Ad', "length")),
    warns("structured_output.no_white_space_run", "cut off in white space", flat('{"name": ' + " \n" * 60, "length")),
    warns("structured_output.no_white_space_run", "in pieces", nested('{"order": ', *["\t"] * 80, finish="length")),
    right("structured_output.follows_schema", "integers as numbers", flat(ADA | {"height": 2, "age": 36.0})),
    fails("structured_output.follows_schema", "prose after a silent fallback", flat("Ada is 36.")),
    fails("structured_output.follows_schema", "a hint only", flat(ADA | {"age": "36", "extra": 1})),
    fails("structured_output.follows_schema", "a member left out", flat({"name": "Ada"})),
    fails("structured_output.follows_schema", "an object, not text", plain(SCHEMA_FLAT, {"content": ADA})),
    fails("structured_output.follows_schema", "wrapped in a key", flat({"response": ADA})),
    unclear("structured_output.follows_schema", "filtered", flat("", "content_filter")),
    unclear("structured_output.follows_schema", "a schema to be fetched", plain(UNUSABLE, {"content": "{}"})),
    right("structured_output.follows_schema_streamed", "in pieces", nested(WHOLE[:9], WHOLE[9:])),
    fails("structured_output.follows_schema_streamed", "a chunk sent twice", nested(WHOLE[:9], WHOLE[:9], WHOLE[9:])),
    fails("structured_output.follows_schema_streamed", "the answer twice, and no tools offered",
          nested(WHOLE, "\n", WHOLE)),
    fails("structured_output.follows_schema_streamed", "a level missing", nested(json.dumps(ORDER["order"]))),
    unclear("structured_output.follows_schema_streamed", "OpenAI's own answer twice, tools offered",
            stream(WITH_TOOLS, ROLE, delta(content=TWICE), delta("stop"), DONE)),
    silent("structured_output.follows_schema_streamed", "a tool was called instead",
           stream(WITH_TOOLS, delta(role="assistant", tool_calls=[call("get_time", "{}", index=0)]),
                  delta("tool_calls"), DONE)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_structured_output(case: Case) -> None:
    case.check()


def test_every_requirement_has_a_case_of_each_kind() -> None:
    assert uncovered("structured_output", CASES) == set()
