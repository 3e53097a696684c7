"""The layers around what sends: budget, pacing, retries, and a note of what was not sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from conformance.evidence.exchange import Exchange, Failure, Inconclusive, NothingMore, Request
from conformance.evidence.failure import RUN_BROKEN_OFF
from conformance.evidence.send import Send
from conformance.language import as_sentence, of_parts, parts_of, say
from conformance.text import write_whole

from .client import Access, Limits, Live
from .deadline import deadline
from .limits import Deadline
from .pacing import Pace, paced
from .preflight import Ask
from .retrying import insisting

Layer = Callable[[Send], Send]  #: a `Send` around another

UNSENT = "unsent.txt"  #: the file in a run's folder that says why something was not sent, and then in parts, as JSON
NOT_SENT = "not sent: "  #: begins the reason why a request was not sent
SPENT = "spent.json"  #: the file in a run's folder that says what was spent of its budget


def in_process(send: Send, within_budget: Layer, out: Path, ending: Deadline) -> Send:
    """To the reference endpoint in this process, which needs no pacing, until the deadline."""

    def ask(request: Request) -> Exchange:
        if ending.passed:
            raise NothingMore(say("not sent: {reason}", ending.reason))
        return send(request)

    return noting(insisting(within_budget(ask), lambda seconds: None), out)


def over_http(live: Live, pace: Pace, within_budget: Layer, out: Path, resources: ExitStack) -> Send:
    """Over HTTP until `resources` are closed, which also closes the client, or until the deadline of the pace."""
    resources.callback(live.close)
    over = threading.Event()
    resources.callback(over.set)

    def wait(seconds: float) -> None:
        if over.wait(max(0.0, min(seconds, pace.deadline.left))):
            raise Inconclusive(RUN_BROKEN_OFF)

    asked = paced(until(over, live, pace.deadline), pace, wait, within_budget)
    return noting(insisting(asked, wait), out)


def noting(send: Send, out: Path) -> Send:
    """The same `Send`, which notes in the run's folder that something was not sent: such a run did not judge everything
    that it could have, whatever its verdicts."""

    def ask(request: Request) -> Exchange:
        try:
            return send(request)
        except Inconclusive as reason:
            if str(reason).startswith(NOT_SENT):
                write_whole(out / UNSENT, f"{reason}\n{json.dumps(parts_of(as_sentence(str(reason))))}\n")
            raise

    return ask


def unsent(out: Path) -> str:
    """Why something was not sent, empty where all was."""
    path = out / UNSENT
    if not path.exists():
        return ""
    text, *parts = path.read_text(encoding="utf-8").splitlines()
    return of_parts(json.loads(parts[0])) if parts else text


def until(over: threading.Event, send: Send, ending: Deadline) -> Send:
    """The same `Send` until a run is over. What is under way then is cut by ourselves, wherever it is cut."""

    def ask(request: Request) -> Exchange:
        if over.is_set():
            raise NothingMore(RUN_BROKEN_OFF)
        with deadline(max(0.0, ending.left)):
            exchange = send(request)
        cut = Failure("reset", RUN_BROKEN_OFF)
        broken_off = over.is_set() or (exchange.failure and ending.passed)
        return replace(exchange, failure=cut, reads=(), status=0) if broken_off else exchange

    return ask


def warmed(send: Send, exchanges: Iterable[Exchange]) -> Send:
    """The reference endpoint that was sent again what it was sent earlier in this run, so that its caches are warm."""
    for exchange in exchanges:
        send(exchange.request)
    return send


def prober(key: str, access: Access) -> Ask:
    """Sends a few requests to another base URL than the one that was named, with short timeouts."""
    limits = Limits(connect=1, read=2, total=3)
    return lambda base_url, request: Live(base_url, key, limits, access)(request)
