"""Parameters that OpenAI knows, on models that may not."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import only, put, status
from conformance.contract.given import on_demand, usually
from conformance.contract.profile import Model
from conformance.contract.requests import COMPLETION_LENGTH, LENGTH, PLAIN, TOOL_SINGLE, chat
from conformance.contract.requirement import Fault, Impact
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.evidence.observed import answered_with
from conformance.language import joined, say
from conformance.suite.support.limits import ended_early, ending
from conformance.suite.support.parameters import ALL_OPTIONS, OPTIONS

from . import AREA
from .answers import refusal, taken

OPTIONS_ALONE = [chat(label=f"option-{name}", **{name: value}) for name, value in OPTIONS.items()]
OF_OPENAI = say("OpenAI's own models are judged by OpenAI's documentation of each parameter")


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
    assert taken(exchange), joined("; ", rejected) or say(
        "each alone is accepted, yet {answer}", answered_with(exchange)
    )


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
    _ends_with_length(exchange)


def _ends_with_length(exchange: Exchange) -> None:
    """Hold that the limit ended a reply. Raises Inconclusive where the model ended before it."""
    reason = ending(exchange)
    if reason != "length" and ended_early(exchange):
        raise Inconclusive(
            say("{request}: the model ended before the limit, with finish_reason {reason!r}", exchange.request, reason)
        )
    assert reason == "length", say(
        "{request}: a count to 100 in 20 tokens ends with finish_reason {reason!r}", exchange.request, reason
    )


def _wants_the_newer_name(exchange: Exchange) -> bool:
    return exchange.request.label == LENGTH.label and "max_completion_tokens" in exchange.text
