"""What the requirements of declared functions accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, drop, only, put, respond
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from conformance.suite.support.replies import but_for_controls
from tests.support.builders_asked import Said, asked

CALLS = "choices.*.message.tool_calls"
CONTENT = "choices.*.message.content"
REASON = "choices.*.finish_reason"
ARGUMENTS = f"{CALLS}.*.function.arguments"
THINKS = respond(400, {"error": {"message": "tool_choice must be auto in thinking mode"}})
REFUSED = respond(400, {"error": {"message": "not supported", "type": "invalid_request_error"}})
GREETING = respond(200, {"choices": [{"index": 0, "message": {"content": "Hello!"}, "finish_reason": "stop"}]})


def first(request: Request) -> bool:
    return request.attempt == 1


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("bare", put(ARGUMENTS, " {} "), "accepted"),
        ("bare", put(ARGUMENTS, ""), "violated"),
        ("bare", put(ARGUMENTS, {}), "violated"),
        ("bare", REFUSED, "violated"),  # B212, B230
        ("bare", THINKS, "not applicable"),
        ("bare", drop(CALLS), "accepted"),  # the stream has it
        ("schema_keywords", THINKS, "not applicable"),
        ("schema_keywords", REFUSED, "violated"),  # B231
        (
            "schema_keywords",
            but_for_controls(put(ARGUMENTS, lambda text: text.replace("KM583", ""))),
            "violated",
        ),  # B232
        ("schema_keywords", put(ARGUMENTS, lambda text: text.replace("KM583", "")), "inconclusive"),  # a weak model
        ("schema_keywords", put(ARGUMENTS, lambda text: text.replace("kind_tq7", "")), "violated"),
        ("schema_keywords", only(first, put(ARGUMENTS, "{}")), "accepted"),
        ("schema_keywords", put(ARGUMENTS, lambda text: text.replace("note_wp2", "note_wp3")), "accepted"),
        ("no_tools", REFUSED, "accepted"),
        ("no_tools", respond(422, {"detail": [{"type": "extra_forbidden"}]}), "violated"),  # B205
        ("no_tools", GREETING, "accepted"),
        ("no_tools", chain(GREETING, put(CONTENT, '```json\n{"a": 1}\n```')), "violated"),  # B189
    ],
)
def test_functions(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"tool_use.{requirement}", change) == expected
