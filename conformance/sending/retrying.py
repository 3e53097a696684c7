"""Valid requests that are never answered, and responses that are cut short, are asked again, three times in all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from conformance.evidence.exchange import Exchange, Inconclusive, Request
from conformance.evidence.send import Send
from conformance.judgement.unanswered import OF_THE_KEY, is_unanswered

TRIES = 3  #: times that a request is asked in all
REPEATS = 20  #: of all requests of a run together: an endpoint that fails all the time is not asked more often
_PAUSE = 1.0  #: seconds before the first repetition; then three times as many


def insisting(send: Send, wait: Callable[[float], None] = time.sleep) -> Send:
    """The same `Send`, for use by many threads: a valid request that was left unanswered is asked again, three times in
    all, and so is any whose response was cut short, for one that comes whole then shows nothing. What throttles or is
    away has been asked again already (pacing.py), and without an answer to anything there is nobody to insist with. The
    exchange that is given back holds those before it as `earlier`."""
    left, lock, heard = iter(range(REPEATS)), threading.Lock(), threading.Event()

    def may_ask_again(exchange: Exchange, tries: int) -> bool:
        if not is_unanswered(exchange) and not _is_cut_short(exchange):
            heard.set()
            return False
        if (
            exchange.transient
            or exchange.status in OF_THE_KEY
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


def _is_cut_short(exchange: Exchange) -> bool:
    """Whether the connection was closed in order before the response was whole."""
    return exchange.failure is not None and exchange.failure.kind == "truncated"
