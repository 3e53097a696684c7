"""What the requirements on models that do not exist accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import status
from conformance.contract.requirement import Fault
from tests.support.builders_asked import Said, asked

from .answers import (
    BARE,
    SERVED,
    UNKNOWN,
    refusal,
)


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("unknown_model_refused", refusal(403), "accepted"),
        ("unknown_model_refused", status(429), "inconclusive"),
        ("unknown_model_refused", SERVED, "violated"),  # B011
        ("unknown_model_refused", UNKNOWN, "violated"),  # B326
        ("unknown_model_refused", BARE, "violated"),  # B327
        ("unknown_model_refused", refusal(500, code="500"), "violated"),  # B328
        ("unknown_model_is_404", refusal(), "violated"),
        ("unknown_model_named", refusal(404, message="The model does not exist."), "violated"),
    ],
)  # fmt: skip
def test_model(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"validation.{requirement}", change) == expected
