"""How an endpoint is asked: no more at once and a minute than it bears, again when it says to come back, and not at all
when it has stopped answering."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime

import tenacity

from conformance.evidence.exchange import Exchange, Inconclusive, NothingMore, Request
from conformance.evidence.send import Send
from conformance.language import say

from .limits import Deadline

_TRIES = 4  #: times that one request is sent at most
_REPEATS_UNANSWERED = 1  #: times that a request is repeated which got no response at all
_OTHERS = 2  #: valid requests that must be answered meanwhile, for what recurs to be no outage
_UNANSWERED = 12  #: requests in a row without a whole answer in time, after which nothing more is sent
_TIMED_OUT = 24  #: requests in all that ran into a time limit, after which nothing more is sent


@dataclass(frozen=True)
class Pace:
    """`concurrency` requests at once, `per_minute` of them, 0 for no bound; `patience` are the seconds in all that one
    request waits to be sent again; after `deadline` nothing is sent any more. `slot` takes the next time, on the
    monotonic clock, at which one of several runs may send that have a rate together."""

    concurrency: int = 8
    per_minute: float = 0.0
    patience: float = 60.0
    deadline: Deadline = field(default_factory=Deadline)
    slot: Callable[[], float] | None = None


def paced(
    send: Send, pace: Pace, wait: Callable[[float], None] = time.sleep,
    within_budget: Callable[[Send], Send] = lambda send: send,
) -> Send:  # fmt: skip
    """The same `Send` with pace, for use by many threads. What is throttled or away for a while (429, 502, 503,
    504, a connection closed before the response) is asked again after Retry-After or a growing random while; the
    exchange that is given back holds those before it as `earlier`. Where an invalid request is told each time that the
    endpoint is away, and valid ones are all answered meanwhile, that is its answer (`recurs`). Each time is asked
    `within_budget` before it waits for its turn, so that what is not sent takes none. Raises NothingMore for what is
    not sent: the deadline has passed, the account has no credit, or the endpoint has stopped answering."""
    turns, brake, valid = _Turns(pace, wait), _Brake(pace), _Valid()

    def in_turn(request: Request) -> Exchange:
        with turns.one():
            brake.check()
            return send(request)

    affordable = within_budget(in_turn)

    def ask(request: Request) -> Exchange:
        earlier: list[Exchange] = []
        before = valid.counts

        def once() -> Exchange:
            brake.check()
            exchange = affordable(request)
            turns.heard(throttled=exchange.status in (429, 503))
            valid.heard(exchange)
            return exchange

        def note(state: tenacity.RetryCallState) -> None:
            earlier.append(_result(state))

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda exchange: _worth_repeating(exchange, len(earlier))),
            wait=_pause,
            stop=lambda state: state.attempt_number >= _TRIES or state.idle_for + state.upcoming_sleep > pace.patience,
            before_sleep=note,
            retry_error_callback=_result,
            sleep=wait,
        )
        exchange = retrying(once)
        brake.heard(exchange)
        recurs = _is_away_for_it_alone((*earlier, exchange), before, valid.counts)
        return replace(exchange, earlier=tuple(earlier), recurs=recurs) if earlier else exchange

    return ask


def _is_away_for_it_alone(tries: Sequence[Exchange], before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether each try of an invalid request met an endpoint that was away, which it was for no valid one meanwhile.
    `before` and `after` count the valid ones that were answered, and those that were not."""
    answered, others = (now - then for then, now in zip(before, after, strict=True))
    each_time = len(tries) == _TRIES and all(each.transient and each.status != 429 for each in tries)
    return each_time and tries[0].request.expect != "reply" and answered >= _OTHERS and not others


def _result(state: tenacity.RetryCallState) -> Exchange:
    assert state.outcome is not None
    exchange: Exchange = state.outcome.result()
    return exchange


def _worth_repeating(exchange: Exchange, before: int) -> bool:
    """Whether the same request may fare better a little later."""
    if exchange.failure:
        return exchange.failure.kind == "reset" and not exchange.status and before < _REPEATS_UNANSWERED
    return exchange.transient and not _credit_is_gone(exchange)


