"""What the requirements about the costs of a prompt accept, and what they do not, when they ask themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.contract.faults import chain, drop, only, put, respond
from conformance.contract.for_model import for_model
from conformance.contract.requests import TWO
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from tests.support.builders_asked import GPT, SALTED, Said, asked, endpoint, found

PROMPT = "usage.prompt_tokens"
REFUSED = respond(400, {"error": {"message": "n must be 1", "type": "invalid_request_error", "param": "n"}})


def repeated(request: Request) -> bool:
    return request.attempt > 1


def second(request: Request) -> bool:
    return request.attempt == 2


def more(tokens: int) -> Fault:
    return put(PROMPT, lambda count: count + tokens)


def has(name: str) -> Callable[[Request], bool]:
    return lambda request: name in request.asked


def long(request: Request) -> bool:
    return len(request.body) > 1000


def by_characters(exchange: Exchange) -> Exchange:
    """B093: an estimate of the gateway's own, which is another number and grows all the same."""
    return put(PROMPT, len(exchange.request.body) // 4)(exchange)


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("same_prompt_same_count", more(7), "accepted"),
        ("same_prompt_same_count", only(repeated, more(1)), "accepted"),  # a template with the time in it
        ("same_prompt_same_count", only(second, more(9)), "inconclusive"),  # one was routed elsewhere
        ("same_prompt_same_count", only(repeated, put("model", "other")), "inconclusive"),
        ("same_prompt_same_count", only(repeated, put(PROMPT, 2)), "violated"),  # B047: cache hits subtracted
        ("same_prompt_same_count", only(repeated, drop("usage")), "inconclusive"),
        ("same_prompt_same_count", put(PROMPT, "8"), "inconclusive"),
        ("more_text_costs_more", by_characters, "accepted"),
        ("more_text_costs_more", put(PROMPT, 1), "violated"),
        ("more_text_costs_more", only(long, put(PROMPT, 40)), "violated"),  # cut, and billed as cut
        ("sampling_costs_no_prompt", more(20), "accepted"),
        ("sampling_costs_no_prompt", only(has("seed"), more(12)), "violated"),
        ("sampling_costs_no_prompt", only(has("seed"), REFUSED), "inconclusive"),
        ("choices_share_the_prompt", only(has("n"), REFUSED), "not applicable"),
        ("choices_share_the_prompt", only(has("n"), more(8)), "violated"),
        ("plausible_count", put(PROMPT, lambda count: round(count * 1.2)), "accepted"),
        ("plausible_count", more(300), "violated"),  # a hidden preamble
        ("plausible_count", only(long, put(PROMPT, lambda count: count * 3)), "violated"),
        ("plausible_count", put(PROMPT, 1), "violated"),  # B039: usage made up after a stream that ended early
    ],
)
def test_usage(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"usage.{requirement}", chain(change)) == expected


def test_the_accused_exchange_is_the_first_of_the_evidence() -> None:
    send = endpoint(only(has("n"), more(8)))
    assert found("usage.choices_share_the_prompt", send).evidence[0] == for_model(TWO, GPT, SALTED).key
