"""What the requirements on the strings of replies accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.evidence.exchange import Exchange
from tests.support.builders_http import EVENTS, Said, asking, choice, chunk, completion, response, said, stream


def saying(content: Any, finish_reason: str = "stop", **asked: Any) -> Exchange:
    document = completion(choices=[choice({"content": content}, finish_reason=finish_reason)])
    return response(document, request=asking(**asked))


def piecewise(*contents: str, finish_reason: str = "stop") -> Exchange:
    return stream(*(chunk({"content": each}) for each in contents), chunk({}, finish_reason))


def raw(content: bytes) -> Exchange:
    """A stream with these bytes in its text, unescaped."""
    before, after = b'data: {"choices": [{"index": 0, "delta": {"content": "', b'"}}]}\n\ndata: [DONE]\n\n'
    return response(before + content + after, EVENTS, request=asking(stream=True))


@pytest.mark.parametrize(
    ("requirement", "exchange", "expected"),
    [
        ("no_lone_surrogate", saying("👩‍👩‍👧 naïve 你好"), "accepted"),
        ("no_lone_surrogate", piecewise("👩", "\u200d👧"), "accepted"),
        ("no_lone_surrogate", raw("👩‍👧".encode()), "accepted"),
        ("no_lone_surrogate", piecewise("\ud83d", "\ude00"), "violated"),
        ("no_lone_surrogate", saying("half \udc69"), "violated"),
        ("no_lone_surrogate", response(completion(**{"\ud83d": 1})), "violated"),
        ("no_replacement_character", saying("👩‍👩‍👧 naïve 你好"), "accepted"),
        ("no_replacement_character", saying("cut \ufffd", "length"), "accepted"),
        ("no_replacement_character", saying("\ufffd cut", "length"), "violated"),
        ("no_replacement_character", saying("\ufffd\ufffd个"), "violated"),
        ("no_replacement_character", piecewise(" \ufffd", "\ufffd"), "violated"),
        (
            "no_replacement_character",
            saying("\ufffd", messages=[{"role": "user", "content": "\ufffd?"}]),
            "not applicable",
        ),
        ("no_replacement_character", raw(b"\xf0\x9f"), "not applicable"),
        (
            "no_replacement_character",  # Go's decoder of JSON turned it into U+FFFD
            saying("OK.\ufffd", messages=[{"role": "user", "content": "Say OK.\ud83d"}]),
            "not applicable",
        ),
    ],
)
def test_unicode(requirement: str, exchange: Exchange, expected: Said) -> None:
    assert said(f"unicode.{requirement}", exchange) == expected
