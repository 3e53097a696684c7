"""What a finding says without the content of the exchange."""

from __future__ import annotations

import pytest

from conformance.audit.withheld import without_content
from conformance.language import Said, joined, say

SECRET = "Hippopotamus"


@pytest.mark.parametrize(
    ("message", "bare"),
    [
        (say("there are {number} of {limit}", 12, "1,000"), "there are 12 of 1,000"),
        (say("{path} is absent", "choices.0.message.content"), "choices.0.message.content is absent"),
        (
            say("{names} are missing", "prompt_tokens, completion_tokens"),
            "prompt_tokens, completion_tokens are missing",
        ),
        (say("content is {text!r}", SECRET), "content is ‹14 characters›"),
        (say("content is {text}", f'"{SECRET}"'), "content is ‹text of 12 characters›"),
        (say("it is {value}", f'{{"city": "{SECRET}"}}'), "it is ‹an object of 1 members›"),
        (say("it is {value}", f'["{SECRET}", 2]'), "it is ‹an array of 2 entries›"),
        (say("it is {value}", f'{{"city": "{SECRET}'), "it is ‹22 characters›"),
        (say("{said}, twice", say("the name is {name}", SECRET)), "the name is ‹12 characters›, twice"),
        (joined("; ", [say("no usage"), SECRET]), "no usage; ‹12 characters›"),
        (say("{request} fails", "traffic.jsonl:7"), "traffic.jsonl:7 fails"),
        (say("{text}", "4111 1111 1111 1111"), "‹19 characters›"),
        (say("{text}", "41111111111111"), "‹14 characters›"),
        (say("{share}", "0.25"), "0.25"),
        (f"a sentence with {SECRET} in it", "‹34 characters›"),
    ],
)
def test_values_stay_where_they_are_ours(message: str, bare: str) -> None:
    assert without_content(message, "traffic.jsonl:7") == bare


def test_a_sentence_stays_one_to_be_translated() -> None:
    bare = without_content(say("content is {text!r}", SECRET))
    assert isinstance(bare, Said)
    assert bare.template == "content is {text!r}"


def test_what_is_long_is_withheld_though_it_is_made_of_our_names() -> None:
    assert without_content(say("{text}", "user " * 200)) == "‹1,000 characters›"
