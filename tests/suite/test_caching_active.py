"""What the requirements of active caching accept, reject, and leave open: the reference endpoint, and changes of it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from conformance.billing.dialects import mapped
from conformance.contract.faults import chain, drop, only, put, respond, status
from conformance.contract.profile import Model, Profile
from conformance.contract.requests import AUTOMATIC_COLD, CACHE_COLD, CACHE_HOUR, CACHE_MIXED, CACHE_WARM
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Inconclusive, Request
from conformance.judgement.verdict import Finding, Verdict
from conformance.lab.reference import Endpoint
from conformance.run.run import Run
from conformance.suite.catalogue import load
from conformance.suite.support.cache_counts import DETAILS, in_usage
from conformance.suite.support.cache_faults import answering, has_tools, recount, streams, warm
from conformance.suite.support.cached_prompts import (
    CACHE_FIVE_STREAM,
    CACHE_HOUR_WARM,
    CACHE_TOOLS,
    CACHE_TOOLS_STREAM,
    FIVE_MARKERS,
    GROWN,
    SHORT,
    SUFFIX,
    UNKNOWN_TTL,
    UNMARKED,
    WRONG_ORDER,
    counted,
)

CLAUDE, GPT = Model("reference-claude", "claude"), Model("reference-gpt", "gpt")
SALTED = "abcdefghijkl"
CACHING = {name.removeprefix("caching."): each for name, each in load().items() if each.area == "caching"}
HITS, W, W5, W1 = "cached_tokens", "cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens"
Counts = dict[str, int]
Usage = dict[str, Any]


@cache
def endpoint() -> tuple[Endpoint, dict[str, Exchange]]:
    return Endpoint(), {}


def answer(request: Request) -> Exchange:
    """The reference endpoint's answer, the same for all tests."""
    answering, known = endpoint()
    if request.key not in known:
        if request.after:
            answer(request.after)
        known[request.key] = answering(request)
    return known[request.key]


def run_of(fault: Fault, model: Model = CLAUDE) -> Run:
    return Run(Profile("reference", (model,), "reference"), SALTED, lambda request: fault(answer(request)))


def find(name: str, fault: Fault, model: Model = CLAUDE) -> Finding:
    return run_of(fault, model).find(CACHING[name], model)


def verdicts(fault: Fault, model: Model = CLAUDE) -> dict[str, set[str]]:
    """The requirements by what they come to."""
    found: dict[str, set[str]] = {}
    for name in CACHING:
        verdict = find(name, fault, model).verdict
        kind = "violated" if verdict >= Verdict.WARN else str(verdict)
        found.setdefault(kind, set()).add(name)
    return found


def labelled(start: str, *faults: Fault) -> Fault:
    return only(lambda each: each.label.startswith(start), *faults)


# --- ways to change the counts ---


def more(usage: Usage, tokens: int) -> None:
    usage["prompt_tokens"] += tokens
    usage["total_tokens"] += tokens


def no_writes(usage: Usage, counts: Counts) -> None:
    counts[W5] = counts[W1] = 0


def nothing(usage: Usage, counts: Counts) -> None:
    counts[HITS] = counts[W5] = counts[W1] = 0


def missed(usage: Usage, counts: Counts) -> None:
    counts[W5], counts[HITS] = counts[W5] + counts[HITS], 0


def miss(exchange: Exchange) -> Exchange:
    """What would be read is written anew, with the lifetime that is asked for."""
    hour = '"1h"' in exchange.request.body.decode()
    return recount(lambda usage, counts: missed_hour(usage, counts) if hour else missed(usage, counts))(exchange)


def missed_hour(usage: Usage, counts: Counts) -> None:
    counts[W1], counts[HITS] = counts[W1] + counts[HITS], 0


def ten_minutes_later(exchange: Exchange) -> Exchange:
    return replace(exchange, started=exchange.started + 600) if exchange.request.after else exchange


def all_5m(usage: Usage, counts: Counts) -> None:
    counts[W5], counts[W1] = counts[W5] + counts[W1], 0


def longer(usage: Usage, counts: Counts) -> None:
    """900 tokens more in the prompt, and in what is written, with its lifetime."""
    more(usage, 900)
    counts[W1 if counts[W1] else W5] += 900


def writes_as_hits(usage: Usage, counts: Counts) -> None:
    counts[HITS] += counts[W5] + counts[W1]
    counts[W5] = counts[W1] = 0


def doubled(usage: Usage, counts: Counts) -> None:
    more(usage, counts[W5] + counts[W1])
    counts[W5], counts[W1] = counts[W5] * 2, counts[W1] * 2


def cached_twice(usage: Usage, counts: Counts) -> None:
    more(usage, counts[HITS] + counts[W5] + counts[W1])


