"""Generated conversations that grow turn by turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance.contract.faults import only, put
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, TOOLS, chat, streamed
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import MODEL, Exchange, Request, Violation
from conformance.evidence.send import Send
from conformance.language import say
from conformance.suite.support.prompts import prompt_tokens

from . import AREA
from .judged import request_of, strategies

if TYPE_CHECKING:
    from conformance.contract.strategies import Turn

CONVERSED = 5  #: requests of growing conversations at most, since each costs more than the one before


def _asking(messages: list[dict[str, Any]], tools: bool, streams: bool) -> Request:
    offered = {"tools": [TOOLS["get_weather"]], "tool_choice": "none"} if tools else {}
    request = chat(label="growing", **({"messages": messages, "model": MODEL} | offered))
    return streamed(request) if streams else request


def _text_of(exchange: Exchange) -> str:
    """The first text of a reply, a short one where it has none."""
    texts = [text for message in exchange.messages if isinstance(text := message.get("content"), str) and text]
    return texts[0] if texts else "OK."


def _each_turn_costs_more(conversation: tuple[Turn, ...], send: Send) -> None:
    """Hold that each turn has more prompt_tokens than the one before."""
    messages: list[dict[str, Any]] = []
    before, tools = 0, False
    for turn in conversation:
        messages.append({"role": "user", "content": turn.text})
        tools = tools or turn.tools
        exchange = send(_asking(messages, tools, turn.streams))
        count = prompt_tokens(exchange)
        if count <= before:
            said = say(
                "turn {number} costs {count} prompt_tokens, and the turn before it {before}",
                len(messages) // 2 + 1,
                count,
                before,
            )
            raise Violation(say("{said}; asked: {request_of}", said, request_of(exchange)), exchange)
        messages.append({"role": "assistant", "content": _text_of(exchange)})
        before = count


@AREA.should(
    "count more prompt_tokens with each turn of a conversation, streamed or not",
    on=(PLAIN,),
    impact=Impact.BILLING,
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["usage-10"],
    at="usage.prompt_tokens",
    hint="Count the whole conversation each time, also where earlier turns were read from a cache.",
    broken_by={
        "the last turn only": only(lambda each: len(each.asked.get("messages", ())) > 2, put("usage.prompt_tokens", 8)),
        "an estimate in streams": only(lambda each: each.streams, put("usage.prompt_tokens", 8)),
    },
    after=["equivalence.prompt_tokens", "isolation.usage_not_mixed_up"],
    needs_model=True,
)
def test_growing_conversation(send: Send, model: Model, examples: int) -> None:
    made = strategies()
    made.search(made.turns(model.claims), _each_turn_costs_more, send, min(examples, CONVERSED), model.name)
