"""What the requirements on limits and prompts that are too large accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, content, late, only, put, respond, status
from conformance.contract.marks import INTRUSIVE
from conformance.contract.profile import Model
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from conformance.suite.catalogue import load
from tests.support.builders_asked import GPT, Said, asked, endpoint, found

from .answers import (
    LONG,
    SERVED,
    STREAMED,
    refusal,
)

#: OpenAI's own, for a prompt of more tokens than an account may send in a minute.
TOO_MANY = refusal(
    429, message="Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 280009. Context length."
)
EMPTY = respond(200, {"choices": [{"index": 0, "message": {"content": ""}, "finish_reason": "stop"}]})
COUNTED = put("usage", {"prompt_tokens": 280_009, "completion_tokens": 1, "total_tokens": 280_010})


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("huge_limit", SERVED, "accepted"),
        ("huge_limit", refusal(message="max_tokens is too large: 10000000.", param="max_tokens"), "accepted"),
        ("huge_limit", refusal(402, message="more credits are needed"), "inconclusive"),
        ("huge_limit", respond(400, {"error": "Range of max_tokens should be [1, 8192]"}), "violated"),  # B268
        ("huge_limit", refusal(message="InvalidParameter"), "violated"),
        ("huge_limit", status(500), "violated"),
        ("overflow_refused", LONG, "accepted"),
        ("overflow_refused", refusal(422, message="too long"), "accepted"),
        ("overflow_refused", status(429), "inconclusive"),
        ("overflow_refused", only(lambda each: each.streams, SERVED), "violated"),  # cut silently
        ("overflow_refused", only(lambda each: each.streams, STREAMED), "inconclusive"),
        ("overflow_refused", only(lambda each: each.streams, content(b""), status(200)), "violated"),
        ("overflow_refused", only(lambda each: each.streams, status(502)), "violated"),
        ("overflow_refused", only(lambda each: each.streams and each.attempt == 1, status(502)), "accepted"),
        ("overflow_refused", only(lambda each: not each.streams and len(each.body) > 10**5, status(500)), "violated"),
        ("overflow_refused", only(lambda each: each.streams, respond(200, {"choices": []})), "violated"),
        ("overflow_refused", status(502), "inconclusive"),
        ("overflow_refused", late, "violated"),  # B338
        ("overflow_refused", only(lambda each: each.streams, EMPTY), "violated"),
        ("overflow_refused", only(lambda each: each.streams, chain(EMPTY, COUNTED)), "inconclusive"),
        ("overflow_refused", only(lambda each: each.streams, status(401)), "violated"),
        ("overflow_refused", status(401), "inconclusive"),
        ("overflow_refused", only(lambda each: each.streams, status(429)), "violated"),
        ("overflow_refused", only(lambda each: each.streams, TOO_MANY), "inconclusive"),
        ("overflow_refused", only(lambda each: each.streams, refusal(402, message="context length")), "inconclusive"),
        ("context_overflow", LONG, "accepted"),
        ("context_overflow", only(lambda each: each.streams, status(502)), "not applicable"),
        ("context_overflow", only(lambda each: each.streams, STREAMED), "inconclusive"),
        ("context_overflow", only(lambda each: each.streams, refusal(message="prompt is too long: 9 > 8")), "accepted"),
        ("context_overflow", only(lambda each: each.streams, refusal(422, message="context length")), "accepted"),
        ("context_overflow", only(lambda each: each.streams, SERVED), "not applicable"),
        ("context_overflow", refusal(message="All target providers failed."), "violated"),  # B340
        ("context_overflow", refusal(404, message="Cannot POST /v1/chat/completions"), "violated"),  # B375
        ("context_overflow", refusal(message="Invalid JSON in request body"), "violated"),  # B376
        ("overflow_is_400", LONG, "accepted"),
        ("overflow_is_400", only(lambda each: each.streams, status(413)), "accepted"),
        ("overflow_is_400", only(lambda each: each.streams, status(422)), "violated"),
        ("overflow_is_400", only(lambda each: each.streams, status(500)), "not applicable"),
        ("context_overflow_code", refusal(message="exceeds the context", code=400), "violated"),  # B341
        ("context_overflow_code", late, "not applicable"),
    ],
)  # fmt: skip
def test_context(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"validation.{requirement}", change) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("reference-gpt", "accepted"),
        ("gpt-4.1-mini", "not applicable"),
        ("gpt-5.4", "not applicable"),
        ("claude-sonnet-4-5", "not applicable"),  # with a header of Anthropic's it has a context of a million tokens
        ("some-model", "not applicable"),
    ],
)
def test_overflow_is_sent_where_the_context_is_known(name: str, expected: Said) -> None:
    timid = Model(name, GPT.family, frozenset({INTRUSIVE}))
    assert asked("validation.overflow_refused", model=timid) == expected


@pytest.mark.parametrize("name", sorted(id for id, each in load().items() if "overflow" in str(each.given)))
def test_no_requirement_sends_it_where_the_context_is_not_known(name: str) -> None:
    """It may be charged for: 280,000 tokens of a model with a context of a million."""
    timid = Model("some-model", "other", frozenset({INTRUSIVE}))
    sent: list[str] = []
    send = endpoint(model=timid)

    def noting(request: Request) -> Exchange:
        sent.append(request.label)
        return send(request)

    found(name, noting, model=timid)
    assert [label for label in sent if "overflow" in label] == []
