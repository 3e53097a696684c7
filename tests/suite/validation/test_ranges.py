"""What the requirements on parameters outside their ranges accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, content_edit, late, put, respond, status
from conformance.contract.requirement import Fault
from tests.support.builders_asked import Said, asked

from .answers import (
    EVENTS,
    ROLE_FIRST,
    SERVED,
    STREAMED,
    refusal,
)

ENDS_IN_ERROR = chain(
    respond(200, {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]}),
    content_edit(lambda body: b"data: " + body + b"\n\ndata: [DONE]\n\n"),
    EVENTS,
)


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("sampling_range", SERVED, "accepted"),
        ("sampling_range", respond(200, {"choices": [{"message": {"content": ""}}]}), "violated"),  # B282
        ("sampling_range_refused", SERVED, "violated"),
        ("param_named", put("error.param", "body.temperature"), "violated"),  # of one parameter only
        ("param_named", SERVED, "not applicable"),
        ("param_named", refusal(message="invalid literal for int() with base 10"), "violated"),  # B351
        ("param_named", refusal(param="input[0].name"), "violated"),  # B300
        ("n_below_one", SERVED, "violated"),  # B275
        ("limit_refused", SERVED, "violated"),
        ("top_logprobs_refused", refusal(code=5001), "accepted"),
        ("streamed_mistake_has_status", STREAMED, "not applicable"),
        ("streamed_mistake_has_status", late, "violated"),  # B318, B357
        ("streamed_mistake_has_status", ENDS_IN_ERROR, "violated"),
        ("streamed_mistake_has_status", status(500), "accepted"),  # covered by errors.mistake_is_4xx
        ("streamed_mistake_has_status", status(401), "inconclusive"),
        ("streamed_mistake_has_status", chain(ROLE_FIRST, EVENTS, status(200)), "violated"),
    ],
)  # fmt: skip
def test_ranges(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"validation.{requirement}", change) == expected
