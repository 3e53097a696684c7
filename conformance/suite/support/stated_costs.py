"""Costs that a reply states for itself, and what they should be by its counts and the prices of its model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from conformance.billing.charges import Untold, counts_of
from conformance.billing.dialects import Counts
from conformance.billing.prices import MILLION, cost, plain
from conformance.contract.profile import Model, Prices
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.observed import count_or_none
from conformance.language import joined, say
from conformance.suite.support.server_tools import tools_run

#: Header fields of gateways with the cost of the response.
HEADERS = ("x-litellm-response-cost",)
#: Members of usage with the cost of the request.
MEMBERS = ("cost", "total_cost", "estimated_cost")
#: Of usage.cost_details: the cost of all, of the prompt, of the completion.
ALL, PROMPT, COMPLETION = (f"upstream_inference_{name}" for name in ("cost", "prompt_cost", "completions_cost"))
_NO_COST = say("the reply states no cost")
_NOISE = Decimal("1e-9")  #: of an amount; what floating-point arithmetic adds


def stated(exchange: Exchange) -> dict[str, Decimal]:
    """The amounts that a reply states, each by where it stands. Raises NotApplicable where there is none."""
    usage = exchange.usage
    if usage.keys().isdisjoint((*MEMBERS, "cost_details")) and exchange.fields.keys().isdisjoint(HEADERS):
        raise NotApplicable(_NO_COST)
    inside = details if isinstance(details := usage.get("cost_details"), dict) else {}
    own = () if usage.get("is_byok") is True else MEMBERS  # with a key of the caller's it is the gateway's fee
    found = {f"usage.{name}": amount_of(usage.get(name)) for name in own}
    found |= {f"usage.cost_details.{name}": amount_of(inside.get(name)) for name in (ALL, PROMPT, COMPLETION)}
    found |= {f"header {name}": amount_of(exchange.header(name)) for name in HEADERS}
    told = {where: amount for where, amount in found.items() if amount is not None}
    if not told:
        raise NotApplicable(_NO_COST)
    return told


def amount_of(value: Any) -> Decimal | None:
    """A number, or text that is one, as a decimal; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


@dataclass(frozen=True)
class Due:
    """What a reply costs by its counts and the prices of its model."""

    counts: Counts
    completion_tokens: int
    choices: int
    prices: Prices
    output: Decimal  #: the price

    @property
    def prompt(self) -> Decimal:
        return cost(self.counts, self.prices).amount

    @property
    def completion(self) -> Decimal:
        return self.completion_tokens * self.output / MILLION

    def of(self, where: str) -> Decimal:
        """What should be stated there."""
        if where.endswith(PROMPT):
            return self.prompt
        return self.completion if where.endswith(COMPLETION) else self.prompt + self.completion

    def __str__(self) -> str:
        output = say("{tokens:,} output × {price} / 1,000,000", self.completion_tokens, plain(self.output))
        return say("{prompt}, and {output} = {amount}", cost(self.counts, self.prices), output, plain(self.completion))


def due(exchange: Exchange, model: Model) -> Due:
    """What the reply costs. Raises NotApplicable without prices, Inconclusive where its counts do not tell it."""
    if model.prices is None or model.prices.output is None:
        raise NotApplicable(say("no prices of input and output are known: name a price sheet with --prices"))
    if tools_run(exchange):
        raise NotApplicable(say("the server ran tools for the reply, which cost apart from its counts"))
    completion = count_or_none(exchange.usage, "completion_tokens")
    if completion is None or completion < 0:
        raise Inconclusive(say("completion_tokens is no count"))
    try:
        counts = counts_of(exchange)
    except Untold as reason:
        raise Inconclusive(str(reason)) from None
    return Due(counts, completion, len(exchange.choices), model.prices, model.prices.output)


def differing(exchange: Exchange, model: Model) -> list[str]:
    """What is wrong with each amount that a reply states. An amount may be rounded to the decimals that it has."""
    found, meant = stated(exchange), due(exchange, model)
    wrong = {where: amount for where, amount in found.items() if not _rounded(amount, meant.of(where))}
    return [_expected(where, amount, meant) for where, amount in wrong.items()]


