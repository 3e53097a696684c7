"""How generated requests are made, and their answers judged by the other requirements of the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

from conformance.contract.profile import Model
from conformance.contract.requirement import CATALOGUE, Level, Requirement, Scope
from conformance.evidence.exchange import Exchange, Violation
from conformance.judgement.judge import judge
from conformance.judgement.verdict import Verdict

Counts = Callable[[Requirement], bool]  #: whether the endpoint is held to a requirement


def strategies() -> ModuleType:
    """The module of strategies, imported where it is needed: hypothesis takes as long to load as all other modules."""
    return import_module("conformance.contract.strategies")


def request_of(exchange: Exchange) -> str:
    """The body of the request, shortened."""
    text = exchange.request.body.decode("utf-8", "replace")
    return text if len(text) <= 600 else f"{text[:600]}…"


def hold(exchange: Exchange, model: Model, counts: Counts) -> None:
    """Raises the violation of a MUST by this exchange, of those that the endpoint is held to."""
    for requirement in list(CATALOGUE.values()):
        if not _applies(requirement, exchange) or not counts(requirement):
            continue
        finding = judge(requirement, exchange, model)
        if finding.verdict is Verdict.FAIL:
            raise Violation(f"{requirement.id}: {finding.message}; asked: {request_of(exchange)}", exchange)


def _applies(requirement: Requirement, exchange: Exchange) -> bool:
    """Whether it is a MUST that is judged on one exchange at a time, such as this one."""
    if requirement.level is not Level.MUST or requirement.whole_run or requirement.composite:
        return False
    return isinstance(requirement.on, Scope) and requirement.on.contains(exchange)
