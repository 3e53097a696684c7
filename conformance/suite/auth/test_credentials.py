"""Which credentials are accepted, and which are answered with 401."""

from __future__ import annotations

from dataclasses import replace

from conformance.contract.faults import header, late, respond, status
from conformance.contract.requests import (
    MODELS,
    NO_CREDENTIALS,
    PLAIN,
    UNKNOWN_CREDENTIALS,
    UNKNOWN_CREDENTIALS_STREAM,
    bad,
    once,
)
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, list_of
from conformance.language import say
from conformance.suite.auth import AREA

AUTH = frozenset({"auth"})
LOWERCASE = once(replace(PLAIN, credentials="lowercase", features=AUTH, label="scheme-lowercase"))
EMPTY_TOKEN = once(bad("token-empty", PLAIN.asked, credentials="empty"))
BASIC_SCHEME = once(bad("scheme-basic", PLAIN.asked, credentials="basic"))
RAW_TOKEN = once(bad("token-without-scheme", PLAIN.asked, credentials="raw"))
OK = {"id": "chatcmpl-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "OK."}}]}
SERVED = respond(200, OK)


def outcome(exchange: Exchange) -> str:
    return say(
        "{request} was answered with HTTP {status}: {text}",
        exchange.request,
        exchange.status,
        exchange.text[:120].strip(),
    )


def not_served(exchange: Exchange) -> None:
    """Hold that a request was not served: with what status it was refused, other requirements say."""
    assert not exchange.succeeded, outcome(exchange)


def is_401(exchange: Exchange) -> None:
    """Status 401. Raises Inconclusive for a 403 that a firewall in front of the API gave."""
    if exchange.status == 403 and not _is_of_an_api(exchange):
        raise Inconclusive(say("HTTP 403 without an error object: a firewall answered before the API could"))
    assert exchange.status == 401, outcome(exchange)


def _is_of_an_api(exchange: Exchange) -> bool:
    """Whether an API answered: with an error object, or with its error under the name that its framework gives it."""
    try:
        return isinstance(exchange.document, dict) and not exchange.document.keys().isdisjoint(("error", "detail"))
    except Inconclusive:
        return False


@AREA.must(
    "accept a valid token in the Authorization header field with the scheme Bearer",
    on=(PLAIN,),
    impact=Impact.CLIENTS,
    source="rfc6750#2.1",
    contract=["auth-01"],
    at="status",
    broken_by=status(401),
)
def test_valid_token(exchange: Exchange) -> None:
    if exchange.status in (402, 403):
        raise Inconclusive(say("{outcome}: the key may not use this model, or has no credit", outcome(exchange)))
    assert exchange.status != 401, outcome(exchange)


@AREA.must(
    "answer a request without credentials with status 401",
    on=(NO_CREDENTIALS,),
    source="openai-errors#api-errors",
    contract=["auth-02"],
    at="status",
    hint="For an endpoint that needs no key by design use --without auth.",
    broken_by={"served": SERVED, "400": status(400), "500": status(500)},
)
def test_no_credentials_401(exchange: Exchange) -> None:
    is_401(exchange)


@AREA.must(
    "answer an unknown token with status 401",
    on=(UNKNOWN_CREDENTIALS,),
    source="rfc6750#3.1",
    contract=["auth-03"],
    at="status",
    hint="For an endpoint that needs no key by design use --without auth.",
    broken_by={"served": SERVED, "404": status(404), "500": status(500)},
)
def test_unknown_token_401(exchange: Exchange) -> None:
    is_401(exchange)


@AREA.must(
    "accept neither an empty bearer token nor Basic credentials",
    on=(EMPTY_TOKEN, BASIC_SCHEME),
    source="rfc6750#2.1",
    contract=["auth-04"],
    at="status",
    broken_by=SERVED,
    after=["auth.no_credentials_401", "auth.unknown_token_401"],
)
def test_malformed_credentials(exchange: Exchange) -> None:
    not_served(exchange)


@AREA.should(
    "not accept a token in the Authorization header field without a scheme",
    on=(RAW_TOKEN,),
    impact=Impact.FORM,
    source="rfc6750#2.1",
    contract=["auth-04"],
    at="status",
    hint='Go\'s TrimPrefix(header, "Bearer ") accepts what has no prefix, too: check for the prefix before you cut it.',
    broken_by=SERVED,
    after=["auth.malformed_credentials", "auth.no_credentials_401"],
)
def test_raw_token(exchange: Exchange) -> None:
    not_served(exchange)


@AREA.should(
    "answer malformed credentials with status 401",
    on=(EMPTY_TOKEN, BASIC_SCHEME, RAW_TOKEN),
    impact=Impact.FORM,
    source="rfc6750#3.1",
    contract=["auth-04"],
    at="status",
    broken_by={"400": status(400), "403": status(403)},
    after=["auth.malformed_credentials"],
)
def test_malformed_credentials_401(exchange: Exchange) -> None:
    if exchange.succeeded:
        raise NotApplicable(say("it was accepted (covered by auth.malformed_credentials)"))
    is_401(exchange)


@AREA.should(
    "treat the name of the scheme, Bearer, as case-insensitive",
    on=(LOWERCASE,),
    impact=Impact.CLIENTS,
    source="rfc9110#11.1",
    contract=["auth-05"],
    at="status",
    broken_by=status(401),
)
def test_scheme_case(exchange: Exchange) -> None:
    assert exchange.status == 200, outcome(exchange)


@AREA.must(
    "reject a streamed request with an unknown token with status 401 and JSON, not in a stream",
    on=(UNKNOWN_CREDENTIALS_STREAM,),
    impact=Impact.CLIENTS,
    source="whatwg-sse#processing-model",
    contract=["auth-08"],
    at="status header:content-type",
    hint="Check the key before the status of the stream is sent.",
    broken_by={"an error event": late, "an event stream": header("content-type", "text/event-stream")},
    needs=["headers"],
    after=["auth.unknown_token_401"],
)
def test_streamed_401_is_json(exchange: Exchange) -> None:
    is_401(exchange)
    assert exchange.media_type == "application/json", say(
        "the 401 has the content type {media_type!r}", exchange.media_type
    )


MODELS_UNASKED = once(
    replace(MODELS, credentials="none", features=AUTH | MODELS.features, expect="error", label="models-no-credentials")
)


@AREA.should(
    "list its models to nobody without credentials",
    on=(MODELS_UNASKED,),
    impact=Impact.FORM,
    source="phanedge#openapi",
    contract=["security-01"],
    at="status",
    hint="For a list that is public by design use --without models.",
    broken_by=respond(200, {"object": "list", "data": [{"id": "m", "object": "model"}]}),
    needs=["request", "status"],
)
def test_models_listed(exchange: Exchange) -> None:
    listed = exchange.document.get("data") if exchange.succeeded and isinstance(exchange.document, dict) else None
    assert not listed, say(
        "without credentials {number} models are listed: {text}", len(list_of(listed)), exchange.text[:120]
    )
