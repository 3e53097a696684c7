"""What the requirements on details, broken images and models without vision accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from conformance.judgement.verdict import Verdict
from conformance.suite.multimodal.images import BLIND, REFUSED, shown
from conformance.suite.multimodal.test_images_handled import HIGH, LOW, UNREACHABLE
from tests.support.builders_asked import Said, asked, endpoint, found

PROMPT = "usage.prompt_tokens"
NO_IMAGES = only(shown, respond(400, REFUSED))


def several(request: Request) -> bool:
    return b"report_colours" in request.body


def low(request: Request) -> bool:
    return request.label == LOW.label


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("detail_taken", NO_IMAGES, "not applicable"),
        ("detail_taken", only(low, respond(400, REFUSED)), "violated"),
        ("detail_taken", only(lambda each: b'"detail"' in each.body, respond(400, REFUSED)), "violated"),
        ("detail_taken", only(several, respond(400, REFUSED)), "accepted"),  # it is not the detail
        ("low_costs_less", only(lambda each: each.label in (LOW.label, HIGH.label), put(PROMPT, 300)), "accepted"),
        ("low_costs_less", only(low, put(PROMPT, 3000)), "violated"),
        ("broken_image_refused", respond(422, REFUSED), "accepted"),
        ("broken_image_refused", only(lambda each: each.label == UNREACHABLE.label, respond(200, BLIND)), "violated"),
        ("broken_image_refused", status(500), "violated"),
        ("image_without_vision", chain(), "not applicable"),
        ("image_without_vision", NO_IMAGES, "accepted"),
        ("image_without_vision", only(shown, status(500)), "violated"),
        ("image_without_vision", only(shown, respond(200, BLIND)), "not applicable"),
        ("no_image_dropped", chain(), "accepted"),
        ("no_image_dropped", NO_IMAGES, "not applicable"),
        ("no_image_dropped", only(shown, status(500)), "not applicable"),  # nobody is told of an image that none saw
        ("no_image_dropped", only(shown, respond(200, BLIND)), "violated"),
        ("no_image_dropped", only(shown, put("choices.*.message.content", "Blue.")), "not applicable"),  # it is counted
    ],
)  # fmt: skip
def test_images_handled(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"multimodal.{requirement}", change) == expected


@pytest.mark.parametrize(
    ("model", "verdict", "message"),
    [
        (Model("m", "gpt"), Verdict.FAIL, "if the model has no vision, reject images, or use --without vision"),
        (Model("m", "gpt", claimed=frozenset({"vision"})), Verdict.FAIL, "Blue"),
        (Model("m", "gpt", frozenset({"vision"})), Verdict.NOT_APPLICABLE, "not claimed: vision"),
    ],
)
def test_a_dropped_image_and_what_is_said_of_vision(model: Model, verdict: Verdict, message: str) -> None:
    """Where the profile does not speak of it, the violation says how to."""
    blind = endpoint(only(shown, respond(200, BLIND)))
    finding = found("multimodal.no_image_dropped", blind, model=model)
    assert (finding.verdict, finding.message.endswith(message) or message == "Blue") == (verdict, True)
    assert ("--without vision" in finding.message) == ("without" in message)
