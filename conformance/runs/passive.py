"""The requirements that speak of one exchange by itself, whoever recorded it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from conformance.contract.requirement import Requirement, Scope
from conformance.evidence.exchange import Exchange, Request


@dataclass(frozen=True)
class Passive:
    """Requirements by the scope that they are judged on, and those on named requests."""

    of_scopes: Mapping[Scope, tuple[Requirement, ...]]
    named: tuple[Requirement, ...]

    def about(self, exchange: Exchange, model: str) -> Iterator[Requirement]:
        """Those that are judged on an exchange; `model` is the name that was asked for."""
        for scope, requirements in self.of_scopes.items():
            if scope.contains(exchange):
                yield from requirements
        yield from self.naming(exchange, model)

    def naming(self, exchange: Exchange, model: str) -> list[Requirement]:
        """The requirements on this very request: such are only in recordings of our own."""
        if exchange.unrecorded & {"request", "bytes"}:
            return []
        key = exchange.request.key
        return [each for each in self.named if key in _keys(each.named, model)]


def passive(requirements: Iterable[Requirement]) -> Passive:
    """Of these requirements those that compare nothing and send nothing."""
    of_scopes: dict[Scope, list[Requirement]] = defaultdict(list)
    named: list[Requirement] = []
    for requirement in requirements:
        if requirement.composite or requirement.whole_run:
            continue
        if isinstance(requirement.on, Scope):
            of_scopes[requirement.on].append(requirement)
        else:
            named.append(requirement)
    return Passive({scope: tuple(each) for scope, each in of_scopes.items()}, tuple(named))


@lru_cache(maxsize=4096)
def _keys(on: tuple[Request, ...], model: str) -> frozenset[str]:
    return frozenset(request.to(model).key for request in on)
