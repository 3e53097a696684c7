"""What the endpoint is required to do, how to tell, and a counterexample."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, partial
from typing import Any

from conformance.evidence.exchange import Exchange, Fact, Inconclusive, Request

from .given import Given, Slot, declared
from .views import check_parameters

Fault = Callable[[Exchange], Exchange]
Check = Callable[..., None]
Decorator = Callable[[Check], Callable[..., None]]


class Level(StrEnum):
    """RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Impact(StrEnum):
    """What a violation does, what matters most first. Where several apply, the first one counts."""

    meaning: str

    BILLING = "billing", "somebody pays a wrong amount"
    CLIENTS = "clients", "an official SDK or a common client raises, hangs, or loses the reply"
    DATA = "data", "what was asked or answered is lost or changed"
    SECURITY = "security", "a secret, or access, gets to somebody who should not have it"
    FORM = "form", "none of these"

    def __new__(cls, word: str, meaning: str = "") -> Impact:
        member = str.__new__(cls, word)
        member._value_, member.meaning = word, meaning
        return member


def order(level: Level, impact: Impact) -> tuple[bool, int, int]:
    """A key to sort by what matters most: MAY last, which is information; else by impact, then MUST before SHOULD."""
    return level is Level.MAY, list(Impact).index(impact), list(Level).index(level)


@dataclass(frozen=True)
class Scope:
    """The exchanges a requirement is judged on: every declared request that is `meant` to be answered that
    way is sent, and every exchange that `holds` is judged. `asks` are members of a request, without all of which no
    exchange is in the scope."""

    name: str
    meant: Callable[[Request], bool]
    holds: Callable[[Exchange], bool]
    asks: tuple[str, ...] = ()

    def members(self, exchanges: Iterable[Exchange]) -> list[Exchange]:
        return [exchange for exchange in exchanges if self.contains(exchange)]

    def contains(self, exchange: Exchange) -> bool:
        try:
            return self.holds(exchange)
        except Inconclusive:
            return False

    def __str__(self) -> str:
        return self.name


On = Scope | tuple[Request, ...]  #: what a requirement is judged on: a family of exchanges, or those of named requests


@dataclass(frozen=True)
class Requirement:
    """One sentence of the contract. `on` are the exchanges it is judged on, a family or named requests. With `given`
    it is judged on several at once, handed over by the names of the check's parameters, and `on` are those of their
    requests that are sent in any case. `alike`: the evidence of a violation is two exchanges that cost the same, the
    wrong one first. `impact` is what a violation does; `warns` is why it only warns by default, in spite of its impact.
    `needs_model`: a stub in the place of the model, which answers all requests alike, cannot show it, or violates it.
    `timed`: a violation rests on how long something took, so that the next run need not show it.

    `at` is the member the sentence is about (`usage.prompt_tokens`, `choices.*.index`, `header:allow`), marked
    in the evidence. `hint` is what a vendor does about a violation. `contract` are the rows it covers.
    `needs` are the facts that a recording must have kept: the reply as it was sent, at least, save for relations
    between counts. `after` are the ids of what it presupposes: where
    one of them is violated on a model, a violation of this one follows from that. Each of `broken_by` makes a
    conforming exchange violate the sentence; `shown_by` first makes it one to which the sentence applies.
    """

    id: str
    level: Level
    sentence: str
    source: str
    on: On
    check: Check = field(repr=False, compare=False)
    broken_by: tuple[tuple[str, Fault], ...] = field(repr=False, compare=False)
    shown_by: Fault | None = field(default=None, repr=False, compare=False)
    at: str = ""
    hint: str = ""
    contract: tuple[str, ...] = ()
    needs: frozenset[Fact] = frozenset()
    given: Given = field(default_factory=dict, repr=False, compare=False)
    alike: bool = False
    impact: Impact = Impact.FORM
    warns: str = ""
    after: tuple[str, ...] = ()
    needs_model: bool = False
    timed: bool = False

    @property
    def area(self) -> str:
        return self.id.partition(".")[0]

    @cached_property
    def asks_for(self) -> tuple[str, ...]:
        """The views its check wants, by name."""
        return tuple(inspect.signature(self.check).parameters)

    @property
    def sends(self) -> bool:
        """Whether the check generates requests and sends them."""
        return "send" in self.asks_for

    @property
    def named(self) -> tuple[Request, ...]:
        """The requests that `on` names; none where it is a family."""
        return () if isinstance(self.on, Scope) else self.on

    @property
    def composite(self) -> bool:
        """Whether the check is given exchanges by name, or sends for them, and not judged on one exchange at a time."""
        return bool(self.given) or self.sends

    @property
    def whole_run(self) -> bool:
        """Whether the check compares the exchanges of one run with each other."""
        return "exchanges" in self.asks_for and "exchanges" not in self.given

    def __str__(self) -> str:
        return f"{self.id}: the endpoint {self.level} {self.sentence} ({self.impact}; {self.source})"


