"""No reasoning, where none is asked for."""

from __future__ import annotations

from conformance.contract.faults import chain, put
from conformance.contract.marks import REASONING
from conformance.contract.requests import chat, disputed
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.language import say
from conformance.suite.support.refusals import rejected

from . import AREA
from .counts import COUNT, shows_reasoning, token_counts

NONE = disputed(
    chat(
        label="effort-none", temperature=None, max_tokens=None, max_completion_tokens=1024, reasoning_effort="none",
        features=frozenset({REASONING}),
    )
)  # fmt: skip


@AREA.should(
    "not reason where reasoning_effort is none, or reject it with a 4xx",
    on={"exchange": NONE},
    impact=Impact.BILLING,
    source="openai-openapi#ReasoningEffort",
    contract=["sampling-07", "reasoning-01"],
    at=COUNT,
    hint="Switch the upstream's thinking off, or reject the value where it cannot be: reasoning is billed as output.",
    broken_by={
        "counted": put("usage.completion_tokens_details", {"reasoning_tokens": 1}),
        "shown": chain(
            put("usage.completion_tokens_details", {"reasoning_tokens": 0}),
            put("choices.*.message.reasoning_content", "The user wants OK."),
        ),
    },
)
def test_none_is_none(exchange: Exchange) -> None:
    if rejected(exchange):
        raise NotApplicable(say("reasoning_effort none is rejected with {outcome}", exchange.outcome))
    reasoning = token_counts(exchange)[0]
    assert not shows_reasoning(exchange), say("reasoning_effort is none, and the reply shows its reasoning")
    assert not reasoning, say("reasoning_effort is none, and reasoning_tokens is {reasoning}", reasoning)
