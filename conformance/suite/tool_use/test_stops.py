"""Stop sequences where tools are offered."""

from __future__ import annotations

from conformance.contract.faults import put
from conformance.contract.requests import WEATHER, chat
from conformance.contract.requirement import Impact
from conformance.contract.scopes import broken_off
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.language import say
from conformance.suite.support.refusals import rejected

from . import AREA

STOP_WITH_TOOLS = chat(
    "Say: ALPHA BRAVO STOPHERE CHARLIE", label="stop-with-tools", stop="STOPHERE", tools=[WEATHER], max_tokens=40
)


@AREA.should(
    "end the text before a stop sequence where tools are offered, too",
    on=(STOP_WITH_TOOLS,),
    impact=Impact.DATA,
    source="openai-openapi#StopConfiguration",
    contract=["stop-01", "sampling-07"],
    at="choices.*.message.content",
    hint="Pass stop on with tools as without.",
    broken_by={
        "ignored": put("choices.*.message.content", "ALPHA BRAVO STOPHERE CHARLIE"),
        "the sequence included": put("choices.*.message.content", "ALPHA BRAVO STOPHERE"),
    },
    after=["stop.text_ends_before"],
)
def test_stop_beside_tools(exchange: Exchange) -> None:
    if rejected(exchange):
        raise NotApplicable(say("stop with tools is rejected with {outcome}", exchange.outcome))
    content = str(exchange.messages[0].get("content")) if exchange.messages and not broken_off(exchange) else ""
    if "ALPHA" not in content:
        raise Inconclusive(say("the model did not repeat the text: {content!r}", content[:120]))
    assert "STOPHERE" not in content, say("the text holds the stop sequence: {content!r}", content[:120])
    assert "CHARLIE" not in content, say("the text goes on after the stop sequence: {content!r}", content[:120])
