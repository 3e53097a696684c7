"""The model that thinks before it answers: how much, what it costs, and where that is shown."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.requests import chat, streamed
from conformance.evidence.exchange import Exchange
from conformance.lab.reference import Endpoint
from conformance.lab.reference.models import REASONING
from conformance.lab.reference.thinking import EFFORTS


def answer(stream: bool = False, model: str = REASONING, **members: Any) -> Exchange:
    request = chat(temperature=None, max_tokens=None, **members)
    return Endpoint().answer((streamed(request) if stream else request).to(model))


def thought(exchange: Exchange) -> int:
    return int(exchange.usage["completion_tokens_details"]["reasoning_tokens"])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("effort", EFFORTS)
def test_it_thinks_as_much_as_it_is_asked_to(effort: str, stream: bool) -> None:
    exchange = answer(stream, reasoning_effort=effort)
    message = exchange.messages[0]
    assert thought(exchange) == EFFORTS[effort]
    assert exchange.usage["completion_tokens"] > thought(exchange)
    assert message["content"] == "OK"
    assert bool(message.get("reasoning_content")) == (effort != "none")


def test_thoughts_count_against_the_limit() -> None:
    exchange = answer(reasoning_effort="low", max_completion_tokens=10)
    assert (exchange.choices[0]["finish_reason"], exchange.messages[0]["content"]) == ("length", "")
    assert thought(exchange) == exchange.usage["completion_tokens"] == 10
    assert answer(reasoning_effort="low", max_completion_tokens=25).messages[0]["content"] == "OK"


def test_an_unknown_effort_is_refused() -> None:
    exchange = answer(reasoning_effort="banana")
    assert (exchange.status, exchange.error["param"]) == (400, "reasoning_effort")


def test_the_others_do_not_think() -> None:
    exchange = answer(model="reference-gpt", reasoning_effort="high")
    assert thought(exchange) == 0
    assert "reasoning_content" not in exchange.messages[0]
