"""The deprecated form of functions, which tools replaced."""

from __future__ import annotations

import json
from typing import Any

from conformance.contract.faults import put, status
from conformance.contract.requests import ONE_CALL, PARIS, WEATHER, chat
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say
from conformance.suite.support.calls import JSONObject
from conformance.suite.support.refusals import rejected

from . import AREA

LEGACY_FUNCTION = chat(
    PARIS, label="legacy-function", max_tokens=ONE_CALL,
    functions=[WEATHER["function"]], function_call={"name": "get_weather"},
)  # fmt: skip


def _is_function_call(message: JSONObject, reason: Any) -> None:
    function_call = message.get("function_call")
    assert isinstance(function_call, dict), say(
        "function_call is {function_call!r:.80}; the message has {message}", function_call, ", ".join(message)
    )
    shown = json.dumps(function_call)[:160]
    assert function_call.get("name") == "get_weather", say("get_weather is forced, and function_call is {shown}", shown)
    assert isinstance(function_call.get("arguments"), str), say(
        "the arguments of function_call are no text: {shown}", shown
    )
    assert reason in ("function_call", "stop"), say(
        "the forced function_call ends with finish_reason {reason!r}", reason
    )


@AREA.should(
    "answer the deprecated functions with a function_call, or reject them with a 4xx",
    on=(LEGACY_FUNCTION,),
    impact=Impact.DATA,
    source="phanedge#common-usage",
    contract=["tools-21"],
    at="choices.*.message.function_call",
    hint="Translate functions to the upstream's tools, and its call back to function_call.",
    broken_by={
        "tool_calls instead": put("choices.*.message", {"role": "assistant", "content": None, "tool_calls": [{}]}),
        "ignored": put("choices.*.message", {"role": "assistant", "content": "It is sunny."}),
        "arguments as an object": put("choices.*.message.function_call.arguments", {"city": "Paris"}),
        "the reason of tools": put("choices.*.finish_reason", "tool_calls"),
        "a failure": status(500),
    },
)
def test_legacy(exchange: Exchange) -> None:
    if rejected(exchange):
        return
    if not exchange.messages:
        raise Inconclusive(say("the reply has no choice with a message"))
    message, reason = exchange.messages[0], exchange.choices[0].get("finish_reason")
    if reason in ("length", "content_filter") or message.get("refusal"):
        raise Inconclusive(say("the call was cut off or refused: {reason}", reason))
    _is_function_call(message, reason)
