"""The cost that a reply states for itself."""

from __future__ import annotations

from conformance.contract.faults import header, only, put
from conformance.contract.profile import Model
from conformance.contract.scopes import EVERY_ERROR, EVERY_USAGE
from conformance.evidence.exchange import Exchange, NotApplicable, Violation
from conformance.language import joined, say
from conformance.suite.support.stated_costs import (
    HEADERS,
    alike,
    amount_of,
    by_counts,
    contradicting,
    differing,
)
from conformance.suite.usage import AREA

from .shown_costs import with_cost, with_parts

HEADER = HEADERS[0]


@AREA.should(
    "state as the cost of a reply, where it states one, its counts at the prices of the model",
    on=EVERY_USAGE,
    source="phanedge#extension-fields",
    contract=["usage-16"],
    at="usage.cost",
    hint="cost = uncached × input + hits × cached + writes × their price for 5 minutes or 1 hour + output × output.",
    shown_by=with_cost,
    broken_by={
        "another amount": put("usage.cost", 1),
        "nothing": put("usage.cost", 0),
        "a prompt for the double": put("usage.cost_details", {"upstream_inference_prompt_cost": 2}),
        "of a header field": header(HEADER, "1"),
    },
    after=["usage.prompt_tokens.covers_cache", "usage.one_stated_cost"],
)
def test_stated_cost(exchange: Exchange, model: Model) -> None:
    wrong = differing(exchange, model)
    assert not wrong, joined("; ", wrong)


@AREA.should(
    "state one cost for a reply, in usage and in header fields, and parts that come to the whole",
    on=EVERY_USAGE,
    source="phanedge#extension-fields",
    contract=["usage-16"],
    at="usage.cost usage.cost_details",
    hint="Compute the cost once. No price sheet is needed to see that two amounts differ.",
    shown_by=with_parts,
    broken_by={
        "another in a header field": header(HEADER, "1"),
        "more in its parts": put(
            "usage.cost_details",
            {
                "upstream_inference_cost": 0.5,
                "upstream_inference_prompt_cost": 0.5,
                "upstream_inference_completions_cost": 0.5,
            },
        ),
    },
)
def test_one_stated_cost(exchange: Exchange) -> None:
    wrong = contradicting(exchange)
    assert not wrong, joined("; ", wrong)


@AREA.should(
    "state the same cost for the same counts, streamed or not",
    on=EVERY_USAGE,
    source="phanedge#extension-fields",
    contract=["usage-16"],
    at="usage.cost",
    hint="The cost follows from the counts and the prices: n, stream and the account that served it do not matter.",
    shown_by=with_cost,
    broken_by=only(lambda each: each.streams, put("usage.cost", 1)),
)
def test_same_counts_same_cost(exchanges: list[Exchange]) -> None:
    """Where the reply names the provider or the tier that served it, those of one provider and tier are compared."""
    for amounts in by_counts(exchanges):
        (one, first), *others = amounts
        for other, amount in others:
            if not alike(first, amount):
                raise Violation(say("the same counts cost {first} and {amount}", first, amount), one, other)


@AREA.should(
    "state no cost with a request that it rejects",
    on=EVERY_ERROR,
    source="phanedge#extension-fields",
    contract=["usage-16"],
    at=f"header:{HEADER}",
    hint="The cost follows from the counts of a reply, and an error has none: leave the field out, or send 0.",
    shown_by=header(HEADER, "0"),
    broken_by=header(HEADER, "0.00135"),
    needs=["headers"],
)
def test_refusals_cost_nothing(exchange: Exchange) -> None:
    told = {name: amount for name in HEADERS if (amount := amount_of(exchange.header(name))) is not None}
    if not told or exchange.status >= 500:
        raise NotApplicable(say("no cost is stated, or the endpoint failed"))
    assert not any(told.values()), say("the HTTP {status} states a cost: {told}", exchange.status, told)
