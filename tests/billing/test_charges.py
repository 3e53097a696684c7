"""What a reply's input costs where it tells, why it cannot be told, and over- and undercharges."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.billing.charges import (
    DIALECT,
    NO_RESPONSE,
    NO_USAGE,
    NOT_ASKED,
    UNCLEAR,
    Difference,
    Untold,
    charged,
    clear_counts,
    counts_of,
    misread,
)
from conformance.billing.dialects import phanedge
from conformance.billing.prices import WRITES
from conformance.contract.faults import drop, only
from conformance.contract.profile import Model, Prices, Profile
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.judgement.verdict import Finding, Verdict
from conformance.lab.reference import Endpoint
from conformance.resources import fixture
from conformance.runs.run import Run
from conformance.suite.catalogue import load
from conformance.suite.support.cache_counts import in_usage
from tests.support.exchanges import PLAIN as REQUEST
from tests.support.exchanges import completion, plain, streamed

VECTORS = fixture("golden.json")["vectors"]
G1 = VECTORS["G1"]["usage"]
THREE = Prices("USD", Decimal(3), Decimal("0.3"), Decimal("3.75"), Decimal(6))
ANTHROPIC = {
    "cache_read_input_tokens": 11944,
    "cache_creation_input_tokens": 46109,
    "cache_creation": {"ephemeral_5m_input_tokens": 29762, "ephemeral_1h_input_tokens": 16347},
}


def detailed(**changes: Any) -> dict[str, Any]:
    """G1 with other details; what is None is left out."""
    details = G1["prompt_tokens_details"] | changes
    changed: dict[str, Any] = {name: each for name, each in details.items() if each is not None}
    return {**G1, "prompt_tokens_details": changed}


# --- what cannot be told --------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
def test_golden_vectors_are_clear(vector: dict[str, Any]) -> None:
    assert clear_counts(vector["usage"]) == phanedge(vector["usage"])


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        ({}, "prompt_tokens is absent"),
        ({"prompt_tokens": -1}, "prompt_tokens is -1"),
        ({"prompt_tokens": 9.0}, "prompt_tokens is 9.0"),
        ({"prompt_tokens": True}, "prompt_tokens is True"),
        ({"prompt_tokens": 9, "prompt_tokens_details": []}, "prompt_tokens_details is []"),
        (detailed(cached_write_tokens="46109"), "cached_write_tokens is 46109"),
        (detailed(cached_write_5m_tokens=-7), "cached_write_5m_tokens is -7"),
        (detailed(cached_write_tokens=46108), "its buckets are 29762 + 16347 = 46109"),
        (detailed(cached_write_tokens=None), "cached_write_tokens is 0, and its buckets are"),
        (detailed(cached_write_5m_tokens=None, cached_write_1h_tokens=None), "neither bucket says at which price"),
        ({"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 10}}, "prompt_tokens"),
        ({"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 290}, "total_tokens is 290, and prompt_tokens 9"),
    ],
)
def test_unclear_counts(usage: dict[str, Any], said: str) -> None:
    with pytest.raises(Untold, match=r"contradict|dialect") as caught:
        clear_counts(usage)
    assert caught.value.reason == DIALECT or said in str(caught.value)


def test_reasoning_beside_the_output_does_not_bear_on_the_input() -> None:
    beside = {"total_tokens": 58518 + 120 + 20, "completion_tokens_details": {"reasoning_tokens": 20}}
    assert clear_counts(G1 | beside) == phanedge(G1)


def test_null_and_zero_counts_are_none() -> None:
    usage = {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": None, "cached_write_tokens": 0}}
    assert clear_counts(usage).uncached == 9


@pytest.mark.parametrize(
    ("exchange", "reason"),
    [
        (Exchange(REQUEST, 0, failure=Failure("timeout", "")), NO_RESPONSE),
        (plain(completion(None)), NO_USAGE),
        (plain({"a": 1}), NO_USAGE),
        (streamed([completion(None)]), NO_USAGE),
        (streamed([completion(None)], Request(body=b'{"stream": true}')), NOT_ASKED),
        (plain(completion(G1 | ANTHROPIC | {"prompt_tokens": 465})), DIALECT),
        (plain(completion({"prompt_tokens": -1})), UNCLEAR),
    ],
)
def test_why_the_cost_cannot_be_told(exchange: Exchange, reason: str) -> None:
    with pytest.raises(Untold) as caught:
        counts_of(exchange)
    assert caught.value.reason == reason


values: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers(-9, 10**6) | st.floats() | st.text(max_size=3)
NAMES = ["prompt_tokens", "total_tokens", "completion_tokens", *G1["prompt_tokens_details"]]


@given(st.dictionaries(st.sampled_from(NAMES), values), st.dictionaries(st.sampled_from(NAMES), values) | values)
def test_hostile_counts_have_no_cost(usage: dict[str, Any], details: Any) -> None:
    whole = usage | {"prompt_tokens_details": details}
    found = misread(whole, THREE)
    assert found is None or isinstance(found.amount, Decimal)
    with suppress(Untold):
        assert clear_counts(whole).uncached >= 0


# --- over- and undercharges -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("usage", "expected", "basis"),
    [
        (G1 | {"prompt_tokens": 465}, "-0.001395", "by its mapping"),
        (G1 | ANTHROPIC | {"prompt_tokens_details": {"cached_tokens": 0}}, "0.0391137", "by its mapping"),
        (
            G1 | {"prompt_tokens": 116571, "input_tokens": 465, "total_tokens": 116691} | ANTHROPIC,
            "0.174159",
            "by its mapping",
        ),
        (detailed(cached_write_tokens=29762), "0.049041", "by its mapping"),
        (detailed(cached_write_tokens=46108), "0.000003", "if its two buckets are right"),
        (detailed(cached_write_tokens=None), "0.138327", "if its two buckets are right"),
    ],
)
def test_misread(usage: dict[str, Any], expected: str, basis: str) -> None:
    found = misread(usage, THREE)
    assert found is not None
    assert abs(found.amount) == abs(Decimal(expected))
    assert found.basis == basis
    assert f"charges {expected.removeprefix('-')} USD: reported (" in str(found)
    assert str(found.meant) in str(found)


@pytest.mark.parametrize("usage", [G1, detailed(cached_write_tokens=46109.5), {}, {"prompt_tokens": -1}])
def test_nothing_is_misread_where_nothing_can_be_computed(usage: dict[str, Any]) -> None:
    assert misread(usage, THREE) is None


def run_of(fault: Fault) -> tuple[dict[str, Finding], dict[str, Exchange]]:
    """What is found about caching at the reference endpoint with this fault, and the exchanges by key."""
    endpoint, model = Endpoint(), Model("reference-claude", "claude")
    known: dict[str, Exchange] = {}

    def send(request: Request) -> Exchange:
        if request.key not in known:
            if request.after:
                send(request.after)
            known[request.key] = fault(endpoint(request))
        return known[request.key]

    run = Run(Profile("reference", (model,), "reference"), "abcdefghijkl", send)
    names = ("1h_is_1h", "streams_count_once", "5m_is_the_default", "streams_report_writes")
    return {name: run.find(load()[f"caching.{name}"], model) for name in names}, known


def charge(finding: Finding, exchanges: dict[str, Exchange]) -> Difference | None:
    """What a violation charges."""
    shown = [exchanges[key] for key in finding.evidence] if finding.verdict >= Verdict.WARN else []
    found = charged(shown, THREE, alike=load()[finding.requirement].alike)
    return found and found[1]


def test_a_conforming_run_differs_in_nothing() -> None:
    findings, exchanges = run_of(lambda exchange: exchange)
    assert {each.verdict for each in findings.values()} == {Verdict.PASS}
    assert [charged([each], THREE) for each in exchanges.values()] == [None] * len(exchanges)


def test_a_downgraded_lifetime_undercharges() -> None:
    def downgraded(usage: dict[str, Any], details: dict[str, int]) -> None:
        if hour := details.pop("cached_write_1h_tokens", 0):
            details["cached_write_5m_tokens"] = details.get("cached_write_5m_tokens", 0) + hour

    findings, exchanges = run_of(in_usage(downgraded))
    found = charge(findings["1h_is_1h"], exchanges)
    assert found is not None
    hour = exchanges[findings["1h_is_1h"].evidence[0]].usage["prompt_tokens_details"]["cached_write_tokens"]
    assert found.amount == -hour * (Decimal(6) - Decimal("3.75")) / 1_000_000
    assert "by the requested TTL, 1h" in str(found)
    assert charge(findings["5m_is_the_default"], exchanges) is None


def test_lost_writes_of_a_stream_undercharge() -> None:
    findings, exchanges = run_of(only(lambda each: each.streams, drop("usage.prompt_tokens_details")))
    found = charge(findings["streams_report_writes"], exchanges)
    assert found is not None
    assert found.amount < 0
    assert "as in the reply that is compared" in str(found)


def test_another_dialect_is_charged_by_its_mapping() -> None:
    def anthropic(usage: dict[str, Any], details: dict[str, int]) -> None:
        usage["cache_creation_input_tokens"] = details.pop("cached_write_tokens", 0)
        for bucket in ("cached_write_5m_tokens", "cached_write_1h_tokens"):
            details.pop(bucket, 0)

    _, exchanges = run_of(in_usage(anthropic))
    differences = [found[1] for each in exchanges.values() if (found := charged([each], THREE))]
    assert differences
    for each in differences:
        assert each.amount == -each.meant.of(*WRITES) * Decimal("0.2")