CATALOGUE: dict[str, Requirement] = {}


def enter(requirement: Requirement) -> Requirement:
    """Put a requirement into the catalogue. Raises ValueError where its id is taken."""
    if requirement.id in CATALOGUE:
        raise ValueError(f"two requirements named {requirement.id}")
    CATALOGUE[requirement.id] = requirement
    return requirement


@dataclass(frozen=True)
class Area:
    """A part of the contract, such as `usage`; the ids of its requirements begin with its name. Its methods are the
    decorators that turn a check into a requirement, one for each level. `impact` is that of its requirements where
    they do not name their own; `after` is what all of them presuppose; `needs_model` is that of those that do not say
    it."""

    name: str
    impact: Impact
    after: tuple[str, ...] = ()
    needs_model: bool = False

    @property
    def must(self) -> Callable[..., Decorator]:
        return partial(_declare, self, Level.MUST)

    @property
    def should(self) -> Callable[..., Decorator]:
        return partial(_declare, self, Level.SHOULD)

    @property
    def may(self) -> Callable[..., Decorator]:
        return partial(_declare, self, Level.MAY)


def _declare(
    area: Area,
    level: Level,
    sentence: str,
    *,
    on: Scope | Sequence[Request] | Given,
    source: str,
    broken_by: Fault | dict[str, Fault] | None = None,
    given: Given | None = None,
    shown_by: Fault | None = None,
    at: str = "",
    hint: str = "",
    contract: Sequence[str] = (),
    needs: Sequence[Fact] = (),
    alike: bool = False,
    impact: Impact | None = None,
    warns: str = "",
    after: Sequence[str] = (),
    needs_model: bool | None = None,
    timed: bool = False,
) -> Decorator:
    """Turn a check into a requirement, and leave pytest a test of it.

    The id is the area and the function: `test_total` of the area `usage` is `usage.total`. `given` are exchanges
    that the check is handed beside those of `on`. Raises TypeError where their names are not parameters of the check,
    where another parameter is no view, where there is no counterexample (`broken_by`), and where `warns` explains what
    needs no reason.
    """
    slots: Mapping[str, Slot] = on if isinstance(on, Mapping) else given or {}

    def decorate(check: Check) -> Callable[..., None]:
        id = f"{area.name}.{check.__name__.removeprefix('test_')}"
        if broken_by is None:
            raise TypeError(f"{id}: broken_by is missing: give a counterexample, a fault that violates the requirement")
        if warns and (level is not Level.SHOULD or (impact or area.impact) is Impact.FORM):
            raise TypeError(f"{id}: warns is for a SHOULD whose impact is not form; no other needs a reason")
        check_parameters(id, inspect.signature(check).parameters, slots)
        entered = enter(
            Requirement(
                id=id,
                level=level,
                sentence=sentence,
                source=source,
                on=on if isinstance(on, Scope) else _requests(on),
                check=check,
                broken_by=tuple(broken_by.items()) if isinstance(broken_by, dict) else (("", broken_by),),
                shown_by=shown_by,
                at=at,
                hint=hint,
                contract=tuple(contract),
                needs=frozenset({"reply", *needs}),
                given=slots,
                alike=alike,
                impact=impact or area.impact,
                warns=warns,
                after=tuple(each for each in (*after, *area.after) if each != id),
                needs_model=area.needs_model if needs_model is None else needs_model,
                timed=timed,
            )
        )
        return test_of((entered,), check)

    return decorate


def _requests(on: Sequence[Request] | Given) -> tuple[Request, ...]:
    """The requests that are sent in any case, each once."""
    if not isinstance(on, Mapping):
        return tuple(on)
    return tuple(dict.fromkeys(request for slot in on.values() for request in declared(slot)))


def test_of(requirements: tuple[Requirement, ...], named_after: Callable[..., Any]) -> Callable[..., None]:
    """The pytest test of these requirements, which the plugin makes one of each requirement and model, and judges."""

    def test() -> None:
        raise RuntimeError("run the suite with: pytest --pyargs conformance.suite")

    test.__name__ = named_after.__name__
    test.__qualname__ = named_after.__name__
    test.__module__ = named_after.__module__
    test.__doc__ = named_after.__doc__
    test.requirements = requirements  # type: ignore[attr-defined]
    return test


test_of.__test__ = False  # type: ignore[attr-defined]
