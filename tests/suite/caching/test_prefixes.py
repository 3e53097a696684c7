"""Prefixes: hits that the cache cannot have, and writes that repeat it, are rejected."""

from __future__ import annotations

import pytest

from conformance.contract.requests import CACHE_HOUR
from conformance.suite.caching.faults import answering, recount
from conformance.suite.caching.prompts import GROWN, SUFFIX
from tests.suite.caching.answers import HITS, W1, W5, Rows, labelled, verdicts
from tests.suite.caching.changes import missed, no_hits

#: Faults that real gateways had, by the ids of known-faults.jsonl and of the contract's traps, with what rejects them.
WRONG: Rows = {
    "B429 parts of the system message joined": (labelled(SUFFIX.label, recount(missed)), {"changed_suffix"}),
    "a hit in spite of another prefix": (
        answering(CACHE_HOUR, recount(lambda usage, counts: counts.update({HITS: 900, W1: counts[W1] - 900}))),
        {"changed_prefix"},
    ),
    "hits lost beside writes": (
        answering(GROWN, recount(no_hits)), {"grown_conversation", "hits_beside_writes"},
    ),
    "what grows is written anew each time": (labelled(GROWN.label, recount(missed)), {"grown_conversation"}),
    "the whole conversation written anew, and read": (
        answering(GROWN, recount(lambda usage, counts: counts.update({HITS: 1500, W5: counts[HITS] - 1500}))),
        {"grown_conversation"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_rejected(name: str) -> None:
    fault, about = WRONG[name]
    assert about <= verdicts(fault).get("violated", set())
