"""What the requirements of the other formats accept, and what they do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.faults import only, put, respond, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from tests.support.builders_asked import Said, asked

REFUSED = respond(400, {"error": {"message": "schema not supported", "type": "invalid_request_error"}})


def answered(value: Any) -> Fault:
    message = {"role": "assistant", "content": json.dumps(value)}
    return respond(200, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})


def formatted(request: Request) -> bool:
    return "response_format" in request.asked


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("json_unsaid", answered({}), "accepted"),
        ("json_unsaid", answered([1]), "violated"),
        ("json_unsaid", status(500), "violated"),
        ("text_is_default", put("usage.prompt_tokens", lambda count: count + 5), "accepted"),
        ("text_is_default", only(formatted, put("usage.prompt_tokens", lambda count: count + 5)), "violated"),
        ("text_is_default", only(formatted, REFUSED), "violated"),
        ("text_is_default", put("usage", None), "inconclusive"),
    ],
)
def test_formats(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"schemas_followed.{requirement}", change) == expected
