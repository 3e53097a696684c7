"""What a check is given, and what of it a plan counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.for_model import for_model
from conformance.contract.given import OnDemand, as_received, in_turn, on_demand, tries, tries_or, undeclared, usually
from conformance.contract.given import declared as declared_of
from conformance.contract.marks import COSTLY, INTRUSIVE
from conformance.contract.profile import Model
from conformance.contract.requests import LONG, PLAIN, STREAM, again, as_claimed, chat, intrusive
from conformance.evidence.exchange import Exchange, NotApplicable, Request
from conformance.judgement.handing_over import exchanges_of

GPT = Model("reference-gpt", "gpt")
HARMFUL = intrusive(PLAIN)


def answering(request: Request) -> Exchange:
    return Exchange(request, 503 if request.attempt == 1 else 200)


@pytest.mark.parametrize(
    ("slot", "declared", "usual", "looked_at"),
    [
        (PLAIN, [PLAIN], [], []),
        (in_turn(PLAIN, LONG), [PLAIN, LONG], [], []),
        (on_demand(PLAIN, LONG), [], [], [PLAIN, LONG]),
        (usually(PLAIN), [], [PLAIN], [PLAIN]),
        (tries(PLAIN, 2), [PLAIN], [], [again(PLAIN)]),
        (OnDemand((PLAIN, LONG, STREAM), declared=1, usual=2), [PLAIN], [LONG], [LONG, STREAM]),
        (tries_or(PLAIN, LONG, 2), [PLAIN], [], [LONG, again(LONG)]),
        ((in_turn(PLAIN), usually(LONG)), [PLAIN], [LONG], [LONG]),
    ],
)
def test_what_is_sent_in_any_case_usually_and_where_it_is_looked_at(
    slot: object, declared: list[Request], usual: list[Request], looked_at: list[Request]
) -> None:
    assert list(declared_of(slot)) == declared  # type: ignore[arg-type]
    assert list(undeclared(slot, on_demand=False)) == usual  # type: ignore[arg-type]
    assert list(undeclared(slot, on_demand=True)) == looked_at  # type: ignore[arg-type]


def test_exchanges_are_requested_when_they_are_looked_at() -> None:
    asked: list[str] = []

    def send(request: Request) -> Exchange:
        asked.append(request.label)
        return answering(request)

    given = exchanges_of(OnDemand(as_received(PLAIN)), send, GPT)
    assert asked == []
    assert [given[0].status, given[1].status] == [503, 200]
    assert asked == ["plain", "plain-again"]


def test_what_a_run_leaves_out_is_not_sent_on_demand() -> None:
    given = exchanges_of(on_demand(HARMFUL), answering, replace(GPT, without=frozenset({INTRUSIVE, COSTLY})))
    with pytest.raises(NotApplicable, match="--intrusive"):
        given[0]


def test_members_that_a_model_does_not_claim_are_left_out() -> None:
    request = as_claimed(chat(label="several", temperature=2, seed=1, stop="x"))
    assert for_model(request, GPT, "").asked == request.to(GPT.name).asked
    fewer = replace(GPT, without=frozenset({"chat.seed", "chat.temperature"}))
    filled = for_model(request, fewer, "")
    assert filled.asked.keys() == {"model", "messages", "max_tokens", "stop"}
    assert filled.features == {"chat.stop"}
