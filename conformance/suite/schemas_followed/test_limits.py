"""Structured output that the token limit cuts off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.contract.faults import only, put, respond
from conformance.contract.given import in_turn
from conformance.contract.profile import Model
from conformance.contract.requests import SCHEMA_NESTED
from conformance.contract.scopes import broken_off
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Violation
from conformance.evidence.observed import is_unfinished_object
from conformance.language import say
from conformance.suite.support.limits import ended_early
from conformance.suite.support.refusals import refuses
from conformance.suite.support.replies import content_of

from . import AREA
from .schemas import by_schema

CUT = by_schema(
    "nested",
    "Order A-1: Ada Lovelace, 12 Row, London NW1. Two of SKU-7 and one of SKU-9.",
    "schema.cut",
    label="schema-cut",
    limit=8,
)


def _ending(exchange: Exchange) -> tuple[Any, str]:
    """The finish_reason of the first choice, and its text. Raises Inconclusive where no choice came."""
    if broken_off(exchange) or not exchange.choices:
        raise Inconclusive(say("no choice came"))
    content = content_of(exchange)
    return exchange.choices[0].get("finish_reason"), content if isinstance(content, str) else ""


@AREA.must(
    "report length as the finish_reason of JSON that the limit cut off",
    on={"cut": in_turn(CUT)},
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["schema-13"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason to length, also where JSON is forced by a tool.",
    broken_by={
        "stop": put("choices.*.finish_reason", "stop"),
        "tool_calls": put("choices.*.finish_reason", "tool_calls"),
    },
    after=["sampling.cut_is_length"],
)
def test_cut_is_length(cut: Sequence[Exchange], model: Model) -> None:
    if model.reasons:
        raise NotApplicable(say("the limit is not short, for the model reasons"))
    reason, content = _ending(cut[0])
    if reason != "length" and (ended_early(cut[0]) or not is_unfinished_object(content)):
        raise Inconclusive(say("no JSON came that was cut off: {content!r:.100}", content))
    assert reason == "length", say(
        "an order in 8 tokens ends with finish_reason {reason!r}: {content!r:.100}", reason, content
    )


def _of_the_limit(exchange: Exchange) -> bool:
    """Whether a rejection says that the limit is too low."""
    said = exchange.text.lower()
    return any(each in said for each in ("max_", "minimum", "at least", "too small", "too low", "limit"))


@AREA.should(
    "give what was written of JSON that the limit cut off, and not reject it",
    on={"cut": in_turn(CUT), "whole": in_turn(SCHEMA_NESTED)},
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["schema-13"],
    at="error.message",
    hint="Return what was written, and length, and not an error because it is no JSON.",
    broken_by={
        "refused": only(lambda each: each.label == CUT.label, respond(400, {"error": {"message": "No JSON came."}})),
    },
    needs_model=False,
)
def test_cut_is_given(cut: Sequence[Exchange], whole: Sequence[Exchange], model: Model) -> None:
    """A limit so low may be rejected."""
    if model.reasons:
        raise NotApplicable(say("the limit is not short, for the model reasons"))
    if refuses(cut[0]) and whole[0].succeeded and not _of_the_limit(cut[0]):
        said = say(
            "JSON that is cut off after 8 tokens is answered with {outcome}: {text}", cut[0].outcome, cut[0].text[:160]
        )
        raise Violation(said, cut[0])
