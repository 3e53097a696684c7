"""Parameters that an endpoint, or the model behind it, does not know."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import COMPLETION_LENGTH, LENGTH, PLAIN, TOOL_SINGLE, chat
from conformance.contract.requirement import Area, Fault
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.evidence.send import Send
from conformance.suite.support.parameters import ALL_OPTIONS, OPTIONS
from conformance.suite.support.prompts import same_prompt

AREA = Area("unknown")

NAME = "x_conformance_unknown"
MEMBER: dict[str, Any] = {NAME: {"a": 1}}
UNKNOWN = chat(label="unknown-member", **MEMBER)
_PART = {"type": "text", "text": "Say OK."} | MEMBER
THOUGHTS = "reasoning_content"
_THOUGHT = {"role": "assistant", "content": "Hello.", THOUGHTS: "The user greets me."}
UNKNOWN_IN_MESSAGE = chat(
    label="unknown-member-in-message",
    messages=[{"role": "user", "content": "Hello."}, _THOUGHT, {"role": "user", "content": [_PART]} | MEMBER],
)  # fmt: skip


def refusal(message: str) -> Fault:
    """A 400 with this message."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return respond(400, {"error": error})


def taken(exchange: Exchange) -> bool:
    """Whether it was answered with a completion. Raises Inconclusive where the key was refused, or no choice
    came."""
    if exchange.status in (401, 402, 403):
        raise Inconclusive(f"{exchange.request}: HTTP {exchange.status} is about the key, not about the request")
    if exchange.succeeded and "choices" in exchange.reply and not exchange.reply["choices"]:
        raise Inconclusive(f"{exchange.request}: the reply has no choice, which is another requirement")
    return exchange.succeeded and bool(exchange.reply.get("choices"))


def said(exchange: Exchange) -> str:
    return f"{exchange.request} was answered with HTTP {exchange.status}: {exchange.text[:160].strip()}"


@AREA.should(
    "ignore an unknown member of the body, of a message and of a part, or refuse it by name with status 400",
    on=(UNKNOWN, UNKNOWN_IN_MESSAGE),
    source="phanedge#openapi",
    contract=["unknown-01"],
    at="error.message",
    hint="Ignore what is not known, or say what it is that is not.",
    shown_by=only(lambda each: each.label == UNKNOWN.label, refusal(f"Unrecognized request argument: {NAME}")),
    broken_by={
        "refused without a name": refusal("Invalid request."),
        "500": status(500),
        "an error in a success": respond(200, {"error": {"message": "Invalid request."}}),
    },
)
def test_unknown_member(exchange: Exchange) -> None:
    if not taken(exchange):
        assert exchange.status in (400, 422), said(exchange)
        named = NAME in exchange.text or _is_told(exchange, THOUGHTS)
        assert named, f"{said(exchange)}, which does not name {NAME}"


def _is_told(exchange: Exchange, name: str) -> bool:
    """Whether a request that has a member was refused for it."""
    return name.encode() in exchange.request.body and name in exchange.text


@AREA.should(
    "ignore reasoning_content in a message of the history, or refuse it by name with status 400 in an error object",
    on=(UNKNOWN_IN_MESSAGE,),
    source="deepseek#messages.reasoning_content",
    contract=["unknown-01", "reasoning-04"],
    at="error.message",
    hint="Take reasoning_content out for an upstream that does not know it: clients send messages back as they came.",
    broken_by={
        "no error object": respond(400, {"message": "messages.1.reasoning_content: property is unsupported"}),
        "refused without a name": refusal("Invalid message."),
        "500": status(500),
    },
)
def test_thoughts_in_history(exchange: Exchange) -> None:
    if taken(exchange):
        return
    if NAME in exchange.text and THOUGHTS not in exchange.text:
        raise Inconclusive(f"it was refused for {NAME}, so that nothing is known of {THOUGHTS}")
    assert exchange.status in (400, 422), said(exchange)
    assert THOUGHTS in exchange.text, f"{said(exchange)}, which does not name {THOUGHTS}"
    error = exchange.document.get("error") if isinstance(exchange.document, dict) else None
    whole = isinstance(error, dict) and isinstance(error.get("message"), str)
    assert whole, f"{said(exchange)}, which is no error object"


