"""A plan says beforehand what a run sends, and never too little; a rise in what a selection costs shows in review."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from conformance.billing.budget import NOTHING, Amount, Budget, at_most, bounded
from conformance.billing.prices import Sheet
from conformance.contract.given import OnDemand, Slot, every
from conformance.contract.marks import COSTLY, INTRUSIVE, NO_FAMILY
from conformance.contract.profile import Model, Prices, Profile
from conformance.contract.selection import GROUPS, asked_for, chosen
from conformance.evidence.exchange import Exchange, Inconclusive, Request
from conformance.lab.reference import Endpoint
from conformance.report.render.plan import table
from conformance.runs.plan import Plan, generated, planned
from conformance.runs.run import Run
from conformance.suite.catalogue import declared, load
from docs.undeclared import measured

GPT, CLAUDE = Model("reference-gpt", "gpt"), Model("reference-claude", "claude")
USUAL = tuple(replace(model, without=frozenset({INTRUSIVE})) for model in (GPT, CLAUDE))
PRICES = Prices("USD", Decimal(3), Decimal("0.3"), Decimal("3.75"), Decimal(6), Decimal(15))
SHEET = Sheet("USD", {"reference-gpt": PRICES, "reference-claude": PRICES})
CHEAP = tuple(replace(model, without=frozenset({INTRUSIVE, COSTLY})) for model in (GPT, CLAUDE))


def nothing(request: Request) -> Exchange:
    raise Inconclusive("a plan sends nothing")


def test_a_plan_says_that_a_name_leaves_caching_out() -> None:
    own = Model("gpt-vendor", "other")
    assert table(plan(["caching"], [own])).endswith(f"\n{NO_FAMILY}")
    assert NO_FAMILY not in table(plan(["framing"], [own]))


def plan(select: Sequence[str] = (), models: Sequence[Model] = USUAL, examples: int = 10) -> Plan:
    found = chosen(load(), select, [])
    asked = frozenset(asked_for(found.values(), declared())) if select else None
    run = Run(Profile("reference", tuple(models), "reference"), "abcdefghijkl", nothing, examples=examples, asked=asked)
    return planned(run, list(found.values()))


@pytest.mark.parametrize("name", ["", *GROUPS])
@pytest.mark.parametrize("models", [USUAL, CHEAP], ids=["usual", "no-costly"])
def test_what_each_selection_costs(name: str, models: Sequence[Model], snapshot: SnapshotAssertion) -> None:
    assert str(plan([name] if name else [], models)) == snapshot


def _with_alternatives(slot: Slot) -> Iterator[OnDemand]:
    if isinstance(slot, OnDemand) and slot.most is not None:
        yield slot
    for each in slot.slots if isinstance(slot, OnDemand) else slot if isinstance(slot, tuple) else ():
        yield from _with_alternatives(each)


def test_of_alternatives_those_that_cost_most_are_counted() -> None:
    found = [each for known in load().values() for slot in known.given.values() for each in _with_alternatives(slot)]
    assert found
    for each in found:
        counted = sum((at_most(request) for request in every(each.slots[each.declared : each.most])), NOTHING)
        instead = sum((at_most(request) for request in every(each.slots[each.most :])), NOTHING)
        assert counted.input_tokens >= instead.input_tokens
        assert counted.output_tokens >= instead.output_tokens


def test_a_run_is_as_was_planned(tmp_path: Path) -> None:
    """What it uses is about what was expected, and a third of the bound at least. Of the bound of output that is not
    so: the reference endpoint calls functions in a dozen tokens, and a limit leaves real models room."""
    sent, ledger = dict[str, Exchange](), tmp_path / "spent.json"
    answer = bounded(Endpoint().answer, Budget(requests=1_000), SHEET, ledger)

    def send(request: Request) -> Exchange:
        if request.key not in sent:
            if request.after:
                send(request.after)
            sent[request.key] = answer(request)
        return sent[request.key]

    run = Run(Profile("reference", USUAL, "reference"), "abcdefghijkl", send)
    made = planned(run, list(load().values()), SHEET)
    for model in USUAL:
        for requirement in load().values():
            run.find(requirement, model)
    really = sum((at_most(each.request) for each in sent.values()), start=Amount())
    assert 0.9 * len(sent) <= made.usually.requests <= 1.1 * len(sent)
    assert really.requests <= made.most.requests
    assert really.input_tokens <= made.most.input_tokens
    assert really.output_tokens <= made.most.output_tokens
    used = json.loads(ledger.read_text())
    assert made.most.input_tokens <= 3 * used["input_tokens"]
    assert made.usual_cost is not None
    assert made.expected_cost is not None
    assert Decimal(used["cost"]) <= made.usual_cost <= 3 * Decimal(used["cost"])
    assert Decimal(used["cost"]) <= made.expected_cost <= Decimal("1.5") * Decimal(used["cost"])
    assert used["input_tokens"] <= made.usually.expected.input_tokens <= 1.2 * used["input_tokens"]
    assert used["output_tokens"] <= made.usually.expected.output_tokens <= 2 * used["output_tokens"]


def test_what_is_generated_is_known() -> None:
    found, known = measured(), generated()
    assert found.keys() == known.keys(), "run: python docs/undeclared.py"
    for id, row in found.items():
        assert row.most.requests <= known[id].most.requests, id
        assert row.most.input_tokens <= known[id].most.input_tokens * 1.05, id


def test_fewer_models_and_examples_cost_less() -> None:
    whole = plan()
    assert plan(models=USUAL[:1]).most.requests < 0.65 * whole.most.requests
    assert plan(examples=2).usually.requests < whole.usually.requests < plan(examples=50).usually.requests
    assert plan(models=CHEAP).most.input_tokens < 0.7 * whole.most.input_tokens


def test_the_price_is_stated_only_where_it_is_known() -> None:
    run = Run(Profile("reference", USUAL, "reference"), "abcdefghijkl", nothing)
    whole = planned(run, list(load().values()), SHEET)
    assert whole.usual_cost == whole.usually.cost(PRICES)
    assert whole.cost == whole.most.cost(PRICES)
    assert whole.expected_cost is not None
    assert abs(whole.expected_cost - whole.usually.expected.cost(PRICES)) < Decimal("0.001")
    assert f" of output, {whole.expected_cost:.2f} USD; without" in str(whole)
    assert f", {whole.usual_cost:.2f} USD; with all of them" in str(whole)
    assert str(whole).endswith(f", {whole.cost:.2f} USD")
    part = planned(run, list(load().values()), Sheet("USD", {"reference-gpt": PRICES}))
    assert (part.cost, part.usual_cost, part.expected_cost) == (None, None, None)
    assert "USD" not in str(part)
