"""How often valid requests had to be asked again, by the attempts that the sender keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.requests import NO_MESSAGES, PLAIN, STREAM
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.judgement.asked_again import AskedAgain, asked_again

ERROR = b'data: {"error": {"message": "overloaded"}}\n\n'


def exchange(request: Request = PLAIN, status: int = 200, *earlier: Exchange, failure: str = "") -> Exchange:
    broken = Failure(failure, "it broke") if failure else None  # type: ignore[arg-type]
    return Exchange(request, status, earlier=earlier, failure=broken)


THROTTLED, AWAY, LATE = exchange(status=429), exchange(status=503), exchange(status=0, failure="timeout")
STREAMED = Exchange(STREAM, 200, (("content-type", "text/event-stream"),), ((0.1, ERROR),))


@pytest.mark.parametrize(
    ("exchanges", "expected"),
    [
        ([], AskedAgain(0, 0)),
        ([exchange(), exchange(STREAM)], AskedAgain(2, 0)),
        ([exchange(PLAIN, 200, THROTTLED), exchange(STREAM, 200, THROTTLED, AWAY)],
         AskedAgain(2, 2, {"429": 2, "503": 1})),
        ([exchange(PLAIN, 503, AWAY, AWAY, AWAY), exchange(STREAM)], AskedAgain(2, 1, {"503": 3})),
        ([exchange(PLAIN, 200, LATE), exchange(STREAM, 200, STREAMED)],
         AskedAgain(2, 2, {"error in the stream": 1, "timeout": 1})),
        ([exchange(NO_MESSAGES, 400, THROTTLED), exchange()], AskedAgain(1, 0)),  # an invalid one
        ([exchange(PLAIN, 200, exchange(status=0, failure="not sent"))], AskedAgain(1, 0)),  # it was interrupted
        ([exchange(PLAIN, 200, THROTTLED), *exchange(PLAIN, 200, THROTTLED).all[1:]], AskedAgain(1, 1, {"429": 1})),
    ],
)  # fmt: skip
def test_asked_again(exchanges: list[Exchange], expected: AskedAgain) -> None:
    assert asked_again(exchanges) == expected


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (AskedAgain(392, 12, {"429": 9, "503": 3}), "12 of 392 valid requests were asked again: 429 ×9, 503 ×3"),
        (AskedAgain(1, 1, {"timeout": 1_200}), "1 of 1 valid request was asked again: timeout ×1,200"),
        (
            AskedAgain(9, 8, dict.fromkeys("abcdefgh", 1)),
            "8 of 9 valid requests were asked again: a ×1, b ×1, c ×1, d ×1, e ×1, f ×1 and 2 more",
        ),
    ],
)
def test_in_words(found: AskedAgain, said: str) -> None:
    assert str(found) == said
    assert replace(found, valid=0).share == 0
