"""Whether a response says that what was requested is not offered."""

from __future__ import annotations

from conformance.evidence.exchange import Exchange

#: Statuses that speak of the key, the account, the moment or the size, not of what was asked.
_OF_ANOTHER_THING = (401, 402, 403, 407, 408, 413, 429)


def refuses(exchange: Exchange) -> bool:
    """Whether it says that what was asked is not to be had; not that the key, the account or the moment are wrong."""
    return exchange.refused and exchange.status < 500 and exchange.status not in _OF_ANOTHER_THING


def rejected(exchange: Exchange) -> bool:
    """Whether a request was rejected that may be rejected with a 4xx. Raises AssertionError for a server error."""
    assert not exchange.refused or exchange.status < 500, (
        f"“{exchange.request}” was answered with {exchange.outcome}; expected a reply or a 4xx"
    )
    return exchange.refused
