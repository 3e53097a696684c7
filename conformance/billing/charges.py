"""What one reply's input costs, and what a wrong count over- or undercharges. What cannot be told from a reply is said,
never guessed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from conformance.contract.profile import Prices
from conformance.evidence.exchange import Exchange, Inconclusive, Request
from conformance.evidence.observed import count_or_none, count_or_zero
from conformance.language import joined, say

from .dialects import Counts, dialect, phanedge
from .prices import Cost, PricesError, cost, plain

#: Why the cost of a reply cannot be told.
NO_RESPONSE = say("no whole response arrived")
NOT_ASKED = say("the stream was not asked for usage")
NO_USAGE = say("the reply has no usage")
UNCLEAR = say("the counts are missing or contradict each other")
DIALECT = say("the usage is in another dialect")


class Untold(Exception):
    """The input cost of a reply cannot be told: `reason` is one of the above, `detail` says more."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(joined(": ", filter(None, (reason, detail))))
        self.reason = reason


# --- one reply ----------------------------------------------------------------------------------------------


def counts_of(exchange: Exchange) -> Counts:
    """What a reply says that its prompt was made of. Raises Untold."""
    if exchange.failure:
        raise Untold(NO_RESPONSE, str(exchange.failure))
    try:
        usage = exchange.usage
    except Inconclusive as reason:
        options = exchange.request.asked.get("stream_options")
        asked = isinstance(options, dict) and options.get("include_usage") is True
        if exchange.request.streams and not asked:
            raise Untold(NOT_ASKED) from None
        raise Untold(NO_USAGE, str(reason)) from None
    return clear_counts(usage)


TOTAL = "prompt_tokens_details.cached_write_tokens"  #: of all writes
#: Of prompt_tokens_details; absent and null are 0.
COUNTS = ("cached_tokens", "cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens")


def clear_counts(usage: Mapping[str, Any]) -> Counts:
    """The counts of a usage that speaks PhanEdge's words and does not contradict itself. Raises Untold."""
    told = _readable(usage)
    if found := dialect(usage):
        raise Untold(DIALECT, found.name)
    counts = phanedge(usage)
    total, five, hour = (told.get(name, 0) for name in COUNTS[1:])
    if total and not (five or hour):
        raise Untold(UNCLEAR, say("cached_write_tokens is {total}, and neither bucket says at which price", total))
    if total != five + hour:
        sum = f"{five} + {hour} = {five + hour}"
        raise Untold(UNCLEAR, say("cached_write_tokens is {total}, and its buckets are {sum}", total, sum))
    if counts.uncached < 0:
        parts = say("{read} read and {written} written", counts.read, counts.written)
        raise Untold(UNCLEAR, say("prompt_tokens is {prompt}, less than {parts}", counts.prompt, parts))
    _check_total(usage, counts.prompt)
    return counts


def _readable(usage: Mapping[str, Any]) -> dict[str, int]:
    """The counts of the prompt that are given. Raises Untold where one is no number of tokens."""
    details = usage.get("prompt_tokens_details")
    if details is not None and not isinstance(details, dict):
        raise Untold(UNCLEAR, say("{name} is {value!s:.40}", "prompt_tokens_details", details))
    given = {name: each for name in COUNTS if (each := (details or {}).get(name)) is not None}
    for name, value in ({"prompt_tokens": usage.get("prompt_tokens", "absent")} | given).items():
        if type(value) is not int or value < 0:
            raise Untold(UNCLEAR, say("{name} is {value!s:.40}", name, value))
    return given


def _check_total(usage: Mapping[str, Any], prompt: int) -> None:
    """Raise Untold where total_tokens says that the prompt was another one. Reasoning may be counted beside
    completion_tokens, which does not bear on the input."""
    total, output = count_or_none(usage, "total_tokens"), count_or_none(usage, "completion_tokens")
    if total is None or output is None:
        return
    details = usage.get("completion_tokens_details")
    reasoning = details.get("reasoning_tokens") if isinstance(details, dict) else 0
    if total - output - prompt not in (0, reasoning):
        parts = f"prompt_tokens {prompt} + completion_tokens {output}"
        raise Untold(UNCLEAR, say("total_tokens is {total}, and {parts}", total, parts))


# --- what a wrong count charges -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """What a client is charged by the counts as they are told, and by those that are meant; `basis` says how the
    latter are known."""

    told: Cost
    meant: Cost
    basis: str

    @property
    def amount(self) -> Decimal:
        """Above zero where too much is charged."""
        return self.told.amount - self.meant.amount

    def __str__(self) -> str:
        by = f"{plain(abs(self.amount))} {self.told.currency}"
        over, under = say("overcharges {amount}", by), say("undercharges {amount}", by)
        verb = over if self.amount > 0 else under if self.amount < 0 else say("charges rightly")
        return say("{verb}: reported {told}; expected {basis} {meant}", verb, self.told, self.basis, self.meant)


def misread(usage: Mapping[str, Any], prices: Prices) -> Difference | None:
    """What a usage that speaks another dialect, or whose total of writes is not that of its buckets, charges a client
    who computes as the contract says (section 5). None where it does neither, or its counts have no meaning."""
    with suppress(PricesError, Untold):
        _readable(usage)
        if found := dialect(usage):
            return Difference(cost(_as_read(usage), prices), cost(found.counts, prices), say("by its mapping"))
        own = phanedge(usage)
        if own.written and own.written != count_or_zero(usage, TOTAL):
            return Difference(cost(_as_read(usage), prices), cost(own, prices), say("if its two buckets are right"))
    return None


def _as_read(usage: Mapping[str, Any]) -> Counts:
    """As a client reads it: what prompt_tokens is above hits and the total of writes is uncached, and never below
    zero; what is written costs what the buckets say."""
    own = phanedge(usage)
    uncached = max(own.prompt - own.read - count_or_zero(usage, TOTAL), 0)
    return Counts(uncached + own.read + own.written, own.read, own.written_5m, own.written_1h)


def charged(shown: Sequence[Exchange], prices: Prices, *, alike: bool = False) -> tuple[Exchange, Difference] | None:
    """The exchange of a violation that over- or undercharges, and how much, where that can be computed: its counts
    are another dialect's, or not the sum of the buckets, or in the wrong bucket for the lifetime that was asked for, or
    unlike those of the second exchange, where `alike` says that it costs the same."""
    for exchange in shown:
        with suppress(Inconclusive, Untold):
            found = misread(exchange.usage, prices) or _by_lifetime(exchange, prices)
            if found and found.amount:
                return exchange, found
    if alike and len(shown) > 1:
        with suppress(Untold):
            told, meant = (cost(counts_of(each), prices) for each in shown[:2])
            return shown[0], Difference(told, meant, say("as in the reply that is compared"))
    return None


def _by_lifetime(exchange: Exchange, prices: Prices) -> Difference | None:
    """All writes in the bucket of the one lifetime that every marker of the request has. Raises Untold."""
    told, ttls = counts_of(exchange), set(lifetimes(exchange.request))
    if len(ttls) != 1 or not ttls <= {"5m", "1h"}:
        return None
    five, hour = (told.written, 0) if ttls == {"5m"} else (0, told.written)
    meant = Counts(told.prompt, told.read, five, hour)
    return Difference(cost(told, prices), cost(meant, prices), say("by the requested TTL, {ttl},", min(ttls)))


def lifetimes(request: Request) -> Iterator[str]:
    """The ttl of every cache marker in a request; 5m where it has none."""
    waiting: list[Any] = [request.document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(marker := value.get("cache_control"), dict):
                yield str(marker.get("ttl") or "5m")
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
