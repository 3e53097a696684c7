"""Conservation: more or less than was written is rejected."""

from __future__ import annotations

import pytest

from conformance.contract.requests import CACHE_COLD, CACHE_WARM
from conformance.judgement.verdict import Verdict
from conformance.suite.caching.faults import answering, recount, warm
from conformance.suite.caching.prompts import CACHE_HOUR_WARM
from tests.suite.caching.answers import CLAUDE, HITS, W1, W5, Rows, find, run_of, verdicts
from tests.suite.caching.changes import SAME

#: Faults that real gateways had, by the ids of known-faults.jsonl and of the contract's traps, with what rejects them.
WRONG: Rows = {
    "a repetition is charged a write": (
        warm(recount(lambda usage, counts: counts.update({HITS: counts[HITS] // 2, W5: counts[HITS] // 2}))),
        {"warm_writes_nothing"},
    ),
    "hits rounded to 128": (
        recount(lambda usage, counts: counts.update({HITS: counts[HITS] // 128 * 128})), {"read_is_what_was_written"},
    ),
    "an hour read, and written once more": (
        answering(CACHE_HOUR_WARM, recount(lambda usage, counts: counts.update({HITS: 3000, W1: counts[HITS] - 3000}))),
        {"hour_is_read"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_rejected(name: str) -> None:
    fault, about = WRONG[name]
    assert about <= verdicts(fault).get("violated", set())


def test_evidence_is_what_was_compared() -> None:
    finding = find(
        "read_is_what_was_written", warm(recount(lambda usage, counts: counts.update({HITS: counts[HITS] - 9})))
    )
    assert finding.verdict is Verdict.FAIL
    asked = (run_of(SAME).filled(each, CLAUDE) for each in (CACHE_COLD, CACHE_WARM))
    assert set(finding.evidence) == {each.key for each in asked}
