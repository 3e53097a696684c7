"""Automatic caching, of GPT models."""

from __future__ import annotations

import pytest

from conformance.contract.faults import drop, put, respond
from conformance.contract.requests import AUTOMATIC_COLD
from conformance.contract.requirement import Fault
from conformance.judgement.verdict import Verdict
from conformance.suite.caching.faults import answering, recount, streams, warm
from conformance.suite.caching.prompts import SHORT
from conformance.suite.support.cache_counts import DETAILS
from tests.suite.caching.answers import GPT, HITS, Rows, find, verdicts
from tests.suite.caching.changes import hits_subtracted

GPT_WRONG: Rows = {
    "B036 streams without details": (streams(drop(DETAILS)), {"automatic_hits"}),
    "B091 plain replies without hits": (warm(put(f"{DETAILS}.{HITS}", None)), {"automatic_hits"}),
    "B047 hits subtracted": (
        recount(hits_subtracted),
        {"automatic_beside_is_constant", "automatic_prompt_is_constant"},
    ),
    "B433 cache_control passed on": (answering(SHORT, respond(400, {"error": {}})), {"markers_are_harmless"}),
    "hits on a cold prompt": (put(f"{DETAILS}.{HITS}", 3000), {"automatic_cold_is_cold"}),
}


@pytest.mark.parametrize("name", GPT_WRONG)
def test_rejected_of_gpt(name: str) -> None:
    fault, about = GPT_WRONG[name]
    assert verdicts(fault, GPT).get("violated", set()) == about


@pytest.mark.parametrize("fault", [put(f"{DETAILS}.{HITS}", 0), drop(DETAILS)], ids=["no hits", "no details"])
def test_gpt_that_never_hits_is_left_open(fault: Fault) -> None:
    found = verdicts(fault, GPT)
    assert "violated" not in found
    assert find("automatic_hits", fault, GPT).verdict is Verdict.INCONCLUSIVE


def test_one_cold_prompt_that_hits_may_have_been_sent_upstream_twice() -> None:
    finding = find("automatic_cold_is_cold", answering(AUTOMATIC_COLD, put(f"{DETAILS}.{HITS}", 3000)), GPT)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "sent upstream before" in finding.message
