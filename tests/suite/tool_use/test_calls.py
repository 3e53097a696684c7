"""What the requirements of calls accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.faults import chain, drop, edit, only, put, respond
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from tests.support.builders_asked import Said, asked

CALLS = "choices.*.message.tool_calls"
CONTENT = "choices.*.message.content"
REASON = "choices.*.finish_reason"
ARGUMENTS = f"{CALLS}.*.function.arguments"
REFUSED = respond(400, {"error": {"message": "not supported", "type": "invalid_request_error"}})
NO_CALL = chain(drop(CALLS), put(CONTENT, "It is sunny."), put(REASON, "stop"))


def said_auto(request: Request) -> bool:
    return request.asked.get("tool_choice") == "auto"


def first(request: Request) -> bool:
    return request.attempt == 1


def strict(request: Request) -> bool:
    return b'"strict"' in request.body


def sequential(document: Any) -> None:
    for choice in document["choices"]:
        if "message" in choice:
            choice["message"]["tool_calls"] = choice["message"]["tool_calls"][:1]


FIRST_STREAMED = put("choices.*.delta.tool_calls", lambda calls: [each for each in calls if each["index"] == 0])


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("auto", only(first, NO_CALL), "accepted"),
        ("auto", NO_CALL, "inconclusive"),
        ("auto", put(REASON, "stop"), "violated"),
        ("auto", put(REASON, "length"), "inconclusive"),
        ("auto", only(said_auto, NO_CALL), "inconclusive"),
        ("said_auto", NO_CALL, "accepted"),
        ("said_auto", only(said_auto, REFUSED), "violated"),  # B201
        ("said_auto", REFUSED, "inconclusive"),
        ("allowed", REFUSED, "accepted"),
        ("allowed", put(f"{CALLS}.*.function.name", "get_weather"), "violated"),
        ("allowed", NO_CALL, "violated"),
        ("several", put(ARGUMENTS, lambda text: text.replace("Paris", "Paris, France")), "accepted"),
        ("several", only(first, edit(sequential)), "accepted"),
        ("several", chain(edit(sequential), FIRST_STREAMED), "inconclusive"),  # the model's way
        ("several", edit(sequential), "violated"),
        ("several", FIRST_STREAMED, "violated"),
        ("several", only(lambda each: each.attempt < 3, FIRST_STREAMED), "accepted"),
        ("several", only(lambda each: each.streams or each.attempt == 2, NO_CALL, FIRST_STREAMED), "inconclusive"),
        ("several", put(f"{CALLS}.*.id", "call_0"), "violated"),
        ("several", put(ARGUMENTS, '{"city":"Paris and Tokyo"}'), "violated"),
        ("several", NO_CALL, "inconclusive"),
        ("strict_taken", only(strict, REFUSED), "violated"),
        ("strict_taken", REFUSED, "not applicable"),
        ("strict_taken", only(strict, NO_CALL), "accepted"),
    ],
)
def test_calls(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"tool_use.{requirement}", change) == expected
