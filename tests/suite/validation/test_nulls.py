"""What the requirements on nulls and empty objects accept, and what they do not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.contract.faults import only, put, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from conformance.suite.support.parameters import NULLS
from tests.support.builders_asked import Said, asked

from .answers import (
    biased,
    refusal,
)


def null(name: str) -> Callable[[Request], bool]:
    return lambda request: name in request.asked and request.asked[name] is None


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("nulls_accepted", refusal(message="type must be number, but is null"), "violated"),  # B244
        ("nulls_accepted", only(null("audio"), refusal(message="audio: an object")), "violated"),
        ("nulls_accepted", refusal(403), "inconclusive"),
        ("defaults_accepted", only(lambda each: each.asked.get("n") == 1, refusal(message="n: not here")), "violated"),
        ("defaults_accepted", only(lambda each: "logit_bias" in each.asked, refusal(message="logit_bias")), "accepted"),
        ("defaults_accepted", refusal(401), "inconclusive"),
        ("nulls_cost_nothing", put("usage.prompt_tokens", lambda count: count + 3), "accepted"),
        (
            "nulls_cost_nothing",
            only(lambda each: each.label == NULLS.label, put("usage.prompt_tokens", 60)),
            "violated",
        ),
        ("empty_object_taken", only(lambda each: "seed" in each.asked, status(500)), "accepted"),
        ("empty_object_taken", only(biased, refusal(message="logit_bias is not supported")), "violated"),  # B273
        ("empty_object_taken", refusal(401), "inconclusive"),
    ],
)  # fmt: skip
def test_nulls(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"validation.{requirement}", change) == expected