def _expected(where: str, amount: Decimal, meant: Due) -> str:
    due = f"{plain(meant.of(where))} {meant.prices.currency}"
    expected = say("{where} is {amount}, expected {due}: {formula}", where, plain(amount), due, meant)
    known = [name for name, wrong in _mistakes(meant) if _rounded(amount, wrong.of(where))]
    return joined("; ", [expected, *(say("it is the amount with {mistake}", each) for each in known[:1])])


def _rounded(amount: Decimal, meant: Decimal) -> bool:
    """Whether it is the amount that is meant, as rounded; nothing is not a little that was rounded."""
    if not amount:
        return not meant
    exponent = amount.as_tuple().exponent
    rounding = Decimal(1).scaleb(exponent) / 2 if isinstance(exponent, int) else Decimal(0)
    return abs(amount - meant) <= max(rounding, meant * _NOISE)


def contradicting(exchange: Exchange) -> list[str]:
    """The amounts of a reply that differ from another of the same, and parts that do not come to their whole. What the
    upstream charges the gateway may be another amount than what the gateway charges."""
    found = stated(exchange)
    whole = {where: amount for where, amount in found.items() if "cost_details" not in where}
    (first, amount), *others = whole.items() or [("", Decimal(0))]
    wrong = [_unlike(first, amount, each, it) for each, it in others if not alike(it, amount)]
    inside = [found.get(f"usage.cost_details.{name}") for name in (ALL, PROMPT, COMPLETION)]
    if inside[0] is not None and inside[1] is not None and inside[2] is not None:
        parts = inside[1] + inside[2]
        if not alike(inside[0], parts) and not (inside[0] > parts and tools_run(exchange)):
            wrong.append(say("{name} is {whole}, and its parts come to {parts}", ALL, plain(inside[0]), plain(parts)))
    if len(whole) < 2 and None in inside:
        raise NotApplicable(say("the reply states its cost once"))
    return wrong


def _unlike(one: str, amount: Decimal, other: str, another: Decimal) -> str:
    return say("{one} is {amount}, and {other} {another}", one, plain(amount), other, plain(another))


def by_counts(exchanges: Iterable[Exchange]) -> Iterator[list[tuple[Exchange, Decimal]]]:
    """Replies that state a cost in usage or a header field, by what they count and by who served them. Raises
    NotApplicable where there are no two of the same."""
    groups: dict[tuple[object, ...], list[tuple[Exchange, Decimal]]] = {}
    for exchange in exchanges:
        with suppress(NotApplicable, Inconclusive, Untold):
            told = {where: each for where, each in stated(exchange).items() if "cost_details" not in where}
            served = tuple(str(exchange.reply.get(name)) for name in ("model", "provider", "service_tier"))
            counted = (counts_of(exchange), count_or_none(exchange.usage, "completion_tokens"), tools_run(exchange))
            for where, amount in told.items():
                groups.setdefault((where, *served, *counted), []).append((exchange, amount))
    if not (several := [each for each in groups.values() if len(each) > 1]):
        raise NotApplicable(say("no two replies of the same counts state a cost"))
    yield from several


def alike(one: Decimal, other: Decimal) -> bool:
    """Whether two amounts are the same, one of them rounded perhaps."""
    return _rounded(one, other) or _rounded(other, one)


def _mistakes(meant: Due) -> Iterator[tuple[str, Due]]:
    """Known ways to compute it wrongly."""
    prices, counts = meant.prices, meant.counts
    wrong_prices = {
        say("hits at the price of uncached input"): replace(prices, cached=prices.input),
        say("hits for nothing"): replace(prices, cached=Decimal(0)),
        say("writes for 1 hour at the price of those for 5 minutes"): replace(prices, write_1h=prices.write_5m),
        say("writes at the price of uncached input"): replace(prices, write_5m=prices.input, write_1h=prices.input),
    }
    yield from ((name, replace(meant, prices=each)) for name, each in wrong_prices.items())
    twice = replace(counts, prompt=counts.prompt + counts.read + counts.written)
    yield say("hits and writes once more as uncached input"), replace(meant, counts=twice)
    yield (
        say("the output once for each choice"),
        replace(meant, completion_tokens=meant.completion_tokens * meant.choices),
    )
