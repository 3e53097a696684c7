"""prompt_tokens: a count that depends on the cache is rejected."""

from __future__ import annotations

import pytest

from conformance.contract.requests import CACHE_HOUR
from conformance.suite.caching.faults import answering, recount, warm
from conformance.suite.caching.prompts import CACHE_TOOLS, CACHE_TOOLS_STREAM
from tests.suite.caching.answers import HITS, Rows, verdicts
from tests.suite.caching.changes import cached_twice, doubled, hits_subtracted, more

#: Faults that real gateways had, by the ids of known-faults.jsonl and of the contract's traps, with what rejects them.
WRONG: Rows = {
    "B056 cached added twice": (recount(cached_twice), {"markers_cost_nothing", "cached_counts_once"}),
    "B047 hits subtracted": (recount(hits_subtracted), {"prompt_is_constant"}),
    "D7 estimate on a full hit": (
        warm(recount(lambda usage, counts: more(usage, 40 if counts[HITS] else 0))), {"prompt_is_constant"},
    ),
    "writes doubled with tools": (answering(CACHE_TOOLS, recount(doubled)), {"tools_count_once"}),
    "writes doubled with tools in streams": (answering(CACHE_TOOLS_STREAM, recount(doubled)), {"tools_count_once"}),
    "1h costs more tokens": (
        answering(CACHE_HOUR, recount(lambda usage, counts: more(usage, 40))), {"markers_cost_nothing"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_rejected(name: str) -> None:
    fault, about = WRONG[name]
    assert about <= verdicts(fault).get("violated", set())
