"""How often valid requests had to be asked again, by the sender's own record of attempts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conformance.evidence.exchange import Exchange
from conformance.language import joined, phrase, say

_SHOWN = 6  #: reasons that are named
#: Endings that are the sender's own doing.
_OF_ITS_OWN = ("not sent", "hung up")


@dataclass(frozen=True)
class AskedAgain:
    """Of so many `valid` requests those `requests` that were sent more than once, since an attempt had failed.
    `reasons` count the failed attempts by status, such as 429, or by what went wrong."""

    valid: int
    requests: int
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Of the valid requests."""
        return self.requests / self.valid if self.valid else 0.0

    @property
    def counts(self) -> str:
        """`429 ×9, 503 ×3`, the most frequent first."""
        listed = sorted(self.reasons.items(), key=lambda each: (-each[1], each[0]))
        counted = joined(
            ", ", (say("{reason} ×{number:,}", phrase(reason), number) for reason, number in listed[:_SHOWN])
        )
        return say("{names} and {number} more", counted, len(listed) - _SHOWN) if len(listed) > _SHOWN else counted

    def __str__(self) -> str:
        were = "request was" if self.valid == 1 else "requests were"
        return say(
            "{number:,} of {valid:,} valid {_requests_were} asked again: {reasons}",
            self.requests,
            self.valid,
            were,
            self.counts,
        )


def asked_again(exchanges: Iterable[Exchange]) -> AskedAgain:
    """What these exchanges tell of attempts that failed; those that are listed once more on their own are left out."""
    valid = [each for each in exchanges if each.request.expect == "reply" and each.request.attempt > 0]
    attempts = [list(filter(_counts, each.earlier)) for each in valid]
    reasons = Counter(_reason(each) for earlier in attempts for each in earlier)
    return AskedAgain(len(valid), sum(map(bool, attempts)), dict(sorted(reasons.items())))


def _counts(exchange: Exchange) -> bool:
    return exchange.failure is None or exchange.failure.kind not in _OF_ITS_OWN


def _reason(exchange: Exchange) -> str:
    if exchange.failure:
        return exchange.failure.kind
    return str(exchange.status) if exchange.status >= 400 else say("error in the stream")
