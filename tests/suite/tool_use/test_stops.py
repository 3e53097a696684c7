"""Stop sequences where tools are offered: what is accepted, and what is not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, put, respond, status
from conformance.contract.requirement import Fault
from tests.support.builders_asked import Said, asked

TEXT = "choices.*.message.content"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (chain(), "accepted"),
        (put(TEXT, "ALPHA BRAVO STOPHERE CHARLIE"), "violated"),
        (put(TEXT, "ALPHA BRAVO CHARLIE"), "violated"),
        (put(TEXT, "I cannot repeat that."), "inconclusive"),
        (put(TEXT, None), "inconclusive"),
        (respond(400, {"error": {"message": "stop with tools", "type": "invalid_request_error"}}), "not applicable"),
        (status(500), "violated"),
    ],
)
def test_stop_beside_tools(change: Fault, expected: Said) -> None:
    assert asked("tool_use.stop_beside_tools", change) == expected
