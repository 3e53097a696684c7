"""Charges that a gateway states, and that its counts do not come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conformance.contract.faults import header
from conformance.evidence.exchange import Exchange, Inconclusive, Request

from .kit import JSONObject, Wrap, details, each_usage, in_errors, in_replies, planted

#: Of a million tokens, in USD: those of the contract's example.
_PRICES = {"uncached": 3.0, "hits": 0.3, "five": 3.75, "hour": 6.0, "output": 15.0}
Charge = Callable[[Request, JSONObject], float]


def _counts(usage: JSONObject) -> dict[str, int]:
    own = details(usage)
    hits, five, hour = (
        int(own.get(name) or 0) for name in ("cached_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens")
    )
    uncached = usage["prompt_tokens"] - hits - five - hour
    return {"uncached": uncached, "hits": hits, "five": five, "hour": hour, "output": usage["completion_tokens"]}


def _amount(usage: JSONObject, **others: float) -> float:
    """What the counts come to, with other prices where some are given."""
    prices: Mapping[str, float] = _PRICES | others
    return round(sum(tokens * prices[kind] for kind, tokens in _counts(usage).items()) / 1_000_000, 9)


def _stating(charge: Charge) -> Wrap:
    """Every reply with usage states this cost in it."""

    def stated(exchange: Exchange) -> Exchange:
        return each_usage(lambda usage: usage.update(cost=charge(exchange.request, usage)))(exchange)

    return in_replies(stated)


def _input(usage: JSONObject) -> float:
    return _amount(usage, output=0.0)


def _twice_cached(request: Request, usage: JSONObject) -> float:
    counts = _counts(usage)
    return round(_amount(usage) + (counts["hits"] + counts["five"] + counts["hour"]) * 3.0 / 1_000_000, 9)


def _by_choices(request: Request, usage: JSONObject) -> float:
    n = request.asked.get("n")
    return round(_amount(usage) + _input(usage) * ((n if isinstance(n, int) else 1) - 1), 9)


def _varying(request: Request, usage: JSONObject) -> float:
    return round(_amount(usage) * (1.2 if int(request.key, 16) % 3 == 0 else 1.0), 9)


def _details(exchange: Exchange) -> Exchange:
    """The upstream's details have the output twice."""

    def stated(usage: JSONObject) -> None:
        output = _amount(usage) - _input(usage)
        usage["cost"] = _amount(usage)
        usage["cost_details"] = {
            "upstream_inference_cost": _amount(usage),
            "upstream_inference_prompt_cost": _input(usage),
            "upstream_inference_completions_cost": round(output * 2, 9),
        }

    return each_usage(stated)(exchange)


def _header_twice(exchange: Exchange) -> Exchange:
    """The header field has twice what usage says."""
    try:
        amount = _amount(exchange.usage)
    except Inconclusive:
        return exchange
    told = each_usage(lambda usage: usage.update(cost=amount))(exchange)
    return header("x-litellm-response-cost", f"{amount * 2:.9f}")(told)


FAULTS = (
    planted("cost-of-an-hour-at-five-minutes", "The stated cost has writes for an hour at the price of five minutes.",
        "B096", _stating(lambda request, usage: _amount(usage, hour=3.75)),
        "usage.stated_cost"),
    planted("cost-of-hits-in-full", "The stated cost has hits at the full price.", "B096",
        _stating(lambda request, usage: _amount(usage, hits=3.0)),
        "usage.stated_cost"),
    planted("cost-of-the-cache-twice", "The stated cost has hits and writes at the full price, and at their own.",
        "B096", _stating(_twice_cached),
        "usage.stated_cost"),
    planted("cost-of-writes-as-input", "The stated cost has writes at the price of input.", "B096",
        _stating(lambda request, usage: _amount(usage, five=3.0, hour=3.0)),
        "usage.stated_cost"),
    planted("cost-zero-in-streams", "The stated cost of a stream is 0.", "B096",
        _stating(lambda request, usage: 0 if request.streams else _amount(usage)),
        "usage.stated_cost", "usage.same_counts_same_cost"),
    planted("cost-header-is-another", "The header field that states the cost has twice what usage says.", "B096",
        in_replies(_header_twice),
        "usage.one_stated_cost", "usage.stated_cost"),
    planted("cost-by-choices", "With n the stated cost has the prompt n times.", "B096", _stating(_by_choices),
        "usage.stated_cost"),
    planted("cost-details-are-more", "The parts of the stated cost are more than the whole.", "B096",
        in_replies(_details),
        "usage.one_stated_cost", "usage.stated_cost"),
    planted("refusals-cost", "A request that is rejected states a cost.", "B096",
        in_errors(header("x-litellm-response-cost", "0.00135")),
        "usage.refusals_cost_nothing"),
    planted("cost-in-cents", "The stated cost is in cents.", "B096",
        _stating(lambda request, usage: round(_amount(usage) * 100, 7)),
        "usage.stated_cost"),
    planted("cost-of-input-only", "The stated cost leaves out what was written.", "B096",
        _stating(lambda request, usage: _input(usage)),
        "usage.stated_cost"),
    planted("cost-varies", "One request in three costs a fifth more for the same counts.", "B096", _stating(_varying),
        "usage.stated_cost", "usage.same_counts_same_cost"),
)  # fmt: skip
