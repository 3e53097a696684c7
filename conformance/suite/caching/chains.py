"""Requests of one prompt, or of several that begin alike, and how a check holds their replies to a relation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from conformance.contract.given import OnDemand
from conformance.contract.profile import Model
from conformance.contract.requests import again
from conformance.evidence.exchange import Exchange, Inconclusive, Request, Violation
from conformance.language import say

from .counts import Counted, counted

Replies = Sequence[Counted]
Relation = Callable[[Replies], None]


@dataclass(frozen=True)
class Chain:
    """Requests of one prompt or of several that begin alike, each sent after the one before. A check looks at all of
    these. If `repeated`, it looks at the last one that was answered once more where nothing is read, and a third time
    where the two report no cache at all: two alone may both have gone to an upstream that does not cache."""

    requests: tuple[Request, ...]
    repeated: bool = False

    def slot(self, *, declared: bool = False) -> OnDemand:
        """What a check is given: these, and in the opposite order their repetitions, of which it looks at two at most.
        They are sent in any case where they are `declared`; else a model that does not claim all of them can still be
        judged."""
        number = len(self.requests)
        once_more, a_third_time = (
            tuple(again(each, each.attempt + more) for each in reversed(self.requests)) for more in (1, 2)
        )
        slots = (*self.requests, *once_more, *a_third_time) if self.repeated else self.requests
        return OnDemand(slots, declared=number * declared, usual=number, most=number + 2 * self.repeated)

    def replies(self, exchanges: Sequence[Exchange], model: Model) -> list[Counted]:
        """The counts of the replies, as far as the model is to be sent the requests and they have any. None where
        a request was sent before, unanswered: what is in the cache since, nobody reported."""
        found = {place: each for place in range(len(self.requests)) if (each := self._reply(place, exchanges, model))}
        if self.repeated and found and not any(each.hits for each in list(found.values())[1:]):
            self._repeat(found, exchanges, model)
        return [] if any(_is_in_doubt(each.exchange) for each in found.values()) else list(found.values())

    def _repeat(self, found: dict[int, Counted], exchanges: Sequence[Exchange], model: Model) -> None:
        """Look at the repetitions of the last request that was answered, until one reports what is cached."""
        last, number = max(found), len(self.requests)
        for place in (2 * number - 1 - last, 3 * number - 1 - last):
            if once_more := self._reply(place, exchanges, model):
                found[place] = once_more
            if found[max(found)].cached or not last:
                return

    def _reply(self, place: int, exchanges: Sequence[Exchange], model: Model) -> Counted | None:
        backwards = self.requests[::-1]
        request = (*self.requests, *backwards, *backwards)[place]  # a repetition has the same features
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
        raise Inconclusive(
            say("it is not so of the plainest prompt (covered by {covered_by}): {violation}", covered_by, violation)
        ) from None


def each_chain(chains: Iterable[Replies], relation: Relation) -> None:
    """Hold every chain to a relation. Raises Inconclusive where none shows it."""

    def hold(replies: Replies) -> None:
        if not replies:
            raise Inconclusive(say("the prompt was not answered with counts, or sent before and then not answered"))
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
