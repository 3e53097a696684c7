"""What the requirements of unknown parameters accept of an endpoint, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from conformance.suite.unknown.answers import refusal
from conformance.suite.unknown.test_members import NAME, UNKNOWN
from tests.support.builders_asked import GPT, Said, asked

CLAUDE = Model("reference-claude", "claude")
PROMPT = "usage.prompt_tokens"


def biased(request: Request) -> bool:
    return "logit_bias" in request.asked


def alone(request: Request) -> bool:
    return "store" in request.asked and len(request.asked) == 5


def old(request: Request) -> bool:
    return request.label == "length"


FILTERED = {"message": {"role": "assistant", "content": ""}, "finish_reason": "content_filter"}


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("unknown_member", refusal(f"Additional properties are not allowed ('{NAME}')"), "accepted"),
        ("unknown_member", respond(422, {"detail": [{"loc": ["body", NAME]}]}), "accepted"),
        ("unknown_member", respond(401, {}), "inconclusive"),
        ("unknown_member", refusal("Invalid request."), "violated"),
        ("unknown_member", status(500), "violated"),
        ("unknown_costs_nothing", only(lambda each: NAME in each.asked, refusal(NAME)), "not applicable"),
        ("unknown_costs_nothing", only(lambda each: each.label == UNKNOWN.label, put(PROMPT, 50)), "violated"),
        ("options_of_openai", only(biased, refusal("logit_bias: expected a sequence")), "violated"),  # B272
        ("options_of_openai", only(lambda each: "metadata" in each.asked, refusal("needs store")), "violated"),
        ("options_of_openai", only(alone, refusal("store is not supported")), "accepted"),  # it was not asked alone
        ("options_of_openai", status(403), "inconclusive"),
        ("parallel_tool_calls_taken", refusal("parallel_tool_calls: unknown"), "violated"),
        ("both_limits", only(old, refusal("Unsupported: use max_completion_tokens instead.")), "accepted"),
        ("both_limits", only(old, refusal("Unsupported parameter.")), "violated"),  # B248
        ("both_limits", put("choices.*.finish_reason", "stop"), "violated"),  # B003
        ("both_limits", put("choices", []), "inconclusive"),
        ("both_limits", put("choices.*", lambda each: each | FILTERED), "inconclusive"),
        ("thoughts_in_history", refusal("messages.1: reasoning_content is not permitted"), "accepted"),  # DeepSeek
        ("thoughts_in_history", respond(400, {"message": "messages.1.reasoning_content: unsupported"}), "violated"),
        ("thoughts_in_history", refusal("Invalid message."), "violated"),  # B421
        ("thoughts_in_history", refusal(f"{NAME} is unknown"), "inconclusive"),
        ("unknown_member", refusal("messages.1: reasoning_content is not permitted"), "violated"),  # of the body
    ],
)
def test_unknown(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"unknown.{requirement}", change, model=CLAUDE) == expected


@pytest.mark.parametrize("requirement", ["options_of_openai", "parallel_tool_calls_taken"])
def test_openai_is_free_to_refuse_its_own(requirement: str) -> None:
    assert asked(f"unknown.{requirement}", refusal("no"), model=GPT) == "not applicable"
