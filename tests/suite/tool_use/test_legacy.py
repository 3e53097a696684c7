"""What the requirement of the deprecated functions accepts, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.faults import edit, put, respond, status
from conformance.contract.requirement import Fault
from tests.support.builders_asked import Said, asked

REASON = "choices.*.finish_reason"
REFUSED = respond(400, {"error": {"message": "not supported", "type": "invalid_request_error"}})


def as_tools(document: Any) -> None:
    message = document["choices"][0]["message"]
    message["tool_calls"] = [{"id": "call_1", "type": "function", "function": message.pop("function_call")}]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (REFUSED, "accepted"),
        (put(REASON, "stop"), "accepted"),
        (edit(as_tools), "violated"),
        (put("choices.*.message.function_call.arguments", None), "violated"),
        (status(500), "violated"),
        (put(REASON, "length"), "inconclusive"),
        (put("choices", []), "inconclusive"),
    ],
)
def test_legacy(change: Fault, expected: Said) -> None:
    assert asked("tool_use.legacy", change) == expected
