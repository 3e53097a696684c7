"""A cost that a reply states: what is right, what is wrong and by which mistake, and what cannot be told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.billing.prices import EXAMPLE
from conformance.contract.profile import Model
from conformance.evidence.exchange import Exchange
from conformance.judgement.judge import judge
from conformance.judgement.verdict import Verdict
from conformance.resources import fixture
from conformance.suite.catalogue import load
from conformance.suite.usage.test_stated_cost import HEADER
from tests.support.builders_http import Said, refusal, said
from tests.support.exchanges import completion, plain

G1 = fixture("golden.json")["vectors"]["G1"]["usage"]
PRICED = Model("claude-x", "claude", prices=EXAMPLE)
INPUT, OUTPUT = 0.2146677, G1["completion_tokens"] * 15 / 1_000_000
DUE = INPUT + OUTPUT
HIT, FIVE, HOUR = (11_944, 29_762, 16_347)  #: tokens of G1
REQUIREMENT = load()["usage.stated_cost"]


def reply(fields: dict[str, str] | None = None, **members: Any) -> Exchange:
    """A reply with the counts of G1 that states a cost in these members of usage, or in header fields."""
    exchange = plain(completion(G1 | members))
    return replace(exchange, headers=(*exchange.headers, *(fields or {}).items()))


def verdict(exchange: Exchange, model: Model = PRICED) -> Verdict:
    return judge(REQUIREMENT, exchange, model).verdict


@pytest.mark.parametrize(
    "stated",
    [
        {"cost": DUE},
        {"cost": 0.1 + 0.2 - 0.3 + DUE},
        {"cost": round(DUE, 4)},
        {"cost": f"{DUE:.6f}"},
        {"total_cost": DUE, "cost_details": {"upstream_inference_cost": None}},
        {"cost_details": {"upstream_inference_prompt_cost": INPUT, "upstream_inference_completions_cost": OUTPUT}},
        {"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": DUE}},
    ],
)
def test_what_is_right(stated: dict[str, Any]) -> None:
    assert verdict(reply(**stated)) is Verdict.PASS


def test_a_header_field() -> None:
    assert verdict(reply({"x-litellm-response-cost": str(DUE)})) is Verdict.PASS
    assert verdict(reply({"x-litellm-response-cost": str(DUE * 2)})) is Verdict.FAIL


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (DUE + HIT * (3 - 0.3) / 1e6, "hits at the price of uncached input"),
        (DUE - HIT * 0.3 / 1e6, "hits for nothing"),
        (DUE - HOUR * (6 - 3.75) / 1e6, "writes for 1 hour at the price of those for 5 minutes"),
        (DUE - HOUR * 3 / 1e6 - FIVE * 0.75 / 1e6, "writes at the price of uncached input"),
        (DUE + (HIT + FIVE + HOUR) * 3 / 1e6, "hits and writes once more as uncached input"),
        (DUE * 2, ""),
        (0, ""),
        (-DUE, ""),
    ],
)
def test_what_is_wrong_and_by_which_mistake(wrong: float, said: str) -> None:
    found = judge(REQUIREMENT, reply(cost=round(wrong, 9)), PRICED)
    assert found.verdict is Verdict.FAIL
    assert f"it is the amount with {said}" in found.message if said else "it is the amount" not in found.message


def test_each_part_is_compared() -> None:
    swapped = {"upstream_inference_prompt_cost": OUTPUT, "upstream_inference_completions_cost": INPUT}
    message = judge(REQUIREMENT, reply(cost=DUE, cost_details=swapped), PRICED).message
    assert "upstream_inference_prompt_cost is" in message
    assert "upstream_inference_completions_cost is" in message
    assert "usage.cost is" not in message


@pytest.mark.parametrize(
    ("exchange", "model", "verdict_"),
    [
        (reply(cost=1), Model("claude-x", "claude"), Verdict.NOT_APPLICABLE),
        (reply(cost=1), replace(PRICED, prices=replace(EXAMPLE, output=None)), Verdict.NOT_APPLICABLE),
        (reply(), PRICED, Verdict.NOT_APPLICABLE),
        (reply(cost=None, total_cost=True, estimated_cost="free"), PRICED, Verdict.NOT_APPLICABLE),
        (reply(cost=1, prompt_tokens=3), PRICED, Verdict.INCONCLUSIVE),
        (reply(cost=1, completion_tokens=-1), PRICED, Verdict.INCONCLUSIVE),
        (reply(cost=1, server_tool_use_details={"web_search_requests": 1}), PRICED, Verdict.NOT_APPLICABLE),
    ],
)
def test_what_cannot_be_told(exchange: Exchange, model: Model, verdict_: Verdict) -> None:
    assert verdict(exchange, model) is verdict_


PARTS = {"upstream_inference_prompt_cost": INPUT, "upstream_inference_completions_cost": OUTPUT}


#: As OpenRouter tells that it searched the web, for a price of its own.
SEARCHED = {"server_tool_use_details": {"web_search_requests": 1}}


@pytest.mark.parametrize(
    ("fields", "members", "expected"),
    [
        ({}, {"cost": DUE}, "not applicable"),
        ({}, {"cost": DUE, "total_cost": round(DUE, 6)}, "accepted"),
        ({}, {"cost": DUE, "estimated_cost": DUE * 1.1}, "violated"),
        ({HEADER: str(DUE)}, {"cost": DUE}, "accepted"),
        ({HEADER: str(DUE * 2)}, {"cost": DUE}, "violated"),
        ({HEADER: "0.0"}, {"cost": DUE}, "violated"),
        ({}, {"cost_details": PARTS | {"upstream_inference_cost": DUE}}, "accepted"),
        ({}, {"cost_details": PARTS | {"upstream_inference_cost": INPUT}}, "violated"),
        ({}, {"cost": 0.01, "cost_details": PARTS | {"upstream_inference_cost": DUE}}, "accepted"),  # the gateway's fee
        ({}, {"cost_details": PARTS}, "not applicable"),
        ({}, {"cost_details": PARTS | {"upstream_inference_cost": 9}, **SEARCHED}, "accepted"),
        ({}, {"cost_details": PARTS | {"upstream_inference_cost": INPUT}, **SEARCHED}, "violated"),
        ({}, {"cost_details": PARTS | {"upstream_inference_cost": 9}, "server_tool_use": {"searches": 0}}, "violated"),
    ],
)
def test_one_stated_cost(fields: dict[str, str], members: dict[str, Any], expected: Said) -> None:
    assert said("usage.one_stated_cost", reply(fields, **members)) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"cost": DUE}, {"cost": DUE}, "accepted"),
        ({"cost": DUE}, {"cost": round(DUE, 5)}, "accepted"),
        ({"cost": DUE}, {"cost": 0}, "violated"),
        ({"cost": DUE}, {"cost": DUE * 1.2}, "violated"),
        ({"cost": DUE}, {"cost": DUE * 1.2, "completion_tokens": 900}, "not applicable"),
        ({"cost": DUE}, {"cost": DUE * 1.2, **SEARCHED}, "not applicable"),
        ({"cost": DUE}, {}, "not applicable"),
    ],
)
def test_same_counts_same_cost(one: dict[str, Any], other: dict[str, Any], expected: Said) -> None:
    assert said("usage.same_counts_same_cost", reply(**one), reply(**other)) == expected


def test_providers_may_differ_in_price() -> None:
    dear = plain(completion(G1 | {"cost": DUE * 1.2}) | {"provider": "Basalt"})
    assert said("usage.same_counts_same_cost", reply(cost=DUE), dear) == "not applicable"


@pytest.mark.parametrize(
    ("status", "cost", "expected"),
    [
        (400, None, "not applicable"),
        (400, "0", "accepted"),
        (401, "0.0000", "accepted"),
        (400, "0.00135", "violated"),
        (502, "0.00135", "not applicable"),
        (400, "free", "not applicable"),
    ],
)
def test_refusals_cost_nothing(status: int, cost: str | None, expected: Said) -> None:
    fields = [(HEADER, cost)] if cost is not None else []
    assert said("usage.refusals_cost_nothing", refusal(status, *fields)) == expected
