"""What the requirements on streamed requests that are invalid accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import late, status
from conformance.contract.requirement import Fault
from tests.suite.validation.answers import EVENTS, SERVED, refusal
from tests.support.builders_asked import Said, asked


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (refusal(), "accepted"),
        (refusal(404), "accepted"),
        (late, "violated"),  # B361
        (EVENTS, "violated"),
        (SERVED, "violated"),
        (status(500), "violated"),
    ],
)
def test_refused_before_it_streams(change: Fault, expected: Said) -> None:
    assert asked("streaming.refused_before_it_streams", change) == expected
