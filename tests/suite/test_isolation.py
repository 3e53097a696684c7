"""What the requirements of isolation accept, and what they do not."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from conformance.contract.faults import chain, failing, header, only, put, respond, status, without_events
from conformance.contract.profile import Model
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.judgement.verdict import Verdict
from conformance.suite.isolation.concurrent import COMPANY
from conformance.suite.isolation.test_later import RECALL
from tests.support.builders_asked import GPT, SALTED, Said, asked, endpoint, found

TEXT, DELTA = "choices.*.message.content", "choices.*.delta.content"
FOREIGN = f"KELU{SALTED}"


CUT = chain(*map(without_events, (b'"stop"', b'"length"', b"[DONE]")))
TRUNCATED = failing(Failure("truncated", "incomplete chunked read"))
HUNG_UP = failing(Failure("hung up", "on purpose"))
Condition = Callable[[Request], bool]


def named(name: str) -> Condition:
    return lambda request: request.label == name


def attempts(*numbers: int, streams: bool | None = None) -> Condition:
    return lambda request: request.attempt in numbers and streams in (None, request.streams)


def recall(request: Request) -> bool:
    return request.label == RECALL.label


def both(one: Condition, other: Condition) -> Condition:
    return lambda request: one(request) and other(request)


TURNS = (4, 14, 24)  #: the attempts of what is sent in company
CALLS = "choices.*.message.tool_calls"
COMPANY_JSON = named("json-object-in-company")


def wants_json(request: Request) -> bool:
    return "response_format" in request.asked


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("answers_not_mixed_up", put(TEXT, lambda text: f"The code is {text}."), "accepted"),
        ("answers_not_mixed_up", put(TEXT, "No."), "inconclusive"),
        ("answers_not_mixed_up", put(TEXT, lambda text: text and text.replace(SALTED, "mnopqrstuvwx")), "violated"),
        ("answers_not_mixed_up", only(named("nonce-MORB"), put(TEXT, f"MORB{SALTED[::-1]}")), "inconclusive"),
        ("answers_not_mixed_up", only(named("nonce-MORB"), put(TEXT, FOREIGN)), "violated"),  # B409
        ("answers_not_mixed_up", only(named("nonce-MORB"), put("system_fingerprint", FOREIGN)), "violated"),
        ("answers_not_mixed_up", only(named("nonce-TIVA-stream"), put(DELTA, FOREIGN)), "violated"),
        ("answers_not_mixed_up", only(named("nonce-MORB"), status(429)), "inconclusive"),
        ("usage_not_mixed_up", put("usage.prompt_tokens", lambda count: count + 3), "accepted"),
        ("usage_not_mixed_up", only(attempts(4), put("model", "another")), "inconclusive"),
        ("usage_not_mixed_up", only(attempts(*TURNS, streams=True), put("usage.prompt_tokens", 8)), "violated"),
        ("usage_not_mixed_up", only(attempts(*TURNS), put("usage.prompt_tokens", 9)), "violated"),
        ("usage_not_mixed_up", only(attempts(4), put("usage.prompt_tokens", 9)), "inconclusive"),
        ("usage_not_mixed_up", only(attempts(2, *TURNS), put("usage.prompt_tokens", 9)), "inconclusive"),  # routed
        ("forms_not_mixed_up", put("model", "reference-gpt-2026-01-01"), "accepted"),
        ("forms_not_mixed_up", only(lambda each: "tools" in each.asked, status(400)), "accepted"),
        ("forms_not_mixed_up", only(attempts(4), put("model", "reference-gpt-2026-01-01")), "accepted"),
        ("forms_not_mixed_up", only(attempts(4), put("model", "reference-claude")), "inconclusive"),  # routed elsewhere
        ("forms_not_mixed_up", only(COMPANY_JSON, put(TEXT, "OK.")), "violated"),
        ("forms_not_mixed_up", only(both(COMPANY_JSON, attempts(4)), put(TEXT, "OK.")), "inconclusive"),  # once
        ("forms_not_mixed_up", only(both(COMPANY_JSON, attempts(4, 14)), put(TEXT, "OK.")), "inconclusive"),
        (
            "forms_not_mixed_up",  # alone it comes out so, too, now and then
            only(lambda each: COMPANY_JSON(each) or (wants_json(each) and each.attempt == 3), put(TEXT, "OK.")),
            "inconclusive",
        ),
        ("forms_not_mixed_up", only(both(named("nonce-MORB"), attempts(1)), put(CALLS, [{}])), "violated"),
        ("forms_not_mixed_up", only(attempts(4, streams=True), respond(200, {"choices": [{}]})), "violated"),
        ("forms_not_mixed_up", only(attempts(*TURNS), header("content-type", "text/plain")), "accepted"),
        ("forms_not_mixed_up", only(attempts(4, streams=True), header("content-type", "application/json")), "accepted"),
        ("no_memory", only(recall, put(TEXT, "NONE")), "accepted"),
        ("no_memory", only(recall, put(TEXT, f"It is conversation {SALTED}.")), "accepted"),
        ("no_memory", only(recall, put(TEXT, f"You told me TIVA{SALTED}.")), "violated"),
        ("no_memory", only(recall, respond(502, {})), "inconclusive"),
        ("aborted_streams", only(attempts(4, 5, streams=True), HUNG_UP), "accepted"),
        ("aborted_streams", only(attempts(7), TRUNCATED), "violated"),
        ("aborted_streams", only(attempts(6), CUT), "violated"),
        ("aborted_streams", only(attempts(1, 6, 7, streams=True), TRUNCATED), "inconclusive"),  # each stream breaks off
        ("aborted_streams", only(attempts(1, 6, streams=True), CUT), "inconclusive"),
        ("aborted_streams", only(attempts(1, 7, streams=True), put("id", "chatcmpl-1")), "violated"),  # B404
        ("aborted_streams", only(attempts(7), failing(Failure("timeout", "no answer"))), "inconclusive"),
        ("aborted_streams", only(attempts(5, streams=False), status(500)), "violated"),
        ("aborted_streams", only(attempts(5, streams=False), status(503)), "inconclusive"),
    ],
)  # fmt: skip
def test_isolation(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"isolation.{requirement}", chain(change)) == expected


@pytest.mark.parametrize("name", ["answers_not_mixed_up", "usage_not_mixed_up", "forms_not_mixed_up", "no_memory"])
def test_they_are_in_flight_together(name: str) -> None:
    """Six requests meet at a barrier that none could pass alone."""
    labels, barrier, send = {each.label for each in COMPANY}, threading.Barrier(6), endpoint()
    met: set[str] = set()

    def meeting(request: Request) -> Exchange:
        if request.label in labels - met:
            barrier.wait(timeout=5)
            met.add(request.label)
        return send(request)

    assert found(f"isolation.{name}", meeting).verdict is Verdict.PASS


def test_what_is_not_claimed_is_not_sent() -> None:
    model = Model(GPT.name, GPT.family, frozenset({"chat.tools", "chat.response_format", "chat.stream"}))
    sent: list[Request] = []
    send = endpoint()

    def noting(request: Request) -> Exchange:
        sent.append(request)
        return send(request)

    found("isolation.forms_not_mixed_up", noting, model=model)
    assert {each.label for each in sent} == {"nonce-MORB", "nonce-KELU", "plain"}
