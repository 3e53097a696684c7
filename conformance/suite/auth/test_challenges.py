"""What a 401 says: its challenge and its error code."""

from __future__ import annotations

import re
from typing import Any

from conformance.contract.faults import header, put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import EVERY_401
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.language import say
from conformance.suite.auth import AREA

BEARER = re.compile(r"(?:^|,)\s*bearer(?=\s|,|$)", re.IGNORECASE)


ERROR_ATTRIBUTE = re.compile(r"\berror(?:_description|_uri)?\s*=", re.IGNORECASE)


@AREA.should(
    "name the Bearer scheme in the WWW-Authenticate header of a 401",
    on=EVERY_401,
    impact=Impact.FORM,
    source="rfc9110#15.5.2",
    contract=["auth-06"],
    at="header:www-authenticate",
    hint="The RFC says MUST; OpenAI leaves the header out, so this deviates from HTTP, not from OpenAI.",
    shown_by=header("www-authenticate", 'Bearer realm="api"'),
    broken_by={
        "absent": header("www-authenticate", None),
        "another scheme": header("www-authenticate", 'Basic realm="bearer"'),
    },
    needs=["headers", "other headers"],
)
def test_challenge(exchange: Exchange) -> None:
    challenge = exchange.header("www-authenticate")
    assert challenge is not None, say("the 401 has no WWW-Authenticate header")
    assert BEARER.search(challenge), say("WWW-Authenticate is {challenge!r}, which does not name Bearer", challenge)


@AREA.should(
    "challenge a request without credentials without an error attribute",
    on=EVERY_401,
    impact=Impact.FORM,
    source="rfc6750#3.1",
    contract=["auth-06"],
    at="header:www-authenticate",
    hint='error="invalid_token" is for a token that was presented and is wrong.',
    shown_by=header("www-authenticate", 'Bearer realm="api"'),
    broken_by={
        "error": header("www-authenticate", 'Bearer realm="api", error="invalid_token"'),
        "error_description": header("www-authenticate", 'Bearer error_description="The token expired"'),
    },
    needs=["headers", "other headers", "request"],
)
def test_no_error_unprompted(exchange: Exchange) -> None:
    challenge = exchange.header("www-authenticate")
    if exchange.request.credentials != "none" or challenge is None:
        raise NotApplicable(say("the request had credentials, or the response has no challenge"))
    assert not ERROR_ATTRIBUTE.search(challenge), say(
        "no token was presented, yet WWW-Authenticate is {challenge!r}", challenge
    )


@AREA.should(
    "give the 401 for a wrong key a code by which a client can recognise it",
    on=EVERY_401,
    impact=Impact.FORM,
    source="openai-errors#api-errors",
    contract=["auth-07"],
    at="error.code",
    hint='Send code: "invalid_api_key", as OpenAI does.',
    broken_by={"absent": put("error.code", None), "empty": put("error.code", "")},
    needs=["request"],
)
def test_wrong_key_code(exchange: Exchange, error: dict[str, Any]) -> None:
    code = code_for_wrong_key(exchange, error)
    assert code, say("the 401 to a wrong key has the error code {code!r}", error.get("code"))


@AREA.may(
    "give the error for a wrong key the code invalid_api_key, as OpenAI does",
    on=EVERY_401,
    impact=Impact.FORM,
    source="openai-errors#api-errors",
    contract=["auth-07"],
    at="error.code",
    broken_by=put("error.code", "bad_key"),
    needs=["request"],
)
def test_wrong_key_code_of_openai(exchange: Exchange, error: dict[str, Any]) -> None:
    code = code_for_wrong_key(exchange, error)
    if not code:
        raise NotApplicable(say("the error has no code (covered by auth.wrong_key_code)"))
    assert code == "invalid_api_key", say("the error code of a wrong key is {code!r}", code)


def code_for_wrong_key(exchange: Exchange, error: dict[str, Any]) -> str:
    """The code of the error, empty where there is none. Raises NotApplicable where no key was sent."""
    code = error.get("code")
    if exchange.request.credentials == "none":
        raise NotApplicable(say("no key was sent, so that none was wrong"))
    if code is not None and not isinstance(code, str):
        raise NotApplicable(say("the code is not a string (covered by error.error.code)"))
    return (code or "").strip()
