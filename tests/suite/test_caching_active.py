"""What the requirements of active caching accept, reject, and leave open: the reference endpoint, and changes of it."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from conformance.catalogue import load
from conformance.dialects import mapped
from conformance.exchange import Exchange, Inconclusive, Request
from conformance.faults import chain, drop, only, put, respond, status
from conformance.profile import Model, Profile
from conformance.reference import Endpoint
from conformance.requests import CACHE_COLD, CACHE_HOUR, CACHE_MIXED, CACHE_WARM, for_model
from conformance.requirement import Fault
from conformance.run import Run
from conformance.suite.test_cache import DETAILS, in_usage
from conformance.suite.test_caching import (
    CACHE_FIVE,
    FIVE_MARKERS,
    GROWN,
    SHORT,
    SUFFIX,
    UNKNOWN_TTL,
    UNMARKED,
    WRONG_ORDER,
    answering,
    counted,
    recount,
    streams,
    warm,
)
from conformance.verdict import Finding, Verdict

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


def find(name: str, fault: Fault, model: Model = CLAUDE) -> Finding:
    run = Run(Profile("reference", (model,), "reference"), SALTED, lambda request: fault(answer(request)))
    return run.find(CACHING[name], model)


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


def all_5m(usage: Usage, counts: Counts) -> None:
    counts[W5], counts[W1] = counts[W5] + counts[W1], 0


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


def own_prompt(usage: Usage, counts: Counts) -> None:
    """The gateway's own system message before every prompt, which is always cached."""
    more(usage, 300)
    counts[HITS] += 300


def tail(usage: Usage, counts: Counts) -> None:
    """The last nine tokens in the cache, too."""
    counts[HITS if counts[HITS] else W5] += 9


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
    "five tokens more for another salt": (answering(CACHE_FIVE, recount(lambda usage, counts: more(usage, 5))), set()),
    "a breakpoint at the prompt's end, too": (
        only(lambda each: each.label.startswith((CACHE_COLD.label, CACHE_FIVE.label)), recount(tail)), set(),
    ),
    "the first repetition missed": (only(lambda each: each.attempt == 2, recount(missed)), set()),
    "no plain repetition hits": (
        warm(recount(missed)),
        {"warm_writes_nothing", "read_is_what_was_written", "streams_read_alike", "changed_suffix"},
    ),
    "no stream hits": (streams(recount(missed)), {"streams_read_alike"}),
    "the grown conversation missed": (answering(GROWN, recount(missed)), {"grown_conversation"}),
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
        answering(CACHE_FIVE, recount(lambda usage, counts: counts.update({HITS: 900, W5: counts[W5] - 900}))),
        {"changed_prefix", "5m_is_the_default"},
    ),
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
    "hits on a cold prompt": (put(f"{DETAILS}.{HITS}", 3000), {"cold_is_cold"}),
}


@pytest.mark.parametrize("name", GPT_WRONG)
def test_rejected_of_gpt(name: str) -> None:
    fault, about = GPT_WRONG[name]
    assert verdicts(fault, GPT).get("violated", set()) == about


def test_gpt_that_never_hits_is_left_open() -> None:
    found = verdicts(put(f"{DETAILS}.{HITS}", 0), GPT)
    assert found.get("violated", set()) == set()
    assert found["inconclusive"] == {"automatic_hits"}


#: The requirements about markers that say something of an endpoint that reports nothing of its cache.
WITHOUT_CACHE = {
    "prompt_is_constant", "cold_is_cold", "markers_cost_nothing", "unmarked_writes_nothing", "short_is_not_written",
    "wrong_order", "five_markers", "unknown_ttl",
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
    exchange = put("usage.prompt_tokens", 12)(answer(for_model(CACHE_COLD, CLAUDE, SALTED)))
    with pytest.raises(Inconclusive, match="contradict each other") as raised:
        counted(exchange)
    assert mapped(exchange.usage) in str(raised.value)


def test_evidence_is_what_was_compared() -> None:
    finding = find(
        "read_is_what_was_written", warm(recount(lambda usage, counts: counts.update({HITS: counts[HITS] - 9})))
    )
    assert finding.verdict is Verdict.WARN
    assert set(finding.evidence) == {for_model(each, CLAUDE, SALTED).key for each in (CACHE_COLD, CACHE_WARM)}
