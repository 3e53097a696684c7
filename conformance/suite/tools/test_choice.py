"""What was asked for by tool_choice."""

from __future__ import annotations

import json
from typing import Any

from conformance.contract.faults import edit, put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import cut_short, replies_where, tool_choice
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.language import say
from conformance.suite.support.calls import JSONObject
from conformance.suite.support.replies import check_whole

from . import AREA, CALLS
from .reading import as_declared, named

TEXT = {"role": "assistant", "content": "It is sunny.", "refusal": None}
LEGACY = TEXT | {"content": None, "function_call": {"name": "get_weather", "arguments": "{}"}}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}


def _forbids(request: Request) -> bool:
    return bool(request.asked.get("tools")) and request.asked.get("tool_choice") == "none"


FORBIDDEN = replies_where("every reply where tool_choice is none", _forbids, "tools")
REQUIRED = replies_where(
    "every reply where tool_choice is required", lambda each: tool_choice(each) == "required", "tools"
)
NAMED = replies_where(
    "every reply where tool_choice names a function", lambda each: tool_choice(each) == "named", "tools"
)
FORCED = replies_where(
    "every reply where a call is forced", lambda each: tool_choice(each) in ("required", "named"), "tools"
)


def _contents(message: JSONObject) -> tuple[Any, ...]:
    """Whatever a message may consist of."""
    return tuple(message.get(name) for name in ("content", "tool_calls", "refusal", "function_call", "audio"))


def _willing(exchange: Exchange) -> None:
    """Raises Inconclusive where no call came because the model refused or was cut off."""
    check_whole(exchange)
    if not exchange.choices or not any(any(_contents(message)) for message in exchange.messages):
        raise Inconclusive(say("the reply is wholly empty"))
    for choice in exchange.choices:
        refusal = [message.get("refusal") for message in exchange.messages if message.get("refusal")]
        if refusal or cut_short(choice.get("finish_reason")):
            raise Inconclusive(
                say(
                    "no call came: finish_reason {finish_reason}, refusal {refusal}",
                    choice.get("finish_reason"),
                    refusal[:1],
                )
            )


def _said(exchange: Exchange) -> str:
    return json.dumps([message.get("content") for message in exchange.messages], ensure_ascii=False)[:160]


@AREA.must(
    "answer in text, without a tool call, where tool_choice is none",
    on=FORBIDDEN,
    impact=Impact.DATA,
    source="openai-openapi#ChatCompletionToolChoiceOption",
    contract=["tools-05"],
    at=CALLS,
    hint="Pass tool_choice none on; where the upstream has no such choice, leave the tools out.",
    needs=["request"],
    broken_by={"a call": put(CALLS, [CALL]), "no text": put("choices.*.message", LEGACY)},
    needs_model=False,
)
def test_none_is_none(exchange: Exchange) -> None:
    calls = exchange.tool_calls
    assert not calls, say("tool_choice is none, yet a tool is called: {dumps}", json.dumps(calls[0])[:160])
    if not any(message.get("content") for message in exchange.messages):
        _willing(exchange)
    assert any(message.get("content") for message in exchange.messages), say("tool_choice is none, and no text came")


@AREA.must(
    "call a tool where tool_choice is required",
    on=REQUIRED,
    impact=Impact.DATA,
    source="openai-openapi#ChatCompletionToolChoiceOption",
    contract=["tools-06"],
    at=CALLS,
    hint="Translate required to the upstream's word for it (any), and its call to tool_calls.",
    needs=["request"],
    broken_by={
        "no call": put("choices.*.message", TEXT),
        "the call as text": edit(lambda document: _as_text(document)),
    },
)
def test_required_is_required(exchange: Exchange) -> None:
    if not exchange.tool_calls:
        _willing(exchange)
    assert exchange.tool_calls, say(
        "tool_choice is required, yet no tool is called; the content is {said}", _said(exchange)
    )


def _wanted(choice: JSONObject) -> Any:
    """The name of the function that a tool_choice names."""
    function = choice.get("function")
    return function.get("name") if isinstance(function, dict) else None


def _as_text(document: JSONObject) -> None:
    for choice in document["choices"]:
        if message := choice.get("message"):
            message["content"] = f"<tool_call>{json.dumps(message.pop('tool_calls', None))}</tool_call>"
            choice["finish_reason"] = "stop"


@AREA.must(
    "call the function that tool_choice names, and no other",
    on=NAMED,
    impact=Impact.DATA,
    source="openai-openapi#ChatCompletionNamedToolChoice",
    contract=["tools-07"],
    at=f"{CALLS}.*.function.name",
    hint="Pass the named tool_choice on as an object; do not turn it into auto.",
    needs=["request"],
    broken_by={
        "no call": put("choices.*.message", TEXT),
        "another function": put(f"{CALLS}.*.function.name", "get_weather"),
    },
)
def test_named_is_called(exchange: Exchange, asked: JSONObject) -> None:
    wanted = _wanted(asked["tool_choice"])
    if not exchange.tool_calls:
        _willing(exchange)
    assert exchange.tool_calls, say(
        "tool_choice names {wanted!r}, yet no tool is called; the content is {said}", wanted, _said(exchange)
    )
    others = [name for name in named(exchange.tool_calls) if as_declared(name, {str(wanted): {}}) != wanted]
    assert not others, say("tool_choice names {wanted!r}, yet {others!r} is called", wanted, others[0])


@AREA.should(
    "end a forced tool call with the finish_reason tool_calls or stop",
    on=FORCED,
    source="openai-functions#tool-choice",
    contract=["tools-08"],
    at="choices.*.finish_reason",
    hint="Use tool_calls where tools were requested; function_call is for the deprecated functions.",
    needs=["request"],
    broken_by=put("choices.*.finish_reason", lambda reason: reason and "function_call"),
    after=["completion.choices.finish_reason", "chunk.choices.finish_reason"],
    needs_model=False,
)
def test_forced_finish(exchange: Exchange) -> None:
    reasons = [choice.get("finish_reason") for choice in exchange.choices]
    if not exchange.tool_calls or any(reason in (None, "", "length", "content_filter", "error") for reason in reasons):
        raise NotApplicable(say("no call came, or it was cut off, or it ends without a reason: {reasons}", reasons))
    others = [reason for reason in reasons if reason not in ("tool_calls", "stop")]
    assert not others, say("the forced call ends with finish_reason {others!r}", others[0])
