"""What the requirements on images that are seen and counted accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, only, put, respond
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from conformance.suite.multimodal.images import REFUSED, shown
from tests.support.builders_asked import Said, asked

TEXT, PROMPT = "choices.*.message.content", "usage.prompt_tokens"
GIVEN = "choices.*.message.tool_calls.*.function.arguments"
NO_IMAGES = only(shown, respond(400, REFUSED))


def several(request: Request) -> bool:
    return b"report_colours" in request.body


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("image_seen", put(TEXT, "Bright RED, I think."), "accepted"),
        ("image_seen", only(lambda each: shown(each) and each.attempt < 3, put(TEXT, "Orange.")), "accepted"),
        ("image_seen", only(shown, put(TEXT, "Orange."), put(PROMPT, 12)), "inconclusive"),
        ("image_seen", put(TEXT, "I have no answer to that."), "inconclusive"),  # nor does it say OK
        ("image_seen", NO_IMAGES, "not applicable"),
        ("image_seen", only(shown, put(TEXT, "I cannot see images.")), "violated"),
        ("image_counted", only(shown, put(PROMPT, 90)), "accepted"),
        ("image_counted", only(shown, put(PROMPT, 12)), "violated"),
        ("image_counted", put(TEXT, "Something."), "inconclusive"),
        ("image_costs_alike", chain(), "accepted"),
        ("image_costs_alike", NO_IMAGES, "not applicable"),
        ("image_costs_alike", only(lambda each: each.streams, put(PROMPT, 12)), "violated"),
        ("every_image_seen", chain(), "accepted"),
        ("every_image_seen", NO_IMAGES, "not applicable"),
        ("every_image_seen", only(several, respond(400, REFUSED)), "violated"),
        ("every_image_seen", only(lambda each: "tool_choice" in each.asked, respond(400, REFUSED)), "accepted"),
        ("every_image_seen", only(several, put(GIVEN, '{"earlier":"green","latest":"blue"}')), "violated"),
        ("every_image_seen", only(several, put("choices.*.finish_reason", "length")), "inconclusive"),
    ],
)  # fmt: skip
def test_images_seen(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"multimodal.{requirement}", change) == expected
