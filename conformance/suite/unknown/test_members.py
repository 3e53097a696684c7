"""Members of requests that nobody knows: they are ignored, or rejected by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.contract.faults import only, put, respond, status
from conformance.contract.given import in_turn
from conformance.contract.requests import PLAIN, chat, disputed
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.prompts import same_prompt
from conformance.suite.support.refusals import error_in

from . import AREA
from .answers import refusal, taken

NAME = "x_conformance_unknown"
MEMBER: dict[str, Any] = {NAME: {"a": 1}}
UNKNOWN = disputed(chat(label="unknown-member", **MEMBER))
_PART = {"type": "text", "text": "Say OK."} | MEMBER
REASONING_CONTENT = "reasoning_content"
_REASONED = {"role": "assistant", "content": "Hello.", REASONING_CONTENT: "The user greets me."}
UNKNOWN_IN_MESSAGE = disputed(chat(
    label="unknown-member-in-message",
    messages=[{"role": "user", "content": "Hello."}, _REASONED, {"role": "user", "content": [_PART]} | MEMBER],
))  # fmt: skip


@AREA.should(
    "ignore an unknown member of the body, of a message and of a part, or reject it by name with status 400",
    on=(UNKNOWN, UNKNOWN_IN_MESSAGE),
    source="phanedge#openapi",
    contract=["unknown-01"],
    at="error.message",
    hint="Ignore an unknown member, or name it in the error.",
    shown_by=only(lambda each: each.label == UNKNOWN.label, refusal(f"Unrecognized request argument: {NAME}")),
    broken_by={
        "refused without a name": refusal("Invalid request."),
        "500": status(500),
        "an error in a success": respond(200, {"error": {"message": "Invalid request."}}),
    },
)
def test_unknown_member(exchange: Exchange) -> None:
    if not taken(exchange):
        _is_rejected_by_name(exchange, NAME, REASONING_CONTENT)


def _is_rejected_by_name(exchange: Exchange, *names: str) -> None:
    """Hold that a request is rejected as invalid, with one of these names that it has in it."""
    assert exchange.status in (400, 422), answered_with(exchange)
    named = any(name.encode() in exchange.request.body and name in exchange.text for name in names)
    assert named, say("{answer}, which does not name {member}", answered_with(exchange), names[0])


@AREA.should(
    "ignore reasoning_content in a message of the history, or reject it by name with status 400 in an error object",
    on=(UNKNOWN_IN_MESSAGE,),
    source="deepseek#messages.reasoning_content",
    contract=["unknown-01", "reasoning-04"],
    at="error.message",
    hint="Remove reasoning_content for an upstream that does not know it: clients send messages back as received.",
    broken_by={
        "no error object": respond(400, {"message": "messages.1.reasoning_content: property is unsupported"}),
        "refused without a name": refusal("Invalid message."),
        "500": status(500),
    },
)
def test_thoughts_in_history(exchange: Exchange) -> None:
    if not taken(exchange):
        _is_not_about_another(exchange)
        _is_rejected_by_name(exchange, REASONING_CONTENT)
        whole = isinstance(error_in(exchange).get("message"), str)
        assert whole, say("{answer}; expected an error object with a message", answered_with(exchange))


def _is_not_about_another(exchange: Exchange) -> None:
    """Raises Inconclusive where a request was rejected for the unknown member that stands beside."""
    if NAME in exchange.text and REASONING_CONTENT not in exchange.text:
        raise Inconclusive(
            say("it was rejected for {member}, which shows nothing about {member2}", NAME, REASONING_CONTENT)
        )


@AREA.should(
    "count the same prompt_tokens with a member that it ignores as without it",
    on={"plain": in_turn(PLAIN), "unknown": UNKNOWN},
    impact=Impact.BILLING,
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["unknown-02"],
    at="usage.prompt_tokens",
    hint="Count the messages that the model reads, not the body.",
    broken_by=only(lambda each: NAME in each.asked, put("usage.prompt_tokens", lambda count: count + 9)),
)
def test_unknown_costs_nothing(plain: Sequence[Exchange], unknown: Exchange) -> None:
    if not taken(unknown):
        raise NotApplicable(say("unknown members are rejected"))
    same_prompt(plain[0], unknown)
