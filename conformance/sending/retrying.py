"""Valid requests that are never answered. They are asked again, and named where that does not help: an endpoint is not
green because it answers the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, replace

from conformance.contract.scopes import failed
from conformance.evidence.exchange import Exchange, Inconclusive, Request
from conformance.evidence.send import Send

TRIES = 3  #: times that a request is asked in all
REPEATS = 20  #: of all requests of a run together: an endpoint that fails all the time is not asked more often
_OF_THE_KEY = (401, 402, 407)  #: statuses that speak of the key or the account
_SAID = 100  #: characters of what came back
_PAUSE = 1.0  #: seconds before the first repetition; then three times as many


def is_unanswered(exchange: Exchange) -> bool:
    """Whether a valid request got neither a reply nor a refusal: a server error, no whole response, an error in the
    stream, throttled to the end, or told that the key, which others were answered with, is none."""
    if exchange.request.expect != "reply":
        return False
    if exchange.failure:
        return exchange.failure.kind != "hung up"
    if exchange.status in _OF_THE_KEY:
        return exchange.request.credentials == "valid"
    try:
        return (
            exchange.transient
            or exchange.status == 408
            or exchange.status >= 500
            or (exchange.streamed and failed(exchange))
        )
    except Inconclusive:  # a content coding that cannot be undone, which is another requirement
        return False


def insisting(send: Send, wait: Callable[[float], None] = time.sleep) -> Send:
    """The same `Send`, for use by many threads: a valid request that was left unanswered is asked again, three times in
    all. What throttles or is away has been asked again already (manners.py), and without an answer to anything there is
    nobody to insist with. The exchange that is given back holds those before it as `earlier`."""
    left, lock, heard = iter(range(REPEATS)), threading.Lock(), threading.Event()

    def may_ask_again(exchange: Exchange, tries: int) -> bool:
        if not is_unanswered(exchange):
            heard.set()
            return False
        if (
            exchange.transient
            or exchange.status in _OF_THE_KEY
            or tries >= TRIES
            or (exchange.failure and not heard.is_set())
        ):
            return False
        with lock:
            return next(left, None) is not None

    def ask(request: Request) -> Exchange:
        exchange = send(request)
        while may_ask_again(exchange, tries := len(exchange.earlier) + 1):
            try:
                wait(_PAUSE * 3 ** (tries - 1))
                anew = send(request)
            except Inconclusive:  # nothing more is sent: what was had stands
                return exchange
            before = (*exchange.earlier, replace(exchange, earlier=()), *anew.earlier)
            exchange = replace(anew, earlier=before)
        return exchange

    return ask


@dataclass(frozen=True)
class Unanswered:
    """A valid request to which a model never gave a reply or a refusal. `tries` are the times that it was sent."""

    key: str
    label: str
    model: str
    outcome: str
    tries: int

    def __str__(self) -> str:
        asked = "asked once" if self.tries == 1 else f"asked {self.tries} times"
        return f"{self.label or self.key} on {self.model} ({self.outcome}, {asked})"


def unanswered(exchanges: Iterable[Exchange], left_out: Container[str] = ()) -> tuple[Unanswered, ...]:
    """The valid requests that were never answered, save those with these keys. What came earlier is not told apart."""
    return tuple(
        Unanswered(
            key=each.request.key,
            label=each.request.label,
            model=str(each.request.asked.get("model", "")),
            outcome=each.outcome[:_SAID] if each.failure or each.status >= 400 else "an error in the stream",
            tries=len(each.earlier) + 1,
        )
        for each in exchanges
        if each.request.attempt > 0 and each.request.key not in left_out and is_unanswered(each)
    )
