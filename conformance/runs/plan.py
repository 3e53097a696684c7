"""What a run will send and cost, told before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from conformance.billing.budget import NOTHING, Amount, at_most
from conformance.billing.prices import Sheet
from conformance.contract.marks import NO_FAMILY
from conformance.contract.profile import Model
from conformance.contract.requirement import Requirement, Scope
from conformance.evidence.exchange import Request
from conformance.judgement.judge import EXAMPLES
from conformance.language import say
from conformance.resources import fixture

from .run import Run


@dataclass(frozen=True)
class Row:
    """What the requirements of one area send: usually, and at most, where a model does not cooperate or an endpoint
    misbehaves. A request that several areas look at counts for one that names it."""

    area: str
    requirements: int
    usually: Amount
    most: Amount


@dataclass(frozen=True)
class Plan:
    """By the price sheet, `expected_cost` is what a run usually costs, `usual_cost` what it does at most without
    fallbacks, and `cost` with all of them. They are None without a sheet, or where a model has no price.
    `without_family`: caching is left out on a model, since its family is not known."""

    rows: tuple[Row, ...]
    currency: str = ""
    expected_cost: Decimal | None = None
    usual_cost: Decimal | None = None
    cost: Decimal | None = None
    without_family: bool = False

    @property
    def usually(self) -> Amount:
        return sum((row.usually for row in self.rows), NOTHING)

    @property
    def most(self) -> Amount:
        return sum((row.most for row in self.rows), NOTHING)

    def times(self, runs: int) -> Plan:
        """What so many runs send and cost."""
        rows = (replace(row, usually=row.usually.times(runs), most=row.most.times(runs)) for row in self.rows)
        expected, usual, most = (
            None if each is None else each * runs for each in (self.expected_cost, self.usual_cost, self.cost)
        )
        return replace(self, rows=tuple(rows), expected_cost=expected, usual_cost=usual, cost=most)

    def __str__(self) -> str:
        expected, usually, most = self.usually.expected, self.usually, self.most
        return say(
            "about {requests:,} requests, {input} tokens of input and {output} of output{money}; without fallbacks at "
            "most {usual_input:,} and {usual_output:,}{usual_money}; with all of them at most {most:,} requests, "
            "{most_input:,} and {most_output:,}{most_money}",
            expected.requests, _about(expected.input_tokens), _about(expected.output_tokens),
            self._money(self.expected_cost), usually.input_tokens, usually.output_tokens, self._money(self.usual_cost),
            most.requests, most.input_tokens, most.output_tokens, self._money(self.cost),
        )  # fmt: skip

    def _money(self, cost: Decimal | None) -> str:
        return "" if cost is None else say(", {amount:.2f} {currency}", cost, self.currency)


def together(plans: Sequence[Plan]) -> Plan:
    """What several runs send and cost; the money is left out where they have no currency together."""
    rows: dict[str, Row] = {}
    for row in (row for plan in plans for row in plan.rows):
        sum_ = rows.get(row.area, Row(row.area, 0, NOTHING, NOTHING))
        number = sum_.requirements + row.requirements
        rows[row.area] = Row(row.area, number, sum_.usually + row.usually, sum_.most + row.most)
    made = tuple(row for _, row in sorted(rows.items()))
    currencies = {plan.currency for plan in plans}
    costs = [(plan.expected_cost, plan.usual_cost, plan.cost) for plan in plans]
    if len(currencies) > 1 or any(None in each for each in costs):
        return Plan(made)
    expected, usual, most = (sum(filter(None, each), Decimal(0)) for each in zip(*costs, strict=True))
    return Plan(made, currencies.pop(), expected, usual, most)


def _about(number: int) -> str:
    """A number of tokens to two digits."""
    return f"{round(number, 2 - len(str(number))):,}"


def planned(run: Run, requirements: Sequence[Requirement], sheet: Sheet | None = None) -> Plan:
    """What it takes to judge these requirements on the models of a run. Retries are not counted: what is throttled is
    not charged for."""
    ordered = sorted(requirements, key=lambda each: isinstance(each.on, Scope))
    judged = [(requirement, model) for requirement in ordered for model in run.profile.models]
    seen: set[str] = set()
    counted: set[tuple[Scope, Model]] = set()
    always = [
        _declared(run, *each, seen, counted) + _new(run.undeclared(*each, on_demand=False), seen) for each in judged
    ]
    on_demand = [_new(run.undeclared(*each, on_demand=True), seen) for each in judged]
    rows: dict[str, Row] = {}
    costs: list[tuple[Decimal, Decimal, Decimal] | None] = []
    for (requirement, model), sent, more in zip(judged, always, on_demand, strict=True):
        usually, most = _generated(run, requirement, model)
        row = rows.get(requirement.area, Row(requirement.area, 0, NOTHING, NOTHING))
        number = row.requirements + (model == run.profile.models[0])
        usually, most = sent + usually, sent + more + most
        rows[row.area] = Row(row.area, number, row.usually + usually, row.most + most)
        prices = sheet.models.get(model.name) if sheet else None
        costs.append((usually.expected.cost(prices), usually.cost(prices), most.cost(prices)) if prices else None)
    made = tuple(row for _, row in sorted(rows.items()))
    left_out = any(run.unclaimed(*each) == NO_FAMILY for each in judged)
    if sheet is None or not costs or None in costs:
        return Plan(made, sheet.currency if sheet else "", without_family=left_out)
    expected, usual, most_of_all = (sum(each, Decimal(0)) for each in zip(*filter(None, costs), strict=True))
    return Plan(made, sheet.currency, expected, usual, most_of_all, left_out)


def _declared(
    run: Run, requirement: Requirement, model: Model, seen: set[str], counted: set[tuple[Scope, Model]]
) -> Amount:
    """What the declared requests for a requirement cost; nothing where those of its family are `counted`."""
    if isinstance(requirement.on, Scope):
        if (requirement.on, model) in counted:
            return NOTHING
        counted.add((requirement.on, model))
    return _new(run.requests(requirement, model), seen)


def _new(requests: Iterable[Request], seen: set[str]) -> Amount:
    """What these requests cost at most, and those that they follow, where they were not counted before."""
    amount = NOTHING
    for request in requests:
        each: Request | None = request
        while each is not None and each.key not in seen:
            seen.add(each.key)
            amount += at_most(each)
            each = each.after
    return amount


def _generated(run: Run, requirement: Requirement, model: Model) -> tuple[Amount, Amount]:
    """What a requirement sends of requests that it generates, usually and at most."""
    row = generated().get(requirement.id) if requirement.sends else None
    if row is None or not run.requests(requirement, model):
        return NOTHING, NOTHING
    if "examples" in requirement.asks_for:
        return row.usually.times(run.share / EXAMPLES), row.most.times(max(1.0, run.examples / EXAMPLES))
    return row.usually, row.most


@dataclass(frozen=True)
class Generated:
    """What a requirement sends of requests that it generates, usually and at most, for each model. Where their number
    is an option, that is with EXAMPLES of them."""

    usually: Amount = NOTHING
    most: Amount = NOTHING


@cache
def generated() -> Mapping[str, Generated]:
    """By requirement; measured on the reference endpoint, and at most on one with any of the requirement's
    counterexamples (`python docs/undeclared.py` writes the file)."""
    rows = fixture("undeclared.json")
    return {id: Generated(*(Amount(*each) for each in row)) for id, row in rows.items()}


def dump_generated(table: Mapping[str, Generated]) -> str:
    """The table as its file has it, a requirement a line."""
    rows = {
        id: [[each.requests, each.input_tokens, each.output_tokens] for each in (row.usually, row.most)]
        for id, row in sorted(table.items())
    }
    return "{\n" + ",\n".join(f" {json.dumps(id)}: {json.dumps(row)}" for id, row in rows.items()) + "\n}\n"
