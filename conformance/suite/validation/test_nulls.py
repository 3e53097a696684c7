"""Nulls and empty objects stand for absent members."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.contract.faults import only, put, status
from conformance.contract.given import on_demand, usually
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, chat
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, NotApplicable, Violation
from conformance.evidence.observed import answered_with
from conformance.language import joined, say
from conformance.suite.support.parameters import ALL_OPTIONS, AT_END, DEFAULTS, NULLS, NULLS_ALONE
from conformance.suite.support.prompts import same_prompt
from conformance.suite.support.refusals import not_about_the_key

from . import AREA
from .rejections import accepted


@AREA.should(
    "accept null for every optional parameter that may be null",
    on={"together": NULLS, "alone": on_demand(*NULLS_ALONE)},
    impact=Impact.CLIENTS,
    source="openai-openapi#CreateChatCompletionRequest",
    contract=["validation-22", "validation-24"],
    at="error",
    hint="Remove null members from the body before it is validated.",
    broken_by={"400": status(400), "500": status(500)},
)
def test_nulls_accepted(together: Exchange, alone: Sequence[Exchange]) -> None:
    """One by one only where all together are rejected, to tell which it is."""
    if not not_about_the_key(together).succeeded:
        raise Violation(joined("; ", map(answered_with, _rejected(alone))) or answered_with(together), together)


def _rejected(exchanges: Iterable[Exchange]) -> list[Exchange]:
    return [each for each in exchanges if not each.succeeded]


DEFAULTS_ALONE = [chat(label=f"default-{name}", **{name: value}) for name, value in DEFAULTS.items()]


@AREA.should(
    "accept the documented default of an optional parameter where it is written out",
    on=(PLAIN,),
    given={"together": usually(ALL_OPTIONS), "alone": on_demand(*DEFAULTS_ALONE)},
    impact=Impact.CLIENTS,
    source="openai-openapi#CreateChatCompletionRequest",
    contract=["validation-24"],
    at="error",
    hint="Leave out what has its default before an upstream rejects it: clients send n: 1 and penalties of 0.",
    broken_by={
        "400": only(lambda each: each.asked.get("n") == 1, status(400)),
        "500": only(lambda each: each.asked.get("presence_penalty") == 0, status(500)),
    },
)
def test_defaults_accepted(together: Sequence[Exchange], alone: Sequence[Exchange], model: Model) -> None:
    """All are sent in one request, with others, and one by one only where that is rejected, to tell which it is."""
    if model.reasons:
        raise NotApplicable(say("a model that reasons accepts no such parameter"))
    if not not_about_the_key(together[0]).succeeded:
        claimed = [at for at, name in enumerate(DEFAULTS) if model.claims(f"chat.{name}")]
        found = _rejected(alone[at] for at in claimed)
        assert not found, joined("; ", map(answered_with, found))


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
    on=(PLAIN,),
    given={"together": usually(AT_END["least"]), "alone": on_demand(NO_BIAS)},
    impact=Impact.CLIENTS,
    source="openai-openapi#CreateChatCompletionRequest.logit_bias",
    contract=["validation-22", "unknown-03"],
    at="error",
    hint="Look at what an object holds before rejecting it as not supported.",
    broken_by={
        "400": only(lambda each: each.asked.get("logit_bias") == {}, status(400)),
        "500": only(lambda each: each.asked.get("logit_bias") == {}, status(500)),
    },
)
def test_empty_object_taken(together: Sequence[Exchange], alone: Sequence[Exchange], model: Model) -> None:
    """Alone only where it is rejected among others."""
    if model.reasons:
        raise NotApplicable(say("a model that reasons accepts no logit_bias"))
    if not (together[0].succeeded and "logit_bias" in together[0].request.asked):
        accepted(alone[0])
