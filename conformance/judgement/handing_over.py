"""How a check is given exchanges: requested when it looks at them, and refused where they show nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, overload

from conformance.contract.given import AsReceived, AtOnce, OnDemand, Slot
from conformance.contract.marks import left_out
from conformance.contract.profile import Model
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Request
from conformance.evidence.send import Send
from conformance.language import joined, say


def had(exchange: Exchange) -> Exchange:
    """The exchange. Raises Inconclusive where no whole response arrived, or one that is transient."""
    if exchange.failure and exchange.failure.kind != "hung up":
        raise Inconclusive(joined(": ", (str(exchange.request), str(exchange.failure))))
    if exchange.transient:
        raise Inconclusive(say("{request}: transient HTTP {status}", exchange.request, exchange.status))
    return exchange


def together(send: Send, requests: Iterable[Request]) -> list[Exchange]:
    """The exchanges of requests that are sent at the same time, whatever came of them."""
    asked = list(requests)
    if not asked:
        raise Inconclusive(say("the model supports none of the requests that are sent at the same time"))
    with ThreadPoolExecutor(max_workers=len(asked)) as pool:
        return list(pool.map(send, asked))


def _permitted(send: Send, request: Request, model: Model) -> Exchange:
    """The exchange of a request. Raises NotApplicable where the run is not to send it."""
    if reason := left_out(request, model):
        raise NotApplicable(reason)
    return send(request)


class Requested(Sequence[Any]):
    """The exchanges of slots, each requested when it is looked at. Where one shows nothing that raises Inconclusive,
    and the others can still be looked at."""

    def __init__(self, slots: Sequence[Slot], give: Callable[[Slot], Any]) -> None:
        self._slots = slots
        self._give = give

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return Requested(self._slots[place], self._give)
        return self._give(self._slots[place])

    def __len__(self) -> int:
        return len(self._slots)


def exchanges_of(slot: Slot, send: Send, model: Model) -> Any:
    """What stands in a slot: an exchange, several that were sent at once, a sequence that requests each when it is
    looked at, or a tuple of these. `send` is called once for each look: it is to remember what it sent. Raises
    Inconclusive where an exchange that is given at once shows nothing, NotApplicable where the run leaves it out."""
    match slot:
        case Request():
            return had(_permitted(send, slot, model))
        case AsReceived(request):
            return _permitted(send, request, model)
        case AtOnce(requests, as_received):
            exchanges = together(send, (each for each in requests if all(map(model.claims, each.features))))
            return exchanges if as_received else [had(each) for each in exchanges]
        case OnDemand(slots):
            return Requested(slots, lambda each: exchanges_of(each, send, model))
        case tuple():
            return tuple(exchanges_of(each, send, model) for each in slot)
