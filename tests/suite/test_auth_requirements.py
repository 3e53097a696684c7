"""What the requirements of auth accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.evidence.exchange import Exchange
from tests.support.builders_http import Said, asking, refusal, said

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
def test_auth(requirement: str, exchange: Exchange, expected: Said) -> None:
    assert said(f"auth.{requirement}", exchange) == expected
