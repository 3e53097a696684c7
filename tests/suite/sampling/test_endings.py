"""What the requirements on how a reply ends accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, drop, only, put, respond
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from tests.support.builders_asked import Said, asked

CONTENT, REASON = "choices.*.message.content", "choices.*.finish_reason"
REFUSAL = {"role": "assistant", "content": None, "refusal": "I cannot help with that."}
WRITTEN = "usage.completion_tokens"


def refused(message: str) -> Fault:
    return respond(400, {"error": {"message": message, "type": "invalid_request_error"}})


def cut(request: Request) -> bool:
    return request.asked.get("max_tokens") == 20


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("minimal", put(CONTENT, " Okay! "), "accepted"),
        ("minimal", refused("max_tokens: field required"), "violated"),
        ("minimal", put(REASON, "length"), "violated"),
        ("minimal", put(CONTENT, None), "violated"),
        ("minimal", only(lambda each: each.attempt == 1, put(CONTENT, "")), "accepted"),
        ("minimal", put("choices.*.message", REFUSAL), "inconclusive"),
        ("cut_is_length", put(CONTENT, "1 2 3"), "accepted"),
        ("cut_is_length", put(REASON, "stop"), "violated"),  # B003
        ("cut_is_length", put("choices", []), "inconclusive"),
        ("cut_is_length", chain(put(CONTENT, ""), put(REASON, "content_filter")), "inconclusive"),
        ("cut_is_length", put(REASON, "content_filter"), "violated"),
        ("cut_is_length", chain(put(REASON, "stop"), put(WRITTEN, 9)), "inconclusive"),
        ("cut_text_is_its_own", put(CONTENT, ""), "accepted"),
        ("cut_text_is_its_own", put(CONTENT, "Sure, here they are"), "accepted"),  # so does the whole one
        ("cut_text_is_its_own", only(cut, put(CONTENT, "[truncated; raise max_tokens]")), "violated"),  # B012
        ("cut_text_is_its_own", put(REASON, "stop"), "inconclusive"),
        ("end_is_stop", drop("usage"), "accepted"),
        ("end_is_stop", put(REASON, lambda reason: reason and "end_turn"), "violated"),
        ("end_is_stop", only(lambda each: not each.streams, put(CONTENT, "OK, I say OK now, and more.")),
         "accepted"),
    ],
)  # fmt: skip
def test_endings(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"sampling.{requirement}", change) == expected
