"""The requirements of an audit, judged on one exchange at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from conformance.billing.prices import Sheet
from conformance.contract.profile import Model, family_of
from conformance.contract.requirement import Requirement
from conformance.evidence.exchange import Exchange
from conformance.judgement.judge import judge
from conformance.judgement.verdict import Finding, Verdict
from conformance.runs.passive import Passive, passive
from conformance.suite.catalogue import load

Outcome = Finding | Verdict  #: the verdict alone where nothing is to be said: it passes, or is not applicable


class Judge:
    """Requirements that speak of single exchanges."""

    def __init__(self, requirements: Passive) -> None:
        self._requirements = requirements

    def outcomes(self, exchange: Exchange, model: Model) -> Iterator[tuple[Requirement, Outcome]]:
        """What each requirement comes to that is judged on an exchange."""
        for requirement in self._requirements.about(exchange, model.name):
            yield requirement, judge(requirement, exchange, model)

    def model(self, name: str, sheet: Sheet | None) -> Model:
        """The model with this name, with its prices where the sheet has them."""
        known = _model(name)
        return sheet.priced(known) if sheet else known


@lru_cache(maxsize=4096)
def _model(name: str) -> Model:
    return Model(name, family_of(name))


@lru_cache(maxsize=8)
def judge_of(ids: tuple[str, ...]) -> Judge:
    """The judge of the requirements with these ids, of all where none is named; made once in a process."""
    catalogue = load()
    return Judge(passive(catalogue[id] for id in ids or catalogue))