def hits_subtracted(usage: Usage, counts: Counts) -> None:
    more(usage, -counts[HITS])
    counts[HITS] = 0


def all_1h(usage: Usage, counts: Counts) -> None:
    counts[W1], counts[W5] = counts[W5] + counts[W1], 0


def no_hits(usage: Usage, counts: Counts) -> None:
    counts[HITS] = 0


def own_prompt(usage: Usage, counts: Counts) -> None:
    """The gateway's own system message before every prompt, which is always cached."""
    more(usage, 300)
    counts[HITS] += 300


def small_tail(usage: Usage, counts: Counts) -> None:
    """The last nine tokens that would be read are written once more."""
    counts[HITS], counts[W5] = counts[HITS] - 9, counts[W5] + 9


def tail(usage: Usage, counts: Counts) -> None:
    """The last nine tokens in the cache, too."""
    counts[HITS if counts[HITS] else W5] += 9


#: What compares with the write of the plainest marked prompt.
FIRST_UNWRITTEN = {
    "5m_is_the_default", "changed_prefix", "changed_suffix", "grown_conversation", "hits_beside_writes",
    "read_is_what_was_written", "warm_writes_nothing",
}  # fmt: skip
WITHOUT_HOUR = {
    "1h_is_1h", "changed_prefix", "hits_of_an_hour_are_reported", "hour_is_read", "markers_cost_nothing",
    "mixed_by_position", "mixed_fills_both",
}  # fmt: skip
SAME: Fault = lambda exchange: exchange  # noqa: E731

