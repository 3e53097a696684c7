"""What an exchange counts and costs, as sums that a batch adds up."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal

from conformance.billing.charges import Untold, charged, counts_of
from conformance.billing.prices import PricesError, cost, plain
from conformance.contract.profile import Model
from conformance.contract.requirement import Impact, Requirement
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.evidence.observed import count_or_none
from conformance.judgement.verdict import VIOLATIONS, Finding

Measures = Mapping[tuple[str, str], int | Decimal]  #: by name and currency; the latter is empty for tokens


def measures(exchange: Exchange, model: Model) -> Measures:
    """The tokens of a reply by kind, and its cost by the contract's formula where the model has prices; nothing where
    its counts do not tell them."""
    if not exchange.succeeded:
        return {}
    try:
        counts, usage = counts_of(exchange), exchange.usage
    except (Untold, Inconclusive):
        return {}
    found: dict[tuple[str, str], int | Decimal] = {
        ("prompt", ""): counts.prompt,
        ("uncached", ""): counts.uncached,
        ("read", ""): counts.read,
        ("write_5m", ""): counts.written_5m,
        ("write_1h", ""): counts.written_1h,
    }
    if (output := count_or_none(usage, "completion_tokens")) is not None:
        found["output", ""] = output
    if model.prices is not None:
        with suppress(PricesError):
            found["cost", model.prices.currency] = cost(counts, model.prices).amount
    return found


def charge(
    requirement: Requirement, finding: Finding, exchange: Exchange, model: Model
) -> tuple[str, str] | tuple[None, None]:
    """What a violation charges too much, in digits, below zero where it is too little, and the currency; two times None
    where it does not bear on the price of the input, or none is known."""
    if finding.verdict not in VIOLATIONS or requirement.impact is not Impact.BILLING or model.prices is None:
        return None, None
    found = charged((exchange,), model.prices)
    return (plain(found[1].amount), model.prices.currency) if found else (None, None)
