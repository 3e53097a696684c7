"""Parameters that an endpoint, or the model behind it, does not know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.contract.faults import only, put, respond, status
from conformance.contract.given import in_turn, on_demand, usually
from conformance.contract.profile import Model
from conformance.contract.requests import COMPLETION_LENGTH, LENGTH, PLAIN, TOOL_SINGLE, chat, disputed
from conformance.contract.requirement import Area, Fault, Impact
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.limits import ended_early, ending
from conformance.suite.support.parameters import ALL_OPTIONS, OPTIONS
from conformance.suite.support.prompts import same_prompt
from conformance.suite.support.refusals import not_about_the_key

AREA = Area("unknown", Impact.CLIENTS, after=("completion.choices",))

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


def refusal(message: str) -> Fault:
    """A 400 with this message."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return respond(400, {"error": error})


def taken(exchange: Exchange) -> bool:
    """Whether a completion came. Raises Inconclusive where the key was rejected, or no choice came."""
    not_about_the_key(exchange)
    if exchange.succeeded and "choices" in exchange.reply and not exchange.reply["choices"]:
        raise Inconclusive(say("{request}: the reply has no choice (covered by other requirements)", exchange.request))
    return exchange.succeeded and bool(exchange.reply.get("choices"))


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
        assert exchange.status in (400, 422), answered_with(exchange)
        assert NAME in exchange.text or _is_named(exchange, REASONING_CONTENT), say(
            "{answer}, which does not name {member}", answered_with(exchange), NAME
        )


def _is_named(exchange: Exchange, name: str) -> bool:
    """Whether a member that the request has is named in the response."""
    return name.encode() in exchange.request.body and name in exchange.text


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
    if taken(exchange):
        return
    if NAME in exchange.text and REASONING_CONTENT not in exchange.text:
        raise Inconclusive(
            say("it was rejected for {member}, which shows nothing about {member2}", NAME, REASONING_CONTENT)
        )
    assert exchange.status in (400, 422), answered_with(exchange)
    assert REASONING_CONTENT in exchange.text, say(
        "{answer}, which does not name {member}", answered_with(exchange), REASONING_CONTENT
    )
    assert _has_message(exchange), say("{answer}; expected an error object with a message", answered_with(exchange))


def _has_message(exchange: Exchange) -> bool:
    error = exchange.document.get("error") if isinstance(exchange.document, dict) else None
    return isinstance(error, dict) and isinstance(error.get("message"), str)


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


# --- what OpenAI knows --------------------------------------------------------------------------------------

OPTIONS_ALONE = [chat(label=f"option-{name}", **{name: value}) for name, value in OPTIONS.items()]
OF_OPENAI = "OpenAI's own models are judged by OpenAI's documentation of each parameter"


@AREA.should(
    "accept OpenAI's parameters on models of every other family, each alone as well as all together",
    on=(PLAIN,),
    given={"together": usually(ALL_OPTIONS), "alone": on_demand(*OPTIONS_ALONE)},
    source="phanedge#alignment",
    contract=["unknown-03"],
    at="error",
    hint="Leave out what the upstream does not know, before it rejects the request for it.",
    broken_by={
        "one refused": only(lambda each: "logit_bias" in each.asked, refusal("logit_bias: expected a sequence")),
        "500": only(lambda each: "store" in each.asked, status(500)),
    },
    after=["validation.defaults_accepted"],
)
def test_options_of_openai(together: Sequence[Exchange], alone: Sequence[Exchange], model: Model) -> None:
    """All are sent in one request, and one by one only where that is rejected, to tell which it is."""
    if model.family == "gpt":
        raise NotApplicable(OF_OPENAI)
    exchange = together[0]
    rejected = [] if taken(exchange) else [answered_with(each) for each in alone if not taken(each)]
    assert taken(exchange), "; ".join(rejected) or f"each alone is accepted, yet {answered_with(exchange)}"


@AREA.should(
    "accept parallel_tool_calls with tools on models of every other family than OpenAI's",
    on=(TOOL_SINGLE,),
    source="phanedge#alignment",
    contract=["unknown-03"],
    at="error",
    broken_by=refusal("parallel_tool_calls is not supported"),
)
def test_parallel_tool_calls_taken(exchange: Exchange, model: Model) -> None:
    if model.family == "gpt":
        raise NotApplicable(OF_OPENAI)
    assert taken(exchange), answered_with(exchange)


def _ignoring(request: Request) -> Fault:
    return only(lambda each: each.label == request.label, put("choices.*.finish_reason", "stop"))


@AREA.should(
    "keep to max_tokens and to max_completion_tokens alike",
    on=(LENGTH, COMPLETION_LENGTH),
    impact=Impact.BILLING,
    source="phanedge#alignment",
    contract=["unknown-04"],
    at="choices.*.finish_reason",
    hint="Translate both names to the one that the upstream knows.",
    broken_by={
        "max_tokens ignored": _ignoring(LENGTH),
        "the newer name ignored": _ignoring(COMPLETION_LENGTH),
        "the newer name refused": only(lambda each: each.label == COMPLETION_LENGTH.label, refusal("unknown name")),
    },
    needs_model=True,
)
def test_both_limits(exchange: Exchange, model: Model) -> None:
    if model.reasons:
        raise NotApplicable(say("a model that reasons is sent only one of the two names"))
    if not taken(exchange) and _wants_the_newer_name(exchange):
        raise NotApplicable(say("it says to use max_completion_tokens, as models that reason do"))
    assert taken(exchange), answered_with(exchange)
    reason = _reason(exchange)
    assert reason == "length", say(
        "{request}: a count to 100 in 20 tokens ends with finish_reason {reason!r}", exchange.request, reason
    )


def _reason(exchange: Exchange) -> Any:
    """The first finish_reason. Raises Inconclusive where it is no limit that ended the reply."""
    reason = ending(exchange)
    if reason != "length" and ended_early(exchange):
        raise Inconclusive(
            say("{request}: the model ended before the limit, with finish_reason {reason!r}", exchange.request, reason)
        )
    return reason


def _wants_the_newer_name(exchange: Exchange) -> bool:
    return exchange.request.label == LENGTH.label and "max_completion_tokens" in exchange.text
