"""Requests per minute, counted and limited."""

from __future__ import annotations

from dataclasses import dataclass

from .refusal import Refusal

Headers = tuple[tuple[str, str], ...]
MINUTE = 60.0  #: seconds


@dataclass
class Rate:
    """How many requests came in the minute of the clock that is running."""

    limit: int
    minute: int = 0
    used: int = 0

    def count(self, now: float) -> Headers:
        """One more request, and the headers that say how many are left (OpenAI, rate limits in headers)."""
        minute = int(now // MINUTE)
        self.minute, self.used = minute, self.used + 1 if minute == self.minute else 1
        return (
            ("x-ratelimit-limit-requests", str(self.limit)),
            ("x-ratelimit-remaining-requests", str(max(self.limit - self.used, 0))),
            ("x-ratelimit-reset-requests", f"{MINUTE - now % MINUTE:.3f}s"),
        )

    def check(self, now: float) -> None:
        """Refuse what goes beyond the limit. Raises Refusal."""
        if self.used > self.limit:
            wait = str(int(MINUTE - now % MINUTE) + 1)
            message = f"Rate limit reached: {self.limit} requests per minute. Please try again in {wait}s."
            again = (("retry-after", wait),)
            raise Refusal(message, None, "rate_limit_exceeded", status=429, kind="requests", headers=again)