#: Different and right: nothing is violated. What is then left open, beside what is not applicable.
RIGHT: dict[str, tuple[Fault, set[str]]] = {
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
    "the first repetition missed": (only(lambda each: each.attempt == 2, miss), set()),
    "no plain repetition hits": (
        warm(miss),
        {"hour_is_read", "warm_writes_nothing", "read_is_what_was_written", "streams_read_alike", "changed_suffix"},
    ),
    "another upstream takes the first request, and caches nothing": (
        chain(answering(CACHE_COLD, recount(nothing)), only(lambda each: each.attempt == 2, miss)),
        FIRST_UNWRITTEN | {"cached_counts_once", "hits_are_reported"},
    ),
    "one prompt was sent upstream twice": (
        answering(CACHE_COLD, recount(writes_as_hits)),
        FIRST_UNWRITTEN | {"cold_is_cold", "hits_are_reported"},
    ),
    "nothing is read that is sent again ten minutes later": (
        chain(labelled(CACHE_COLD.label, miss), ten_minutes_later),
        {
            "changed_suffix", "read_is_what_was_written", "streams_read_alike", "warm_writes_nothing",
        },
    ),
    "what grows is written anew ten minutes later": (
        chain(labelled(GROWN.label, miss), ten_minutes_later), {"grown_conversation"},
    ),
    "an hour is over": (
        chain(labelled(CACHE_HOUR_WARM.label, miss), *[ten_minutes_later] * 6), {"hour_is_read"},
    ),
    "a prompt without a marker was sent upstream twice": (
        answering(UNMARKED, recount(lambda usage, counts: counts.update({HITS: 6000}))), {"unmarked_cold_is_cold"},
    ),
    "a long text explains the tool": (
        only(has_tools, recount(longer)), set(),
    ),
    "a small write of an upstream's own beside a hit": (
        labelled(CACHE_HOUR_WARM.label, recount(small_tail)),
        set(),
    ),
    "the first repetition of an hour missed": (
        only(lambda each: each.attempt == 2 and each.label == CACHE_HOUR_WARM.label, miss), set(),
    ),
    "no hour on offer": (
        only(lambda each: '"1h"' in each.body.decode(), respond(400, {"error": {"message": "ttl"}})), WITHOUT_HOUR,
    ),
    "every second grown conversation missed": (
        only(lambda each: each.label in (GROWN.label, f"{GROWN.label}-again"), miss), set(),
    ),
    "no stream hits": (streams(miss), {"streams_read_alike"}),
    "the grown conversation missed": (answering(GROWN, miss), set()),
    "requests are spread over accounts": (
        only(lambda each: each.attempt == 2 or each.label.startswith(GROWN.label), miss),
        {"grown_conversation"},
    ),
    "another build answers at times": (
        answering(CACHE_COLD, put("model", "reference-claude-2"), recount(lambda usage, counts: more(usage, 2))), set(),
    ),
    "other builds answer every time": (
        chain(answering(CACHE_COLD, put("model", "reference-claude-2")), streams(put("model", "reference-claude-3"))),
        {"prompt_is_constant"},
    ),
    "five markers are reduced": (answering(FIVE_MARKERS, status(200)), set()),
    "details among others": (put(f"{DETAILS}.audio_tokens", 0), set()),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_accepted(name: str) -> None:
    fault, open_ones = RIGHT[name]
    found = verdicts(fault)
    assert found.get("violated", set()) == set()
    assert found.get("inconclusive", set()) == open_ones


#: Faults that real gateways had, by the ids of known-faults.jsonl and of the contract's traps, with what rejects them.
WRONG: dict[str, tuple[Fault, set[str]]] = {
    "B036 streams without details": (
        streams(drop(DETAILS)), {"streams_report_writes", "streams_read_alike"},
    ),
    "B052 B427 ttl 1h downgraded": (recount(all_5m), {"1h_is_1h", "mixed_fills_both"}),
    "B052 no split": (chain(drop(f"{DETAILS}.{W5}"), drop(f"{DETAILS}.{W1}")), {"default_is_5m", "1h_is_1h"}),
    "B056 cached added twice": (recount(cached_twice), {"markers_cost_nothing", "cached_counts_once"}),
    "B066 writes as hits": (recount(writes_as_hits), {"cold_is_cold"}),
    "B078 doubled in streams": (streams(recount(doubled)), {"streams_count_once"}),
    "B079 prompt grows with every event": (
        streams(recount(cached_twice)), {"streams_count_once", "prompt_is_constant"},
    ),
    "B047 hits subtracted": (recount(hits_subtracted), {"prompt_is_constant"}),
    "B091 hits in streams only": (warm(recount(nothing)), {"hits_are_reported"}),
    "D2 writes never serialised": (recount(no_writes), {"writes_are_reported", "markers_reach"}),
    "D2 hits never serialised": (put(f"{DETAILS}.{HITS}", 0), {"hits_are_reported"}),
    "D4 B038 input_tokens in streams": (
        streams(recount(hits_subtracted)),
        {"prompt_is_constant", "streams_read_alike"},
    ),
    "D7 estimate on a full hit": (
        warm(recount(lambda usage, counts: more(usage, 40 if counts[HITS] else 0))), {"prompt_is_constant"},
    ),
    "D9 markers lost": (recount(nothing), {"markers_reach"}),
    "B429 parts of the system message joined": (labelled(SUFFIX.label, recount(missed)), {"changed_suffix"}),
    "B431 a marker too many": (
        answering(SHORT, respond(400, {"error": {"message": "A maximum of 4 blocks"}})), {"short_is_not_written"},
    ),
    "a marker of its own": (
        answering(UNMARKED, recount(lambda usage, counts: counts.update({W5: 6000}))), {"unmarked_writes_nothing"},
    ),
    "every ttl 1h": (
        recount(lambda usage, counts: counts.update({W1: counts[W5] + counts[W1], W5: 0})),
        {"default_is_5m", "5m_is_the_default", "mixed_fills_both"},
    ),
    "buckets exchanged in mixed": (
        answering(CACHE_MIXED, recount(lambda usage, counts: counts.update({W1: counts[W5], W5: counts[W1]}))),
        {"mixed_by_position", "streams_count_once"},
    ),
    "a repetition is charged a write": (
        warm(recount(lambda usage, counts: counts.update({HITS: counts[HITS] // 2, W5: counts[HITS] // 2}))),
        {"warm_writes_nothing"},
    ),
    "hits rounded to 128": (
        recount(lambda usage, counts: counts.update({HITS: counts[HITS] // 128 * 128})), {"read_is_what_was_written"},
    ),
    "a hit in spite of another prefix": (
        answering(CACHE_HOUR, recount(lambda usage, counts: counts.update({HITS: 900, W1: counts[W1] - 900}))),
        {"changed_prefix"},
    ),
    "1h alone downgraded in streams": (answering(CACHE_TOOLS_STREAM, recount(all_5m)), {"1h_is_1h"}),
    "5m alone upgraded in streams": (
        answering(CACHE_FIVE_STREAM, recount(all_1h)), {"5m_is_5m", "5m_is_the_default", "streams_count_once"},
    ),
    "5m upgraded with tools": (answering(CACHE_TOOLS, recount(all_1h)), {"5m_is_5m"}),
    "a stream of one lifetime without writes": (
        answering(CACHE_FIVE_STREAM, recount(no_writes)), {"streams_report_writes"},
    ),
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
    "writes of two lifetimes lost": (
        labelled(CACHE_MIXED.label, recount(no_writes)), {"every_kind_is_written", "writes_are_reported"},
    ),
    "writes doubled with tools": (answering(CACHE_TOOLS, recount(doubled)), {"tools_count_once"}),
    "writes doubled with tools in streams": (answering(CACHE_TOOLS_STREAM, recount(doubled)), {"tools_count_once"}),
    "uncached input as hits": (
        recount(lambda usage, counts: counts.update({HITS: usage["prompt_tokens"] - counts[W5] - counts[W1]})),
        {"unmarked_cold_is_cold"},
    ),
    "details lost with tools": (only(has_tools, drop(DETAILS)), {"every_kind_is_written"}),
    "hits of an hour lost": (
        labelled(CACHE_HOUR_WARM.label, recount(no_hits)), {"hits_of_an_hour_are_reported"},
    ),
    "an hour read is five minutes written": (
        labelled(CACHE_HOUR_WARM.label, recount(missed)), {"1h_is_1h", "hour_is_read"},
    ),
    "an hour read, and written once more": (
        answering(CACHE_HOUR_WARM, recount(lambda usage, counts: counts.update({HITS: 3000, W1: counts[HITS] - 3000}))),
        {"hour_is_read"},
    ),
    "hits lost beside writes": (
        answering(GROWN, recount(no_hits)), {"grown_conversation", "hits_beside_writes"},
    ),
    "what grows is written anew each time": (labelled(GROWN.label, recount(missed)), {"grown_conversation"}),
    "written for an hour beside a hit": (answering(GROWN, recount(all_1h)), {"default_is_5m"}),
    "writes as hits in streams": (streams(recount(writes_as_hits)), {"cold_is_cold"}),
    "the whole conversation written anew, and read": (
        answering(GROWN, recount(lambda usage, counts: counts.update({HITS: 1500, W5: counts[HITS] - 1500}))),
        {"grown_conversation"},
    ),
    "1h dearer in tokens": (
        answering(CACHE_HOUR, recount(lambda usage, counts: more(usage, 40))), {"markers_cost_nothing"},
    ),
    "wrong order accepted": (answering(WRONG_ORDER, status(200)), {"wrong_order"}),
    "wrong order wrapped": (answering(WRONG_ORDER, put("error.message", "Provider returned error")), {"wrong_order"}),
    "any ttl accepted": (answering(UNKNOWN_TTL, status(200)), {"unknown_ttl"}),
    "five markers crash": (answering(FIVE_MARKERS, status(500)), {"five_markers"}),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_rejected(name: str) -> None:
    fault, about = WRONG[name]
    assert about <= verdicts(fault).get("violated", set())


GPT_WRONG: dict[str, tuple[Fault, set[str]]] = {
    "B036 streams without details": (streams(drop(DETAILS)), {"automatic_hits"}),
    "B091 plain replies without hits": (warm(put(f"{DETAILS}.{HITS}", None)), {"automatic_hits"}),
    "B047 hits subtracted": (recount(hits_subtracted), {"automatic_prompt_is_constant"}),
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


#: The requirements about markers that say something of an endpoint that reports nothing of its cache.
WITHOUT_CACHE = {
    "prompt_is_constant", "cold_is_cold", "markers_cost_nothing", "unmarked_writes_nothing", "short_is_not_written",
    "unmarked_cold_is_cold", "wrong_order", "five_markers", "unknown_ttl",
}  # fmt: skip


@pytest.mark.parametrize("fault", [recount(nothing), drop(DETAILS), put(DETAILS, None)])
def test_a_cache_that_did_not_engage_is_inconclusive(fault: Fault) -> None:
    found = verdicts(fault)
    assert found["violated"] == {"markers_reach"}
    assert found["pass"] == WITHOUT_CACHE
    assert "caching.markers_reach" in find("default_is_5m", fault).message


@pytest.mark.parametrize("place", ["cache-user", "cache-message", "cache-tool", "cache-top"])
def test_one_place_is_enough(place: str) -> None:
    elsewhere = only(lambda each: each.label != place, recount(nothing))
    assert find("markers_reach", elsewhere).verdict is Verdict.PASS


def test_hits_of_a_text_that_the_gateway_caches_itself_prove_no_hidden_write() -> None:
    fault = recount(lambda usage, counts: counts.update({HITS: min(counts[HITS], 300), W5: 0, W1: 0}))
    assert find("writes_are_reported", fault).verdict is Verdict.INCONCLUSIVE


def test_markers_refused_everywhere_are_left_open() -> None:
    assert find("markers_reach", respond(400, {"error": {}})).verdict is Verdict.INCONCLUSIVE


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


def test_evidence_is_what_was_compared() -> None:
    finding = find(
        "read_is_what_was_written", warm(recount(lambda usage, counts: counts.update({HITS: counts[HITS] - 9})))
    )
    assert finding.verdict is Verdict.WARN
    asked = (run_of(SAME).filled(each, CLAUDE) for each in (CACHE_COLD, CACHE_WARM))
    assert set(finding.evidence) == {each.key for each in asked}
