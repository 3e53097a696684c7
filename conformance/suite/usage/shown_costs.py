"""Replies that state the cost which they have at the prices of the example, so that it can be broken."""

from __future__ import annotations

from conformance.billing.prices import EXAMPLE
from conformance.contract.faults import chain, header, put
from conformance.contract.profile import Model
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.suite.support.stated_costs import ALL, COMPLETION, HEADERS, PROMPT, due


def with_cost(exchange: Exchange) -> Exchange:
    """The reply with the cost that it has at the prices of the example, where it has one."""
    try:
        meant = due(exchange, Model("", prices=EXAMPLE))
    except (Inconclusive, NotApplicable):
        return exchange
    return put("usage.cost", float(meant.of("")))(exchange)


def with_parts(exchange: Exchange) -> Exchange:
    """Likewise, with its parts, and in a header field once more."""
    try:
        meant = due(exchange, Model("", prices=EXAMPLE))
    except (Inconclusive, NotApplicable):
        return exchange
    parts = {name: float(meant.of(name)) for name in (ALL, PROMPT, COMPLETION)}
    told = chain(put("usage.cost", parts[ALL]), put("usage.cost_details", parts))
    return header(HEADERS[0], str(parts[ALL]))(told(exchange))
