"""What the requirements of histories with calls accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, put, respond, status
from conformance.contract.requirement import Fault
from conformance.suite.support.replies import but_for_controls
from tests.support.builders_asked import Said, asked

CONTENT = "choices.*.message.content"
DELTA = "choices.*.delta.content"
REFUSED = respond(400, {"error": {"message": "not supported", "type": "invalid_request_error"}})


WEAK = chain(put(CONTENT, "I like trains."), put(DELTA, lambda text: text and "I like trains."))


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("text_beside", put(DELTA, lambda text: text and f"{text} "), "accepted"),
        ("text_beside", put(DELTA, lambda text: text and "I mentioned no code."), "violated"),  # D15
        ("text_beside", put(DELTA, ""), "violated"),  # held back, as if it were a call
        ("empty_arguments_taken", put(CONTENT, "I do not know."), "accepted"),
        ("empty_arguments_taken", REFUSED, "violated"),  # B196
        ("user_after_result", put(CONTENT, "I do not know."), "accepted"),
        ("user_after_result", REFUSED, "violated"),  # B298
        ("odd_arguments", respond(400, {"error": {"message": "arguments must be valid JSON"}}), "accepted"),
        ("odd_arguments", respond(400, {"error": {"message": "unmatched tool_result"}}), "violated"),  # B219
        ("odd_arguments", status(500), "violated"),
        ("odd_arguments", but_for_controls(put(CONTENT, "I do not know.")), "violated"),
        ("odd_arguments", put(CONTENT, "I do not know."), "inconclusive"),  # a weak model
        ("text_beside", WEAK, "inconclusive"),
        ("odd_arguments", put(CONTENT, None), "inconclusive"),
    ],
)
def test_histories(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"tool_use.{requirement}", change) == expected