@AREA.should(
    "count the same prompt_tokens with a member that it ignores as without it",
    on=(PLAIN, UNKNOWN),
    source="openai-openapi#CompletionUsage.prompt_tokens",
    contract=["unknown-02"],
    at="usage.prompt_tokens",
    hint="Do not count the body: count the messages that the model is shown.",
    broken_by=only(lambda each: NAME in each.asked, put("usage.prompt_tokens", lambda count: count + 9)),
)
def test_unknown_costs_nothing(send: Send) -> None:
    if not taken(send(UNKNOWN)):
        raise NotApplicable("unknown members are refused")
    same_prompt(send(PLAIN), send(UNKNOWN))


# --- what OpenAI knows --------------------------------------------------------------------------------------

OF_OPENAI = "OpenAI's own models are judged by OpenAI's documentation of each parameter"


@AREA.should(
    "take OpenAI's parameters on models of every other family, each alone as well as all together",
    on=(PLAIN,),
    source="phanedge#alignment",
    contract=["unknown-03"],
    at="error",
    hint="Leave out what the upstream does not know, before it refuses the request for it.",
    broken_by={
        "one refused": only(lambda each: "logit_bias" in each.asked, refusal("logit_bias: expected a sequence")),
        "500": only(lambda each: "store" in each.asked, status(500)),
    },
)
def test_options_of_openai(send: Send, model: Model) -> None:
    """All are sent at once, and one by one only where that is refused, to tell which it is."""
    if model.family == "gpt":
        raise NotApplicable(OF_OPENAI)
    together = send(ALL_OPTIONS)
    if not taken(together):
        singly = [chat(label=f"option-{name}", **{name: value}) for name, value in OPTIONS.items()]
        refused = [said(exchange) for exchange in map(send, singly) if not taken(exchange)]
        raise AssertionError("; ".join(refused) or f"each alone is taken, yet {said(together)}")


@AREA.should(
    "take parallel_tool_calls with tools on models of every other family than OpenAI's",
    on=(TOOL_SINGLE,),
    source="phanedge#alignment",
    contract=["unknown-03"],
    at="error",
    broken_by=refusal("parallel_tool_calls is not supported"),
)
def test_parallel_tool_calls_taken(exchange: Exchange, model: Model) -> None:
    if model.family == "gpt":
        raise NotApplicable(OF_OPENAI)
    assert taken(exchange), said(exchange)


def finish(exchange: Exchange) -> str:
    """What ended the first choice. Raises Inconclusive where there is none."""
    if not exchange.choices:
        raise Inconclusive(f"{exchange.request}: the reply has no choice")
    return str(exchange.choices[0].get("finish_reason"))


def ignoring(request: Request) -> Fault:
    return only(lambda each: each.label == request.label, put("choices.*.finish_reason", "stop"))


@AREA.should(
    "keep to max_tokens and to max_completion_tokens alike",
    on=(LENGTH, COMPLETION_LENGTH),
    source="phanedge#alignment",
    contract=["unknown-04"],
    at="choices.*.finish_reason",
    hint="Translate both names to the one that the upstream knows.",
    broken_by={
        "max_tokens ignored": ignoring(LENGTH),
        "the newer name ignored": ignoring(COMPLETION_LENGTH),
        "the newer name refused": only(
            lambda each: each.label == COMPLETION_LENGTH.label, refusal("max_completion_tokens: unknown")
        ),
    },
)
def test_both_limits(exchange: Exchange, model: Model) -> None:
    if model.reasons:
        raise NotApplicable("a model that reasons is asked with one of the two names only")
    if not taken(exchange):
        if exchange.request.label == LENGTH.label and "max_completion_tokens" in exchange.text:
            raise NotApplicable("it says to use max_completion_tokens, as models that reason do")
        raise AssertionError(said(exchange))
    ended = finish(exchange)
    assert ended == "length", f"{exchange.request}: a count to 100 in 20 tokens ends with {ended!r}"
