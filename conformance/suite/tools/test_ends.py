"""How a reply with tool calls ends, plain and streamed, and what the calls are made of."""

from __future__ import annotations

import json
import re
from typing import Any

from conformance.contract.faults import chain, drop, put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import EVERY_COMPLETION, EVERY_REPLY, EVERY_TOOL_CALL, EVERY_TOOL_STREAM, tool_choice
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.observed import json_object
from conformance.language import say
from conformance.suite.support.calls import JSONObject, declared, of_function
from conformance.suite.support.replies import check_whole

from . import AREA, CALLS, DELTAS
from .reading import encoded_twice, functions_called, later, names_sent


@AREA.must(
    "end a choice with the finish_reason tool_calls only where it has a tool call",
    on=EVERY_REPLY,
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["tools-22"],
    at="choices.*.finish_reason",
    hint="Clients look for calls to run where they read tool_calls, and drop the text: say stop where there is none.",
    broken_by={
        "text": chain(
            drop(CALLS), drop(DELTAS), put("choices.*.finish_reason", lambda reason: reason and "tool_calls")
        ),
        "no calls": chain(
            put(CALLS, []), drop(DELTAS), put("choices.*.finish_reason", lambda reason: reason and "tool_calls")
        ),
    },
    after=["completion.choices.message", "message.tool_calls.not_empty"],
    needs_model=False,
)
def test_finish_has_call(exchange: Exchange, choices: list[JSONObject]) -> None:
    check_whole(exchange)
    ended = [each for each in choices if each.get("finish_reason") == "tool_calls"]
    for choice in ended:
        message = choice.get("message")
        calls = isinstance(message, dict) and message.get("tool_calls")
        assert calls, say("finish_reason is tool_calls, and there is no tool call: {dumps}", json.dumps(message)[:160])
    if not ended:
        raise NotApplicable(say("no choice ends with tool_calls"))


@AREA.must(
    "end a plain reply with tool calls with the finish_reason tool_calls where the model was free to call",
    on=EVERY_COMPLETION,
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["tools-22"],
    at="choices.*.finish_reason",
    hint="Clients run the tools when they read tool_calls; stop makes them drop the calls.",
    needs=["request"],
    broken_by=put("choices.*.finish_reason", lambda reason: reason and "stop"),
    needs_model=False,
)
def test_plain_finish(exchange: Exchange, choices: list[JSONObject]) -> None:
    """tools.streamed_finish requires the same of streams. Reasons that are none of the API's are another fault."""
    if tool_choice(exchange.request) != "auto" or not exchange.tool_calls:
        raise NotApplicable(say("nothing is called, or the call was forced: stop is legal"))
    for choice in choices:
        reason, message = choice.get("finish_reason"), choice.get("message")
        stopped = reason == "stop" and isinstance(message, dict) and message.get("tool_calls")
        assert not stopped, say("choice {index} has tool calls and ends with {reason!r}", choice.get("index"), reason)


def _as_string(text: Any) -> Any:
    return json.dumps(text) if isinstance(text, str) and json_object(text) is not None else text


@AREA.must(
    "encode the arguments of a tool call as JSON once",
    on=EVERY_TOOL_CALL,
    source="openai-openapi#ChatCompletionMessageToolCall.function.arguments",
    contract=["tools-24"],
    at=f"{CALLS}.*.function.arguments",
    hint="The upstream's arguments are JSON as text already: pass them on as they are.",
    broken_by={
        "plain": put(f"{CALLS}.*.function.arguments", _as_string),
        "streamed": put(f"{DELTAS}.*.function.arguments", lambda text: text and '"{\\"city\\": \\"Paris\\"}"'),
    },
)
def test_arguments_once(exchange: Exchange) -> None:
    for _, arguments in functions_called(exchange):
        twice = encoded_twice(arguments)
        assert not twice, say("the arguments are a JSON string with the object in it: {arguments}", arguments[:160])


ALLOWED = re.compile(r"[A-Za-z0-9_-]{1,64}")


@AREA.should(
    "call functions by names of letters, digits, underscores and dashes, 64 at most",
    on=EVERY_TOOL_CALL,
    source="openai-openapi#FunctionObject.name",
    contract=["tools-01"],
    at=f"{CALLS}.*.function.name",
    hint="Cut prefixes and template tokens off the name: with it in the history the next request is rejected.",
    needs=["request"],
    broken_by={
        "a template's token": put(f"{CALLS}.*.function.name", lambda name: f"{name}<|channel|>commentary"),
        "a name space": put(f"{CALLS}.*.function.name", lambda name: f"functions.{name}"),
    },
    after=["tools.declared_names"],
)
def test_name_characters(exchange: Exchange, asked: JSONObject) -> None:
    """Not a MUST: OpenAI's own models have called multi_tool_use.parallel. A name that the client itself declared is
    not the endpoint's doing."""
    names = declared(asked)
    for name in names_sent(exchange):
        assert name in names or ALLOWED.fullmatch(name), say("a function is called by the name {name!r}", name[:160])


@AREA.should(
    "send the type of a streamed tool call once, with its id",
    on=EVERY_TOOL_STREAM,
    source="openai-openapi#ChatCompletionMessageToolCallChunk",
    contract=["tools-19"],
    at=f"{DELTAS}.*.type",
    hint="Send only index and arguments in later deltas: clients that join members as text read functionfunction.",
    broken_by=put(f"{DELTAS}.*.type", "function"),
    impact=Impact.FORM,
)
def test_type_once(chunks: list[JSONObject]) -> None:
    """A later delta that repeats id or name as well is covered by tools.named_once."""
    others = [delta for _, delta in later(chunks) if not (delta.get("id") or of_function(delta, "name"))]
    if not others:
        raise NotApplicable(say("later deltas repeat id or name, too (covered by tools.named_once)"))
    for delta in others:
        kind = delta.get("type")
        assert not kind, say(
            "a later delta of a call repeats the type {kind!r}: {dumps}", kind, json.dumps(delta)[:160]
        )
