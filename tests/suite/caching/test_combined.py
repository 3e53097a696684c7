"""The covering design, and what is said of counts that are wrong only where features meet."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from conformance.contract.faults import chain, only
from conformance.contract.profile import Model
from conformance.contract.requests import CACHE_MIXED_STREAM
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.judgement.verdict import Verdict
from conformance.suite.caching.combined import (
    BOTH,
    BOTH_PARTLY,
    BOTH_WARM,
    HOURS,
    HOURS_PARTLY,
    HOURS_WARM,
    MINUTES_PARTLY,
    MINUTES_WARM,
    SEVERAL,
)
from conformance.suite.caching.covering import EXCLUDED, FEATURES, ROWS, allowed, covered, values_of
from conformance.suite.caching.faults import answering, hits_subtracted, recount
from conformance.suite.catalogue import declared
from tests.suite.caching.answers import HITS, W1, W5, Rows, W, find, labelled, verdicts
from tests.suite.caching.changes import (
    all_1h,
    all_5m,
    cached_twice,
    doubled,
    miss,
    no_hits,
    no_writes,
    nothing,
    writes_as_hits,
)

# --- the design -----------------------------------------------------------------------------------------------


def test_every_pair_stands_in_a_request() -> None:
    assert sorted(map(sorted, allowed() - covered().keys())) == []
    assert sorted(map(sorted, covered().keys() - allowed())) == [], "a pair that is excluded stands in a request"


def test_every_request_of_the_design_is_sent_where_its_features_are_claimed() -> None:
    assert [str(row) for row in ROWS if row not in declared()] == []
    assert len(set(ROWS)) == len(ROWS)


def test_every_request_has_one_value_of_each_feature() -> None:
    for row in ROWS:
        features = [feature for feature, value in values_of(row) if feature != "at"]
        assert features == [feature for feature in FEATURES if feature != "at"], row
        assert all(value in FEATURES[feature] for feature, value in values_of(row)), row


def test_pairs_are_counted_once() -> None:
    number = sum(len(FEATURES[one]) * len(FEATURES[other]) for one, other in combinations(FEATURES, 2))
    assert len(allowed()) == number - sum(len(ones) * len(others) for ones, others in EXCLUDED.values())


# --- counts ---------------------------------------------------------------------------------------------------

WRONG: Rows = {
    "a warm stream of one hour": (labelled(HOURS_WARM.label, recount(no_hits)), {"hits_beside_are_reported"}),
    "writes never reported beside a schema": (
        labelled("cache-hours", recount(no_writes)), {"writes_beside_are_reported"},
    ),
    "an hour cold is five minutes": (answering(HOURS, recount(all_5m)), {"buckets_beside"}),
    "an hour beside hits is five minutes": (answering(BOTH_PARTLY, recount(all_5m)), {"buckets_beside"}),
    "five minutes after a tool result is an hour": (answering(MINUTES_PARTLY, recount(all_1h)), {"buckets_beside"}),
    "five minutes in two places is an hour": (answering(SEVERAL, recount(all_1h)), {"buckets_beside"}),
    "the prompt has the hits twice": (answering(HOURS_WARM, recount(cached_twice)), {"prompt_beside_is_constant"}),
    "the prompt lacks the hits for two choices": (
        answering(BOTH_WARM, recount(hits_subtracted)), {"choices_share_the_cache"},
    ),
    "both TTLs are written twice": (answering(CACHE_MIXED_STREAM, recount(doubled)), {"mixed_costs_as_unmarked"}),
    "what is written in two places is read": (
        labelled("cache-", recount(writes_as_hits)), {"cold_is_cold"},
    ),
    "half of the shared prefix is read": (
        answering(BOTH_PARTLY, recount(lambda usage, counts: counts.update({HITS: counts[HITS] // 2}))),
        {"shared_prefix_is_read"},
    ),
    "what follows is not written": (answering(HOURS_PARTLY, recount(no_writes)), {"shared_prefix_is_read"}),
    "a tool result is left uncached": (
        answering(HOURS, recount(lambda usage, counts: counts.update({W1: counts[W1] - 350}))),
        {"last_breakpoint_reaches_the_end", "read_beside_is_what_was_written"},
    ),
    "five minutes lost beside an hour": (
        answering(BOTH, recount(lambda usage, counts: counts.update({W5: 0}))), {"buckets_beside"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_rejected(name: str) -> None:
    fault, about = WRONG[name]
    assert about <= verdicts(fault).get("violated", set())


def test_what_the_plainest_prompt_shows_is_said_of_it_alone() -> None:
    """A fault of every repetition is one finding of a kind, not two."""
    found = verdicts(only(lambda each: each.after is not None, recount(nothing)))
    assert "hits_are_reported" in found["violated"]
    assert "hits_beside_are_reported" not in found["violated"]
    message = find("hits_beside_are_reported", only(lambda each: each.after is not None, recount(nothing))).message
    assert "covered by caching.hits_are_reported" in message


@pytest.mark.parametrize("start", ["cache-hours-", "cache-minutes-", "cache-both-"])
def test_what_is_missed_once_is_no_violation(start: str) -> None:
    fault = only(lambda each: each.label.startswith(start) and "again" not in each.label, miss)
    assert verdicts(fault).get("violated", set()) == set()


@pytest.mark.parametrize("request_", [HOURS_WARM, MINUTES_WARM, BOTH_WARM])
def test_two_replies_of_a_form_without_a_cache_are_no_violation(request_: Request) -> None:
    """Both may have met an upstream that does not cache; the third is written or read."""
    fault = labelled(request_.label, only(lambda each: each.attempt < 3, recount(nothing)))
    assert "hits_beside_are_reported" not in verdicts(fault).get("violated", set())
    assert "hits_beside_are_reported" in verdicts(labelled(request_.label, recount(nothing)))["violated"]


def _sent_before(exchange: Exchange) -> Exchange:
    """The answer to what was sent before and never answered, so that it is in the cache."""
    unheard = replace(exchange, status=0, reads=(), failure=Failure("reset", "the run was broken off"))
    return replace(all_hits(exchange), earlier=(unheard,))


all_hits = recount(lambda usage, counts: counts.update({HITS: counts[HITS] + counts[W], W: 0, W5: 0, W1: 0}))


@pytest.mark.parametrize("request_", [HOURS, HOURS_PARTLY, BOTH, BOTH_PARTLY, MINUTES_PARTLY, SEVERAL])
def test_what_was_sent_before_unanswered_is_no_violation(request_: Request) -> None:
    assert verdicts(answering(request_, _sent_before)).get("violated", set()) == set()


def test_a_model_is_not_sent_what_it_does_not_claim() -> None:
    """It is judged on the prompts that are left."""
    model = Model("reference-claude", "claude", frozenset({"chat.n", "vision"}))
    fault = chain(answering(BOTH, recount(nothing)), answering(BOTH_WARM, recount(nothing)))
    assert find("hits_beside_are_reported", fault, model).verdict is Verdict.PASS
