"""What the requirements on wrong types, roles and contents accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import only, status
from conformance.contract.requirement import Fault
from tests.support.builders_asked import Said, asked

from .answers import (
    FASTAPI,
    NOT_FOUND,
    SERVED,
)


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("wrong_type_is_400", FASTAPI, "accepted"),
        ("wrong_type_is_400", NOT_FOUND, "violated"),  # B345
        ("role_refused", FASTAPI, "accepted"),
        ("role_refused", only(lambda each: each.label == "role-unknown", SERVED), "violated"),  # B307
        ("content_required", FASTAPI, "accepted"),
        ("content_required", status(500), "violated"),  # B346
    ],
)  # fmt: skip
def test_types(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"validation.{requirement}", change) == expected
