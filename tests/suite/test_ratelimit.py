"""What the requirements of rate limits accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.evidence.exchange import Exchange
from tests.support.builders_http import Said, completion, refusal, response, said


def limited(**values: str) -> Exchange:
    headers = [(f"X-RateLimit-{name.replace('_', '-')}", value) for name, value in values.items()]
    return response(completion(), *headers)


def throttled(retry_after: str | None = None, **error: Any) -> Exchange:
    headers = [("Retry-After", retry_after)] if retry_after is not None else []
    return refusal(429, *headers, **{"type": "tokens", "code": "rate_limit_exceeded"} | error)


@pytest.mark.parametrize(
    ("requirement", "exchange", "expected"),
    [
        ("counts", limited(limit_requests="0", remaining_tokens_day="12"), "accepted"),
        ("counts", limited(limit_tokens="33333.3"), "violated"),
        ("counts", limited(remaining_requests="-1"), "violated"),
        ("counts", limited(remaining_requests="9" * 5_000), "violated"),
        ("remaining_within_limit", limited(remaining_requests="9" * 5_000, limit_requests="9"), "not applicable"),
        ("reset_durations", limited(reset_requests="٣s"), "violated"),
        ("counts", limited(limit_requests="10, 10;w=1"), "violated"),
        ("counts", limited(reset_requests="1s", type="user"), "not applicable"),
        ("remaining_within_limit", limited(limit_tokens="10", remaining_tokens="10"), "accepted"),
        ("remaining_within_limit", limited(limit_tokens="10", remaining_tokens="11"), "violated"),
        ("remaining_within_limit", limited(limit_requests="1", remaining_tokens="11"), "not applicable"),
        ("remaining_within_limit", limited(limit_tokens="many", remaining_tokens="11"), "not applicable"),
        ("reset_durations", limited(reset_requests="6h52m19.2s"), "accepted"),
        ("reset_durations", limited(reset_requests="120ms", reset_tokens="6m0s"), "accepted"),
        ("reset_durations", limited(reset_requests="1763000000"), "violated"),
        ("reset_durations", limited(reset_tokens="soon"), "violated"),
        ("error_object", throttled(), "accepted"),
        ("error_object", throttled(code=None, type="server_error"), "accepted"),
        ("error_object", response({"message": "Requests rate limit exceeded"}, status=429), "violated"),
        ("error_object", response({"error": "slow down"}, status=429), "violated"),
        ("error_object", response([], status=429), "violated"),
        ("error_object", throttled(message=" "), "violated"),
        ("error_object", throttled(code=429), "violated"),
        ("retry_after", throttled("1"), "accepted"),
        ("retry_after", throttled("0"), "violated"),
        ("retry_after", throttled("1.5"), "violated"),
        ("retry_after", throttled("５"), "violated"),
        ("retry_after", throttled("soon"), "violated"),
        ("retry_after", throttled("Thu, 09 Oct 2025 08:53:20 GMT"), "not applicable"),
        ("retry_after", throttled(), "not applicable"),
        ("retry_after_in_seconds", throttled("30"), "accepted"),
        ("retry_after_in_seconds", throttled("Thu, 09 Oct 2025 08:53:20 GMT"), "violated"),
        ("tells_when", throttled("30"), "accepted"),
        ("tells_when", throttled(message="Please try again in 6m0s."), "accepted"),
        ("tells_when", throttled(message="Please retry after 1.5 seconds."), "accepted"),
        ("tells_when", refusal(429, ("Retry-After-Ms", "900")), "accepted"),
        ("tells_when", refusal(429, ("x-ratelimit-reset-tokens", "6s")), "accepted"),
        ("tells_when", refusal(429, ("anthropic-ratelimit-requests-reset", "2026-01-01T00:00:00Z")), "accepted"),
        ("tells_when", throttled(), "violated"),
        ("tells_when", throttled(message="Limit of 500 tokens reached, 3 more models"), "violated"),
        ("tells_when", refusal(429, ("x-ratelimit-limit-requests", "60")), "violated"),
        ("tells_when", throttled(code="insufficient_quota"), "not applicable"),
        ("kind", throttled(code="insufficient_quota"), "accepted"),
        ("kind", throttled(code=None, type="rate_limit_error"), "accepted"),
        ("kind", throttled(code="INSUFFICIENT_BALANCE"), "accepted"),
        ("kind", throttled(code=None, type="server_error"), "violated"),
        ("kind", throttled(code="too_many_requests", type="requests"), "violated"),
        ("kind", throttled(code=429, type=None), "not applicable"),
    ],
)
def test_ratelimit(requirement: str, exchange: Exchange, expected: Said) -> None:
    assert said(f"ratelimit.{requirement}", exchange) == expected
