"""What a check is given by name: exchanges of requests that the runner sends, one, repeated, in pairs or at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from conformance.evidence.exchange import Request

from .requests import attempts


@dataclass(frozen=True)
class AsReceived:
    """The exchange of a request whatever came of it. Otherwise a check is not run where no response arrived, or a
    transient one (429, 503)."""

    request: Request


@dataclass(frozen=True)
class AtOnce:
    """The exchanges of requests that are sent at the same time, in this order, and `as_received` whatever came of
    them. Those that use features which the model does not claim are left out."""

    requests: tuple[Request, ...]
    as_received: bool = False


@dataclass(frozen=True)
class OnDemand:
    """A sequence of exchanges, each requested when the check looks at it. The first `declared` are sent in any case,
    so that other requirements are judged on them, too. At the first `usual` a check looks where the endpoint conforms,
    and at no more than cost what the first `most` cost (at all of them without it), which plans count."""

    slots: tuple[Slot, ...]
    declared: int = 0
    usual: int = 0
    most: int | None = None


#: What stands for the exchanges of one parameter of a check; a tuple is handed over as a tuple of the same shape.
Slot: TypeAlias = "Request | AsReceived | AtOnce | OnDemand | tuple[Slot, ...]"
Given = Mapping[str, Slot]


def tries(request: Request, times: int = 3) -> OnDemand:
    """The same request, repeated until the model cooperates; only the first is always sent."""
    return OnDemand(attempts(request, times), declared=1)


def tries_or(request: Request, other: Request, times: int = 3) -> OnDemand:
    """A request; then another, repeated in its place where it is refused; then its own repetitions. A check looks at
    the others or at the repetitions (`not_refused`), and the others are to cost no less."""
    slots = (request, *attempts(other, times), *attempts(request, times)[1:])
    return OnDemand(slots, declared=1, most=1 + times)


def in_turn(*slots: Slot) -> OnDemand:
    """Requests that a check reads one after the other; it may stop early. All of them are sent in any case."""
    return OnDemand(slots, declared=len(slots))


def on_demand(*slots: Slot) -> OnDemand:
    """Sent only when the check looks at them, such as a fallback."""
    return OnDemand(slots)


def usually(*slots: Slot) -> OnDemand:
    """Sent only when the check looks at them, which it does if the endpoint conforms; other requirements ignore
    them."""
    return OnDemand(slots, usual=len(slots))


def as_received(request: Request, times: int = 2) -> tuple[AsReceived, ...]:
    """A request and its repetitions, whatever comes of them."""
    return tuple(map(AsReceived, attempts(request, times)))


def at_once(*requests: Request) -> AtOnce:
    """Exchanges of requests that are sent at the same time."""
    return AtOnce(requests)


def declared(slot: Slot) -> Iterator[Request]:
    """The requests of a slot that are sent in any case."""
    match slot:
        case Request():
            yield slot
        case AsReceived(request):
            yield request
        case OnDemand(slots, number):
            for each in slots[:number]:
                yield from declared(each)
        case tuple():
            for each in slot:
                yield from declared(each)
        case AtOnce():
            return  # sent alone, they would show nothing


def undeclared(slot: Slot, *, on_demand: bool) -> Iterator[Request]:
    """The requests of a slot that are sent beside the declared ones: usually, or where a check looks at them."""
    match slot:
        case AtOnce(requests):
            if not on_demand:
                yield from requests
        case OnDemand(slots, number, usual, most):
            for each in slots[:number]:
                yield from undeclared(each, on_demand=on_demand)
            for each in slots[number:most] if on_demand else slots[number:usual]:
                yield from every(each)
        case tuple():
            for each in slot:
                yield from undeclared(each, on_demand=on_demand)


def has_at_once(slot: Slot) -> bool:
    """Whether exchanges of requests that are sent at the same time are among those of a slot."""
    match slot:
        case AtOnce():
            return True
        case OnDemand(slots) | tuple(slots):
            return any(map(has_at_once, slots))
    return False


def every(slot: Slot) -> Iterator[Request]:
    """All requests of a slot."""
    match slot:
        case Request():
            yield slot
        case AsReceived(request):
            yield request
        case AtOnce(slots) | OnDemand(slots) | tuple(slots):
            for each in slots:
                yield from every(each)
