"""What the requirements on limits and prompts that are too large accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import content, late, only, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import INTRUSIVE
from conformance.contract.requirement import Fault
from tests.support.builders_asked import GPT, Said, asked

from .answers import (
    LONG,
    SERVED,
    STREAMED,
    refusal,
)


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("huge_limit", SERVED, "accepted"),
        ("huge_limit", refusal(message="max_tokens is too large: 10000000.", param="max_tokens"), "accepted"),
        ("huge_limit", refusal(402, message="more credits are needed"), "inconclusive"),
        ("huge_limit", respond(400, {"error": "Range of max_tokens should be [1, 8192]"}), "violated"),  # B268
        ("huge_limit", refusal(message="InvalidParameter"), "violated"),
        ("huge_limit", status(500), "violated"),
        ("context_overflow", LONG, "accepted"),
        ("context_overflow", only(lambda each: each.streams, status(502)), "violated"),  # B340
        ("context_overflow", only(lambda each: each.streams and each.attempt == 1, status(502)), "accepted"),
        ("context_overflow", only(lambda each: not each.streams and len(each.body) > 10**5, status(500)), "violated"),
        ("context_overflow", only(lambda each: each.streams, status(429)), "inconclusive"),
        ("context_overflow", status(502), "inconclusive"),
        ("context_overflow", only(lambda each: each.streams, status(200), content(b"")), "violated"),
        ("context_overflow", only(lambda each: each.streams, respond(200, {"choices": []})), "violated"),
        ("context_overflow", only(lambda each: each.streams, refusal(message="prompt is too long: 9 > 8")), "accepted"),
        ("context_overflow", only(lambda each: each.streams, STREAMED), "inconclusive"),
        ("context_overflow", late, "violated"),  # B338
        ("context_overflow", only(lambda each: each.streams, SERVED), "violated"),  # cut silently
        ("context_overflow", refusal(message="All target providers failed."), "violated"),  # B340
        ("context_overflow", refusal(404, message="Cannot POST /v1/chat/completions"), "violated"),  # B375
        ("context_overflow", refusal(message="Invalid JSON in request body"), "violated"),  # B376
        ("context_overflow_code", refusal(message="exceeds the context", code=400), "violated"),  # B341
        ("context_overflow_code", late, "not applicable"),
    ],
)  # fmt: skip
def test_context(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"validation.{requirement}", change) == expected


def test_overflow_is_not_sent_unasked() -> None:
    timid = Model(GPT.name, GPT.family, frozenset({INTRUSIVE}))
    assert asked("validation.context_overflow", model=timid) == "not applicable"
