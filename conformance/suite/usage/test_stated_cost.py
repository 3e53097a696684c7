"""The cost that a reply states for itself."""

from __future__ import annotations

from conformance.contract.faults import header, put
from conformance.contract.profile import Model
from conformance.contract.scopes import EVERY_USAGE
from conformance.evidence.exchange import Exchange
from conformance.suite.support.stated_costs import differing, with_cost
from conformance.suite.usage import AREA


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
        "of a header field": header("x-litellm-response-cost", "1"),
    },
    after=["usage.prompt_tokens.covers_cache"],
)
def test_stated_cost(exchange: Exchange, model: Model) -> None:
    wrong = differing(exchange, model)
    assert not wrong, "; ".join(wrong)
