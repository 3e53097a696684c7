"""Counts of what was not asked for, and counts that are right."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.profile import Model
from tests.support.builders_http import GPT, Said, asking, choice, completion, response, said, usage

TOOLS = [{"type": "function", "function": {"name": "f"}}]
SOUND = [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]}]
HISTORY = [{"role": "assistant", "content": None, "tool_calls": []}, {"role": "user", "content": "OK?"}]
PARTS: Any = [{"role": "user", "content": [{"type": "text", "text": "Say OK."}]}]
MARKED = [{"role": "user", "content": [PARTS[0]["content"][0] | {"cache_control": {"type": "ephemeral"}}]}]
LONG = [{"role": "user", "content": "word " * 60}]


@pytest.mark.parametrize(
    ("asked", "count", "expected"),
    [
        ({}, 9, "accepted"),
        ({}, 260, "accepted"),  # MiMo's template
        ({"temperature": 0, "max_tokens": 5, "seed": None}, 9, "accepted"),
        ({"messages": PARTS}, 2009, "violated"),
        ({}, 2009, "violated"),
        ({}, 512, "violated"),
        ({}, 500, "accepted"),
        ({"tools": TOOLS}, 2009, "not applicable"),
        ({"enable_search": True}, 2009, "not applicable"),
        ({"messages": SOUND}, 2009, "not applicable"),
        ({"messages": MARKED}, 2009, "not applicable"),  # its prefix may have been cut off by a recorder
        ({"messages": HISTORY}, 2009, "not applicable"),
        ({"messages": LONG}, 2009, "not applicable"),
        ({}, None, "not applicable"),
    ],
)
def test_short_prompt(asked: dict[str, Any], count: int | None, expected: Said) -> None:
    exchange = response(completion(usage=usage(prompt_tokens=count)), request=asking(**asked))
    assert said("usage.short_prompt", exchange) == expected


def test_a_prompt_with_results_of_the_servers_own_tools() -> None:
    """As Groq's compound models tell that they searched the web, and OpenRouter."""
    searched = choice({"content": "OK", "executed_tools": [{"index": 0, "type": "search"}]})
    for reply in (
        completion(choices=[searched], usage=usage(prompt_tokens=5296)),
        completion(usage=usage(prompt_tokens=5296, server_tool_use={"web_search_requests": 1})),
    ):
        exchange = response(reply, request=asking(messages=[{"role": "user", "content": "Say OK."}]))
        assert said("usage.short_prompt", exchange) == said("usage.two_words", exchange) == "not applicable"


@pytest.mark.parametrize("choices", [None, [], "none", [None], [{"message": None}]])
def test_a_prompt_is_judged_by_its_count_whatever_the_choices_are(choices: Any) -> None:
    request = asking(messages=[{"role": "user", "content": "Say OK."}])
    exchange = response(completion(usage=usage(prompt_tokens=5296)) | {"choices": choices}, request=request)
    assert said("usage.short_prompt", exchange) == said("usage.two_words", exchange) == "violated"


@pytest.mark.parametrize(
    ("content", "count", "expected"),
    [
        ("Say OK.", 199, "accepted"),
        ("hi", 200, "violated"),
        ("Say OK.", 2009, "violated"),
        ("Say hello to the team.", 512, "not applicable"),
        ("", 300, "not applicable"),
    ],
)
def test_two_words(content: str, count: int, expected: Said) -> None:
    request = asking(messages=[{"role": "user", "content": content}])
    exchange = response(completion(usage=usage(prompt_tokens=count)), request=request)
    assert said("usage.two_words", exchange) == expected


CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"city": "Paris"}'}}
FILTERED = choice({"content": ""}, finish_reason="content_filter")
APART = {"completion_tokens_details": {"reasoning_tokens": 2000}}


@pytest.mark.parametrize(
    ("choices", "counts", "model", "expected"),
    [
        ([choice()], {"completion_tokens": 2}, GPT, "accepted"),
        ([choice()], {"completion_tokens": 2000}, GPT, "violated"),  # B070
        ([choice({"content": "word " * 400})], {"completion_tokens": 2000}, GPT, "accepted"),
        ([choice({"content": None, "tool_calls": [CALL]})], {"completion_tokens": 200}, GPT, "accepted"),
        ([choice({"content": None, "tool_calls": [CALL]})], {"completion_tokens": 2000}, GPT, "violated"),
        ([choice({"reasoning_content": "word " * 400})], {"completion_tokens": 2000}, GPT, "accepted"),
        ([choice()], {"completion_tokens": 2020} | APART, GPT, "accepted"),
        ([choice()], {"completion_tokens": 2000}, Model("m", "gpt", thinking="room"), "not applicable"),
        ([choice({"content": None, "refusal": "No."})], {"completion_tokens": 2000}, GPT, "not applicable"),
        ([FILTERED], {"completion_tokens": 2000}, GPT, "not applicable"),
        ([choice()], {"completion_tokens": None}, GPT, "not applicable"),
    ],
)
def test_output_is_written(choices: list[Any], counts: dict[str, Any], model: Model, expected: Said) -> None:
    exchange = response(completion(choices=choices, usage=usage(**counts)), request=asking())
    assert said("usage.output_is_written", exchange, model=model) == expected


PREDICTION = {"prediction": {"type": "content", "content": "OK"}}
ZEROS = {"accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0, "audio_tokens": 0}


@pytest.mark.parametrize(
    ("asked", "written", "read", "expected"),
    [
        ({}, ZEROS, {"audio_tokens": 0}, "accepted"),
        ({}, {}, {}, "accepted"),
        ({}, {"accepted_prediction_tokens": None}, {"audio_tokens": None}, "accepted"),
        ({}, {"accepted_prediction_tokens": 20}, {}, "violated"),
        ({}, {"rejected_prediction_tokens": 3}, {}, "violated"),
        ({}, {"audio_tokens": 3}, {}, "violated"),
        ({}, {}, {"audio_tokens": 3}, "violated"),
        (PREDICTION, {"accepted_prediction_tokens": 20}, {}, "accepted"),
        (PREDICTION, {"audio_tokens": 3}, {}, "violated"),
        ({"modalities": ["text", "audio"]}, {"audio_tokens": 3}, {}, "accepted"),
        ({"messages": SOUND}, {}, {"audio_tokens": 30}, "accepted"),
        ({"messages": SOUND}, {"accepted_prediction_tokens": 1}, {"audio_tokens": 30}, "violated"),
    ],
)
def test_unasked_details(asked: dict[str, Any], written: Any, read: Any, expected: Said) -> None:
    counts = usage(read, completion_tokens_details=written)
    assert said("usage.unasked_details", response(completion(usage=counts), request=asking(**asked))) == expected
