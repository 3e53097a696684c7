"""Histories with calls: the text beside them, arguments that are empty, and arguments that are no JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from conformance.contract.faults import put, respond, status
from conformance.contract.given import tries
from conformance.contract.requests import PARIS, WEATHER, chat, streamed
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange
from conformance.language import say
from conformance.suite.support.calls import JSONObject, call, result
from conformance.suite.support.messages import parts
from conformance.suite.support.replies import REFUSED, answered, control, lacks, one_of, without

from . import AREA

_UNMATCHED = {"error": {"message": "tool_result without a tool_use", "type": "invalid_request_error"}}

_PING_FULL = {
    "type": "function",
    "function": {"name": "ping", "description": "", "parameters": {"type": "object", "properties": {}}},
}
_PINGED = {"id": "call_3c4d", "type": "function", "function": {"name": "ping", "arguments": "{}"}}
_LOOKED = [call("call_1a2b", "Paris"), _PINGED]
#: Streamed, and answered with text that begins as a call might, which parsers of calls hold back.
TOOL_TEXT_BESIDE = streamed(
    chat(
        label="tool-text-beside", tools=[WEATHER, _PING_FULL], max_tokens=100,
        messages=[
            {"role": "system", "content": "Put every reply in braces, like this: {Hello.}"},
            {"role": "user", "content": PARIS},
            {"role": "assistant", "content": "The gate code is ZX417. I look.", "tool_calls": _LOOKED},
            result("call_1a2b", "Sunny."),
            result("call_3c4d", "Up."),
            {
                "role": "assistant",
                "content": parts("The door code is WB682.", "I look again."),
                "tool_calls": [call("call_9e9f", "Oslo")],
            },
            result("call_9e9f", "Fog."),
            {"role": "user", "content": "Which gate code and which door code did you mention?"},
        ],
    )
)  # fmt: skip


def _odd(id: str, arguments: str) -> JSONObject:
    return {"id": id, "type": "function", "function": {"name": "get_weather", "arguments": arguments}}


#: A client sends back what a model wrote, also where that was no JSON.
TOOL_ODD_ARGUMENTS = chat(
    label="tool-odd-arguments", tools=[WEATHER], max_tokens=100,
    messages=[
        {"role": "user", "content": PARIS},
        {"role": "assistant", "content": None, "tool_calls": [_odd("call_5e6f", ""), _odd("call_7a8b", '{"bad')]},
        result("call_5e6f", "No city was given."),
        result("call_7a8b", "Station QC5081 reports fog."),
        {"role": "user", "content": "Which station reports fog? Answer with its code."},
    ],
)  # fmt: skip


TOOL_THEN_USER = chat(
    label="tool-then-user", tools=[WEATHER], max_tokens=100,
    messages=[
        {"role": "user", "content": PARIS},
        {"role": "assistant", "content": None, "tool_calls": [call("call_2b3c", "Paris")]},
        result("call_2b3c", "Sunny."),
        {"role": "user", "content": "Is that good weather for a walk? Answer with yes or no."},
    ],
)  # fmt: skip


CODES_CONTROL = control(
    "tool-text-beside",
    "The gate code is ZX417. The door code is WB682. Which gate code and which door code did I mention?",
)
FOG_CONTROL = control(
    "tool-odd-arguments", "Station QC5081 reports fog. Which station reports fog? Answer with its code."
)


@AREA.should(
    "let the model read the text that stands beside its tool calls",
    on={"answers": tries(TOOL_TEXT_BESIDE), "controls": CODES_CONTROL},
    impact=Impact.DATA,
    source="openai-openapi#ChatCompletionRequestAssistantMessage.content",
    contract=["tools-16"],
    at="choices.*.message.content",
    hint="Translate the content of an assistant message first, text or parts, then its calls; do not return early.",
    broken_by={
        "refused": REFUSED,
        "dropped": put("choices.*.delta.content", lambda text: text and text.replace("417", "it")),
        "parts dropped": put("choices.*.delta.content", lambda text: text and text.replace("682", "it")),
        "the reply held back": put("choices.*.delta.content", ""),
    },
    after=["tool_use.round_trip"],
)
def test_text_beside(answers: Sequence[Exchange], controls: Sequence[Exchange]) -> None:
    one_of(answers, lacks(["ZX417", "WB682"]), controls)


@AREA.should(
    "accept a history with calls whose arguments are {}, as those of a function without parameters are",
    on=(TOOL_TEXT_BESIDE,),
    source="openai-openapi#ChatCompletionRequestAssistantMessage.tool_calls",
    contract=["tools-14"],
    at="error",
    hint="Translate {} to an empty object: neither to null nor to nothing.",
    broken_by={"refused": REFUSED, "a failure": status(500)},
    needs_model=False,
)
def test_empty_arguments_taken(exchange: Exchange) -> None:
    answered(exchange)


@AREA.should(
    "accept a message of the user after the result of a tool",
    on=(TOOL_THEN_USER,),
    source="openai-openapi#ChatCompletionRequestToolMessage",
    contract=["tools-14"],
    at="error",
    hint="For an upstream that wants roles by turns, join the result and the message, or put an answer between them.",
    broken_by={"refused": REFUSED, "a failure": status(500)},
    after=["tool_use.round_trip"],
    needs_model=False,
)
def test_user_after_result(exchange: Exchange) -> None:
    answered(exchange)


def _names_arguments(exchange: Exchange) -> bool:
    """Whether an error says that the arguments are wrong, by OpenAI's name for them or another vendor's."""
    said = json.dumps(exchange.error).lower()
    return any(word in said for word in ("argument", "input", "json"))


@AREA.should(
    "answer a history with arguments that are empty or no JSON, or reject it with a 400 or 422 that says so",
    on={"answers": tries(TOOL_ODD_ARGUMENTS), "controls": FOG_CONTROL},
    source="openai-openapi#ChatCompletionMessageToolCall.function.arguments",
    contract=["tools-14", "tools-15"],
    at="choices.*.message.content",
    hint="Pass such arguments on as an empty object or as text; do not drop the call and keep its result.",
    broken_by={
        "refused for what it did itself": respond(400, _UNMATCHED),
        "a failure": status(500),
        "the results dropped": without("QC5081"),
    },
    after=["tool_use.round_trip"],
)
def test_odd_arguments(answers: Sequence[Exchange], controls: Sequence[Exchange]) -> None:
    exchange = answers[0]
    if exchange.status in (400, 422):
        said = " ".join(exchange.text.split())[:200]
        assert _names_arguments(exchange), say("the rejection does not say that the arguments are wrong: {said}", said)
        return
    one_of(answers, lacks(["QC5081"]), controls)
