"""A valid request that fails is asked again, and named where it is never answered; the gate is not green then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.faults import only, respond
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Failure, Inconclusive, Request
from conformance.evidence.send import Send
from conformance.judgement.judge import judge_all
from conformance.judgement.unanswered import Unanswered, is_unanswered, unanswered
from conformance.judgement.verdict import Verdict
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.sending.retrying import REPEATS, insisting
from conformance.suite.catalogue import load
from tests.support.commands import pytest_run, report_in
from tests.support.exchanges import completion, plain, streamed

ERROR = {"error": {"message": "No channel", "type": "server_error", "param": None, "code": None}}
OK = plain(completion(None))
BROKEN_STREAM = streamed([ERROR])


def hung(kind: str = "timeout", status: int = 0) -> Exchange:
    return replace(OK, status=status, failure=Failure(kind, "no byte for 60 s"))  # type: ignore[arg-type]


def with_status(status: int, **changes: object) -> Exchange:
    return plain(ERROR, request=replace(OK.request, **changes), status=status)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        (OK, False),
        (with_status(400), False),
        (with_status(403), False),
        (with_status(404), False),
        (with_status(401), True),
        (with_status(401, credentials="lowercase"), False),
        (with_status(408), True),
        (with_status(429), True),
        (with_status(500), True),
        (with_status(501), True),
        (with_status(503), True),
        (with_status(500, expect="error"), False),
        (hung(), True),
        (hung("reset"), True),
        (hung("timeout", 200), True),
        (hung("hung up", 200), False),
        (BROKEN_STREAM, True),
        (streamed([completion(None)]), False),
        (replace(BROKEN_STREAM, headers=(*BROKEN_STREAM.headers, ("content-encoding", "br"))), False),
    ],
)
def test_what_is_unanswered(exchange: Exchange, expected: bool) -> None:
    assert is_unanswered(exchange) is expected


def answering(*answers: Exchange) -> tuple[Send, list[Request], list[float]]:
    """A `Send` that insists, over an endpoint that answers so, the last for ever; what it asked, and how it waited."""
    asked: list[Request] = []
    waited: list[float] = []
    turns: Iterator[Exchange] = iter(answers)

    def send(request: Request) -> Exchange:
        asked.append(request)
        return next(turns, answers[-1])

    return insisting(send, waited.append), asked, waited


def test_one_that_fails_once_is_answered() -> None:
    send, asked, waited = answering(with_status(500), OK)
    exchange = send(PLAIN)
    assert (exchange.status, [each.status for each in exchange.earlier]) == (200, [500])
    assert (len(asked), waited) == (2, [1.0])
    assert unanswered([exchange]) == ()
    assert unanswered(exchange.all) == (), "what came earlier is no request of its own"


def test_one_that_always_fails_is_asked_three_times() -> None:
    send, asked, waited = answering(with_status(500))
    (found,) = unanswered([send(PLAIN)])
    assert str(found) == "by hand on m (HTTP 500, asked 3 times)"
    assert (len(asked), waited) == (3, [1.0, 3.0])


@pytest.mark.parametrize("expect", ["reply", "error"])
def test_a_response_that_is_cut_short_is_asked_again_whatever_was_asked(expect: str) -> None:
    cut = replace(hung("truncated", 400), request=replace(OK.request, expect=expect))  # type: ignore[arg-type]
    send, asked, _ = answering(OK, cut, with_status(400, expect=expect))
    send(PLAIN)
    exchange = send(PLAIN)
    assert (exchange.failure, [each.failure for each in exchange.earlier]) == (None, [cut.failure])
    assert len(asked) == 3


@pytest.mark.parametrize(("cuts", "verdict"), [(1, Verdict.PASS), (2, Verdict.PASS), (3, Verdict.FAIL)])
def test_a_body_that_comes_whole_when_asked_again_accuses_nobody(cuts: int, verdict: Verdict) -> None:
    cut = hung("truncated", 200)
    send, _, _ = answering(OK, *[cut] * cuts, OK)
    found = [attempt for _ in range(2) for attempt in send(PLAIN).all]
    model = Model("m")
    finding = judge_all(load()["transport.whole_body"], found, model)
    assert finding.verdict is verdict, finding.message


def test_all_that_was_tried_is_kept() -> None:
    earlier = replace(with_status(500), earlier=(with_status(429),))
    send, asked, _ = answering(earlier, replace(OK, earlier=(with_status(503),)))
    assert [each.status for each in send(PLAIN).earlier] == [429, 500, 503]
    assert len(asked) == 2


def test_one_that_may_be_rejected_is_asked_again_and_is_not_missed() -> None:
    disputed = replace(PLAIN, expect="either")
    send, asked, _ = answering(with_status(500, expect="either"))
    assert unanswered([send(disputed)]) == ()
    assert len(asked) == 3
    send, asked, _ = answering(replace(with_status(503, expect="either"), recurs=True))
    send(disputed)
    assert len(asked) == 1


@pytest.mark.parametrize("final", [with_status(503), with_status(401), with_status(400), OK])
def test_others_are_not_asked_again(final: Exchange) -> None:
    send, asked, _ = answering(final)
    assert send(PLAIN) == final
    assert len(asked) == 1


def test_an_endpoint_that_never_answered_is_not_insisted_with() -> None:
    send, asked, _ = answering(hung(), OK, hung())
    assert send(PLAIN).failure
    assert len(asked) == 1
    send(PLAIN)
    assert len(send(PLAIN).earlier) == 2, "now that it has answered, it is"


def test_an_endpoint_that_always_fails_is_not_asked_without_end() -> None:
    send, asked, _ = answering(with_status(500))
    for _ in range(50):
        send(PLAIN)
    assert len(asked) == 50 + REPEATS


def test_what_was_had_stands_where_nothing_more_is_sent() -> None:
    def refuse(seconds: float) -> None:
        raise Inconclusive("the run was broken off meanwhile")

    assert insisting(lambda _: with_status(500), refuse)(PLAIN) == with_status(500)


def test_some_are_left_out() -> None:
    assert unanswered([with_status(500)], {OK.request.key}) == ()
    assert [each.outcome for each in unanswered([BROKEN_STREAM, hung()])] == [
        "an error in the stream",
        "timeout: no byte for 60 s",
    ]


# --- the gate -------------------------------------------------------------------------------------------------

KEY = "sk-live-7Qm2xV9kTzR4bN8wJc3LhY6pD1sGfA5eU0oI"


def judged(send: Send, folder: Path) -> dict[str, Any]:
    """The report on an endpoint, of little, and of one requirement about tools."""
    bounds = ("--timeout-seconds", "0.5", "--patience", "1", "--out", folder / "out")
    with serving(send) as url:
        ended = pytest_run(
            "--base-url",
            url,
            "--model",
            "reference-gpt",
            "--select",
            "choices,usage.total_tokens,tool_use.cut_call_is_length",
            *bounds,
            folder=folder,
            key=KEY,
        )
    report = report_in(folder / "out")
    assert ended.exit_code == report["exit_code"], ended.output
    return report


def forced(request: Request) -> bool:
    return request.asked.get("tool_choice") == "required" and not request.streams


def hanging(exchange: Exchange) -> Exchange:
    time.sleep(1.5)
    return exchange


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(respond(500, ERROR), "HTTP 500, asked 3 times"), (respond(503, ERROR), "HTTP 503, asked"), (hanging, "timeout")],
    ids=["500", "503", "hangs"],
)
def test_the_gate_is_not_green(fault: Fault, outcome: str, tmp_path: Path) -> None:
    endpoint = Endpoint()
    report = judged(lambda request: only(forced, fault)(endpoint.answer(request)), tmp_path)
    assert report["exit_code"] == 3
    assert "never answered: " in report["conclusion"]
    told = {each["label"]: each for each in report["unanswered"]}["tool-cut"]
    assert str(Unanswered(**told)).startswith(f"tool-cut on reference-gpt ({outcome}")
    assert "curl --include" in report["evidence"][told["key"]]["curl"]
    again = pytest_run("--archive", tmp_path / "out", "--out", tmp_path / "again", folder=tmp_path)
    assert again.exit_code == 3
    assert report_in(tmp_path / "again")["unanswered"] == report["unanswered"]


def test_the_gate_is_green_where_it_was_answered_later(tmp_path: Path) -> None:
    endpoint, failed = Endpoint(), set[str]()

    def send(request: Request) -> Exchange:
        first = forced(request) and request.key not in failed
        failed.add(request.key)
        return respond(500, ERROR)(endpoint.answer(request)) if first else endpoint.answer(request)

    report = judged(send, tmp_path)
    assert (report["exit_code"], report.get("unanswered")) == (0, None), report["conclusion"]
    again = report["asked_again"]
    assert again["reasons"] == {"500": again["requests"]}
    assert 0 < again["requests"] < again["valid"]
