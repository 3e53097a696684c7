"""Measures what requirements send beside the requests that are declared, for plans: `python docs/undeclared.py` writes
fixtures/undeclared.json; a test keeps it true."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from itertools import chain

from conformance.billing.budget import NOTHING, Amount, at_most
from conformance.contract.profile import Model, Profile
from conformance.contract.requests import COSTLY, ENDPOINT, INTRUSIVE
from conformance.contract.requirement import Fault, Requirement
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import remembering
from conformance.judgement.judge import judge_given
from conformance.lab.reference import Endpoint
from conformance.resources import folder
from conformance.run.plan import EVERYTHING, NOT_COSTLY, NOT_INTRUSIVE, Undeclared, dump_undeclared
from conformance.run.run import Run
from conformance.suite.catalogue import declared, load

MODELS = (Model("reference-gpt", "gpt"), Model("reference-claude", "claude"))
MODES = {EVERYTHING: frozenset[str](), NOT_INTRUSIVE: frozenset({INTRUSIVE}), NOT_COSTLY: frozenset({COSTLY})}
Table = dict[str, Undeclared]


def measured(without: frozenset[str]) -> Table:
    """By requirement: what it sends of undeclared requests to a conforming endpoint, where no other of its area sent
    it before, and at most to one with any of the requirement's counterexamples, where other requirements that declare
    some of it are not judged; of the models that on which it is most."""
    table: Table = {}
    for model in (replace(each, without=without) for each in MODELS):
        run = Run(Profile("reference", (model,), "reference"), "abcdefghijkl", remembering(Endpoint().answer))
        everything = {run.filled(each, model).key for each in declared()}
        seen: dict[str, set[str]] = {}
        for requirement in load().values():
            if not requirement.sends or not (requests := run.requests(requirement, model)):
                continue
            given = (run.undeclared(requirement, model, on_demand=each) for each in (False, True))
            own = {each.key for each in (*requests, *chain.from_iterable(given))}
            known = seen.setdefault(requirement.area, set())
            honest = _sent(run, requirement, model, _none)
            others = [honest, *(_sent(run, requirement, model, fault) for _, fault in requirement.broken_by)]
            before = table.get(requirement.id, Undeclared())
            table[requirement.id] = Undeclared(
                _largest([before.usually, _amount(honest, everything | known | own, once=False)]),
                _largest([before.most, *(_amount(each, own, once=False) for each in others)]),
                _largest([before.usually_once, _amount(honest, everything | known | own, once=True)]),
                _largest([before.most_once, *(_amount(each, own, once=True) for each in others)]),
            )
            known.update(honest)
    return {id: row for id, row in table.items() if row.most.requests or row.most_once.requests}


def _largest(amounts: list[Amount]) -> Amount:
    """The greatest of each number, for they need not be greatest together."""
    return Amount(
        max(each.requests for each in amounts),
        max(each.input_tokens for each in amounts),
        max(each.output_tokens for each in amounts),
    )


def _amount(asked: Mapping[str, Request], beside: Set[str], *, once: bool) -> Amount:
    """What these requests cost at most, of those that are asked once for all models or of the others."""
    new = [each for key, each in asked.items() if key not in beside and (ENDPOINT in each.features) is once]
    return sum((at_most(each) for each in new), NOTHING)


def _none(exchange: Exchange) -> Exchange:
    return exchange


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
    table = {mode: measured(without) for mode, without in MODES.items()}
    (folder("fixtures") / "undeclared.json").write_text(dump_undeclared(table), encoding="utf-8")


if __name__ == "__main__":
    main()
