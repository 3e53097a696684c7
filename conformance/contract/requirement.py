"""What the endpoint is required to do, how to tell, and a counterexample."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, partial
from typing import Any

from conformance.evidence.exchange import Exchange, Fact, Inconclusive, Request

Fault = Callable[[Exchange], Exchange]
Check = Callable[..., None]


class Level(StrEnum):
    """RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


@dataclass(frozen=True)
class Family:
    """The exchanges a requirement is judged on: every declared request that is `meant` to be answered that
    way is sent, and every exchange that `holds` is judged."""

    name: str
    meant: Callable[[Request], bool]
    holds: Callable[[Exchange], bool]

    def members(self, exchanges: Iterable[Exchange]) -> list[Exchange]:
        return [exchange for exchange in exchanges if self.contains(exchange)]

    def contains(self, exchange: Exchange) -> bool:
        try:
            return self.holds(exchange)
        except Inconclusive:
            return False

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Requirement:
    """One sentence of the contract. `on` are the exchanges it is judged on, a family or named requests.

    `at` is the member the sentence is about (`usage.prompt_tokens`, `choices.*.index`, `header:allow`), marked
    in the evidence. `hint` is what a vendor does about a violation. `contract` are the rows it covers.
    `needs` are the facts that a recording must have kept. Each of `broken_by` makes a conforming exchange
    violate the sentence; `shown_by` first makes it one to which the sentence applies.
    """

    id: str
    level: Level
    sentence: str
    source: str
    on: Family | tuple[Request, ...]
    check: Check = field(repr=False, compare=False)
    broken_by: tuple[tuple[str, Fault], ...] = field(repr=False, compare=False)
    shown_by: Fault | None = field(default=None, repr=False, compare=False)
    at: str = ""
    hint: str = ""
    contract: tuple[str, ...] = ()
    needs: frozenset[Fact] = frozenset()

    @property
    def area(self) -> str:
        return self.id.partition(".")[0]

    @cached_property
    def asks_for(self) -> tuple[str, ...]:
        """The views its check wants, by name."""
        return tuple(inspect.signature(self.check).parameters)

    @property
    def sends(self) -> bool:
        """Whether the check sends requests of its own, `on` and what follows from their answers."""
        return "send" in self.asks_for or "send_together" in self.asks_for

    @property
    def whole_run(self) -> bool:
        """Whether the check compares the exchanges of one run with each other."""
        return "exchanges" in self.asks_for

    def __str__(self) -> str:
        return f"{self.id}: the endpoint {self.level} {self.sentence} ({self.source})"


CATALOGUE: dict[str, Requirement] = {}


def enter(requirement: Requirement) -> Requirement:
    """Put a requirement into the catalogue. Raises ValueError where its id is taken."""
    if requirement.id in CATALOGUE:
        raise ValueError(f"two requirements named {requirement.id}")
    CATALOGUE[requirement.id] = requirement
    return requirement


def requirement(
    level: Level,
    sentence: str,
    *,
    on: Family | Sequence[Request],
    source: str,
    broken_by: Fault | dict[str, Fault],
    shown_by: Fault | None = None,
    at: str = "",
    hint: str = "",
    contract: Sequence[str] = (),
    needs: Sequence[Fact] = (),
) -> Callable[[Check], Callable[..., None]]:
    """Turn a check into a requirement, and leave pytest a test that asks for `judge`.

    The id is the file and the function: `test_usage.py::test_total` is `usage.total`.
    """

    def decorate(check: Check) -> Callable[..., None]:
        area = check.__module__.rpartition(".")[2].removeprefix("test_")
        entered = enter(
            Requirement(
                id=f"{area}.{check.__name__.removeprefix('test_')}",
                level=level,
                sentence=sentence,
                source=source,
                on=on if isinstance(on, Family) else tuple(on),
                check=check,
                broken_by=tuple(broken_by.items()) if isinstance(broken_by, dict) else (("", broken_by),),
                shown_by=shown_by,
                at=at,
                hint=hint,
                contract=tuple(contract),
                needs=frozenset(needs),
            )
        )
        return test_of((entered,), check)

    return decorate


def test_of(requirements: tuple[Requirement, ...], named_after: Callable[..., Any]) -> Callable[..., None]:
    """The pytest test of these requirements; the plugin parametrizes `requirement` and the model."""

    def test(judge: Callable[[Requirement], None], requirement: Requirement) -> None:
        judge(requirement)

    test.__name__ = named_after.__name__
    test.__qualname__ = named_after.__name__
    test.__module__ = named_after.__module__
    test.__doc__ = named_after.__doc__
    test.requirements = requirements  # type: ignore[attr-defined]
    return test


test_of.__test__ = False  # type: ignore[attr-defined]
must = partial(requirement, Level.MUST)
should = partial(requirement, Level.SHOULD)
may = partial(requirement, Level.MAY)
