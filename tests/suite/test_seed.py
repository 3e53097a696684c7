"""What the requirements on seeds accept, and what they do not."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from conformance.contract.faults import only, put, respond, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange
from tests.support.builders_asked import Said, asked

CONTENT = "choices.*.message.content"


def refused(message: str) -> Fault:
    return respond(400, {"error": {"message": message, "type": "invalid_request_error"}})


def has(name: str, value: Any) -> Any:
    return lambda request: request.asked.get(name) == value


def different(*texts: str) -> Fault:
    """These texts by turns."""
    numbers = count()
    return lambda exchange: put(CONTENT, texts[next(numbers) % len(texts)])(exchange)


def other_prints(exchange: Exchange) -> Exchange:
    return put("system_fingerprint", f"fp_{exchange.request.attempt}")(different("a", "b", "c")(exchange))


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("range", put(CONTENT, "any"), "accepted"),
        ("range", only(has("seed", -1), refused("seed must be positive")), "violated"),
        ("range", only(has("seed", 2**53 + 1), status(500)), "violated"),
        ("same_text", different("a", "b", "a"), "accepted"),
        ("same_text", different("a", "b", "c"), "violated"),
        ("same_text", other_prints, "not applicable"),
        ("same_text", put(CONTENT, None), "inconclusive"),
    ],
)  # fmt: skip
def test_seed(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"seed.{requirement}", change) == expected
