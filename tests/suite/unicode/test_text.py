"""What the requirements on text in every script accept, and what they do not."""

from __future__ import annotations

import json
from unicodedata import normalize

import pytest

from conformance.contract.faults import chain, only, put, respond, status
from conformance.contract.requests import CHARACTERS
from conformance.contract.requirement import Fault
from conformance.suite.support.failing_streams import failing
from conformance.suite.unicode.characters import damage
from tests.support.builders_asked import Said, asked

TEXT, DELTA = "choices.*.message.content", "choices.*.delta.content"
ARGUMENTS = "choices.*.message.tool_calls.*.function.arguments"
PIECES = "choices.*.delta.tool_calls.*.function.arguments"
TOKYO = '{"city": "東京"}'


def says(text: str) -> Fault:
    return chain(put(TEXT, text), put(DELTA, text))


def calls(arguments: str) -> Fault:
    return chain(put(ARGUMENTS, arguments), put(PIECES, arguments))


def mojibake(text: str) -> str:
    return text.encode().decode("latin-1")


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("text_survives", put(TEXT, lambda text: f"Sure: {normalize('NFC', text)}!"), "accepted"),
        ("text_survives", says("I would rather not."), "inconclusive"),
        ("text_survives", put(TEXT, None), "accepted"),  # the stream shows it
        ("text_survives", put(DELTA, lambda text: text and mojibake(text)), "violated"),  # B397
        ("text_survives", put(DELTA, lambda text: text and text.replace("好", "\ufffd")), "violated"),  # B391
        ("text_survives", put(TEXT, lambda text: text.replace("👩", "\ufffd\ufffd")), "violated"),  # B393
        ("text_survives", put(DELTA, lambda text: text and text.replace("𝒳", "\ud835")), "violated"),  # B394
        ("text_survives", put(TEXT, lambda text: json.dumps(text)[1:-1]), "violated"),
        ("escapes_cost_the_same", put("usage.prompt_tokens", 40), "accepted"),
        (
            "escapes_cost_the_same",
            only(lambda request: request.body.isascii(), put("usage.prompt_tokens", lambda count: count * 2)),
            "violated",
        ),
        (
            "odd_characters",
            respond(400, {"error": {"message": "Not UTF-8."}}),
            "accepted",
        ),
        ("odd_characters", only(lambda request: "\\u0000" in request.body.decode(), status(500)), "violated"),
        ("odd_characters", only(lambda request: len(request.body) > 9000, status(500)), "violated"),
        ("odd_characters", status(503), "violated"),
        ("arguments_in_every_script", calls('{"city": "Tokyo"}'), "violated"),  # whole in every piece
        ("arguments_in_every_script", put(ARGUMENTS, '{"city": "Tokyo"}'), "accepted"),
        ("arguments_in_every_script", put(ARGUMENTS, '{"city": "\\u6771\\u4eac"}'), "accepted"),
        ("arguments_in_every_script", put(ARGUMENTS, '{"city": "Osaka"}'), "accepted"),  # the stream shows it
        ("arguments_in_every_script", failing, "accepted"),  # the plain reply shows it
        ("arguments_in_every_script", put(ARGUMENTS, TOKYO + '{"city": "\\u6771\\u4eac"}'), "violated"),  # B395
        ("arguments_in_every_script", put(ARGUMENTS, '{"city": "\\\\u6771\\\\u4eac"}'), "violated"),  # B396
        ("arguments_in_every_script", put(PIECES, lambda text: text and mojibake(text)), "violated"),
    ],
)
def test_unicode(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"unicode.{requirement}", change) == expected


@pytest.mark.parametrize(
    ("text", "damaged"),
    [
        (CHARACTERS, False),
        ("Who? What? I cannot.", False),
        ("é", False),
        ("", False),
        ("ä½\xa0å¥½", True),
        ("Ð¼Ð¸Ñ€", True),
        ("????? is all I have", True),
        ("m\\u0438r \\u043c\\u0438\\u0440", True),
        ("\udc69", True),
    ],
)
def test_damage(text: str, damaged: bool) -> None:
    assert bool(damage(text, CHARACTERS)) is damaged
