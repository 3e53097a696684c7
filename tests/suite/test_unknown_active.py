"""What the requirements of unknown parameters and of images accept of an endpoint, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from conformance.suite.test_multimodal import BLIND, HIGH, LOW, REFUSED, UNREACHABLE, shown
from conformance.suite.test_unknown import NAME, UNKNOWN, refusal
from tests.support.builders_asked import GPT, Said, asked

CLAUDE = Model("reference-claude", "claude")
TEXT, PROMPT = "choices.*.message.content", "usage.prompt_tokens"
GIVEN = "choices.*.message.tool_calls.*.function.arguments"
NO_IMAGES = only(shown, respond(400, REFUSED))


def biased(request: Request) -> bool:
    return "logit_bias" in request.asked


def alone(request: Request) -> bool:
    return "store" in request.asked and len(request.asked) == 5


def old(request: Request) -> bool:
    return request.label == "length"


def several(request: Request) -> bool:
    return b"report_colours" in request.body


def low(request: Request) -> bool:
    return request.label == LOW.label


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


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("image_seen", put(TEXT, "Bright RED, I think."), "accepted"),
        ("image_seen", only(lambda each: shown(each) and each.attempt < 3, put(TEXT, "Orange.")), "accepted"),
        ("image_seen", only(shown, put(TEXT, "Orange."), put(PROMPT, 12)), "inconclusive"),
        ("image_seen", NO_IMAGES, "not applicable"),
        ("image_seen", only(shown, put(TEXT, "I cannot see images.")), "violated"),
        ("image_counted", only(shown, put(PROMPT, 90)), "accepted"),
        ("image_counted", only(shown, put(PROMPT, 12)), "violated"),
        ("image_counted", put(TEXT, "Something."), "inconclusive"),
        ("detail_taken", NO_IMAGES, "not applicable"),
        ("detail_taken", only(low, respond(400, REFUSED)), "violated"),
        ("detail_taken", only(several, respond(400, REFUSED)), "accepted"),  # it is not the detail
        ("every_image_seen", chain(), "accepted"),
        ("every_image_seen", NO_IMAGES, "not applicable"),
        ("every_image_seen", only(several, respond(400, REFUSED)), "violated"),
        ("every_image_seen", only(lambda each: "tool_choice" in each.asked, respond(400, REFUSED)), "accepted"),
        ("every_image_seen", only(several, put(GIVEN, '{"earlier":"green","latest":"blue"}')), "violated"),
        ("every_image_seen", only(several, put("choices.*.finish_reason", "length")), "inconclusive"),
        ("low_costs_less", only(lambda each: each.label in (LOW.label, HIGH.label), put(PROMPT, 300)), "accepted"),
        ("low_costs_less", only(low, put(PROMPT, 3000)), "violated"),
        ("broken_image_refused", respond(422, REFUSED), "accepted"),
        ("broken_image_refused", only(lambda each: each.label == UNREACHABLE.label, respond(200, BLIND)), "violated"),
        ("broken_image_refused", status(500), "violated"),
        ("image_without_vision", chain(), "not applicable"),
        ("image_without_vision", NO_IMAGES, "accepted"),
        ("image_without_vision", only(shown, respond(200, BLIND)), "violated"),
    ],
)
def test_multimodal(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"multimodal.{requirement}", change) == expected
