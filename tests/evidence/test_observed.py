"""What checks observe alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.evidence.exchange import Exchange, NotApplicable, Request
from conformance.evidence.observed import (
    answered_with,
    count_if_sent,
    count_or_none,
    count_or_not_applicable,
    count_or_zero,
    json_object,
)

PLAIN = Request(label="plain")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b" oops\n", "plain was answered with HTTP 500: oops"),
        (b"", "plain was answered with HTTP 500"),
        (b"12345678901", "plain was answered with HTTP 500: 1234567890…"),
    ],
)
def test_an_answer_in_a_sentence(content: bytes, sentence: str) -> None:
    assert answered_with(Exchange(PLAIN, 500, reads=((0.1, content),)), 10) == sentence


@pytest.mark.parametrize(
    ("text", "value"), [('{"a": 1}', {"a": 1}), (b"{}", {}), ("[1]", None), ('{"a": NaN}', None), ("{} {}", None)]
)
def test_a_json_object(text: str | bytes, value: Any) -> None:
    assert json_object(text) == value


HITS = "prompt_tokens_details.cached_tokens"
ABSENT: list[Any] = [{}, {"prompt_tokens_details": None}, {"prompt_tokens_details": {"cached_tokens": None}}]
WRONG: list[Any] = [{"prompt_tokens_details": {"cached_tokens": each}} for each in (True, 1.0, "1")]
COUNTS = (count_or_none, count_or_zero, count_if_sent, count_or_not_applicable)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("tokens", [7, 0])
def test_a_count(count: Callable[[Any, str], int], tokens: int) -> None:
    assert count({"prompt_tokens_details": {"cached_tokens": tokens}}, HITS) == tokens


@pytest.mark.parametrize("usage", [*ABSENT, *WRONG, None, []])
def test_a_count_that_is_missing_or_wrong(usage: Any) -> None:
    assert count_or_none(usage, HITS) is None
    assert count_or_zero(usage, HITS) == 0
    with pytest.raises(NotApplicable, match=rf"^{HITS} is not an integer \(covered by usage\.{HITS}\)$"):
        count_or_not_applicable(usage, HITS)


def test_a_count_that_may_be_left_out() -> None:
    assert [count_if_sent(usage, HITS) for usage in ABSENT] == [0, 0, 0]
    for usage in WRONG:
        with pytest.raises(NotApplicable):
            count_if_sent(usage, HITS)
