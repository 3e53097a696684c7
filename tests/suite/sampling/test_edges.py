"""What the requirements on 0 and on penalties accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from tests.support.builders_asked import GPT, Said, asked

TEXT = "choices.*.message.content"
CLAUDE = Model("reference-claude", "claude")
REFUSED = respond(400, {"error": {"message": "top_p: not supported", "type": "invalid_request_error"}})


def each_time(exchange: Exchange) -> Exchange:
    """Other digits each time."""
    return put(TEXT, f"{int(exchange.request.key, 16):024d}"[-24:])(exchange)


def asks_for(name: str) -> Fault:
    return only(lambda request: request.asked.get(name) == 0 and b"digits" in request.body, each_time)


def first(request: Request) -> bool:
    return request.attempt == 1 and b"digits" in request.body


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (chain(), "accepted"),
        (asks_for("temperature"), "violated"),
        (asks_for("top_p"), "violated"),
        (only(first, each_time), "accepted"),  # of three answers two are alike
        (put(TEXT, "Here you are: 482913 5719"), "accepted"),
        (only(lambda each: each.asked.get("top_p") == 0, REFUSED), "accepted"),
        (chain(only(lambda each: each.asked.get("top_p") == 0, REFUSED), asks_for("temperature")), "violated"),
        (only(lambda each: each.asked.get("top_p") == 0, status(500)), "violated"),
        (put(TEXT, "I cannot."), "inconclusive"),
    ],
)
def test_zero_repeats(change: Fault, expected: Said) -> None:
    assert asked("sampling.zero_repeats", change) == expected


@pytest.mark.parametrize(
    ("text", "model", "expected"),
    [
        (None, GPT, "accepted"),
        ("yes " * 80, GPT, "violated"),
        ("yes, " * 40, GPT, "violated"),
        ("yes " * 30 + "Yes YES aye", GPT, "accepted"),
        ("I will not.", GPT, "accepted"),
        ("yes " * 80, CLAUDE, "not applicable"),  # Anthropic's API has no penalties
        ("yes " * 80, Model("gpt-5", "gpt"), "not applicable"),
        ("yes " * 80, Model("gpt-4o", "gpt", frozenset({"chat.frequency_penalty"})), "not applicable"),
    ],
)
def test_penalty_varies(text: str | None, model: Model, expected: Said) -> None:
    change = put(TEXT, text) if text else chain()
    assert asked("sampling.penalty_varies", change, model=model) == expected


@pytest.mark.parametrize(("change", "expected"), [(REFUSED, "accepted"), (status(500), "violated")])
def test_a_penalty_that_is_rejected(change: Fault, expected: Said) -> None:
    assert asked("sampling.penalty_varies", change) == expected
