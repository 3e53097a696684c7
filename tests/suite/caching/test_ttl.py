"""TTLs: writes in the wrong bucket are rejected."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, drop
from conformance.contract.requests import CACHE_MIXED
from conformance.suite.caching.faults import answering, recount
from conformance.suite.caching.prompts import CACHE_FIVE_STREAM, CACHE_HOUR_WARM, CACHE_TOOLS, CACHE_TOOLS_STREAM, GROWN
from conformance.suite.support.cache_counts import DETAILS
from tests.suite.caching.answers import W1, W5, Rows, labelled, verdicts
from tests.suite.caching.changes import all_1h, all_5m, missed

#: Faults that real gateways had, by the ids of known-faults.jsonl and of the contract's traps, with what rejects them.
WRONG: Rows = {
    "B052 B427 ttl 1h downgraded": (recount(all_5m), {"1h_is_1h", "mixed_fills_both"}),
    "B052 no split": (chain(drop(f"{DETAILS}.{W5}"), drop(f"{DETAILS}.{W1}")), {"default_is_5m", "1h_is_1h"}),
    "every ttl 1h": (
        recount(lambda usage, counts: counts.update({W1: counts[W5] + counts[W1], W5: 0})),
        {"default_is_5m", "5m_is_the_default", "mixed_fills_both"},
    ),
    "buckets exchanged in mixed": (
        answering(CACHE_MIXED, recount(lambda usage, counts: counts.update({W1: counts[W5], W5: counts[W1]}))),
        {"mixed_by_position", "streams_count_once"},
    ),
    "1h alone downgraded in streams": (answering(CACHE_TOOLS_STREAM, recount(all_5m)), {"1h_is_1h"}),
    "5m alone upgraded in streams": (
        answering(CACHE_FIVE_STREAM, recount(all_1h)), {"5m_is_5m", "5m_is_the_default", "streams_count_once"},
    ),
    "5m upgraded with tools": (answering(CACHE_TOOLS, recount(all_1h)), {"5m_is_5m"}),
    "an hour read is five minutes written": (
        labelled(CACHE_HOUR_WARM.label, recount(missed)), {"1h_is_1h", "hour_is_read"},
    ),
    "written for an hour beside a hit": (answering(GROWN, recount(all_1h)), {"default_is_5m"}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_rejected(name: str) -> None:
    fault, about = WRONG[name]
    assert about <= verdicts(fault).get("violated", set())
