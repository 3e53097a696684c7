"""Different and right: nothing is violated, and what cannot be told is left open."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.billing.dialects import mapped
from conformance.contract.faults import chain, drop, only, put, respond, status
from conformance.contract.requests import CACHE_COLD, CACHE_HOUR
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Inconclusive
from conformance.suite.caching.counts import counted
from conformance.suite.caching.faults import answering, recount, streams, warm
from conformance.suite.caching.prompts import CACHE_FIVE_STREAM, CACHE_HOUR_WARM, FIVE_MARKERS, GROWN, UNMARKED
from conformance.suite.support.cache_counts import DETAILS, in_usage
from tests.suite.caching.answers import CACHING, CLAUDE, HITS, W1, W5, Rows, W, answer, find, labelled, run_of, verdicts
from tests.suite.caching.changes import (
    SAME,
    longer,
    miss,
    more,
    nothing,
    own_prompt,
    small_tail,
    tail,
    ten_minutes_later,
    writes_as_hits,
)

#: What compares with the write of the plainest marked prompt.
FIRST_UNWRITTEN = {
    "5m_is_the_default", "changed_prefix", "changed_suffix", "grown_conversation", "hits_beside_writes",
    "read_is_what_was_written", "shared_prefix_is_read", "warm_writes_nothing", "written_beside",
}  # fmt: skip
WITHOUT_HOUR = {
    "1h_is_1h", "changed_prefix", "first_reads_nothing", "forms_share_the_cache", "hits_of_an_hour_are_reported",
    "hour_is_read", "markers_cost_nothing",
    "mixed_by_position", "mixed_costs_as_unmarked", "mixed_fills_both", "prompt_beside_is_constant",
}  # fmt: skip

REFUSED = respond(400, {"error": {"message": "Extra inputs are not permitted"}})
BESIDE = ("cache-hours", "cache-minutes", "cache-both")
#: Different and right: nothing is violated. What is then left open, beside what is not applicable.
RIGHT: Rows = {
    "as it is": (SAME, set()),
    "cached_tokens left out where 0": (
        in_usage(lambda usage, details: details.get(HITS) == 0 and details.pop(HITS)), set(),
    ),
    "writes filled in with 0": (
        in_usage(lambda usage, details: [details.setdefault(each, 0) for each in (W, W5, W1)]), set(),
    ),
    "no details where all is uncached": (
        in_usage(lambda usage, details: sum(map(int, details.values())) or usage.pop("prompt_tokens_details")), set(),
    ),
    "a system message of the gateway's own": (recount(own_prompt), set()),
    "one token more on another day": (warm(recount(lambda usage, counts: more(usage, 1))), set()),
    "five tokens more for another salt": (answering(CACHE_HOUR, recount(lambda usage, counts: more(usage, 5))), set()),
    "a breakpoint at the prompt's end, too": (
        only(lambda each: each.label.startswith((CACHE_COLD.label, CACHE_FIVE_STREAM.label)), recount(tail)), set(),
    ),
    "the first repetition missed": (only(lambda each: each.attempt == 2, miss), {"forms_share_the_cache"}),
    "another upstream takes the first request, and caches nothing": (
        chain(answering(CACHE_COLD, recount(nothing)), only(lambda each: each.attempt == 2, miss)),
        FIRST_UNWRITTEN | {"cached_counts_once", "forms_share_the_cache", "hits_are_reported"},
    ),
    "one prompt was sent upstream twice": (
        answering(CACHE_COLD, recount(writes_as_hits)),
        FIRST_UNWRITTEN | {"cold_is_cold", "first_reads_nothing", "hits_are_reported"},
    ),
    "nothing is read that is sent again ten minutes later": (
        chain(labelled(CACHE_COLD.label, miss), ten_minutes_later),
        {
            "changed_suffix", "forms_share_the_cache", "read_is_what_was_written", "streams_read_alike",
            "warm_writes_nothing",
        },
    ),
    "what grows is written anew ten minutes later": (
        chain(labelled(GROWN.label, miss), ten_minutes_later), {"grown_conversation"},
    ),
    "an hour is over": (
        chain(labelled(CACHE_HOUR_WARM.label, miss), *[ten_minutes_later] * 6), {"hour_is_read"},
    ),
    "a prompt without a breakpoint was sent upstream twice": (
        answering(UNMARKED, recount(lambda usage, counts: counts.update({HITS: 4000}))), {"unmarked_cold_is_cold"},
    ),
    "a long text explains the tool": (
        labelled("cache-tools", recount(longer)), set(),
    ),
    "a small write of an upstream's own beside a hit": (
        labelled(CACHE_HOUR_WARM.label, recount(small_tail)),
        set(),
    ),
    "the first repetition of an hour missed": (
        only(lambda each: each.attempt == 2 and each.label == CACHE_HOUR_WARM.label, miss), set(),
    ),
    "every second grown conversation missed": (
        only(lambda each: each.label in (GROWN.label, f"{GROWN.label}-again"), miss), set(),
    ),
    "the grown conversation missed": (answering(GROWN, miss), set()),
    "requests are spread over accounts": (
        only(lambda each: each.attempt == 2 or each.label.startswith(GROWN.label), miss),
        {"forms_share_the_cache", "grown_conversation"},
    ),
    "another build answers at times": (
        answering(CACHE_COLD, put("model", "reference-claude-2"), recount(lambda usage, counts: more(usage, 2))), set(),
    ),
    "other builds answer every time": (
        chain(answering(CACHE_COLD, put("model", "reference-claude-2")), streams(put("model", "reference-claude-3"))),
        {"choices_share_the_cache", "prompt_beside_is_constant", "prompt_is_constant"},
    ),
    "n is refused": (only(lambda each: "n" in each.asked, REFUSED), {"choices_share_the_cache"}),
    "images are refused": (
        only(lambda each: b"image_url" in each.body, REFUSED), {"shared_prefix_is_read"},
    ),
    "a schema is refused": (
        only(lambda each: "response_format" in each.asked, REFUSED),
        {"forms_share_the_cache", "prompt_beside_is_constant"},
    ),
    "what shares a prefix missed": (only(lambda each: "-partly" in each.label, miss), {"shared_prefix_is_read"}),
    "a gateway appends the schema to the prompt": (
        only(lambda each: "response_format" in each.asked, recount(lambda usage, counts: more(usage, 150))), set(),
    ),
    "the second of two choices reads what the first wrote": (
        only(lambda each: each.label.startswith("cache-minutes") and "n" in each.asked, recount(writes_as_hits)), set(),
    ),
    "five breakpoints are reduced": (answering(FIVE_MARKERS, status(200)), set()),
    "details among others": (put(f"{DETAILS}.audio_tokens", 0), set()),
}  # fmt: skip


#: Right but for one thing, beside which something is left open.
NEARLY: dict[str, tuple[Fault, str, set[str]]] = {
    "no prompt beside tools hits in the other form": (
        only(lambda each: each.label.startswith(BESIDE) and each.attempt == 1 and "-partly" not in each.label, miss),
        "forms_share_the_cache", set(),
    ),
    "no plain repetition hits": (
        warm(miss), "written_is_read",
        {
            "changed_suffix", "forms_share_the_cache", "hour_is_read", "read_is_what_was_written", "streams_read_alike",
            "warm_writes_nothing",
        },
    ),
    "no stream hits": (streams(miss), "written_is_read", {"streams_read_alike"}),
    "no hour on offer": (
        only(lambda each: '"1h"' in each.body.decode(), respond(400, {"error": {"message": "ttl"}})), "marked_places",
        WITHOUT_HOUR,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NEARLY)
def test_one_thing_is_rejected(name: str) -> None:
    fault, violated, open_ones = NEARLY[name]
    found = verdicts(fault)
    assert found["violated"] == {violated}
    assert found.get("inconclusive", set()) == open_ones


@pytest.mark.parametrize("name", RIGHT)
def test_accepted(name: str) -> None:
    fault, open_ones = RIGHT[name]
    found = verdicts(fault)
    assert found.get("violated", set()) == set()
    assert found.get("inconclusive", set()) == open_ones


#: The requirements about breakpoints that say something of an endpoint that reports nothing of its cache.
WITHOUT_CACHE = {
    "prompt_is_constant", "cold_is_cold", "markers_cost_nothing", "unmarked_writes_nothing", "short_is_not_written",
    "unmarked_cold_is_cold", "wrong_order", "five_markers", "unknown_ttl",
    "prompt_beside_is_constant", "choices_share_the_cache", "marked_places", "marked_assistant", "first_reads_nothing",
}  # fmt: skip


@pytest.mark.parametrize("fault", [recount(nothing), drop(DETAILS), put(DETAILS, None)])
def test_a_cache_that_did_not_engage_is_inconclusive(fault: Fault) -> None:
    found = verdicts(fault)
    assert found["violated"] == {"markers_reach"}
    assert found["pass"] == WITHOUT_CACHE
    assert "caching.markers_reach" in find("default_is_5m", fault).message


@pytest.mark.parametrize("value", ["6000", 6000.5, True, [], {}, -6000, 10**12])
@pytest.mark.parametrize(
    "path", [f"{DETAILS}.{HITS}", f"{DETAILS}.{W}", f"{DETAILS}.{W5}", "usage.prompt_tokens", DETAILS]
)
def test_hostile_values_never_crash(path: str, value: Any) -> None:
    for name in CACHING:
        assert "could not read" not in find(name, put(path, value)).message


def test_another_dialect_is_named_where_the_cache_seems_not_to_engage() -> None:
    fault = chain(put("usage.cache_creation_input_tokens", 6000), drop(DETAILS))
    assert "Anthropic's dialect" in find("default_is_5m", fault).message
    assert "Anthropic's dialect" in find("cached_counts_once", fault).message
    assert "cached_write_5m_tokens 6000" in find("markers_reach", fault).message
    assert "no write is reported under PhanEdge's names" in find("markers_reach", fault).message


def test_contradictory_counts_are_not_compared() -> None:
    exchange = put("usage.prompt_tokens", 12)(answer(run_of(SAME).filled(CACHE_COLD, CLAUDE)))
    with pytest.raises(Inconclusive, match="contradict each other") as raised:
        counted(exchange)
    assert mapped(exchange.usage) in str(raised.value)
