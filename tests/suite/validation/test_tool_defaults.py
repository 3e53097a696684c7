"""Defaults of tools that are written out: what is accepted, and what is not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, only, respond, status
from conformance.contract.requirement import Fault
from tests.support.builders_asked import Said, asked, endpoint, found

REFUSED = respond(400, {"error": {"message": "not supported", "type": "invalid_request_error"}})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (chain(), "accepted"),
        (only(lambda each: b'"strict"' in each.body, REFUSED), "violated"),
        (only(lambda each: b"get-weather" in each.body, REFUSED), "violated"),
        (only(lambda each: "parallel_tool_calls" in each.asked, status(500)), "violated"),
        (only(lambda each: "tools" in each.asked, REFUSED), "not applicable"),
        (only(lambda each: each.label == "tool-defaults", REFUSED), "violated"),  # each alone is accepted
    ],
)
def test_tool_defaults_accepted(change: Fault, expected: Said) -> None:
    assert asked("validation.tool_defaults_accepted", change) == expected


def test_what_is_refused_is_named() -> None:
    send = endpoint(only(lambda each: b'"strict"' in each.body, REFUSED))
    message = found("validation.tool_defaults_accepted", send).message
    assert message.startswith("tool-default-strict was answered with HTTP 400")
    assert "tool-name-with-a-dash" not in message
