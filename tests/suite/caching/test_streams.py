"""Streams: writes and hits that are lost or counted twice are rejected."""

from __future__ import annotations

import pytest

from conformance.contract.faults import drop
from conformance.suite.caching.faults import answering, recount, streams
from conformance.suite.caching.prompts import CACHE_FIVE_STREAM
from conformance.suite.support.cache_counts import DETAILS
from tests.suite.caching.answers import Rows, verdicts
from tests.suite.caching.changes import cached_twice, doubled, hits_subtracted, no_writes

#: Faults that real gateways had, by the ids of known-faults.jsonl and of the contract's traps, with what rejects them.
WRONG: Rows = {
    "B036 streams without details": (
        streams(drop(DETAILS)), {"streams_report_writes", "streams_read_alike"},
    ),
    "B078 doubled in streams": (streams(recount(doubled)), {"streams_count_once"}),
    "B079 prompt grows with every event": (
        streams(recount(cached_twice)), {"streams_count_once", "prompt_is_constant"},
    ),
    "D4 B038 input_tokens in streams": (
        streams(recount(hits_subtracted)),
        {"prompt_is_constant", "streams_read_alike"},
    ),
    "a stream with one TTL without writes": (
        answering(CACHE_FIVE_STREAM, recount(no_writes)), {"streams_report_writes"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_rejected(name: str) -> None:
    fault, about = WRONG[name]
    assert about <= verdicts(fault).get("violated", set())
