"""The x-ratelimit header fields: counts, and durations until they are reset."""

from __future__ import annotations

import re

from conformance.contract.faults import chain, header
from conformance.contract.scopes import EVERY_RESPONSE
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.kept import kept_of
from conformance.language import joined, say
from conformance.suite.ratelimit import AREA
from conformance.suite.ratelimit.fields import WHOLE

DURATION = re.compile(r"(?=.)(\d+d)?(\d+h)?(\d+m)?(\d+(\.\d+)?s)?(\d+(\.\d+)?ms)?", re.ASCII)
LIMITS = {"limit": "5000", "remaining": "4999", "reset": "12ms"}

shown_limits = chain(*(header(f"x-ratelimit-{name}-requests", value) for name, value in LIMITS.items()))


@kept_of
def _fields(exchange: Exchange) -> dict[str, str]:
    found = ((name.lower(), value) for name, value in exchange.headers)
    return {name: value.strip() for name, value in found if name.startswith("x-ratelimit-")}


def limits(exchange: Exchange, *kinds: str) -> dict[str, str]:
    """The rate-limit headers of these kinds by name. Raises NotApplicable where there is none."""
    prefixes = tuple(f"x-ratelimit-{kind}-" for kind in kinds)
    found = {name: value for name, value in _fields(exchange).items() if name.startswith(prefixes)}
    if not found:
        raise NotApplicable(say("the response has no {prefixes}* header", joined(" or ", prefixes)))
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
    assert not wrong, say("not a non-negative integer: {fields}", _told(wrong))


@AREA.should(
    "report no more remaining than the limit",
    on=EVERY_RESPONSE,
    source="openai-ratelimits#rate-limits-in-headers",
    contract=["ratelimit-01"],
    at="header:x-ratelimit-remaining-requests header:x-ratelimit-limit-requests",
    shown_by=shown_limits,
    broken_by=header("x-ratelimit-remaining-requests", "5001"),
    needs=["headers"],
)
def test_remaining_within_limit(exchange: Exchange) -> None:
    pairs = _remaining(exchange)
    if not pairs:
        raise NotApplicable(say("no remaining count has a limit beside it"))
    over = [say("{name} is {left} of {limit}", name, left, limit) for name, left, limit in pairs if left > limit]
    assert not over, joined("; ", over)


def _told(fields: dict[str, str]) -> str:
    return ", ".join(f"{name}: {value!r}" for name, value in fields.items())


def _remaining(exchange: Exchange) -> list[tuple[str, int, int]]:
    """Each field that tells what remains, with its value and the limit that is stated for the same."""
    found = {
        name: int(value) for name, value in limits(exchange, "remaining", "limit").items() if WHOLE.fullmatch(value)
    }
    beside = {name: name.replace("remaining", "limit", 1) for name in found if "-remaining-" in name}
    return [(name, found[name], found[limit]) for name, limit in beside.items() if limit in found]


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
    assert not wrong, say("not a duration: {fields}", _told(wrong))