def _credit_is_gone(exchange: Exchange) -> bool:
    """Whether a 429 says that waiting does not help."""
    try:
        error = exchange.error
    except Inconclusive:
        return False
    return "insufficient_quota" in (error.get("code"), error.get("type"))


def retry_after(exchange: Exchange) -> float | None:
    """The seconds that Retry-After asks to wait (RFC 9110 10.2.3); None where it does not say."""
    said = (exchange.header("retry-after") or "").strip()
    if re.fullmatch(r"[0-9]+", said):
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - (exchange.started + exchange.seconds))
    except (ValueError, OverflowError):  # the latter for a year of many digits
        return None


_backoff = tenacity.wait_random_exponential(multiplier=1, max=20)


def _pause(state: tenacity.RetryCallState) -> float:
    """What the endpoint asks for, or longer each time and never the same, lest all come back together."""
    asked = retry_after(_result(state))
    return asked if asked is not None else 0.2 + float(_backoff(state))


class _Turns:
    """Who may send now. Throttling halves how many may at once, success lets it grow again."""

    def __init__(self, pace: Pace, wait: Callable[[float], None]) -> None:
        self._most = pace.concurrency
        self._now = float(pace.concurrency)
        self._under_way = 0
        self._gap = 60.0 / pace.per_minute if pace.per_minute else 0.0
        self._next = 0.0
        self._slot = pace.slot
        self._free = threading.Condition()
        self._wait = wait

    @contextmanager
    def one(self) -> Iterator[None]:
        with self._free:
            self._free.wait_for(lambda: self._under_way < max(1, int(self._now)))
            self._under_way += 1
            start = max(self._next, time.monotonic())
            self._next = start + self._gap
        try:
            if (until := start - time.monotonic()) > 0:
                self._wait(until)
            if self._slot and (until := self._slot() - time.monotonic()) > 0:
                self._wait(until)
            yield
        finally:
            with self._free:
                self._under_way -= 1
                self._free.notify_all()

    def heard(self, *, throttled: bool) -> None:
        with self._free:
            self._now = max(1.0, self._now / 2) if throttled else min(self._most, self._now + 1 / max(self._now, 1))
            self._free.notify_all()


class _Valid:
    """How many valid requests were answered so far, and how many times one was not."""

    def __init__(self) -> None:
        self.counts = (0, 0)
        self._lock = threading.Lock()

    def heard(self, exchange: Exchange) -> None:
        if exchange.request.expect != "reply":
            return
        vain = bool(exchange.failure or exchange.transient)
        with self._lock:
            answered, others = self.counts
            self.counts = (answered + (not vain), others + vain)


class _Brake:
    """Why nothing more is sent, once there is a reason."""

    def __init__(self, pace: Pace) -> None:
        self._deadline = pace.deadline
        self._unanswered = 0
        self._timed_out = 0
        self._reason = ""

    def check(self) -> None:
        if self._deadline.passed:
            raise NothingMore(say("not sent: {reason}", self._deadline.reason))
        if self._reason:
            raise NothingMore(say("not sent: {reason}", self._reason))

    def heard(self, exchange: Exchange) -> None:
        if exchange.status == 429 and _credit_is_gone(exchange):
            self._reason = say("the account has no credit left (insufficient_quota): add credit, then --resume")
        failure = exchange.failure
        timed_out = failure is not None and failure.kind == "timeout"  # a trickle has a status, and takes as long
        if failure is None or (exchange.status and not timed_out) or failure.kind in ("hung up", "not sent"):
            self._unanswered = 0
            return
        self._unanswered += 1
        self._timed_out += timed_out
        if self._unanswered >= _UNANSWERED:
            self._reason = say(
                "{unanswered} requests in a row got no answer, the last one: {failure}", self._unanswered, failure
            )
        elif self._timed_out >= _TIMED_OUT:
            self._reason = say(
                "{timed_out} requests were not answered in time, the last one: {failure}", self._timed_out, failure
            )
