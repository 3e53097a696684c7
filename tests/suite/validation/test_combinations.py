"""What the requirements on members that belong together accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.requirement import Fault
from tests.support.builders_asked import Said, asked

from .answers import (
    FASTAPI,
    SERVED,
    STREAMED,
)


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("options_without_stream", SERVED, "accepted"),
        ("options_without_stream", STREAMED, "violated"),
        ("tool_name_refused", FASTAPI, "accepted"),
        ("tool_choice_refused", SERVED, "violated"),
        ("format_refused", SERVED, "violated"),
        ("unasked_result_refused", SERVED, "violated"),
        ("unanswered_call_refused", SERVED, "violated"),
    ],
)  # fmt: skip
def test_combinations(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"validation.{requirement}", change) == expected
