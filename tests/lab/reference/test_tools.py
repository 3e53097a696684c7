"""Calling tools and using what they say."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from conformance.contract.requests import BOOKING, TIME, WEATHER, chat
from conformance.evidence.exchange import Exchange
from conformance.lab.reference import Endpoint

PING: dict[str, Any] = {"type": "function", "function": {"name": "ping"}}
PARIS = "Use the tool: weather in Paris?"
BOTH = "Use the tool for Paris and for Tokyo, both now, in one step."


def named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def allowed(mode: str, *names: str) -> dict[str, Any]:
    return {
        "type": "allowed_tools",
        "allowed_tools": {"mode": mode, "tools": [named(name) for name in names]},
    }


def ask(content: Any, *tools: dict[str, Any], **members: Any) -> Exchange:
    asked: dict[str, Any] = {"max_tokens": 500, "tools": list(tools)} | members
    exchange = Endpoint().answer(chat(content, **asked).to("reference-claude"))
    assert exchange.status == 200, exchange.text
    return exchange


def calls(exchange: Exchange) -> list[tuple[str, Any]]:
    functions = [call["function"] for call in exchange.tool_calls]
    return [(function["name"], json.loads(function["arguments"])) for function in functions]


@pytest.mark.parametrize(
    ("prompt", "members", "expected", "finish"),
    [
        (PARIS, {}, [("get_weather", {"city": "Paris"})], "tool_calls"),
        (PARIS, {"tool_choice": "auto"}, [("get_weather", {"city": "Paris"})], "tool_calls"),
        ("What time is it in New York?", {}, [("get_time", {"city": "New York"})], "tool_calls"),
        ("Use the tool: weather in 東京?", {}, [("get_weather", {"city": "東京"})], "tool_calls"),
        ("The weather in Oslo in fahrenheit?", {}, [("get_weather", {"city": "Oslo", "unit": "fahrenheit"})],
         "tool_calls"),
        (BOTH, {}, [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Tokyo"})], "tool_calls"),
        (BOTH, {"parallel_tool_calls": False}, [("get_weather", {"city": "Paris"})], "tool_calls"),
        ("Call get_weather for Paris and get_time for Tokyo.", {},
         [("get_weather", {"city": "Paris"}), ("get_time", {"city": "Tokyo"})], "tool_calls"),
        (PARIS, {"tool_choice": named("get_time")}, [("get_time", {"city": "Paris"})], "stop"),
        (PARIS, {"tool_choice": allowed("required", "get_time")}, [("get_time", {"city": "Paris"})],
         "tool_calls"),
        ("Say hello.", {"tool_choice": allowed("auto", "get_time")}, [], "stop"),
        (PARIS, {"tool_choice": "none"}, [], "stop"),
        ("Say hello.", {}, [], "stop"),
        ("Do not use any tool. Say weather.", {}, [], "stop"),
    ],
)  # fmt: skip
def test_tools_are_called_as_asked(prompt: str, members: Any, expected: list[Any], finish: str) -> None:
    exchange = ask(prompt, WEATHER, TIME, **members)
    assert calls(exchange) == expected
    assert exchange.choices[0]["finish_reason"] == finish
    assert (exchange.messages[0]["content"] is None) == bool(expected)
    assert ("tool_calls" in exchange.messages[0]) == bool(expected)


def test_required_calls_even_where_nothing_needs_it() -> None:
    [(name, arguments)] = calls(ask("Say hello.", WEATHER, tool_choice="required"))
    assert name == "get_weather"
    jsonschema.validate(arguments, WEATHER["function"]["parameters"])


def test_strict_functions_follow_their_schema_and_the_prompt() -> None:
    prompt = "Book a table for four on Friday for Ada, who wants no mail."
    [(_, arguments)] = calls(ask(prompt, BOOKING, tool_choice="required"))
    jsonschema.validate(arguments, BOOKING["function"]["parameters"])
    assert arguments.pop("table") == "4071"
    assert arguments == {"day": "friday", "guests": 4, "contact": {"name": "Ada", "by_mail": False}}


def test_functions_without_parameters_take_none() -> None:
    assert calls(ask("Hello.", PING, tool_choice=named("ping"))) == [("ping", {})]


def test_call_ids_are_unique() -> None:
    endpoint = Endpoint()
    request = chat(BOTH, tools=[WEATHER], n=2, max_tokens=500).to("reference-gpt")
    ids = [call["id"] for _ in range(5) for call in endpoint.answer(request).tool_calls]
    assert len(set(ids)) == len(ids) == 20


@pytest.mark.parametrize("limit", [1, 8, 12, 20])
def test_calls_are_cut_at_the_limit(limit: int) -> None:
    exchange = ask(BOTH, WEATHER, max_tokens=limit)
    assert exchange.choices[0]["finish_reason"] == "length"
    assert exchange.usage["completion_tokens"] == limit


def test_a_round_trip_uses_the_result() -> None:
    endpoint = Endpoint()
    first = chat(PARIS, tools=[WEATHER], max_tokens=300).to("reference-gpt")
    message = endpoint.answer(first).messages[0]
    result = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": '{"celsius": -37.5}'}
    history = [*first.asked["messages"], message, result]
    second = endpoint.answer(chat(messages=history, tools=[WEATHER], max_tokens=300).to("reference-gpt"))
    assert "-37.5" in second.messages[0]["content"]
    assert second.choices[0]["finish_reason"] == "stop"


def history(*after: dict[str, Any], content: str | None = None) -> list[dict[str, Any]]:
    function = {"name": "get_weather", "arguments": '{"city":"Paris"}'}
    made = [{"id": name, "type": "function", "function": function} for name in ("call_a", "call_b")]
    return [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": content, "tool_calls": made},
        *after,
    ]


A = {"role": "tool", "tool_call_id": "call_a", "content": "The first says QQ-1."}
B = {"role": "tool", "tool_call_id": "call_b", "content": [{"type": "text", "text": "The second says QQ-2."}]}


def test_several_results_are_told_apart() -> None:
    asked = chat(messages=[*history(A, B), {"role": "user", "content": "What does the second say?"}], max_tokens=90)
    text = Endpoint().answer(asked.to("reference-gpt")).messages[0]["content"]
    assert "QQ-2" in text
    assert "QQ-1" not in text
    both = Endpoint().answer(chat(messages=history(A, B), max_tokens=90).to("reference-gpt"))
    assert both.messages[0]["content"].index("QQ-1") < both.messages[0]["content"].index("QQ-2")


def test_text_beside_calls_is_kept() -> None:
    messages = [
        *history(A, B, content="The code is ZX-417."),
        {"role": "user", "content": "Which code was it?"},
    ]
    assert "ZX-417" in Endpoint().answer(chat(messages=messages).to("reference-gpt")).text


@pytest.mark.parametrize(
    "messages",
    [
        history(A),
        history(),
        history({"role": "user", "content": "Never mind."}, A, B),
        [{"role": "user", "content": "Hi."}, A],
        history(A, B, {"role": "user", "content": "Go on."}, A),
    ],
    ids=["one unanswered", "all unanswered", "answered late", "orphan", "answered again later"],
)
def test_calls_and_results_must_match(messages: list[dict[str, Any]]) -> None:
    exchange = Endpoint().answer(chat(messages=messages).to("reference-gpt"))
    assert exchange.status == 400
    assert exchange.error["param"].startswith("messages")


@pytest.mark.parametrize(
    ("choice", "finish"),
    [(None, "function_call"), ("auto", "function_call"), ({"name": "get_weather"}, "stop")],
)
def test_legacy_functions(choice: Any, finish: str) -> None:
    exchange = ask(PARIS, tools=None, functions=[WEATHER["function"]], function_call=choice)
    assert json.loads(exchange.messages[0]["function_call"]["arguments"]) == {"city": "Paris"}
    assert exchange.choices[0]["finish_reason"] == finish
    spoken = ask(PARIS, tools=None, functions=[WEATHER["function"]], function_call="none")
    assert "function_call" not in spoken.messages[0]


def test_legacy_results_are_used() -> None:
    messages = [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "function_call": {"name": "get_weather", "arguments": "{}"}},
        {"role": "function", "name": "get_weather", "content": "21.5 degrees"},
    ]
    assert "21.5" in ask("", tools=None, messages=messages).messages[0]["content"]
