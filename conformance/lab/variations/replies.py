"""Other replies that a model may give."""

from __future__ import annotations

import json
from typing import Any

from conformance.contract.faults import (
    only,
    put,
)
from conformance.contract.scopes import tool_choice
from conformance.evidence.exchange import Exchange, Request

from .kit import (
    ALARMS,
    SCHEMA,
    completions,
    messages,
    right,
)


@right("message-02, and the schema's own example")
def content_empty_beside_calls(exchange: Exchange) -> Exchange:
    """A message with tool calls has the content "" rather than null."""

    def change(document: Any) -> None:
        for message in messages(document):
            if message.get("content", "") is None:
                message["content"] = ""

    return completions(change)(exchange)


@right("message-04, and Anthropic's Handling stop reasons: a turn ends without a word now and then")
def turns_without_a_word(exchange: Exchange) -> Exchange:
    """Some turns of the model end at once: there is no text, and completion_tokens is 2."""

    def change(document: Any) -> None:
        for message in messages(document):
            if message.get("content"):
                message["content"] = ""
        if usage := document.get("usage"):
            usage["total_tokens"] += 2 - usage["completion_tokens"]
            usage["completion_tokens"] = 2

    def ends_at_once(request: Request) -> bool:
        return request.label == "plain-stream-usage" or (request.label == "plain" and request.attempt == 2)

    return only(ends_at_once, completions(change))(exchange)


@right(ALARMS)
def text_beside_calls(exchange: Exchange) -> Exchange:
    """The model says what it is about to do before it calls a tool."""

    def change(document: Any) -> None:
        for message in messages(document):
            if message.get("role") and message["content"] is None:
                message["content"] = "Let me look that up."

    return completions(change)(exchange)


@right("tools-08: both are known")
def other_finish_of_a_forced_call(exchange: Exchange) -> Exchange:
    """A named tool call ends in the other of stop and tool_calls: OpenAI's older models and its newer ones differ."""

    def change(document: Any) -> None:
        for choice in document["choices"]:
            if choice["finish_reason"] in ("stop", "tool_calls"):
                choice["finish_reason"] = "stop" if choice["finish_reason"] == "tool_calls" else "tool_calls"

    return only(lambda request: tool_choice(request) == "named", completions(change))(exchange)


@right(SCHEMA)
def arguments_with_white_space(exchange: Exchange) -> Exchange:
    """The arguments of a call are JSON over several lines; what the limit cut off stays as it is."""

    def spread(text: str) -> str:
        return json.dumps(json.loads(text), indent=2) if text.endswith("}") else text

    return put("choices.*.message.tool_calls.*.function.arguments", spread)(exchange)


@right("logprobs-02: the sentinel, and bytes null")
def logprobs_of_little_value(exchange: Exchange) -> Exchange:
    """Unlikely tokens have the log probability -9999.0, and fewer likely ones are shown than were asked for."""
    return put("choices.*.logprobs.content.*", lambda entry: entry | {"top_logprobs": _unlikely(entry)})(exchange)


def _unlikely(entry: dict[str, Any]) -> list[Any]:
    return [each | {"logprob": -9999.0} for each in entry["top_logprobs"][1:]]


@right("recordings of OpenAI: older models end a required call with stop")
def required_calls_end_with_stop(exchange: Exchange) -> Exchange:
    """A call that was required, and not named, ends with stop."""

    def change(document: Any) -> None:
        for choice in document["choices"]:
            if choice["finish_reason"] == "tool_calls":
                choice["finish_reason"] = "stop"

    return only(lambda request: tool_choice(request) == "required", completions(change))(exchange)


@right("openai-openapi: function_call is a finish_reason")
def legacy_calls_end_with_function_call(exchange: Exchange) -> Exchange:
    """A call of the deprecated functions ends with function_call."""

    def change(document: Any) -> None:
        for choice in document["choices"]:
            if choice["finish_reason"] == "stop" and b'"function_call"' in exchange.content:
                choice["finish_reason"] = "function_call"

    return only(lambda request: "functions" in request.asked, completions(change))(exchange)


@right("openai-openapi: bytes is nullable")
def logprobs_without_bytes(exchange: Exchange) -> Exchange:
    """The entries of log probabilities have bytes null."""

    def change(document: Any) -> None:
        for choice in document["choices"]:
            for entry in (choice["logprobs"] or {}).get("content") or ():
                for each in (entry, *entry["top_logprobs"]):
                    each["bytes"] = None

    return completions(change)(exchange)
