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
from conformance.language import joined, say, several

Counts = Callable[[Requirement], bool]  #: whether the endpoint is held to a requirement


def strategies() -> ModuleType:
    """The module of strategies, imported where it is needed: hypothesis takes as long to load as all other modules."""
    return import_module("conformance.contract.strategies")


def request_of(exchange: Exchange) -> str:
    """The body of the request, shortened."""
    text = exchange.request.body.decode("utf-8", "replace")
    return text if len(text) <= 600 else f"{text[:600]}…"


def hold(exchange: Exchange, model: Model, counts: Counts) -> None:
    """Raises Violation where this exchange violates a MUST, of those that the endpoint is held to, with all of them."""
    held = [each for each in CATALOGUE.values() if _applies(each, exchange) and counts(each)]
    found = [judge(requirement, exchange, model) for requirement in held]
    violated = [each for each in found if each.verdict is Verdict.FAIL]
    if violated:
        said = several([joined(": ", (each.requirement, each.message)) for each in violated])
        ids = tuple(each.requirement for each in violated)
        raise Violation(say("{said}; asked: {request_of}", said, request_of(exchange)), exchange, of=ids)


def _applies(requirement: Requirement, exchange: Exchange) -> bool:
    """Whether it is a MUST that is judged on one exchange at a time, such as this one."""
    if requirement.level is not Level.MUST or requirement.whole_run or requirement.composite:
        return False
    return isinstance(requirement.on, Scope) and requirement.on.contains(exchange)
