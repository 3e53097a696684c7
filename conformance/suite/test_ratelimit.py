"""What the endpoint says of its limits."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import Any

from conformance.contract.faults import chain, drop, header, put, respond
from conformance.contract.requirement import Area
from conformance.contract.scopes import EVERY_429, EVERY_RESPONSE
from conformance.evidence.exchange import Exchange, NotApplicable

AREA = Area("ratelimit")

WHOLE = re.compile(r"[0-9]+")
DURATION = re.compile(r"(?=.)(\d+d)?(\d+h)?(\d+m)?(\d+(\.\d+)?s)?(\d+(\.\d+)?ms)?")
KINDS_OF_429 = re.compile(r"rate.?limit|quota|credit|balance", re.IGNORECASE)
LIMITS = {"limit": "5000", "remaining": "4999", "reset": "12ms"}

THROTTLED = {
    "message": "Rate limit reached for requests per minute.",
    "type": "requests",
    "param": None,
    "code": "rate_limit_exceeded",
}
shown_429 = respond(429, {"error": THROTTLED}, ("retry-after", "20"))
shown_limits = chain(*(header(f"x-ratelimit-{name}-requests", value) for name, value in LIMITS.items()))


def limits(exchange: Exchange, *kinds: str) -> dict[str, str]:
    """The rate-limit headers of these kinds by name. Raises NotApplicable where there is none."""
    prefixes = tuple(f"x-ratelimit-{kind}-" for kind in kinds)
    found = {name.lower(): value.strip() for name, value in exchange.headers if name.lower().startswith(prefixes)}
    if not found:
        raise NotApplicable(f"the response has no {' or '.join(prefixes)}* header")
    return found


@AREA.should(
    "give x-ratelimit-limit-* and x-ratelimit-remaining-* as non-negative integers",
    on=EVERY_RESPONSE,
    source="openai-ratelimits#rate-limits-in-headers",
    contract=["ratelimit-01"],
    at="header:x-ratelimit-limit-requests header:x-ratelimit-remaining-requests",
    shown_by=shown_limits,
    broken_by={
        "negative": header("x-ratelimit-remaining-requests", "-1"),
        "unlimited": header("x-ratelimit-limit-requests", "unlimited"),
        "a fraction": header("x-ratelimit-limit-tokens", "5000.0"),
    },
    needs=["headers"],
)
def test_counts(exchange: Exchange) -> None:
    wrong = {
        name: value for name, value in limits(exchange, "limit", "remaining").items() if not WHOLE.fullmatch(value)
    }
    assert not wrong, "not a non-negative integer: " + ", ".join(f"{name}: {value}" for name, value in wrong.items())


@AREA.should(
    "let no more remain than the limit allows",
    on=EVERY_RESPONSE,
    source="openai-ratelimits#rate-limits-in-headers",
    contract=["ratelimit-01"],
    at="header:x-ratelimit-remaining-requests header:x-ratelimit-limit-requests",
    shown_by=shown_limits,
    broken_by=header("x-ratelimit-remaining-requests", "5001"),
    needs=["headers"],
)
def test_remaining_within_limit(exchange: Exchange) -> None:
    found = {
        name: int(value) for name, value in limits(exchange, "remaining", "limit").items() if WHOLE.fullmatch(value)
    }
    pairs = {name: (left, found.get(name.replace("remaining", "limit", 1))) for name, left in found.items()}
    judged = {
        name: (left, limit) for name, (left, limit) in pairs.items() if "-remaining-" in name and limit is not None
    }
    if not judged:
        raise NotApplicable("no remaining count has a limit beside it")
    over = [
        f"{name} is {left} of {limit}" for name, (left, limit) in judged.items() if limit is not None and left > limit
    ]
    assert not over, "; ".join(over)


@AREA.should(
    "give x-ratelimit-reset-* as durations such as 120ms, 1s or 6m0s",
    on=EVERY_RESPONSE,
    source="openai-ratelimits#rate-limits-in-headers",
    contract=["ratelimit-01"],
    at="header:x-ratelimit-reset-requests",
    shown_by=shown_limits,
    broken_by={
        "a bare number": header("x-ratelimit-reset-requests", "60"),
        "a date": header("x-ratelimit-reset-requests", "2026-02-23T16:37:08Z"),
        "empty": header("x-ratelimit-reset-requests", ""),
    },
    needs=["headers"],
)
def test_reset_durations(exchange: Exchange) -> None:
    wrong = {name: value for name, value in limits(exchange, "reset").items() if not DURATION.fullmatch(value)}
    assert not wrong, "not a duration: " + ", ".join(f"{name}: {value!r}" for name, value in wrong.items())


# --- 429 ----------------------------------------------------------------------------------------------------


@AREA.must(
    "answer 429 with an error object that has a message, a type, and a code that is a string or null",
    on=EVERY_429,
    source="openai-openapi#TooManyRequests",
    contract=["ratelimit-02"],
    at="error",
    hint="Map the limiter's own answer, and the upstream's, to the error object of every other failure.",
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
    assert isinstance(error, dict), f"the 429 has no error object: {str(document)[:120]}"
    for name in ("message", "type"):
        value = error.get(name)
        assert isinstance(value, str), f"error.{name} of the 429 is {value!r}"
        assert value.strip(), f"error.{name} of the 429 is empty"
    assert isinstance(error.get("code"), str | None), f"error.code of the 429 is {error['code']!r}"


@AREA.must(
    "give Retry-After on a 429, where present, as seconds, at least 1",
    on=EVERY_429,
    source="openai-openapi#TooManyRequests",
    contract=["ratelimit-03"],
    at="header:retry-after",
    hint="Round up: 0 makes clients come back at once.",
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
        raise NotApplicable("Retry-After is a date, which is another requirement")
    assert WHOLE.fullmatch(value), f"Retry-After is {value!r}, not a whole number of seconds"
    assert int(value) >= 1, f"Retry-After is {value}, and the least is 1"


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
    assert not is_date(value), f"Retry-After is the date {value!r}"


def retry_after(exchange: Exchange) -> str:
    """The field's value. Raises NotApplicable where there is none."""
    value = exchange.header("retry-after")
    if value is None:
        raise NotApplicable("the 429 has no Retry-After, which it may leave out")
    return value.strip()


def is_date(value: str) -> bool:
    try:
        return parsedate_to_datetime(value) is not None and not WHOLE.fullmatch(value)
    except (ValueError, TypeError):
        return False


@AREA.should(
    "let the code or type of a 429 tell a rate limit from exhausted credit",
    on=EVERY_429,
    source="openai-errors#api-errors",
    contract=["ratelimit-04"],
    at="error.code error.type",
    hint="Send rate_limit_exceeded, which is worth another try, or insufficient_quota, which is not.",
    shown_by=shown_429,
    broken_by=chain(put("error.code", None), put("error.type", "server_error")),
)
def test_kind(error: dict[str, Any]) -> None:
    said = [str(error[name]) for name in ("code", "type") if isinstance(error.get(name), str)]
    if not said or not isinstance(error.get("code"), str | None):
        raise NotApplicable("neither code nor type is there to be read, which is another requirement")
    assert KINDS_OF_429.search(" ".join(said)), f"a 429 says no more than {', '.join(map(repr, said))}"
