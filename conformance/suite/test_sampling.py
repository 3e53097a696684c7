"""Limits of what a model writes."""

from __future__ import annotations

from typing import Any

from conformance.exchange import Inconclusive, NotApplicable, Request
from conformance.families import EVERY_USAGE
from conformance.faults import put
from conformance.profile import Model
from conformance.requests import COMPLETION_LENGTH
from conformance.requirement import Family, must

END_TOKEN = 1  #: some tokenisers count the token that ends a reply
LEAST = 16  #: some upstreams raise smaller limits to this


def _limited_by(name: str) -> Family:
    def limited(request: Request) -> bool:
        limit = request.asked.get(name)
        return type(limit) is int and limit > 0

    return Family(
        f"every reply with usage to a request with {name}",
        lambda each: EVERY_USAGE.meant(each) and limited(each),
        lambda each: EVERY_USAGE.holds(each) and limited(each.request),
    )


def _check(name: str, asked: dict[str, Any], usage: dict[str, Any]) -> None:
    count, n = usage.get("completion_tokens"), asked.get("n")
    if type(count) is not int:
        raise NotApplicable("completion_tokens is not an integer, which is another requirement")
    choices = n if type(n) is int and n > 1 else 1
    several = f" for each of {choices} choices" if choices > 1 else ""
    allowed = (max(asked[name], LEAST) + END_TOKEN) * choices
    assert count <= allowed, f"completion_tokens is {count}, and {name} is {asked[name]}{several}"


def _reasons(model: Model, usage: dict[str, Any]) -> bool:
    """Whether the model thinks before it answers, by its name or by what it counts."""
    details = usage.get("completion_tokens_details")
    return model.reasons or bool(isinstance(details, dict) and details.get("reasoning_tokens"))


@must(
    "write no more than max_tokens on a model that does not reason",
    on=_limited_by("max_tokens"),
    source="openai-openapi#CreateChatCompletionRequest.max_tokens",
    contract=["sampling-02"],
    at="usage.completion_tokens",
    hint="Pass max_tokens on under the name that the upstream knows.",
    needs=["request"],
    broken_by=put("usage.completion_tokens", 100_000),
)
def test_max_tokens(asked: dict[str, Any], usage: dict[str, Any], model: Model) -> None:
    if _reasons(model, usage):
        raise NotApplicable("the model reasons, and what it thinks is not bound by max_tokens")
    if "search" in f"{model.name} {asked.get('model')}":
        raise NotApplicable("OpenAI's search models ignore max_tokens")
    if asked.get("prediction"):
        raise NotApplicable("rejected tokens of a predicted output are counted beyond the limit")
    _check("max_tokens", asked, usage)


@must(
    "write no more than max_completion_tokens, reasoning included",
    on=_limited_by("max_completion_tokens"),
    source="openai-openapi#CreateChatCompletionRequest.max_completion_tokens",
    contract=["sampling-04"],
    at="usage.completion_tokens",
    hint="Translate max_completion_tokens for upstreams that only know max_tokens.",
    needs=["request"],
    broken_by=put("usage.completion_tokens", 100_000),
)
def test_max_completion_tokens(asked: dict[str, Any], usage: dict[str, Any], model: Model) -> None:
    if "search" in f"{model.name} {asked.get('model')}":
        raise NotApplicable("OpenAI's search models ignore limits")
    _check("max_completion_tokens", asked, usage)


@must(
    "report length as the finish_reason of a reply that max_completion_tokens cut off",
    on=(COMPLETION_LENGTH,),
    source="openai-openapi#CreateChatCompletionRequest.max_completion_tokens",
    contract=["sampling-04"],
    at="choices.*.finish_reason",
    hint="Map the upstream's reason (max_tokens, MAX_TOKENS) to length.",
    broken_by=put("choices.*.finish_reason", "stop"),
)
def test_completion_cut_is_length(choices: list[dict[str, Any]], asked: dict[str, Any], model: Model) -> None:
    if asked.get("max_completion_tokens", 0) > 100:
        raise NotApplicable("a model that reasons was given room enough")
    if not choices:
        raise Inconclusive("the reply has no choice")
    reason = choices[0].get("finish_reason")
    assert reason == "length", f"counting to 100 in 20 tokens ended with finish_reason {reason!r}"
