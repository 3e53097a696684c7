"""What the requirements on bodies that lack what they must have, or are not JSON accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import respond, status
from conformance.contract.requirement import Fault
from tests.support.builders_asked import Said, asked

from .answers import (
    BARE,
    FASTAPI,
    NOT_FOUND,
    SERVED,
    refusal,
)


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("model_required", FASTAPI, "accepted"),
        ("model_required", SERVED, "not applicable"),
        ("model_required", BARE, "violated"),
        ("no_default_model", SERVED, "violated"),
        ("messages_required", FASTAPI, "accepted"),
        ("messages_required", refusal(401), "inconclusive"),
        ("messages_required", status(500), "violated"),  # B346
        ("messages_not_empty", refusal(), "accepted"),
        ("messages_not_empty", SERVED, "violated"),  # B343
        ("body_is_object", FASTAPI, "accepted"),
        ("body_is_object", status(500), "violated"),  # B348
        ("lacking_is_400", FASTAPI, "accepted"),
        ("lacking_is_400", SERVED, "not applicable"),
        ("lacking_is_400", NOT_FOUND, "violated"),  # B345
        ("malformed_is_400", refusal(), "accepted"),
        ("malformed_is_400", respond(500, {"error": {"message": "Expecting value"}}), "violated"),  # B320
        ("malformed_is_400", FASTAPI, "violated"),
        ("one_json_text", SERVED, "violated"),
    ],
)  # fmt: skip
def test_body(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"validation.{requirement}", change) == expected
