"""Requests of one prompt, or of several that begin alike, and how a check holds their replies to a relation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from conformance.contract.given import OnDemand
from conformance.contract.profile import Model
from conformance.contract.requests import again
from conformance.evidence.exchange import Exchange, Inconclusive, Request, Violation

from .counts import Counted, counted

Replies = Sequence[Counted]
Relation = Callable[[Replies], None]


@dataclass(frozen=True)
class Chain:
    """Requests of one prompt or of several that begin alike, each sent after the one before. A check looks at all of
    these, and where nothing is read at the last one that was answered once more, if `repeated`."""

    requests: tuple[Request, ...]
    repeated: bool = False

    def slot(self, *, declared: bool = False) -> OnDemand:
        """What a check is given: these, and in the opposite order their repetitions, of which it looks at one. They are
        sent in any case where they are `declared`; else a model that does not claim all of them can still be judged."""
        number = len(self.requests)
        repetitions = (again(each, each.attempt + 1) for each in reversed(self.requests))
        slots = (*self.requests, *repetitions) if self.repeated else self.requests
        return OnDemand(slots, declared=number * declared, usual=number, most=number + self.repeated)

    def replies(self, exchanges: Sequence[Exchange], model: Model) -> list[Counted]:
        """The counts of the replies, as far as the model is to be sent the requests and they have any. None where
        a request was sent before, unanswered: what is in the cache since, nobody reported."""
        found = {place: each for place in range(len(self.requests)) if (each := self._reply(place, exchanges, model))}
        if self.repeated and found and not any(each.hits for each in list(found.values())[1:]):
            place = 2 * len(self.requests) - 1 - max(found)
            if once_more := self._reply(place, exchanges, model):
                found[place] = once_more
        return [] if any(_is_in_doubt(each.exchange) for each in found.values()) else list(found.values())

    def _reply(self, place: int, exchanges: Sequence[Exchange], model: Model) -> Counted | None:
        request = (*self.requests, *reversed(self.requests))[place]  # a repetition has the same features
        if not all(map(model.claims, request.features)):
            return None
        try:
            return counted(exchanges[place])
        except Inconclusive:
            return None


def _is_in_doubt(exchange: Exchange) -> bool:
    """Whether an earlier attempt may have reached the model."""
    return any(each.failure or each.status >= 500 for each in exchange.earlier)


def unlike_plain(plain: Replies, relation: Relation, covered_by: str) -> None:
    """Raises Inconclusive where the plainest prompt is not held to the relation either, which another requirement
    says."""
    try:
        relation(plain)
    except Inconclusive:
        return
    except Violation as violation:
        raise Inconclusive(f"it is not so of the plainest prompt (covered by {covered_by}): {violation}") from None


def each_chain(chains: Iterable[Replies], relation: Relation) -> None:
    """Hold every chain to a relation. Raises Inconclusive where none shows it."""

    def hold(replies: Replies) -> None:
        if not replies:
            raise Inconclusive("the prompt was not answered with counts, or sent before and then not answered")
        relation(replies)

    each_of(partial(hold, replies) for replies in chains)


def each_of(judgements: Iterable[Callable[[], None]]) -> None:
    """Make every judgement. Raises Inconclusive where none can be made."""
    lacking: list[Inconclusive] = []
    made = 0
    for judge in judgements:
        try:
            judge()
        except Inconclusive as reason:
            lacking.append(reason)
        else:
            made += 1
    if not made:
        raise lacking[0]
