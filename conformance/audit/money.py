"""What an exchange counts and costs, as sums that a batch adds up."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal

from conformance.billing.charges import Untold, charged, counts_of
from conformance.billing.prices import WRITES, Line, PricesError, cost, plain
from conformance.contract.profile import Model
from conformance.contract.requirement import Impact, Requirement
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.observed import count_or_none
from conformance.judgement.verdict import VIOLATIONS, Finding
from conformance.suite.support.stated_costs import ALL, due, stated

Measures = Mapping[tuple[str, str], int | Decimal]  #: by name and currency; the latter is empty for tokens


def measures(exchange: Exchange, model: Model, charged: tuple[str, str] | None = None) -> Measures:
    """The sums that a reply adds to: one of `replies`; its tokens by kind; by the contract's formula, where the model
    has prices, the cost of its input (`cost`), of the cache writes in it (`writes_cost`) and of its output
    (`output_cost`); what it says itself that it costs (`stated`), and by the formula (`due`). `charged` is what its
    violations charge too much or too little. Nothing of tokens where its counts do not tell them."""
    if not exchange.succeeded:
        return {}
    found: dict[tuple[str, str], int | Decimal] = {("replies", ""): 1}
    prices = model.prices
    currency = prices.currency if prices else ""
    if charged:
        amount = Decimal(charged[0])
        found["overcharge" if amount > 0 else "undercharge", charged[1]] = abs(amount)
    with suppress(NotApplicable, Inconclusive):
        found["stated", currency] = _whole(stated(exchange))
        found["due", currency] = due(exchange, model).of("")
    try:
        counts, usage = counts_of(exchange), exchange.usage
    except (Untold, Inconclusive):
        return found
    found |= {
        ("prompt", ""): counts.prompt,
        ("uncached", ""): counts.uncached,
        ("read", ""): counts.read,
        ("write_5m", ""): counts.written_5m,
        ("write_1h", ""): counts.written_1h,
    }
    output = count_or_none(usage, "completion_tokens")
    if output is not None and output >= 0:
        found["output", ""] = output
        if prices is not None and prices.output is not None:
            found["output_cost", currency] = Line("output", output, prices.output).amount
    if prices is not None:
        with suppress(PricesError):
            whole = cost(counts, prices)
            found["cost", currency], found["writes_cost", currency] = whole.amount, whole.of(*WRITES)
    return found


def _whole(amounts: Mapping[str, Decimal]) -> Decimal:
    """Of the amounts that a reply states, that of all of it: the gateway's own, else the upstream's. Raises
    NotApplicable where it states parts only."""
    whole = [each for where, each in amounts.items() if "cost_details" not in where]
    whole += [each for where, each in amounts.items() if where.endswith(ALL)]
    if not whole:
        raise NotApplicable
    return whole[0]


def charge(
    requirement: Requirement, finding: Finding, exchange: Exchange, model: Model
) -> tuple[str, str] | tuple[None, None]:
    """What a violation charges too much, in digits, below zero where it is too little, and the currency; two times None
    where it does not bear on the price of the input, or none is known."""
    if finding.verdict not in VIOLATIONS or requirement.impact is not Impact.BILLING or model.prices is None:
        return None, None
    found = charged((exchange,), model.prices)
    return (plain(found[1].amount), model.prices.currency) if found else (None, None)
