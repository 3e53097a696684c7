"""What the requirements on the ends of ranges accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.faults import only, put, respond, status
from conformance.contract.requirement import Fault
from tests.support.builders_asked import Said, asked

CONTENT = "choices.*.message.content"


def refused(message: str) -> Fault:
    return respond(400, {"error": {"message": message, "type": "invalid_request_error"}})


def has(name: str, value: Any) -> Any:
    return lambda request: request.asked.get(name) == value


TEMPERATURE = refused("temperature: must be less than or equal to 1")


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("boundaries", put(CONTENT, "any"), "accepted"),
        ("boundaries", only(has("temperature", 2), TEMPERATURE), "violated"),
        ("boundaries", only(has("presence_penalty", -2), status(500)), "violated"),
        ("boundaries", only(has("temperature", 0), TEMPERATURE), "violated"),  # B282
        ("boundaries", only(has("max_tokens", 20), refused("max_tokens: unknown")), "accepted"),
        ("boundaries", refused("'temperature' is not supported with this model"), "not applicable"),
    ],
)  # fmt: skip
def test_boundaries(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"sampling.{requirement}", change) == expected
