"""What is wrong in itself is refused, in OpenAI's envelope, with the parameter named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.exchange import Exchange, Request
from conformance.reference import Endpoint
from conformance.requests import DECLARED, TIME, WEATHER, chat

OK: dict[str, Any] = {"model": "reference-gpt", "messages": [{"role": "user", "content": "Say OK."}]}


def send(body: bytes, **members: Any) -> Exchange:
    return Endpoint().answer(Request(body=body, **members))


def says(exchange: Exchange, status: int) -> dict[str, Any]:
    """The error object of an error that is formed as every error is."""
    assert exchange.status == status, exchange.text
    assert exchange.header("content-type") == "application/json"
    assert list(exchange.document) == ["error"]
    error = exchange.error
    assert list(error) == ["message", "type", "param", "code"]
    assert error["message"].strip()
    assert error["type"]
    assert isinstance(error["param"], str | None)
    assert isinstance(error["code"], str | None)
    return error


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


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"headers": (("Content-Type", "text/plain"),)}, 415),
        ({"headers": (("content-type", "application/x-www-form-urlencoded"),)}, 415),
        ({"headers": (("content-encoding", "gzip"),)}, 415),
        ({"headers": (("Content-Type", "Application/JSON; charset=utf-8"),)}, 200),
        ({"headers": ()}, 200),
        ({"method": "GET"}, 405),
        ({"method": "PUT"}, 405),
        ({"method": "DELETE"}, 405),
        ({"path": "/v1/chat/completions"}, 200),
        ({"path": "/chat/completions/"}, 200),
        ({"path": "/completions"}, 404),
        ({"path": "/"}, 404),
        ({"path": "/models"}, 405),
        ({"credentials": "none"}, 401),
        ({"credentials": "unknown"}, 401),
        ({"credentials": "none", "path": "/models", "method": "GET"}, 401),
        ({"credentials": "none", "headers": (("authorization", "bearer abc"),)}, 200),
        ({"headers": (("authorization", "Basic YTpi"),)}, 401),
        ({"headers": (("authorization", "Bearer "),)}, 401),
        ({"path": "/chat/completions?api_key=abc", "credentials": "none"}, 401),
    ],
)
def test_the_message_as_http(members: dict[str, Any], status: int) -> None:
    exchange = send(json.dumps(OK).encode(), **members)
    assert exchange.status == status
    if status != 200:
        says(exchange, status)
    if status == 405:
        assert exchange.header("allow") == ("GET" if members.get("path") else "POST")
    if status == 401:
        assert (exchange.header("www-authenticate") or "").startswith("Bearer")
        assert exchange.error["code"] == "invalid_api_key"


def test_challenges_say_what_was_wrong_with_the_token_only_where_there_was_one() -> None:
    none, unknown = (send(b"{}", credentials=each) for each in ("none", "unknown"))
    assert "error=" not in (none.header("www-authenticate") or "")
    assert 'error="invalid_token"' in (unknown.header("www-authenticate") or "")


def test_too_large() -> None:
    says(send(b" " * (16 * 2**20 + 1)), 413)
    error = says(send(json.dumps(OK | user(content="word " * 130_000)).encode()), 400)
    assert error["code"] == "context_length_exceeded"


def test_models_are_listed() -> None:
    listed = Endpoint().answer(Request("GET", "/models", headers=())).document
    assert [each["id"] for each in listed["data"]] == ["reference-gpt", "reference-claude"]
    assert Endpoint().answer(Request("GET", "/v1/models/reference-gpt")).document == listed["data"][0]
    says(Endpoint().answer(Request("GET", "/models/nope")), 404)


def test_too_many_requests() -> None:
    now = 1_800_000_000.0
    endpoint = Endpoint(clock=lambda: now, requests_per_minute=2)
    answers = [endpoint.answer(chat().to("reference-gpt")) for _ in range(3)]
    assert [each.status for each in answers] == [200, 200, 429]
    assert [each.header("x-ratelimit-remaining-requests") for each in answers] == ["1", "0", "0"]
    assert says(answers[2], 429)["code"] == "rate_limit_exceeded"
    assert int(answers[2].header("retry-after") or 0) >= 1
    now += 60
    assert endpoint.answer(chat().to("reference-gpt")).status == 200


def test_the_same_requests_are_answered_the_same() -> None:
    requests = [each.to("reference-claude", "abcdef") for each in DECLARED]
    one, other = (Endpoint(clock=lambda: 1_800_000_000.0) for _ in range(2))
    assert [one.answer(each) for each in requests] == [other.answer(each) for each in requests]


def test_every_response_is_named_and_dated() -> None:
    endpoint = Endpoint(clock=lambda: 1_800_000_000.0)
    answers = [
        endpoint.answer(request) for request in [chat().to("reference-gpt"), Request("GET", "/nowhere")] * 3
    ]
    assert len({each.header("x-request-id") for each in answers}) == 6
    assert {each.header("date") for each in answers} == {"Fri, 15 Jan 2027 08:00:00 GMT"}
    assert all(int(each.header("content-length") or -1) == len(each.wire) for each in answers)
    completions = answers[::2]
    assert len({each.document["id"] for each in completions}) == 3
    assert all(each.document["created"] == 1_800_000_000 for each in completions)
