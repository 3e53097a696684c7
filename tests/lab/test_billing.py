"""The billing faults that no other suite catches, each planted alone in the reference endpoint."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.contract.profile import Model
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import remembering
from conformance.judgement.verdict import VIOLATIONS
from conformance.lab.known_faults import BILLING
from tests.support.judging import findings, other_endpoint, whole

DETAILS = "usage.prompt_tokens_details"

#: Each fault with the requirement about it, and with those that the same wrong number breaks besides.
ABOUT: dict[str, tuple[str, set[str]]] = {
    "billing-write-total-is-not-the-sum": (f"{DETAILS}.cached_write_tokens.sum_of", set()),
    "billing-cached-above-prompt": ("usage.prompt_tokens.covers_cached", {"usage.prompt_tokens.covers_cache"}),
    "billing-negative-bucket": (f"{DETAILS}.cached_write_5m_tokens", {f"{DETAILS}.cached_write_tokens"}),
    "billing-write-total-is-a-string": (f"{DETAILS}.cached_write_tokens", set()),
    "billing-fractional-count": (
        f"{DETAILS}.cached_write_tokens", {f"{DETAILS}.cached_write_5m_tokens", f"{DETAILS}.cached_write_1h_tokens"},
    ),
    "billing-prompt-without-cache": (
        "usage.prompt_tokens.covers_cache",
        {"usage.prompt_tokens.covers_cached", "usage.whole_prompt"},
    ),
    "billing-zeros-not-omitted": (
        f"{DETAILS}.cached_write_tokens",
        {
            f"{DETAILS}.cached_write_5m_tokens", f"{DETAILS}.cached_write_1h_tokens",
            "equivalence.usage_details",  # the zeros stand in one of the two forms only
        },
    ),
}  # fmt: skip
MODELS = (Model("reference-claude", "claude"),)


def violations(fault: Fault, where: Callable[[Exchange], bool]) -> set[str]:
    """What is violated where a fault is in those answers of the reference endpoint that fit."""
    answers, beside = whole(MODELS).answers, remembering(other_endpoint().answer)

    def send(request: Request) -> Exchange:
        if request.key not in answers and request.after is not None:
            beside(request.after)
        exchange = answers.get(request.key) or beside(request)
        return fault(exchange) if where(exchange) else exchange

    return {finding.requirement for finding in findings(send, MODELS) if finding.verdict in VIOLATIONS}


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("name", BILLING)
def test_caught_by_the_requirement_about_it(name: str, streamed: bool) -> None:
    caught = violations(BILLING[name], lambda exchange: exchange.streamed is streamed)
    about, besides = ABOUT[name]
    assert about in caught
    caught -= {name for name in caught if name.startswith("properties.")}  # judges every MUST on generated requests
    assert caught - besides == {about}


def test_without_a_fault_nothing_is_violated() -> None:
    assert violations(lambda exchange: exchange, lambda _: True) == set()
