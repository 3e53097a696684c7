"""What the requirements of the members of structured output accept, and what they do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.faults import put, respond
from conformance.contract.requirement import Fault
from tests.support.builders_asked import Said, asked

CONTENT = "choices.*.message.content"
REFUSED = respond(400, {"error": {"message": "schema not supported", "type": "invalid_request_error"}})
SPACED = put(CONTENT, lambda text: text and json.dumps(json.loads(text), indent=2))


def said(value: Any) -> Fault:
    return put(CONTENT, json.dumps(value, ensure_ascii=False))


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("names", SPACED, "accepted"),
        ("names", said({"名前": "Ada", "first_name": "x", "a_b": "x", "x_y": "x"}), "violated"),
        ("names", REFUSED, "accepted"),
        ("letters", said({"name": "Zoë Ångström"}), "accepted"),
        ("letters", said({"name": "Zoe\u0308 Å."}), "accepted"),  # with a combining accent
        ("letters", said({"name": "Zoe Angstrom"}), "inconclusive"),
        ("letters", said({"name": "Zo? ?ngstr?m"}), "violated"),
        ("letters", said({"name": "Ada"}), "inconclusive"),
        ("key_order", SPACED, "accepted"),
        ("key_order", put(CONTENT, lambda text: json.dumps(json.loads(text), sort_keys=True)), "violated"),
        ("key_order", said({"alpha_answer": "no"}), "not applicable"),
    ],
)
def test_members(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"schemas_followed.{requirement}", change) == expected
