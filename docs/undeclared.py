"""Measures the requests that requirements generate, for plans: `python docs/undeclared.py` writes
fixtures/undeclared.json; a test keeps it true."""

from __future__ import annotations

from collections.abc import Mapping, Set
from itertools import chain

from conformance.billing.budget import NOTHING, Amount, at_most
from conformance.contract.profile import Model, Profile
from conformance.contract.requirement import Fault, Requirement
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import remembering
from conformance.judgement.judge import judge_given
from conformance.lab.reference import Endpoint
from conformance.resources import folder
from conformance.runs.plan import Generated, dump_generated
from conformance.runs.run import Run
from conformance.suite.catalogue import declared, load

MODELS = (Model("reference-gpt", "gpt"), Model("reference-claude", "claude"))
Table = dict[str, Generated]


def measured() -> Table:
    """By requirement: what it generates for a conforming endpoint, where no other of its area sent it before, and at
    most for one with any of the requirement's counterexamples; of the models the larger amount."""
    table: Table = {}
    for model in MODELS:
        for id, row in _of_model(model).items():
            before = table.get(id, Generated())
            table[id] = Generated(_largest([before.usually, row.usually]), _largest([before.most, row.most]))
    return {id: row for id, row in table.items() if row.most.requests}


def _of_model(model: Model) -> Table:
    run = Run(Profile("reference", (model,), "reference"), "abcdefghijkl", remembering(Endpoint().answer))
    everything = {run.filled(each, model).key for each in declared()}
    table: Table = {}
    sent: dict[str, set[str]] = {}  # by area
    for requirement in load().values():
        if not requirement.sends or not run.requests(requirement, model):
            continue  # it is not judged
        own = _not_generated(run, requirement, model)
        before = sent.setdefault(requirement.area, set())
        honest = _sent(run, requirement, model, lambda exchange: exchange)
        others = [honest, *(_sent(run, requirement, model, fault) for _, fault in requirement.broken_by)]
        most = _largest([_amount(each, own) for each in others])
        table[requirement.id] = Generated(_amount(honest, everything | before | own), most)
        before.update(honest)
    return table


def _not_generated(run: Run, requirement: Requirement, model: Model) -> set[str]:
    """The keys of the requests that the requirement declares and of those that its check is given."""
    given = (run.undeclared(requirement, model, on_demand=each) for each in (False, True))
    return {each.key for each in chain(run.requests(requirement, model), *given)}


def _largest(amounts: list[Amount]) -> Amount:
    """The greatest of each number, for they need not be greatest together."""
    return Amount(
        max(each.requests for each in amounts),
        max(each.input_tokens for each in amounts),
        max(each.output_tokens for each in amounts),
    )


def _amount(asked: Mapping[str, Request], beside: Set[str]) -> Amount:
    """What these requests cost at most, but for those beside which they are sent."""
    return sum((at_most(each) for key, each in asked.items() if key not in beside), NOTHING)


def _sent(run: Run, requirement: Requirement, model: Model, fault: Fault) -> dict[str, Request]:
    """What judging the requirement on an endpoint with this fault sends, by key."""
    asked: dict[str, Request] = {}
    send = run.sender(model)

    def noting(request: Request) -> Exchange:
        exchange = send(request)
        asked[exchange.request.key] = exchange.request
        return fault(exchange)

    judge_given(requirement, noting, model)
    return asked


def main() -> None:
    (folder("fixtures") / "undeclared.json").write_text(dump_generated(measured()), encoding="utf-8")


if __name__ == "__main__":
    main()
