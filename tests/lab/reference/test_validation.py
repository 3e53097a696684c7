"""What is wrong in itself is refused, in OpenAI's envelope, with the parameter named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.requests import TIME, WEATHER
from tests.support.bench import OK, says, send


def user(**content: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", **content}]}


def tool(**function: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": function}]}


NAMED = {"type": "function", "function": {"name": "absent"}}

WRONG: list[tuple[dict[str, Any], str | None]] = [
    ({"model": None}, "model"),
    ({"model": 7}, "model"),
    ({"messages": None}, "messages"),
    ({"messages": []}, "messages"),
    ({"messages": "Say OK."}, "messages"),
    ({"messages": {"role": "user"}}, "messages"),
    ({"messages": ["Say OK."]}, "messages[0]"),
    ({"messages": [{"content": "Say OK."}]}, "messages[0].role"),
    ({"messages": [{"role": "wizard", "content": "Say OK."}]}, "messages[0].role"),
    (user(), "messages[0].content"),
    (user(content=None), "messages[0].content"),
    (user(content=[]), "messages[0].content"),
    (user(content=5), "messages[0].content"),
    (user(content=["text"]), "messages[0].content[0]"),
    (user(content=[{"text": "no type"}]), "messages[0].content[0].type"),
    (user(content=[{"type": "video"}]), "messages[0].content[0].type"),
    (user(content=[{"type": "text"}]), "messages[0].content[0].text"),
    (user(content=[{"type": "text", "text": 1}]), "messages[0].content[0].text"),
    (user(content=[{"type": "image_url"}]), "messages[0].content[0].image_url"),
    (user(content="x", name=5), "messages[0].name"),
    ({"messages": [{"role": "assistant"}]}, "messages[0].content"),
    ({"messages": [{"role": "assistant", "content": None, "tool_calls": []}]}, "messages[0].tool_calls"),
    ({"messages": [{"role": "assistant", "content": "", "tool_calls": [{}]}]}, "messages[0].tool_calls[0]"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
    ({"stream": "yes"}, "stream"),
    ({"temperature": 2.1}, "temperature"),
    ({"temperature": -1}, "temperature"),
    ({"temperature": "warm"}, "temperature"),
    ({"temperature": True}, "temperature"),
    ({"top_p": 1.01}, "top_p"),
    ({"presence_penalty": -2.5}, "presence_penalty"),
    ({"frequency_penalty": 3}, "frequency_penalty"),
    ({"n": 0}, "n"),
    ({"n": -1}, "n"),
    ({"n": 129}, "n"),
    ({"n": 1.5}, "n"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_tokens": -5}, "max_tokens"),
    ({"max_completion_tokens": 2.5}, "max_completion_tokens"),
    ({"max_tokens": 2**64}, "max_tokens"),
    ({"seed": "7"}, "seed"),
    ({"seed": 2**63}, "seed"),
    ({"stop": 5}, "stop"),
    ({"stop": []}, "stop"),
    ({"stop": list("abcde")}, "stop"),
    ({"logprobs": 1}, "logprobs"),
    ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
    ({"top_logprobs": 2}, "top_logprobs"),
    ({"logit_bias": {"1": 200}}, "logit_bias.1"),
    ({"stream_options": {"include_usage": True}}, "stream_options"),
    ({"stream": True, "stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
    ({"modalities": ["audio"]}, "modalities"),
    ({"tools": []}, "tools"),
    ({"tools": "all"}, "tools"),
    ({"tools": [7]}, "tools[0]"),
    ({"tools": [{"function": {"name": "x"}}]}, "tools[0].type"),
    ({"tools": [{"type": "function"}]}, "tools[0].function"),
    (tool(), "tools[0].function.name"),
    (tool(name="a b"), "tools[0].function.name"),
    (tool(name="x" * 65), "tools[0].function.name"),
    (tool(name="x", parameters=[]), "tools[0].function.parameters"),
    (tool(name="x", parameters={"type": "array"}), "tools[0].function.parameters"),
    (tool(name="x", strict=True, parameters={"type": "object"}), "tools[0].function.parameters"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"parallel_tool_calls": True}, "parallel_tool_calls"),
    ({"tools": [WEATHER], "tool_choice": "any"}, "tool_choice"),
    ({"tools": [WEATHER], "tool_choice": NAMED}, "tool_choice"),
    ({"tools": [WEATHER], "tool_choice": {"type": "function"}}, "tool_choice.function.name"),
    ({"tools": [WEATHER, TIME], "tool_choice": 7}, "tool_choice"),
    ({"function_call": "auto"}, "function_call"),
    ({"functions": [WEATHER["function"]], "function_call": {"name": "absent"}}, "function_call"),
    ({"functions": []}, "functions"),
    ({"response_format": "json"}, "response_format"),
    ({"response_format": {"type": "yaml"}}, "response_format.type"),
    ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
        "response_format.json_schema.name",
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
        "response_format.json_schema.schema",
    ),
]


@pytest.mark.parametrize("model", ["reference-gpt", "reference-claude"])
@pytest.mark.parametrize(("change", "param"), WRONG, ids=[json.dumps(change)[:60] for change, _ in WRONG])
def test_wrong_members_are_named(change: dict[str, Any], param: str | None, model: str) -> None:
    error = says(send(json.dumps(OK | {"model": model} | change).encode()), 400)
    assert error["param"] == param
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize("change", [{"messages": []}, {"temperature": 3}, {"model": "nope"}])
def test_errors_are_the_same_when_streaming_was_asked(change: dict[str, Any]) -> None:
    plain, stream = (send(json.dumps(OK | change | more).encode()) for more in ({}, {"stream": True}))
    assert (plain.status, plain.document) == (stream.status, stream.document)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b'"text"', b"7", b'{"model": "reference-gpt", "messages": [', b"{,}",
        b"\xef\xbb\xbf{}",
        json.dumps(OK).encode("utf-16"), b'{"model": "\xff\xfe"}', b"[" * 10_000, b'{"a": NaN}',
        json.dumps(OK | {"x": 1}).replace("1}", "1e999").encode(), b'{"a": ' + b"9" * 5000 + b"}",
        json.dumps(OK | user(content="\ud83d")).encode(),
        json.dumps(OK | {"x": 0}).encode().replace(b"0}", b'{"a":' * 5000 + b"0" + b"}" * 5001),
        json.dumps(OK | {"max_tokens": 0}).encode().replace(b"0}", b"1e999}"),
    ],
)  # fmt: skip
def test_what_is_not_a_json_object_is_refused(body: bytes) -> None:
    says(send(body), 400)


@pytest.mark.parametrize("depth", [10, 100, 400])
def test_deep_schemas_never_crash(depth: int) -> None:
    schema: Any = {"type": "string"}
    for _ in range(depth):
        schema = {
            "type": "object",
            "properties": {"a": schema},
            "required": ["a"],
            "additionalProperties": False,
        }
    output = {"type": "json_schema", "json_schema": {"name": "s", "strict": True, "schema": schema}}
    exchange = send(json.dumps(OK | {"response_format": output}).encode())
    assert exchange.status == (200 if depth == 10 else 400)


def test_an_unknown_model_is_not_found() -> None:
    error = says(send(json.dumps(OK | {"model": "no-such-model"}).encode()), 404)
    assert error["code"] == "model_not_found"
    assert "no-such-model" in error["message"]
