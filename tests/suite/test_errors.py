"""What the requirements of errors accept, and what they do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.contract.faults import chain, content, respond, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Failure
from tests.support.builders_asked import asked
from tests.support.builders_http import EVENTS, Said, asking, choice, completion, refusal, response, said, stream
from tests.support.commands import cli, verdicts

MISTAKEN = replace(asking(messages=[]), expect="error")
PAGE = response(b"<html>Bad gateway</html>", ("content-type", "text/html"), status=502)
TEXT = ("content-type", "text/plain")


@pytest.mark.parametrize(
    ("requirement", "exchange", "expected"),
    [
        ("refusal_is_json", refusal(401, TEXT), "accepted"),
        ("refusal_is_json", refusal(422, status_code=422), "accepted"),
        ("refusal_is_json", response(b"[]", status=400), "violated"),
        ("refusal_is_json", response(b"null", status=404), "violated"),
        ("refusal_is_json", response(b"404 page not found", TEXT, status=404), "violated"),
        ("refusal_is_json", response(b'data: {"error": {}}\n\n', EVENTS, status=400), "violated"),
        ("refusal_is_json", PAGE, "not applicable"),
        ("server_error_is_json", refusal(529), "accepted"),
        ("server_error_is_json", PAGE, "violated"),
        ("server_error_is_json", refusal(400), "not applicable"),
        ("media_type", refusal(403, ("content-type", "application/json; charset=utf-8")), "accepted"),
        ("media_type", refusal(401, TEXT), "violated"),
        ("media_type", PAGE, "violated"),
        ("mistake_is_4xx", refusal(422, request=MISTAKEN), "accepted"),
        ("mistake_is_4xx", response(completion(), request=MISTAKEN), "accepted"),
        ("mistake_is_4xx", refusal(503, request=MISTAKEN), "violated"),
        ("mistake_is_4xx", refusal(503), "not applicable"),
        ("refusal_keeps_its_class", refusal(502, message="bad response status code 400"), "violated"),
        ("refusal_keeps_its_class", refusal(500, message="Error code: 422 - n: too large"), "violated"),
        ("refusal_keeps_its_class", refusal(400, message="Error code: 400 - no"), "accepted"),
        ("refusal_keeps_its_class", refusal(500, message="The model failed after 400 tokens"), "not applicable"),
        ("quota_is_no_401", refusal(429, type="insufficient_quota"), "accepted"),
        ("quota_is_no_401", refusal(402, message="Insufficient balance"), "accepted"),
        ("quota_is_no_401", refusal(401, message="You exceeded your current quota"), "violated"),
        ("quota_is_no_401", refusal(401, message="Incorrect API key provided"), "not applicable"),
        ("message_in_words", refusal(message="No model {x} for {'role': 'user'}"), "accepted"),
        ("message_in_words", refusal(message='{"error": {"message": "Overloaded"}}'), "violated"),
        ("message_in_words", refusal(message='[{"error": {"code": 400}}]'), "violated"),
        ("message_in_words", refusal(message="Error code: 400 - {'error': {'message': 'x'}}"), "violated"),
        ("message_in_words", refusal(message='failed: {\\"type\\":\\"error\\",\\"error\\":{}}'), "violated"),
        ("message_in_words", stream({"error": {"message": '{"error": {"message": "Overloaded"}}'}}), "violated"),
        ("message_in_words", refusal(request=asking(user='{"error": 1}'), message='user {"error": 1}'), "accepted"),
        ("message_in_words", refusal(message=" (request id: 2024)"), "violated"),  # B336
        ("message_in_words", refusal(message="No channel (request id: 2024)"), "accepted"),
        ("message_in_words", response({"detail": '{"error": 1}'}, status=400), "not applicable"),
        ("type_is_a_word", refusal(), "accepted"),
        ("type_is_a_word", refusal(type=None), "accepted"),  # error.error.type
        ("type_is_a_word", refusal(type="<nil>"), "violated"),
        ("no_error_in_success", response(completion(error=None)), "accepted"),
        ("no_error_in_success", response(completion(message="a member of the vendor's own")), "accepted"),
        ("no_error_in_success", response({"id": "chatcmpl-1", "usage": {}}), "accepted"),
        ("no_error_in_success", response({"error": "No such model"}), "violated"),
        ("no_error_in_success", response(completion(error={"code": 502})), "violated"),
        ("no_error_in_success", response({"code": 404, "message": "No such model", "object": "error"}), "violated"),
        ("no_error_in_success", response({"detail": "Instructions are required"}), "violated"),
        ("no_error_in_success", response({"choices": None, "base_resp": {"status_code": 1008}}), "violated"),
        ("no_error_in_success", response(b"null"), "not applicable"),
    ],
)
def test_errors(requirement: str, exchange: Exchange, expected: Said) -> None:
    assert said(f"errors.{requirement}", exchange) == expected


def silent(kind: str, *messages: object) -> Exchange:
    """A mistake to which no response came; of other messages it is another one."""
    request = replace(asking(messages=list(messages)), expect="error", label=f"mistake-{len(messages)}")
    return Exchange(request, 0, failure=Failure(kind, "no answer"))  # type: ignore[arg-type]


ANSWERED = [refusal(request=replace(MISTAKEN, attempt=number)) for number in range(1, 6)]


@pytest.mark.parametrize(
    ("exchanges", "expected"),
    [
        (ANSWERED, "accepted"),
        ([*ANSWERED, silent("reset")], "accepted"),  # one may be chance
        ([*ANSWERED, silent("reset"), silent("timeout", 1)], "violated"),
        ([*ANSWERED, silent("refused"), silent("refused", 1)], "not applicable"),  # nobody is there
    ],
)
def test_mistakes_are_answered(exchanges: list[Exchange], expected: str) -> None:
    assert said("errors.mistakes_are_answered", *exchanges) == expected


def test_where_most_is_silent_nothing_is_judged() -> None:
    with pytest.raises(AssertionError, match="2 of 3 invalid requests were not answered"):
        said("errors.mistakes_are_answered", ANSWERED[0], silent("reset"), silent("timeout", 1))


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("unknown_route_refused", status(405), "accepted"),
        ("unknown_route_refused", respond(200, {"choices": []}), "violated"),
        ("unknown_route_refused", chain(status(200), content(b"<html></html>")), "violated"),
        ("unknown_route_refused", status(500), "violated"),
        ("unknown_route_refused", status(403), "inconclusive"),
        ("unknown_route_told", respond(404, {"error": {"message": "No route", "type": "t"}}), "accepted"),
        ("unknown_route_told", content(b""), "violated"),
        ("unknown_route_told", content(b"404 page not found"), "violated"),
        ("unknown_route_told", respond(404, {"detail": "Not Found"}), "violated"),
        ("unknown_route_told", status(500), "not applicable"),
    ],
)
def test_an_unknown_route(requirement: str, change: Fault, expected: str) -> None:
    assert asked(f"errors.{requirement}", change) == expected


ACCEPTED, UNKNOWN = response(completion()), asking(model="no-such-model")


@pytest.mark.parametrize(
    ("exchanges", "expected"),
    [
        ([ACCEPTED, refusal(404, request=UNKNOWN)], "accepted"),
        ([ACCEPTED, refusal(403, request=UNKNOWN)], "accepted"),
        ([ACCEPTED, refusal(401, request=UNKNOWN)], "violated"),
        ([ACCEPTED, refusal(401, request=asking("unknown"))], "accepted"),
        ([ACCEPTED, refusal(401, request=asking("none"))], "accepted"),
    ],
)
def test_a_key_that_is_accepted_is_no_401(exchanges: list[Exchange], expected: Said) -> None:
    assert said("errors.accepted_key_is_no_401", *exchanges) == expected


@pytest.mark.parametrize(
    ("status", "told", "expected"),
    [
        (400, "true", "violated"),
        (404, "True", "violated"),
        (400, "false", "accepted"),
        (429, "true", "not applicable"),
        (409, "true", "not applicable"),
        (503, "true", "not applicable"),
        (400, None, "not applicable"),
    ],
)
def test_mistakes_are_not_retried(status: int, told: str | None, expected: Said) -> None:
    fields = [("x-should-retry", told)] if told else []
    assert said("errors.mistakes_are_not_retried", refusal(status, *fields)) == expected


def test_the_page_of_a_router_does_not_fail_the_gate(tmp_path: Path) -> None:
    words = ("--select", "errors.unknown_route_told,errors.unknown_route_refused", "--model", "reference-gpt")
    ended = cli("run", *words, "--fault", "unknown-route-a-page", "--out", "run", folder=tmp_path)
    assert ended.exit_code == 0, ended.output
    assert verdicts(tmp_path / "run")["errors.unknown_route_told", "reference-gpt"] == "warn"
    assert cli("run", *words, "--fault", "unknown-route-a-success", folder=tmp_path).exit_code == 1


OVERLOADED = "The model is currently overloaded. Please try again later."


def answered(text: str, prompt: str) -> Exchange:
    request = asking(messages=[{"role": "user", "content": prompt}])
    return response(completion(choices=[choice({"content": text})]), request=request)


@pytest.mark.parametrize(
    ("exchanges", "expected"),
    [
        ([answered(OVERLOADED, "Say OK."), answered(OVERLOADED, "Say hello.")], "violated"),
        ([answered(OVERLOADED, "Say OK."), answered("Hello.", "Say hello.")], "accepted"),
        ([answered(OVERLOADED, "Say OK."), answered(OVERLOADED, "Say OK.")], "accepted"),  # one prompt, sent again
        ([answered(OVERLOADED, f"Say: {each} {OVERLOADED}") for each in "ab"], "accepted"),
        ([answered("I cannot tell.", each) for each in "ab"], "accepted"),
        ([answered(f"{OVERLOADED} {'That is what it says. ' * 20}", each) for each in "ab"], "accepted"),
    ],
)
def test_no_failure_as_answer(exchanges: list[Exchange], expected: Said) -> None:
    assert said("errors.no_failure_as_answer", *exchanges) == expected
