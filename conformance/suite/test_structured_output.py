"""Replies in JSON: any object, or one that follows the schema of the request."""

from __future__ import annotations

import json
from typing import Any

from conformance.contract.faults import edit, put
from conformance.contract.requirement import Area, Impact
from conformance.contract.scopes import (
    output_type,
    replies_where,
    streamed_choices,
    strict_schema,
)
from conformance.evidence.exchange import Exchange, Request
from conformance.language import say
from conformance.suite.support.structured import outputs, problem

AREA = Area("structured_output", Impact.DATA, after=("message.content",))

#: Begins the features that not every upstream supports, each of which other requirements cover.
DEMANDING = "schema."


def _usual(request: Request) -> bool:
    return not any(feature.startswith(DEMANDING) for feature in request.features)


def _by_schema(request: Request) -> bool:
    return strict_schema(request) and _usual(request)


JSON_OBJECT = replies_where(
    "every reply in JSON mode", lambda each: output_type(each) == "json_object" and _usual(each), "response_format"
)
BY_SCHEMA = replies_where(
    "every plain reply by a strict schema", lambda each: _by_schema(each) and not each.streams, "response_format"
)
BY_SCHEMA_STREAMED = replies_where(
    "every streamed reply by a strict schema", lambda each: _by_schema(each) and each.streams, "response_format"
)
STRUCTURED = replies_where(
    "every reply in JSON",
    lambda each: output_type(each) in ("json_object", "json_schema") and _usual(each),
    "response_format",
)
NOT_JSON = {
    "in a Markdown fence": put("choices.*.message.content", '```json\n{"a": 1}\n```'),
    "prose": put("choices.*.message.content", 'Here it is: {"a": 1}'),
    "an array": put("choices.*.message.content", "[1]"),
}


@AREA.must(
    "answer with a JSON object in JSON mode",
    on=JSON_OBJECT,
    source="openai-openapi#ResponseFormatJsonObject",
    contract=["schema-01"],
    at="choices.*.message.content",
    hint="Strip the Markdown fence that the upstream puts around JSON, or use its own JSON mode.",
    needs=["request"],
    broken_by=NOT_JSON,
    needs_model=True,
)
def test_json_object(exchange: Exchange) -> None:
    for output in outputs(exchange):
        assert isinstance(output, dict), say("the content is JSON, but no object: {dumps}", json.dumps(output)[:160])


def _follow(exchange: Exchange) -> None:
    schema = exchange.request.asked["response_format"]["json_schema"].get("schema")
    for output in outputs(exchange):
        departure = problem(output, schema)
        assert not departure, say("the content departs from the schema at {departure}", departure)


WHITE_SPACE = 50  #: characters in a row, more than any indentation


@AREA.should(
    "not let a structured reply run into white space until the limit cuts it off",
    on=STRUCTURED,
    source="openai-structured-outputs#json-mode",
    contract=["schema-01", "schema-03"],
    at="choices.*.message.content",
    hint="Bound the white space that the grammar allows between two tokens of JSON.",
    needs=["request"],
    broken_by={
        "line ends": put("choices.*.message.content", '{"a": 1,' + "\n" * 200),
        "in a stream": put("choices.*.delta.content", " " * 200),
    },
)
def test_no_white_space_run(exchange: Exchange) -> None:
    for message in exchange.messages:
        content = message["content"] if isinstance(message.get("content"), str) else ""
        run = len(content) - len(content.rstrip())
        assert run < WHITE_SPACE, say(
            "the content ends in {run} characters of white space: {content!r}", run, content.strip()[:120]
        )


def _another_object(document: Any) -> None:
    """The whole of another object in the first delta, and nothing in the others."""
    for choice in streamed_choices([document]):
        content = choice["delta"].get("content")
        if content is not None:
            choice["delta"]["content"] = '{"extra": 1}' if "role" in choice["delta"] else ""


@AREA.must(
    "follow a strict JSON Schema",
    on=BY_SCHEMA,
    source="openai-openapi#ResponseFormatJsonSchema.json_schema.strict",
    contract=["schema-03"],
    at="choices.*.message.content",
    hint="Pass response_format on, or constrain the output: a schema in the prompt is not enough.",
    needs=["request"],
    broken_by=NOT_JSON | {"another object": put("choices.*.message.content", '{"extra": 1}')},
    needs_model=True,
)
def test_follows_schema(exchange: Exchange) -> None:
    _follow(exchange)


@AREA.must(
    "follow a strict JSON Schema in streamed replies too",
    on=BY_SCHEMA_STREAMED,
    source="openai-structured-outputs#streaming",
    contract=["schema-14"],
    at="choices.*.delta.content",
    hint="Pass response_format on in streamed requests as well.",
    needs=["request"],
    broken_by={
        "text": put("choices.*.delta.content", "OK"),
        "another object": edit(_another_object),
    },
    after=["structured_output.follows_schema", "equivalence.text"],
    needs_model=True,
)
def test_follows_schema_streamed(exchange: Exchange) -> None:
    _follow(exchange)
