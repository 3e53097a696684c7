"""What a 429 says: an error object, and when to try again."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import Any

from conformance.contract.faults import chain, drop, header, put, respond
from conformance.contract.requirement import Impact
from conformance.contract.scopes import EVERY_429
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.language import say
from conformance.suite.ratelimit import AREA
from conformance.suite.ratelimit.fields import WHOLE

KINDS_OF_429 = re.compile(r"rate.?limit|quota|credit|balance", re.IGNORECASE)


THROTTLED = {
    "message": "Rate limit reached for requests per minute.",
    "type": "requests",
    "param": None,
    "code": "rate_limit_exceeded",
}
shown_429 = respond(429, {"error": THROTTLED}, ("retry-after", "20"))


@AREA.must(
    "answer 429 with an error object that has a message, a type, and a code that is a string or null",
    on=EVERY_429,
    impact=Impact.CLIENTS,
    source="openai-openapi#TooManyRequests",
    contract=["ratelimit-02"],
    at="error",
    hint="Map the rate limiter's response, and the upstream's, to the same error object as other failures.",
    shown_by=shown_429,
    broken_by={
        "no error object": respond(429, {"detail": "The provider rate-limited this request"}),
        "a string": put("error", "Too many requests"),
        "no message": drop("error.message"),
        "no type": put("error.type", None),
        "a number as code": put("error.code", 429),
    },
)
def test_error_object(document: Any) -> None:
    error = document.get("error") if isinstance(document, dict) else None
    assert isinstance(error, dict), say("the 429 has no error object: {document}", str(document)[:120])
    for name in ("message", "type"):
        value = error.get(name)
        assert isinstance(value, str), say("error.{name} of the 429 is {value!r}", name, value)
        assert value.strip(), say("error.{name} of the 429 is empty", name)
    assert isinstance(error.get("code"), str | None), say("error.code of the 429 is {code!r}", error["code"])


@AREA.must(
    "give Retry-After on a 429, where present, as seconds, at least 1",
    on=EVERY_429,
    impact=Impact.CLIENTS,
    source="openai-openapi#TooManyRequests",
    contract=["ratelimit-03"],
    at="header:retry-after",
    hint="Round up: with 0 clients retry immediately.",
    shown_by=shown_429,
    broken_by={
        "zero": header("retry-after", "0"),
        "negative": header("retry-after", "-3"),
        "a fraction": header("retry-after", "0.5"),
        "a duration": header("retry-after", "20s"),
        "empty": header("retry-after", ""),
    },
    needs=["headers"],
)
def test_retry_after(exchange: Exchange) -> None:
    value = retry_after(exchange)
    if is_date(value):
        raise NotApplicable(say("Retry-After is a date (covered by ratelimit.retry_after_in_seconds)"))
    assert WHOLE.fullmatch(value), say("Retry-After is {value!r}, not a whole number of seconds", value)
    assert int(value) >= 1, say("Retry-After is {value}, and the least is 1", value)


@AREA.should(
    "give Retry-After on a 429 in seconds rather than as a date",
    on=EVERY_429,
    source="openai-openapi#TooManyRequests",
    contract=["ratelimit-03"],
    at="header:retry-after",
    hint="RFC 9110 allows a date, OpenAI's description does not.",
    shown_by=shown_429,
    broken_by=header("retry-after", "Fri, 31 Dec 2027 23:59:59 GMT"),
    needs=["headers"],
)
def test_retry_after_in_seconds(exchange: Exchange) -> None:
    value = retry_after(exchange)
    assert not is_date(value), say("Retry-After is the date {value!r}", value)


def retry_after(exchange: Exchange) -> str:
    """The field's value. Raises NotApplicable where there is none."""
    value = exchange.header("retry-after")
    if value is None:
        raise NotApplicable(say("the 429 has no Retry-After, which it may leave out"))
    return value.strip()


def is_date(value: str) -> bool:
    try:
        return parsedate_to_datetime(value) is not None and not WHOLE.fullmatch(value)
    except (ValueError, TypeError, OverflowError):  # the last for a year of many digits
        return False


@AREA.should(
    "distinguish a rate limit from exhausted credit in the code or type of a 429",
    on=EVERY_429,
    source="openai-errors#api-errors",
    contract=["ratelimit-04"],
    at="error.code error.type",
    hint="Send rate_limit_exceeded where a retry can succeed, insufficient_quota where it cannot.",
    shown_by=shown_429,
    broken_by=chain(put("error.code", None), put("error.type", "server_error")),
)
def test_kind(error: dict[str, Any]) -> None:
    said = [str(error[name]) for name in ("code", "type") if isinstance(error.get(name), str)]
    if not said or not isinstance(error.get("code"), str | None):
        raise NotApplicable(say("neither code nor type is a string (covered by error.error.type)"))
    assert KINDS_OF_429.search(" ".join(said)), say("a 429 says no more than {said}", ", ".join(map(repr, said)))


_WAIT = re.compile(r"retry-after(-ms)?$|(x-|anthropic-)?ratelimit-(.+-)?reset", re.IGNORECASE)
#: A length of time in words, such as `20s`, `1.5 seconds` or `6m0s`.
_TIME = re.compile(r"\b\d+(?:\.\d+)?\s?(?:ms|s|secs?|seconds?|m|mins?|minutes?)(?:\d|\b)", re.IGNORECASE)
_NO_CREDIT = re.compile(r"quota|credit|balance|billing", re.IGNORECASE)


@AREA.may(
    "tell with a 429 for a rate limit when to come back: by Retry-After, x-ratelimit-reset-*, or in the message",
    on=EVERY_429,
    impact=Impact.CLIENTS,
    source="openai-openapi#TooManyRequests",
    contract=["ratelimit-03"],
    at="header:retry-after error.message",
    hint="Pass the upstream's Retry-After on; without one clients guess, and come back too soon or all at once.",
    shown_by=shown_429,
    broken_by=header("retry-after", None),
    needs=["headers"],
)
def test_tells_when(exchange: Exchange, error: dict[str, Any]) -> None:
    """Where credit is exhausted there is nothing to wait for."""
    if _NO_CREDIT.search(exchange.text):
        raise NotApplicable(say("the error speaks of credit, for which waiting does not help"))
    waits = [name for name, _ in exchange.headers if _WAIT.match(name)]
    assert waits or _TIME.search(str(error.get("message"))), say(
        "neither a header field nor the message says how long to wait"
    )
