"""Whether anything is cached: writes and hits that are not reported are rejected."""

from __future__ import annotations

import pytest

from conformance.contract.faults import drop, only, put, respond
from conformance.contract.requests import CACHE_HOUR, CACHE_MIXED
from conformance.judgement.verdict import Verdict
from conformance.suite.caching.faults import has_tools, recount, warm
from conformance.suite.caching.prompts import CACHE_HOUR_WARM
from conformance.suite.support.cache_counts import DETAILS
from tests.suite.caching.answers import HITS, W1, W5, Rows, find, labelled, verdicts
from tests.suite.caching.changes import no_hits, no_writes, nothing

#: Faults that real gateways had, by the ids of known-faults.jsonl and of the contract's traps, with what rejects them.
WRONG: Rows = {
    "B091 hits in streams only": (warm(recount(nothing)), {"hits_are_reported"}),
    "D2 writes never serialised": (recount(no_writes), {"writes_are_reported", "markers_reach"}),
    "D2 hits never serialised": (put(f"{DETAILS}.{HITS}", 0), {"hits_are_reported"}),
    "D9 breakpoints lost": (recount(nothing), {"markers_reach"}),
    "writes lost with tools": (
        only(lambda each: has_tools(each) and not each.streams, recount(no_writes)),
        {"writes_with_tools_are_reported", "every_kind_is_written"},
    ),
    "writes lost with tools in streams": (
        only(lambda each: has_tools(each) and each.streams, recount(no_writes)),
        {"writes_with_tools_are_reported", "every_kind_is_written"},
    ),
    "hour's writes lost": (
        labelled(CACHE_HOUR.label, recount(no_writes)), {"every_kind_is_written", "writes_are_reported"},
    ),
    "writes of two TTLs lost": (
        labelled(CACHE_MIXED.label, recount(no_writes)), {"every_kind_is_written"},
    ),
    "details lost with tools": (only(has_tools, drop(DETAILS)), {"every_kind_is_written"}),
    "hits of an hour lost": (
        labelled(CACHE_HOUR_WARM.label, recount(no_hits)), {"hits_of_an_hour_are_reported"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_rejected(name: str) -> None:
    fault, about = WRONG[name]
    assert about <= verdicts(fault).get("violated", set())


@pytest.mark.parametrize("place", ["cache-user", "cache-message", "cache-tool", "cache-top"])
def test_one_place_is_enough(place: str) -> None:
    elsewhere = only(lambda each: each.label != place, recount(nothing))
    assert find("markers_reach", elsewhere).verdict is Verdict.PASS


def test_hits_of_a_text_that_the_gateway_caches_itself_prove_no_hidden_write() -> None:
    fault = recount(lambda usage, counts: counts.update({HITS: min(counts[HITS], 300), W5: 0, W1: 0}))
    assert find("writes_are_reported", fault).verdict is Verdict.INCONCLUSIVE


def test_breakpoints_rejected_everywhere_are_left_open() -> None:
    assert find("markers_reach", respond(400, {"error": {}})).verdict is Verdict.INCONCLUSIVE
