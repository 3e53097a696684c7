"""How forced calls end: alike, whether the reply is streamed or not."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import only, put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import broken_off
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say
from conformance.suite.support.agreement import Pair, agree, each_pair

from . import AREA
from .pairs import TOOL_PAIRS, is_plain, is_streamed, tried


def _end_of_call(exchange: Exchange) -> str:
    """The finish_reason of a reply with a call. Raises Inconclusive where nothing is called, or it was cut off."""
    ended = [choice.get("finish_reason") for choice in exchange.choices]
    if broken_off(exchange) or not exchange.tool_calls or not ended or ended[0] in (None, "", "length"):
        raise Inconclusive(say("“{request}”: no tool is called, or the call was cut off", exchange.request))
    return str(ended[0])


@AREA.should(
    "end a forced tool call with the same finish_reason whether the reply is streamed or not",
    on={"pairs": tried(TOOL_PAIRS[1:])},
    source="openai-openapi#CreateChatCompletionRequest.stream",
    contract=["equiv-03", "tools-08"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason (tool_use, STOP) in streams as in plain replies.",
    broken_by={
        "another reason in streams": only(
            is_streamed, put("choices.*.finish_reason", lambda old: old and "function_call")
        ),
        "stop in plain replies": only(is_plain, put("choices.*.finish_reason", "other")),
    },
    impact=Impact.CLIENTS,
    after=["tools.plain_finish", "tools.streamed_finish"],
    needs_model=True,
)
def test_call_finish_reason(pairs: Sequence[Pair]) -> None:
    each_pair(pairs, lambda plain, stream: agree(plain, stream, _end_of_call))
