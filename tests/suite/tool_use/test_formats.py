"""What the requirement of tools beside response_format accepts, and what it does not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, drop, only, put, respond
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from tests.support.builders_asked import Said, asked

CALLS = "choices.*.message.tool_calls"
CONTENT = "choices.*.message.content"
REASON = "choices.*.finish_reason"
REFUSED = respond(400, {"error": {"message": "not supported", "type": "invalid_request_error"}})
NO_CALL = chain(drop(CALLS), put(CONTENT, "It is sunny."), put(REASON, "stop"))


def first(request: Request) -> bool:
    return request.attempt == 1


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("beside_format", REFUSED, "not applicable"),
        ("beside_format", only(first, NO_CALL), "accepted"),
        ("beside_format", NO_CALL, "violated"),  # B240
        ("beside_format", put("choices.*.delta.content", lambda text: text and "Hi. "), "violated"),  # B236
    ],
)
def test_formats(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"tool_use.{requirement}", change) == expected
