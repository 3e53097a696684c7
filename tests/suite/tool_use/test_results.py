"""What the requirements of results that are sent back accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, drop, only, put, respond
from conformance.contract.for_model import for_model
from conformance.contract.requests import attempts
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from conformance.suite.support.replies import but_for_controls
from conformance.suite.support.results import TOOL_RESULTS
from tests.support.builders_asked import GPT, SALTED, Said, asked, endpoint, found

CALLS = "choices.*.message.tool_calls"
CONTENT = "choices.*.message.content"
REASON = "choices.*.finish_reason"
REFUSED = respond(400, {"error": {"message": "not supported", "type": "invalid_request_error"}})
NO_CALL = chain(drop(CALLS), put(CONTENT, "It is sunny."), put(REASON, "stop"))
AGAIN = [{"id": "call_9", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}]


def with_results(request: Request) -> bool:
    return any(each["role"] == "tool" for each in request.asked["messages"])


def first(request: Request) -> bool:
    return request.attempt == 1


def echoed(exchange: Exchange) -> Exchange:
    """The answer of a model that repeats all that it reads."""
    return put(CONTENT, " ".join(str(each.get("content")) for each in exchange.request.asked["messages"]))(exchange)


def offers(request: Request) -> bool:
    return "tools" in request.asked


def answers(*faults: Fault) -> Fault:
    return only(with_results, *faults)


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("round_trip", answers(put(CONTENT, "Minus 37,5 degrees.")), "accepted"),
        ("round_trip", answers(only(first, put(CALLS, AGAIN))), "accepted"),
        ("round_trip", answers(put(CALLS, AGAIN)), "violated"),  # B191
        ("round_trip", answers(REFUSED), "violated"),  # B287
        ("round_trip", answers(put(CONTENT, "I do not know.")), "violated"),
        ("round_trip", answers(put(REASON, "end_turn")), "violated"),
        ("round_trip", NO_CALL, "inconclusive"),
        ("round_trip", put(f"{CALLS}.*.id", None), "not applicable"),
        ("several_results", put(CONTENT, "Paris: QA9026, Tokyo: QB4417, spare: QD6203."), "accepted"),
        ("several_results", but_for_controls(put(CONTENT, "QA9026.")), "violated"),
        ("several_results", but_for_controls(put(CONTENT, "QB4417.")), "violated"),
        ("several_results", but_for_controls(put(CONTENT, "QA9026 and QB4417.")), "violated"),  # a part is lost
        # each to the other call
        ("several_results", but_for_controls(put(CONTENT, "QB4417, QA9026 and QD6203.")), "violated"),
        ("several_results", only(first, put(CONTENT, "QB4417, QA9026 and QD6203.")), "accepted"),
        ("several_results", put(CONTENT, "I like trains."), "inconclusive"),  # a weak model
        ("several_results", echoed, "inconclusive"),
        ("round_trip", put(CONTENT, "I like trains."), "inconclusive"),
        ("several_results", REFUSED, "violated"),  # B199, B200
        ("system_beside_tools", put(CONTENT, "QB4417. KIWI7"), "accepted"),
        ("system_beside_tools", put(CONTENT, "QB4417."), "inconclusive"),
        ("system_beside_tools", only(offers, put(CONTENT, "QB4417.")), "violated"),
        ("system_beside_tools", REFUSED, "inconclusive"),
    ],
)
def test_results(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"tool_use.{requirement}", change) == expected


def test_the_accused_answer_is_the_first_of_the_evidence() -> None:
    finding = found("tool_use.several_results", endpoint(but_for_controls(put(CONTENT, "QA9026."))))
    assert finding.evidence[0] in {for_model(each, GPT, SALTED).key for each in attempts(TOOL_RESULTS)}
