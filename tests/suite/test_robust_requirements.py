"""What the requirements of robustness accept, and what they do not."""

from __future__ import annotations

import pytest

from conformance.evidence.exchange import Exchange
from tests.support.builders_http import Said, refusal, said


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        (refusal(405, ("Allow", "POST")), "accepted"),
        (refusal(405, ("Allow", "OPTIONS,POST")), "accepted"),
        (refusal(405, ("Allow", "OPTIONS"), ("allow", "POST")), "accepted"),
        (refusal(405, ("Allow", "GET, HEAD")), "violated"),
        (refusal(405, ("Allow", "")), "violated"),
        (refusal(405), "violated"),
        (refusal(404), "not applicable"),
    ],
)
def test_allow(exchange: Exchange, expected: Said) -> None:
    assert said("robust.allow", exchange) == expected
