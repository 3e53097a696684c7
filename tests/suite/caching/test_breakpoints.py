"""Cache breakpoints: answers to wrong, short and missing ones."""

from __future__ import annotations

import pytest

from conformance.contract.faults import put, respond, status
from conformance.suite.caching.faults import answering, recount
from conformance.suite.caching.prompts import FIVE_MARKERS, SHORT, UNKNOWN_TTL, UNMARKED, WRONG_ORDER
from tests.suite.caching.answers import W5, Rows, verdicts

#: Faults that real gateways had, by the ids of known-faults.jsonl and of the contract's traps, with what rejects them.
WRONG: Rows = {
    "B431 a breakpoint too many": (
        answering(SHORT, respond(400, {"error": {"message": "A maximum of 4 blocks"}})), {"short_is_not_written"},
    ),
    "a breakpoint of its own": (
        answering(UNMARKED, recount(lambda usage, counts: counts.update({W5: 4000}))), {"unmarked_writes_nothing"},
    ),
    "wrong order accepted": (answering(WRONG_ORDER, status(200)), {"wrong_order"}),
    "wrong order wrapped": (answering(WRONG_ORDER, put("error.message", "Provider returned error")), {"wrong_order"}),
    "any ttl accepted": (answering(UNKNOWN_TTL, status(200)), {"unknown_ttl"}),
    "five breakpoints crash": (answering(FIVE_MARKERS, status(500)), {"five_markers"}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_rejected(name: str) -> None:
    fault, about = WRONG[name]
    assert about <= verdicts(fault).get("violated", set())
