"""The endpoint's messages as HTTP: methods, paths, credentials, limits, names and dates."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.requests import DECLARED, chat
from conformance.evidence.exchange import Request
from conformance.lab.reference import Endpoint
from tests.support.bench import OK, says, send


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"headers": (("Content-Type", "text/plain"),)}, 415),
        ({"headers": (("content-type", "application/x-www-form-urlencoded"),)}, 415),
        ({"headers": (("content-encoding", "gzip"),)}, 415),
        ({"headers": (("Content-Type", "Application/JSON; charset=utf-8"),)}, 200),
        ({"headers": ()}, 200),
        ({"method": "GET"}, 405),
        ({"method": "PUT"}, 405),
        ({"method": "DELETE"}, 405),
        ({"path": "/v1/chat/completions"}, 200),
        ({"path": "/chat/completions/"}, 200),
        ({"path": "/completions"}, 404),
        ({"path": "/"}, 404),
        ({"path": "/models"}, 405),
        ({"credentials": "none"}, 401),
        ({"credentials": "unknown"}, 401),
        ({"credentials": "none", "path": "/models", "method": "GET"}, 401),
        ({"credentials": "none", "headers": (("authorization", "bearer abc"),)}, 200),
        ({"headers": (("authorization", "Basic YTpi"),)}, 401),
        ({"headers": (("authorization", "Bearer "),)}, 401),
        ({"path": "/chat/completions?api_key=abc", "credentials": "none"}, 401),
    ],
)
def test_the_message_as_http(members: dict[str, Any], status: int) -> None:
    exchange = send(json.dumps(OK).encode(), **members)
    assert exchange.status == status
    if status != 200:
        says(exchange, status)
    if status == 405:
        assert exchange.header("allow") == ("GET" if members.get("path") else "POST")
    if status == 401:
        assert (exchange.header("www-authenticate") or "").startswith("Bearer")
        assert exchange.error["code"] == "invalid_api_key"


def test_challenges_say_what_was_wrong_with_the_token_only_where_there_was_one() -> None:
    none, unknown = (send(b"{}", credentials=each) for each in ("none", "unknown"))
    assert "error=" not in (none.header("www-authenticate") or "")
    assert 'error="invalid_token"' in (unknown.header("www-authenticate") or "")


def test_too_large() -> None:
    says(send(b" " * (16 * 2**20 + 1)), 413)
    error = says(send(json.dumps(OK | {"messages": [{"role": "user", "content": "word " * 130_000}]}).encode()), 400)
    assert error["code"] == "context_length_exceeded"


def test_models_are_listed() -> None:
    listed = Endpoint().answer(Request("GET", "/models", headers=())).document
    assert [each["id"] for each in listed["data"]] == ["reference-gpt", "reference-claude", "reference-reasoning"]
    assert Endpoint().answer(Request("GET", "/v1/models/reference-gpt")).document == listed["data"][0]
    says(Endpoint().answer(Request("GET", "/models/nope")), 404)


def test_too_many_requests() -> None:
    now = 1_800_000_000.0
    endpoint = Endpoint(clock=lambda: now, requests_per_minute=2)
    answers = [endpoint.answer(chat().to("reference-gpt")) for _ in range(3)]
    assert [each.status for each in answers] == [200, 200, 429]
    assert [each.header("x-ratelimit-remaining-requests") for each in answers] == ["1", "0", "0"]
    assert says(answers[2], 429)["code"] == "rate_limit_exceeded"
    assert int(answers[2].header("retry-after") or 0) >= 1
    now += 60
    assert endpoint.answer(chat().to("reference-gpt")).status == 200


def test_the_same_requests_are_answered_the_same() -> None:
    requests = [each.to("reference-claude", "abcdef") for each in DECLARED]
    one, other = (Endpoint(clock=lambda: 1_800_000_000.0) for _ in range(2))
    assert [one.answer(each) for each in requests] == [other.answer(each) for each in requests]


def test_every_response_is_named_and_dated() -> None:
    endpoint = Endpoint(clock=lambda: 1_800_000_000.0)
    answers = [endpoint.answer(request) for request in [chat().to("reference-gpt"), Request("GET", "/nowhere")] * 3]
    assert len({each.header("x-request-id") for each in answers}) == 6
    assert {each.header("date") for each in answers} == {"Fri, 15 Jan 2027 08:00:00 GMT"}
    assert all(int(each.header("content-length") or -1) == len(each.wire) for each in answers)
    completions = answers[::2]
    assert len({each.document["id"] for each in completions}) == 3
    assert all(each.document["created"] == 1_800_000_000 for each in completions)
