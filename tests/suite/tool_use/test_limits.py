"""What the requirements of calls that the limit cuts off accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, chunk, drop, insert, only, put, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from tests.support.builders_asked import Said, asked

CALLS = "choices.*.message.tool_calls"
REASON = "choices.*.finish_reason"
ARGUMENTS = f"{CALLS}.*.function.arguments"


def first(request: Request) -> bool:
    return request.attempt == 1


_FAILED = {"error": {"message": "tool call parsing failed", "type": "server_error", "param": None, "code": None}}
cut_fails = insert(1, chunk(_FAILED))


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("cut_call_is_no_error", chain(), "accepted"),
        ("cut_call_is_no_error", cut_fails, "violated"),
        ("cut_call_is_no_error", only(first, cut_fails), "accepted"),
        ("cut_call_is_no_error", status(400), "inconclusive"),
        ("cut_call_is_length", put(REASON, lambda reason: reason and "tool_calls"), "violated"),  # B178
        ("cut_call_is_length", put(REASON, lambda reason: reason and "content_filter"), "inconclusive"),
        ("cut_call_is_length", drop(CALLS), "accepted"),  # the stream has it
        ("cut_call_is_length", chain(put(REASON, "stop"), put("usage.completion_tokens", 20)), "inconclusive"),
        ("cut_call_is_length", put(ARGUMENTS, '{"text": "The end."}'), "accepted"),  # the stream has it
    ],
)
def test_limits(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"tool_use.{requirement}", change) == expected
