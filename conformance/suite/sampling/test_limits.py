"""No more is written than max_tokens and max_completion_tokens allow."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import put
from conformance.contract.profile import Model
from conformance.contract.requirement import Impact, Scope
from conformance.contract.scopes import EVERY_USAGE
from conformance.evidence.exchange import NotApplicable, Request
from conformance.evidence.observed import count_or_not_applicable
from conformance.language import say
from conformance.suite.support.limits import END_TOKEN

from . import AREA

LEAST = 16  #: some upstreams raise smaller limits to this


def _limited_by(name: str) -> Scope:
    def limited(request: Request) -> bool:
        limit = request.asked.get(name)
        return type(limit) is int and limit > 0

    return Scope(
        f"every reply with usage to a request with {name}",
        lambda each: EVERY_USAGE.meant(each) and limited(each),
        lambda each: EVERY_USAGE.holds(each) and limited(each.request),
        (name,),
    )


def _check(name: str, asked: dict[str, Any], usage: dict[str, Any]) -> None:
    count, n = count_or_not_applicable(usage, "completion_tokens"), asked.get("n")
    choices = n if type(n) is int and n > 1 else 1
    several = say(" for each of {number} choices", choices) if choices > 1 else ""
    allowed = (max(asked[name], LEAST) + END_TOKEN) * choices
    assert count <= allowed, say(
        "completion_tokens is {count}, and {name} is {asked}{several}", count, name, asked[name], several
    )


def _reasons(model: Model, usage: dict[str, Any]) -> bool:
    """Whether the model reasons before it answers, by its name or by what it counts."""
    details = usage.get("completion_tokens_details")
    return model.reasons or bool(isinstance(details, dict) and details.get("reasoning_tokens"))


@AREA.must(
    "write no more than max_tokens on a model that does not reason",
    on=_limited_by("max_tokens"),
    impact=Impact.BILLING,
    source="openai-openapi#CreateChatCompletionRequest.max_tokens",
    contract=["sampling-02"],
    at="usage.completion_tokens",
    hint="Pass max_tokens on under the name that the upstream knows.",
    needs=["request"],
    broken_by=put("usage.completion_tokens", 100_000),
)
def test_max_tokens(asked: dict[str, Any], usage: dict[str, Any], model: Model) -> None:
    if _reasons(model, usage):
        raise NotApplicable(say("the model reasons, and max_tokens does not limit its reasoning"))
    if "search" in f"{model.name} {asked.get('model')}":
        raise NotApplicable(say("OpenAI's search models ignore max_tokens"))
    if asked.get("prediction"):
        raise NotApplicable(say("rejected tokens of a predicted output are counted beyond the limit"))
    _check("max_tokens", asked, usage)


@AREA.must(
    "write no more than max_completion_tokens, reasoning included",
    on=_limited_by("max_completion_tokens"),
    impact=Impact.BILLING,
    source="openai-openapi#CreateChatCompletionRequest.max_completion_tokens",
    contract=["sampling-04"],
    at="usage.completion_tokens",
    hint="Translate max_completion_tokens for upstreams that only know max_tokens.",
    needs=["request"],
    broken_by=put("usage.completion_tokens", 100_000),
)
def test_max_completion_tokens(asked: dict[str, Any], usage: dict[str, Any], model: Model) -> None:
    if "search" in f"{model.name} {asked.get('model')}":
        raise NotApplicable(say("OpenAI's search models ignore limits"))
    _check("max_completion_tokens", asked, usage)
