"""What the requirements of auth accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.faults import chain, content_edit, header, late, only, respond, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from conformance.suite.auth.test_credentials import OK
from tests.support.builders_asked import Said, asked
from tests.support.builders_http import asking, refusal, said

SERVED = respond(200, OK)
PAGE = chain(respond(403, {}), content_edit(lambda body: b"<html>Access denied</html>"))
FIREWALL = respond(403, {"blocked": True})
FORBIDDEN = respond(403, {"error": {"message": "Forbidden"}})
STARLETTE = chain(header("content-type", "application/json; charset=utf-8"), header("www-authenticate", None))
KEYLESS, WRONG = asking("none"), asking("unknown")


def challenged(value: str, request: Any = WRONG) -> Exchange:
    return refusal(401, ("WWW-Authenticate", value), request=request)


@pytest.mark.parametrize(
    ("requirement", "exchange", "expected"),
    [
        ("challenge", challenged("bearer"), "accepted"),
        ("challenge", challenged('Basic realm="a", Bearer realm="b", error="invalid_token"'), "accepted"),
        ("challenge", challenged("Basic"), "violated"),
        ("challenge", challenged('Digest realm="bearer tokens"'), "violated"),
        ("challenge", refusal(401, request=WRONG), "violated"),
        ("no_error_unprompted", challenged('Bearer realm="no error here"', KEYLESS), "accepted"),
        ("no_error_unprompted", challenged('Bearer error = "invalid_request"', KEYLESS), "violated"),
        ("no_error_unprompted", challenged('Bearer error="invalid_token"'), "not applicable"),
        ("no_error_unprompted", refusal(401, request=KEYLESS), "not applicable"),
        ("wrong_key_code", refusal(401, request=WRONG, code="token_not_found"), "accepted"),
        ("wrong_key_code", refusal(401, request=WRONG, code=" "), "violated"),
        ("wrong_key_code", refusal(401, request=WRONG), "violated"),
        ("wrong_key_code", refusal(401, request=WRONG, code=401), "not applicable"),
        ("wrong_key_code", refusal(401, request=KEYLESS), "not applicable"),
        ("wrong_key_code_of_openai", refusal(401, request=WRONG, code="invalid_api_key"), "accepted"),
        ("wrong_key_code_of_openai", refusal(401, request=WRONG, code="401"), "violated"),
        ("wrong_key_code_of_openai", refusal(401, request=WRONG), "not applicable"),
    ],
)
def test_of_a_response(requirement: str, exchange: Exchange, expected: Said) -> None:
    assert said(f"auth.{requirement}", exchange) == expected


def basic(request: Request) -> bool:
    return request.credentials == "basic"


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("auth.valid_token", status(404), "accepted"),  # authenticated, whatever came of it
        ("auth.valid_token", FORBIDDEN, "inconclusive"),
        ("auth.valid_token", status(401), "violated"),
        ("auth.no_credentials_401", STARLETTE, "accepted"),
        ("auth.no_credentials_401", FIREWALL, "inconclusive"),
        ("auth.no_credentials_401", PAGE, "inconclusive"),
        ("auth.no_credentials_401", FORBIDDEN, "violated"),
        ("auth.no_credentials_401", SERVED, "violated"),  # B402
        ("auth.unknown_token_401", STARLETTE, "accepted"),
        ("auth.unknown_token_401", SERVED, "violated"),  # B402
        ("auth.unknown_token_401", respond(403, {"detail": {"error": {"message": "Invalid key."}}}), "violated"),
        ("auth.unknown_token_401", respond(403, {"detail": "Invalid key."}), "violated"),
        ("auth.unknown_token_401", status(500), "violated"),
        ("auth.malformed_credentials", status(400), "accepted"),
        ("auth.malformed_credentials", only(basic, SERVED), "violated"),
        ("auth.raw_token", status(403), "accepted"),
        ("auth.raw_token", SERVED, "violated"),
        ("auth.raw_token", status(500), "accepted"),  # which serves nothing
        ("auth.malformed_credentials", status(500), "accepted"),
        ("auth.malformed_credentials_401", status(500), "violated"),
        ("auth.token_in_query", status(500), "accepted"),
        ("auth.malformed_credentials_401", SERVED, "not applicable"),
        ("auth.malformed_credentials_401", status(400), "violated"),
        ("auth.scheme_case", status(401), "violated"),  # B384
        ("auth.streamed_401_is_json", STARLETTE, "accepted"),
        ("auth.streamed_401_is_json", late, "violated"),
        ("auth.streamed_401_is_json", header("content-type", "text/event-stream"), "violated"),
        ("auth.models_listed", status(403), "accepted"),
        ("auth.models_listed", respond(200, {"object": "list", "data": []}), "accepted"),
        ("auth.models_listed", respond(200, {"object": "list", "data": [{"id": "m"}]}), "violated"),
        ("auth.token_in_query", status(403), "accepted"),
        ("auth.token_in_query", SERVED, "violated"),
    ],
)
def test_of_an_endpoint(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(requirement, change) == expected
