"""What the requirements of output that the limit cuts off accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import only, put, respond
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from tests.support.builders_asked import Said, asked

CONTENT = "choices.*.message.content"
REASON = "choices.*.finish_reason"
NO_JSON = respond(400, {"error": {"message": "Failed to generate JSON.", "code": "json_validate_failed"}})
TOO_SMALL = respond(400, {"error": {"message": "max_tokens must be at least 16", "param": "max_tokens"}})


def cut(request: Request) -> bool:
    return request.label == "schema-cut"


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("cut_is_length", put(CONTENT, ""), "accepted"),
        ("cut_is_length", put(REASON, "stop"), "violated"),
        ("cut_is_length", only(cut, NO_JSON), "inconclusive"),
        ("cut_is_length", only(cut, TOO_SMALL), "inconclusive"),
        ("cut_is_length", NO_JSON, "inconclusive"),
        ("cut_is_length", put(REASON, "tool_calls"), "violated"),
        ("cut_is_length", put("choices", []), "inconclusive"),
        ("cut_is_given", only(cut, NO_JSON), "violated"),
        ("cut_is_given", only(cut, TOO_SMALL), "accepted"),
        ("cut_is_given", NO_JSON, "accepted"),
    ],
)
def test_limits(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"schemas_followed.{requirement}", change) == expected
