"""Calls: declared names, arguments that are JSON objects, ids that differ."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import EVERY_TOOL_CALL
from conformance.evidence.exchange import Exchange, NotApplicable, Violation, list_of
from conformance.language import say
from conformance.suite.support.calls import JSONObject, declared

from . import AREA, CALLS, DELTAS
from .reading import as_declared, encoded_twice, functions_called, named, names_sent, parsed, parsed_calls


@AREA.should(
    "call only functions that the request offers",
    on=EVERY_TOOL_CALL,
    source="openai-openapi#ChatCompletionMessageToolCall.function.name",
    contract=["tools-01"],
    at=f"{CALLS}.*.function.name",
    hint="Return a call under the name that the client declared, not the upstream's.",
    needs=["request"],
    broken_by={
        "an unknown name": put(f"{CALLS}.*.function.name", "no_such_function"),
        "the upstream's prefix": put(f"{CALLS}.*.function.name", lambda name: f"default_api.{name}"),
        "twice": put(f"{CALLS}.*.function.name", lambda name: name * 2),
        "twice in one delta": put("choices.*.delta.tool_calls.*.function.name", lambda name: name and name * 2),
    },
)
def test_declared_names(exchange: Exchange, tool_calls: list[JSONObject], asked: JSONObject) -> None:
    """Not a MUST: one of OpenAI's own recorded replies (gpt-4-0613) calls a function that was not offered. A name that
    stands twice in one delta is not one that several deltas repeat."""
    names, streamed = declared(asked), names_sent(exchange)
    for name in named(tool_calls):
        meant = as_declared(name, names) if exchange.streamed and name not in streamed else name
        assert meant in names, say(
            "{name!r} is called, and only {names} is offered", name, ", ".join(names) or "nothing"
        )


@AREA.should(
    "give arguments that are a JSON object",
    on=EVERY_TOOL_CALL,
    source="openai-openapi#ChatCompletionMessageToolCall.function.arguments",
    contract=["tools-02"],
    at=f"{CALLS}.*.function.arguments",
    hint="Send {} for a function without parameters, and the object itself as text, once.",
    broken_by={
        "cut short": put(f"{CALLS}.*.function.arguments", '{"city": '),
        "twice": put(f"{CALLS}.*.function.arguments", '{}{"city": "Paris"}'),
        "a list": put(f"{CALLS}.*.function.arguments", '["Paris"]'),
        "empty": put(f"{CALLS}.*.function.arguments", ""),
    },
    after=["tools.pieces_add_up"],
)
def test_arguments_are_json(exchange: Exchange) -> None:
    once = [arguments for _, arguments in functions_called(exchange) if not encoded_twice(arguments)]
    if not once:
        raise NotApplicable(say("the arguments are encoded twice (covered by tools.arguments_once)"))
    for arguments in once:
        parsed(arguments)


def _required(function: JSONObject) -> list[Any]:
    """The arguments that the function's schema requires."""
    parameters = function.get("parameters")
    return list_of(parameters.get("required")) if isinstance(parameters, dict) else []


def _lacking(function: JSONObject, arguments: JSONObject) -> str:
    """A sentence about the first required argument that a call lacks; empty where it has all."""
    missing = [name for name in _required(function) if isinstance(name, str) and name not in arguments]
    if not missing:
        return ""
    name, shown = function["name"], str(arguments)[:160]
    return say("{name} is called without its argument {missing!r}: {arguments}", name, missing[0], shown)


@AREA.should(
    "give the arguments that the function's schema requires",
    on=EVERY_TOOL_CALL,
    impact=Impact.DATA,
    source="openai-functions#strict-mode",
    contract=["tools-02"],
    at=f"{CALLS}.*.function.arguments",
    hint="Pass the parameters of each tool on to the upstream as they are.",
    needs=["request"],
    broken_by=put(f"{CALLS}.*.function.arguments", '{"location": "Paris"}'),
)
def test_required_arguments(exchange: Exchange) -> None:
    calls = parsed_calls(exchange)
    for function, arguments in calls:
        problem = _lacking(function, arguments)
        assert not problem, problem
    if not any(_required(function) for function, _ in calls):
        raise NotApplicable(say("no called function requires an argument"))


def _ids(calls: list[Any]) -> list[str]:
    """The ids of calls, without those that are empty or no text, which other requirements cover."""
    ids = [call.get("id") for call in calls if isinstance(call, dict)]
    return [each for each in ids if isinstance(each, str) and each]


@AREA.must(
    "give the tool calls of one choice different ids",
    on=EVERY_TOOL_CALL,
    source="openai-openapi#ChatCompletionMessageToolCall.id",
    contract=["tools-03"],
    at=f"{CALLS}.*.id",
    hint="Make an id for each call; a tool's result names the call it answers by this id.",
    needs=["ids"],
    broken_by=put(f"{CALLS}.*.id", "call_0"),
)
def test_ids_differ(messages: list[JSONObject]) -> None:
    """Of the choices of one reply a client keeps one in its history, so that an id may stand in two of them."""
    found = [ids for message in messages if len(ids := _ids(list_of(message.get("tool_calls")))) > 1]
    if not found:
        raise NotApplicable(say("no choice has two calls with an id"))
    for ids in found:
        assert len(set(ids)) == len(ids), say("{number} calls of one choice share ids: {ids}", len(ids), ", ".join(ids))


@AREA.should(
    "give the tool calls of different replies different ids",
    on=EVERY_TOOL_CALL,
    source="openai-openapi#ChatCompletionRequestToolMessage.tool_call_id",
    contract=["tools-03"],
    at=f"{CALLS}.*.id",
    hint="Do not count calls anew in each reply (call_0): ids of several replies stand in one history.",
    needs=["ids"],
    broken_by={
        "plain": put(f"{CALLS}.*.id", "call_0"),
        "streamed": put(f"{DELTAS}.*.id", lambda id_: id_ and "call_0"),
    },
    after=["tools.ids_differ"],
)
def test_ids_differ_between_replies(exchanges: list[Exchange]) -> None:
    seen: dict[str, Exchange] = {}
    for exchange in exchanges:
        for each in set(_ids(exchange.tool_calls)):
            if each in seen:
                raise Violation(say("two replies have a call with the id {each!r}", each), seen[each], exchange)
            seen[each] = exchange


@AREA.should(
    "give a call in tool_calls or in function_call, and not in both",
    on=EVERY_TOOL_CALL,
    source="openai-openapi#ChatCompletionResponseMessage.function_call",
    contract=["tools-21"],
    at="choices.*.message.function_call",
    hint="function_call answers functions: a client that reads both runs the function twice.",
    broken_by=put("choices.*.message.function_call", {"name": "get_weather", "arguments": "{}"}),
    shown_by=put("choices.*.message.function_call", None),
)
def test_one_form(messages: list[JSONObject]) -> None:
    for message in messages:
        legacy = message.get("function_call")
        assert not (legacy and message.get("tool_calls")), say(
            "beside tool_calls stands function_call: {legacy!s:.160}", legacy
        )
