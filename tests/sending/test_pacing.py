"""An endpoint is asked again when it says so, less when it is throttled, and not at all when it does not answer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.utils import formatdate

import pytest

from conformance.evidence.exchange import Exchange, Failure, Headers, Inconclusive, Request
from conformance.evidence.exchange_json import dump_exchange, load_exchange
from conformance.evidence.send import Send
from conformance.sending.limits import Deadline
from conformance.sending.pacing import Pace, paced, retry_after

REQUEST = Request(body=b'{"model": "m"}', label="plain")


def answer(status: int = 200, *headers: tuple[str, str], error: str = "") -> Exchange:
    body = json.dumps({"error": {"message": "m", "type": "t", "code": error}}).encode() if status >= 400 else b"{}"
    return Exchange(REQUEST, status, headers, ((0.1, body),), started=1_700_000_000.0, seconds=0.5)


def unanswered(kind: str = "reset", status: int = 0) -> Exchange:
    return Exchange(REQUEST, status, failure=Failure(kind, "gone"))  # type: ignore[arg-type]


class Endpoint:
    """Answers what it is told to, the last for ever, and notes how long its caller waited."""

    def __init__(self, *answers: Exchange) -> None:
        self.answers, self.asked, self.waited = answers, 0, list[float]()

    def __call__(self, request: Request) -> Exchange:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]

    def paced(self, pace: Pace = Pace()) -> Exchange:  # noqa: B008 (frozen)
        return paced(self, pace, self.waited.append)(REQUEST)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_is_transient_is_asked_again_and_remembered(status: int) -> None:
    endpoint = Endpoint(answer(status), answer(status), answer())
    exchange = endpoint.paced()
    assert (exchange.status, [each.status for each in exchange.earlier]) == (200, [status, status])
    assert endpoint.asked == 3
    assert len(endpoint.waited) == 2
    assert load_exchange(json.loads(json.dumps(dump_exchange(exchange)))) == exchange


@pytest.mark.parametrize("status", [200, 400, 401, 404, 408, 500, 501])
def test_what_is_not_is_not(status: int) -> None:
    endpoint = Endpoint(answer(status))
    assert endpoint.paced() == answer(status)
    assert endpoint.asked == 1


def test_what_does_not_go_away_is_given_back_as_it_is() -> None:
    endpoint = Endpoint(answer(503))
    exchange = endpoint.paced()
    assert exchange.transient
    assert (endpoint.asked, len(exchange.earlier)) == (4, 3)


def outage(status: int, asked: Request, *, others: int, also: bool = False) -> Exchange:
    """What an endpoint answers that is away for one request: meanwhile `others`, valid ones, are answered; with `also`,
    one of them is not."""
    unlucky = iter([True] if also else [])

    def send(request: Request) -> Exchange:
        away = request is asked or next(unlucky, False)
        return replace(answer(status if away else 200), request=request)

    def wait(seconds: float) -> None:
        for _ in range(others):
            ask(REQUEST)

    ask = paced(send, Pace(), wait)
    return ask(asked)


INVALID = replace(REQUEST, expect="error", label="unknown-model")


@pytest.mark.parametrize(
    ("status", "asked", "others", "also", "recurs"),
    [
        (503, INVALID, 1, False, True),
        (502, replace(REQUEST, expect="either", label="as text"), 1, False, True),
        (429, INVALID, 1, False, False),
        (503, INVALID, 0, False, False),
        (503, INVALID, 1, True, False),
        (503, replace(REQUEST, label="valid"), 1, False, False),
    ],
    ids=["invalid", "disputed", "throttled", "no other was asked", "another was not answered", "valid"],
)
def test_what_is_away_for_one_invalid_request_alone_is_its_answer(
    status: int, asked: Request, others: int, also: bool, recurs: bool
) -> None:
    exchange = outage(status, asked, others=others, also=also)
    assert exchange.recurs is recurs
    assert exchange.transient is not recurs
    assert load_exchange(json.loads(json.dumps(dump_exchange(exchange)))) == exchange


def test_retry_after_is_kept_to() -> None:
    endpoint = Endpoint(answer(429, ("Retry-After", "7")), answer())
    endpoint.paced()
    assert endpoint.waited == [7.0]


@pytest.mark.parametrize(("said", "asked"), [("61", 1), ("40", 2)])
def test_no_longer_than_is_patient(said: str, asked: int) -> None:
    endpoint = Endpoint(answer(429, ("Retry-After", said)))
    endpoint.paced(Pace(patience=60))
    assert endpoint.asked == asked


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((), None), ((("retry-after", "3"),), 3.0), ((("retry-after", "soon"),), None),
        ((("retry-after", "-1"),), None),
        ((("retry-after", "²"),), None), ((("retry-after", "٣"),), None), ((("retry-after", "1e5"),), None),
        ((("retry-after", "Mon, 01 Jan 99999999999999 00:00:00 GMT"),), None),
        ((("retry-after", formatdate(1_700_000_010.5, usegmt=True)),), 9.5),
        ((("retry-after", formatdate(1_600_000_000, usegmt=True)),), 0.0),
    ],
)  # fmt: skip
def test_retry_after(headers: Headers, seconds: float | None) -> None:
    assert retry_after(answer(429, *headers)) == seconds


def test_backing_off_takes_longer_each_time_and_is_never_the_same() -> None:
    waits = []
    for _ in range(20):
        endpoint = Endpoint(answer(503))
        endpoint.paced()
        waits.append(endpoint.waited)
    assert len({tuple(each) for each in waits}) == 20
    assert all(0.2 <= first <= 1.2 and third <= 4.2 for first, _, third in waits)


def test_an_account_without_credit_is_not_asked_again() -> None:
    endpoint = Endpoint(answer(429, error="insufficient_quota"))
    ask = paced(endpoint, Pace(), endpoint.waited.append)
    assert ask(REQUEST).status == 429
    with pytest.raises(Inconclusive, match="no credit left"):
        ask(REQUEST)
    assert endpoint.asked == 1


def test_a_connection_closed_before_the_response_is_tried_once_more() -> None:
    endpoint = Endpoint(unanswered(), answer())
    assert endpoint.paced().status == 200
    endpoint = Endpoint(unanswered())
    assert endpoint.paced().failure is not None
    assert endpoint.asked == 2


@pytest.mark.parametrize("kind", ["timeout", "truncated", "refused", "too large"])
def test_what_may_have_been_billed_is_not_sent_twice(kind: str) -> None:
    endpoint = Endpoint(unanswered(kind), answer())
    endpoint.paced()
    assert endpoint.asked == 1


def test_an_endpoint_that_has_stopped_answering_is_left_alone() -> None:
    endpoint = Endpoint(unanswered("timeout"))
    ask = paced(endpoint, Pace(), endpoint.waited.append)
    for _ in range(12):
        ask(REQUEST)
    with pytest.raises(Inconclusive, match="12 requests in a row got no answer, the last one: timeout: gone"):
        ask(REQUEST)
    assert endpoint.asked == 12


def test_one_answer_in_between_is_enough_to_go_on() -> None:
    endpoint = Endpoint(*[*[unanswered("timeout")] * 11, answer()] * 2)
    ask = paced(endpoint, Pace(), endpoint.waited.append)
    for _ in range(36):
        ask(REQUEST)
    assert endpoint.asked == 36


def test_nothing_is_sent_after_the_deadline() -> None:
    endpoint = Endpoint(answer())
    ask = paced(endpoint, Pace(deadline=Deadline.of(0.1)))
    ask(REQUEST)
    time.sleep(0.06)  # half is left for the report
    with pytest.raises(Inconclusive, match=r"the deadline of 0\.1 s has passed \(--deadline\)"):
        ask(REQUEST)
    assert endpoint.asked == 1


def test_a_trickle_that_runs_into_the_limit_is_no_answer() -> None:
    """It has a status, and takes as long as silence."""
    endpoint = Endpoint(unanswered("timeout", status=200))
    ask = paced(endpoint, Pace(), endpoint.waited.append)
    for _ in range(12):
        ask(REQUEST)
    with pytest.raises(Inconclusive, match="12 requests in a row got no answer"):
        ask(REQUEST)


@pytest.mark.parametrize("status", [0, 200])
def test_answers_in_between_do_not_make_up_for_what_runs_into_a_limit(status: int) -> None:
    endpoint = Endpoint(*[unanswered("timeout", status=status), answer(400)] * 24, answer())
    ask = paced(endpoint, Pace(), endpoint.waited.append)
    for _ in range(47):
        ask(REQUEST)
    with pytest.raises(Inconclusive, match="24 requests were not answered in time, the last one: timeout: gone"):
        ask(REQUEST)


def test_bodies_that_are_cut_short_stop_nothing() -> None:
    endpoint = Endpoint(unanswered("truncated", status=200))
    ask = paced(endpoint, Pace(), endpoint.waited.append)
    for _ in range(36):
        ask(REQUEST)
    assert endpoint.asked == 36


class Crowd:
    """Counts how many ask at once."""

    def __init__(self, answers: Sequence[Exchange]) -> None:
        self.lock, self.now, self.most, self.answers, self.number = threading.Lock(), 0, list[int](), answers, 0

    def __call__(self, request: Request) -> Exchange:
        with self.lock:
            self.now += 1
            self.most.append(self.now)
            answer, self.number = self.answers[min(self.number, len(self.answers) - 1)], self.number + 1
        time.sleep(0.01)
        with self.lock:
            self.now -= 1
        return answer

    def asked(self, times: int, pace: Pace) -> None:
        ask = paced(self, pace, lambda seconds: None)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(ask, [REQUEST] * times))


def test_no_more_at_once_than_asked_for() -> None:
    crowd = Crowd([answer()])
    crowd.asked(60, Pace(concurrency=4))
    assert max(crowd.most) == 4


def test_throttling_makes_it_fewer_and_success_more_again() -> None:
    crowd = Crowd([*[answer()] * 8, *[answer(429)] * 8, *[answer()]])
    crowd.asked(120, Pace(concurrency=8))
    assert max(crowd.most[:16]) == 8
    assert max(crowd.most[24:32]) < 6
    assert max(crowd.most[90:]) > max(crowd.most[24:32])


def test_a_rate_is_kept() -> None:
    started = time.monotonic()
    ask = paced(Endpoint(answer()), Pace(per_minute=60 / 0.02))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, [REQUEST] * 10))
    assert time.monotonic() - started >= 0.02 * 9


def test_what_the_budget_refuses_takes_no_turn_of_the_rate() -> None:
    taken: list[float] = []

    def slot() -> float:
        taken.append(time.monotonic())
        return taken[-1]

    def spent(send: Send) -> Send:
        def ask(request: Request) -> Exchange:
            raise Inconclusive("not sent: --max-requests 3 is used up")

        return ask

    endpoint = Endpoint(answer())
    ask = paced(endpoint, Pace(per_minute=1, slot=slot), endpoint.waited.append, spent)
    for _ in range(3):
        with pytest.raises(Inconclusive, match="used up"):
            ask(REQUEST)
    assert (endpoint.asked, endpoint.waited, taken) == (0, [], [])
