"""Counts that are held against what was sent and what came back."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.profile import Model
from conformance.suite.usage.test_measured import least
from tests.support.builders_http import (
    GPT,
    OTHER,
    Said,
    asking,
    choice,
    chunk,
    completion,
    response,
    said,
    stream,
    usage,
)

WORDS = "The lamp on the third shelf is green. " * 30
TOOL = {"type": "function", "function": {"name": "f", "description": WORDS, "parameters": {"type": "object"}}}
SAID = {"role": "user", "content": "Say OK."}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
IMAGE = {
    "role": "user",
    "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A1b2" * 900}}],
}


@pytest.mark.parametrize(
    ("asked", "count", "expected"),
    [
        ({"messages": [SAID | {"content": WORDS}]}, 270, "accepted"),
        ({"messages": [SAID | {"content": WORDS}]}, 12, "violated"),
        ({"messages": [{"role": "system", "content": WORDS}, SAID]}, 8, "violated"),
        ({"messages": [SAID | {"content": [{"type": "text", "text": WORDS}]}]}, 8, "violated"),
        ({"tools": [TOOL]}, 250, "accepted"),
        ({"tools": [TOOL]}, 8, "violated"),
        ({"messages": [SAID | {"content": "a" * 4000}]}, 9, "not applicable"),  # one letter again and again
        ({"messages": [SAID | {"content": "=-" * 4000}]}, 9, "not applicable"),
        ({"messages": [SAID | {"content": " \n" * 4000}]}, 9, "not applicable"),
        ({"messages": [SAID | {"content": f"<think>{WORDS}</think>Yes."}, SAID]}, 9, "not applicable"),
        ({"messages": [SAID | {"content": f"<think>a</think>{WORDS}"}, SAID]}, 9, "violated"),
        ({"messages": [IMAGE]}, 85, "not applicable"),
        ({}, 9, "not applicable"),
        ({"messages": "Say OK."}, 9, "not applicable"),
        ({"messages": [SAID | {"content": WORDS}]}, None, "not applicable"),
    ],
)
def test_whole_prompt(asked: dict[str, Any], count: int | None, expected: Said) -> None:
    exchange = response(completion(usage=usage(prompt_tokens=count)), request=asking(**asked))
    assert said("usage.whole_prompt", exchange) == expected


def test_what_is_usual_is_far_above_the_least() -> None:
    """o200k_base takes 4.2 characters of this text for a token."""
    asked = {"messages": [SAID | {"content": "Which shelf holds parcel 5, and which one holds parcel 3? " * 3}]}
    assert least(asked) * 2 < 39


REASONS = Model("o4-mini", "gpt")


@pytest.mark.parametrize(
    ("members", "counts", "model", "expected"),
    [
        ({}, {"completion_tokens": 2}, GPT, "accepted"),
        ({}, {"completion_tokens": 26}, GPT, "accepted"),
        ({}, {"completion_tokens": 40}, GPT, "violated"),
        ({"content": "語" * 20}, {"completion_tokens": 60}, GPT, "accepted"),
        ({"content": None, "tool_calls": [CALL]}, {"completion_tokens": 90}, GPT, "accepted"),
        ({"content": None, "tool_calls": [CALL]}, {"completion_tokens": 300}, GPT, "violated"),
        ({"reasoning_content": "I think of it for a while. " * 4}, {"completion_tokens": 30}, GPT, "accepted"),
        ({}, {"completion_tokens": 300, "completion_tokens_details": {"reasoning_tokens": 290}}, GPT, "accepted"),
        ({}, {"completion_tokens": 300}, REASONS, "not applicable"),
        ({}, {"completion_tokens": 300}, OTHER, "not applicable"),  # Qwen's on Cerebras reason, uncounted and unshown
        ({}, {"completion_tokens": None}, GPT, "not applicable"),
    ],
)
def test_output_of_families(members: dict[str, Any], counts: dict[str, Any], model: Model, expected: Said) -> None:
    exchange = response(completion(choices=[choice(members)], usage=usage(**counts)))
    assert said("usage.output_is_written", exchange, model=model) == expected


@pytest.mark.parametrize(
    "asked",
    [
        {"prediction": {"type": "content", "content": "x"}},
        {"audio": {"voice": "x"}},
        {"thinking": {"type": "enabled"}},
        {"model": "gpt-4o-search"},
    ],
)
def test_output_that_is_not_shown(asked: dict[str, Any]) -> None:
    exchange = response(completion(usage=usage(completion_tokens=300)), request=asking(**asked))
    assert said("usage.output_is_written", exchange) == "not applicable"


def test_a_filtered_or_broken_reply_shows_nothing() -> None:
    many, nothing = usage(completion_tokens=300), choice({"content": ""}, finish_reason="content_filter")
    filtered = response(completion(choices=[nothing], usage=many))
    assert said("usage.output_is_written", filtered) == "not applicable"
    error = {"error": {"message": "broken off", "type": "server_error"}}
    last = chunk({}, choices=[], usage=many)
    assert said("usage.output_is_written", stream(chunk({"content": "OK"}), error, last)) == "not applicable"


@pytest.mark.parametrize(
    ("message", "written", "reasoning", "expected"),
    [
        ({}, 20, 19, "accepted"),
        ({}, 20, 20, "violated"),
        ({"content": None, "tool_calls": [CALL]}, 20, 20, "violated"),
        ({"content": ""}, 20, 20, "not applicable"),
        ({}, 20, 0, "not applicable"),
        ({}, 20, 21, "not applicable"),  # another requirement says so
        ({}, 20, None, "not applicable"),
    ],
)
def test_text_beside_reasoning(message: dict[str, Any], written: int, reasoning: int | None, expected: Said) -> None:
    counts = usage(completion_tokens=written, completion_tokens_details={"reasoning_tokens": reasoning})
    exchange = response(completion(choices=[choice(message)], usage=counts))
    assert said("usage.text_beside_reasoning", exchange) == expected
