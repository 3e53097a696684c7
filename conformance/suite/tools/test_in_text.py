"""Calls that are left in the text as the model wrote them, instead of a tool call or beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conformance.contract.faults import chain, drop, edit, put
from conformance.contract.requirement import Fault, Impact
from conformance.contract.scopes import EVERY_TOOL_CALL, replies_where, tool_choice
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.language import say
from conformance.suite.support.calls import JSONObject, declared
from conformance.suite.support.markup import CALL_MARKUP, RESIDUE, SPECIAL, lost_call, may_hold
from conformance.suite.support.replies import check_whole
from conformance.suite.support.spoken import is_prompted, own_words

from . import AREA, CALLS, DELTAS

OFFERED = replies_where("every reply where tools are offered", lambda each: tool_choice(each) != "none", "tools")
THOUGHTS = ("reasoning_content", "reasoning")
HERMES = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>'
KIMI = (
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city":"Paris"}'
)


def _said(message: JSONObject, *names: str) -> str:
    """What a message says in these members, without what it only speaks of."""
    texts = [message[name] for name in names if isinstance(message.get(name), str)]
    return "\n".join(own_words(text, CALL_MARKUP) for text in texts)


def _judged(exchange: Exchange) -> Iterator[JSONObject]:
    """The messages of a reply whose request speaks of no such markup: it may ask for it."""
    check_whole(exchange)
    if is_prompted(exchange.request, CALL_MARKUP):
        raise NotApplicable(say("the request itself has the markup of a call"))
    yield from exchange.messages


def _calls(message: JSONObject) -> bool:
    return bool(message.get("tool_calls"))


def _left(text: str, **members: Any) -> Fault:
    """The call of each reply left in a text of its message: no call is made of it."""

    def change(document: JSONObject) -> None:
        for choice in document["choices"]:
            for name in ("message", "delta"):
                if (holder := choice.get(name)) and (name == "message" or "role" in holder):
                    holder.update({"content": text, **members})

    return chain(drop(CALLS), drop(DELTAS), edit(change))


@AREA.must(
    "make a tool call of a call that the model wrote, and not leave its markup in the text in place of it",
    on=OFFERED,
    source="openai-openapi#ChatCompletionResponseMessage.tool_calls",
    contract=["tools-23"],
    at="choices.*.message.content",
    hint="Parse the markup of this model's template, in streams and in the reasoning, too: clients read tool_calls.",
    needs=["request"],
    broken_by={
        "in tags": _left(HERMES),
        "in special tokens": _left(f"I look it up. {KIMI}"),
        "in the reasoning": _left("", reasoning_content=f"I call the tool. {KIMI}"),
    },
    impact=Impact.DATA,
    needs_model=False,
)
def test_call_not_in_text(exchange: Exchange) -> None:
    """Where a model thinks of its call, and then makes it or answers, nothing is lost."""
    names = declared(exchange.request.asked)
    for message in _judged(exchange):
        text = "" if _calls(message) else _said(message, *(("content",) if message.get("content") else THOUGHTS))
        lost = lost_call(text, names)
        assert not lost, say("a call is left in the text, and is no tool call: {lost!r}", lost[:160])


@AREA.should(
    "leave nothing of a call's markup in the text beside the tool call",
    on=EVERY_TOOL_CALL,
    source="openai-openapi#ChatCompletionResponseMessage.content",
    contract=["tools-23"],
    at="choices.*.message.content",
    hint="Take the whole of the markup out of the text, its beginning and its end, too.",
    needs=["request"],
    broken_by={
        "an end": put("choices.*.message.content", "I look it up.</tool_call>"),
        "in the reasoning": put("choices.*.message.reasoning_content", "I call it. <|tool_calls_section_begin|>"),
    },
    impact=Impact.DATA,
    after=["tools.call_not_in_text"],
)
def test_no_residue(exchange: Exchange) -> None:
    """In its reasoning a model may write tags of its own accord, but no special tokens."""
    for message in filter(_calls, _judged(exchange)):
        found = _first(RESIDUE, _said(message, "content")) or _first(SPECIAL, _said(message, *THOUGHTS))
        assert not found, say("markup of a call stands beside the tool call: {found!r}", found)


def _first(pattern: str, text: str) -> str:
    """The first match in a text, with what stands around it; empty where there is none."""
    found = re.search(pattern, text) if may_hold(text, CALL_MARKUP) else None
    return text[max(found.start() - 40, 0) : found.end() + 80] if found else ""
