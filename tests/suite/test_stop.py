"""What the requirements of stop sequences accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.faults import edit, only, put, respond, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from tests.support.builders_asked import Said, asked

CONTENT, REASON = "choices.*.message.content", "choices.*.finish_reason"
REFUSED = respond(400, {"error": {"message": "stop: Input should be a valid list", "type": "invalid_request_error"}})


BLANK_REFUSED = respond(400, {"error": {"message": "stop: each must contain non-whitespace", "type": "t"}})


def stops(request: Request) -> bool:
    return "stop" in request.asked


def text(request: Request) -> bool:
    return isinstance(request.asked.get("stop"), str)


def wide(request: Request) -> bool:
    return text(request) and not request.asked["stop"].isascii()


def blank(request: Request) -> bool:
    return "\n\n" in (request.asked.get("stop") or ())


def four(request: Request) -> bool:
    return isinstance(request.asked.get("stop"), list)


def streamed(*pieces: str) -> Fault:
    """These pieces instead, the first with the role and the others where the text was."""
    left: list[str] = []

    def change(document: Any) -> None:
        for choice in document["choices"]:
            if "role" in choice["delta"]:
                left[:] = pieces
            if "content" in choice["delta"]:
                choice["delta"]["content"] = left.pop(0) if left else ""

    return edit(change)


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("text_ends_before", put(CONTENT, "“ALPHA BRAVO"), "accepted"),
        ("text_ends_before", put(CONTENT, "ALPHA BRAVO "), "accepted"),
        ("text_ends_before", put(CONTENT, "ALPHA BRAVO STOPHERE CHARLIE"), "violated"),  # B249
        ("text_ends_before", put(CONTENT, "ALPHA BRAVO STOPH"), "violated"),
        ("text_ends_before", put(CONTENT, "ALPHA BRAV"), "violated"),  # a character more is cut
        ("text_ends_before", put(CONTENT, "ALPHA"), "accepted"),  # what the model left out, nobody cut
        ("text_ends_before", put(CONTENT, "I will not say that."), "inconclusive"),
        ("text_ends_before", REFUSED, "inconclusive"),
        ("up_to_four", put(CONTENT, "one, two,"), "accepted"),
        ("up_to_four", put(CONTENT, "one two three four"), "violated"),
        ("up_to_four", put(CONTENT, "one two three"), "violated"),  # half of a sequence of two words
        ("up_to_four", only(text, REFUSED), "violated"),  # B276
        ("up_to_four", only(four, REFUSED), "violated"),
        ("up_to_four", REFUSED, "inconclusive"),
        ("up_to_four", only(stops, REFUSED), "violated"),
        ("up_to_four", only(stops, status(402)), "inconclusive"),
        ("up_to_four", only(four, BLANK_REFUSED), "violated"),
        ("up_to_four", only(blank, BLANK_REFUSED), "accepted"),
        ("white_space", only(four, BLANK_REFUSED), "violated"),
        ("white_space", only(four, REFUSED), "not applicable"),
        ("white_space", put(CONTENT, "one, two,"), "accepted"),
        ("reason_is_stop", put("usage", None), "accepted"),
        ("reason_is_stop", put(REASON, lambda reason: reason and "stop_sequence"), "violated"),
        ("reason_is_stop", put("choices", []), "inconclusive"),
        ("streamed_text_ends_before", only(text, only(lambda each: not wide(each), streamed("ALPHA", " BRAVO"))),
         "accepted"),
        ("streamed_text_ends_before", only(wide, streamed("甲 乙 停", "止 词语")), "violated"),  # B252
        ("streamed_text_ends_before", only(wide, streamed("甲 乙 ", "停")), "violated"),  # B251
        ("streamed_text_ends_before", only(lambda each: not wide(each), streamed("ALPHA BRAVO ", "STOP", "H")),
         "violated"),
        ("streamed_text_ends_before", put(REASON, lambda reason: reason and "length"), "violated"),
        ("streamed_text_ends_before", streamed("No."), "inconclusive"),
    ],
)  # fmt: skip
def test_stop(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"stop.{requirement}", change) == expected
