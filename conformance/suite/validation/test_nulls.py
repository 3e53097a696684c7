"""Nulls and empty objects stand for absent members."""

from __future__ import annotations

from conformance.contract.faults import only, put, status
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, chat
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.suite.support.parameters import NULLS
from conformance.suite.support.prompts import same_prompt

from . import AREA
from .rejections import accepted


@AREA.should(
    "accept null for every optional parameter that may be null",
    on=(NULLS,),
    impact=Impact.CLIENTS,
    source="openai-openapi#CreateChatCompletionRequest",
    contract=["validation-22"],
    at="error",
    hint="Remove null members from the body before it is validated.",
    broken_by={"400": status(400), "500": status(500)},
)
def test_nulls_accepted(exchange: Exchange) -> None:
    accepted(exchange)


@AREA.should(
    "count the same prompt_tokens with optional parameters that are null as without them",
    on={"nulls": NULLS, "plain": PLAIN},
    impact=Impact.BILLING,
    source="openai-openapi#CreateChatCompletionRequest",
    contract=["validation-22"],
    at="usage.prompt_tokens",
    broken_by=only(lambda each: "verbosity" in each.asked, put("usage.prompt_tokens", 99)),
)
def test_nulls_cost_nothing(nulls: Exchange, plain: Exchange) -> None:
    same_prompt(plain, nulls)


NO_BIAS = chat(label="logit-bias-empty", logit_bias={})


@AREA.should(
    "accept an empty object for an optional parameter as if it were absent",
    on=(NO_BIAS,),
    impact=Impact.CLIENTS,
    source="openai-openapi#CreateChatCompletionRequest.logit_bias",
    contract=["validation-22", "unknown-03"],
    at="error",
    hint="Look at what an object holds before rejecting it as not supported.",
    broken_by={"400": status(400), "500": status(500)},
)
def test_empty_object_taken(exchange: Exchange, model: Model) -> None:
    if model.reasons:
        raise NotApplicable("a model that reasons accepts no logit_bias")
    accepted(exchange)
