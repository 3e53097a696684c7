"""What the requirements of envelope accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.evidence.exchange import Exchange
from tests.support.builders_http import NOW, Said, asking, choice, chunk, completion, response, said, stream

DATE = ("date", "Thu, 09 Oct 2025 08:53:20 GMT")  #: NOW
OK = chunk({"role": "assistant", "content": "OK"}, "stop")


def dated(created: Any, *headers: tuple[str, str], at: float = NOW) -> Exchange:
    return response(completion(created=created), *headers, at=at)


def named(asked: Any, reported: Any) -> Exchange:
    return response(completion(model=reported), request=asking(model=asked))


def with_choices(*choices: Any, n: Any = None) -> Exchange:
    return response(completion(choices=list(choices)), request=asking(n=n))


def scored(given: Any, **asked: Any) -> Exchange:
    return response(completion(choices=[choice(logprobs=given)]), request=asking(**asked))


@pytest.mark.parametrize(
    ("requirement", "exchange", "expected"),
    [
        ("created_is_recent", dated(NOW - 299), "accepted"),
        ("created_is_recent", dated(NOW, DATE, at=NOW + 7200), "accepted"),
        ("created_is_recent", dated(NOW + 302), "violated"),
        ("created_is_recent", dated(1_700_000_000, DATE), "violated"),
        ("created_is_recent", dated(NOW * 1000), "not applicable"),
        ("created_is_recent", dated("2025/05/16 16:29:57"), "not applicable"),
        ("created_is_recent", dated(NOW, at=0.0), "not applicable"),
        ("model_as_asked", named("gpt-4o", "gpt-4o-2024-08-06"), "accepted"),
        ("model_as_asked", named("openai/gpt-3.5-turbo", "gpt-3.5-turbo-0125"), "accepted"),
        ("model_as_asked", named("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"), "accepted"),
        ("model_as_asked", named("claude-3.7-sonnet", "us.anthropic.claude-3-7-sonnet-20250219-v1:0"), "accepted"),
        ("model_as_asked", named("GLM-4.6:free", "z-ai/glm-4.6"), "accepted"),
        ("model_as_asked", named("gpt-4o", "gpt-4o-mini"), "violated"),
        ("model_as_asked", named("gpt-4", "gpt-4o-2024-08-06"), "violated"),
        ("model_as_asked", named("claude-opus-4-1", "claude-opus-4"), "violated"),
        ("model_as_asked", named("claude-haiku-4-5", "claude-sonnet-4-5"), "violated"),
        ("model_as_asked", named("any-model-name", "gemma-3-1b-it-qat:2"), "violated"),
        ("model_as_asked", named("gpt-4o", None), "not applicable"),
        ("choices_as_asked", with_choices(choice(), choice(index=1), n=2), "accepted"),
        ("choices_as_asked", with_choices(choice()), "accepted"),
        ("choices_as_asked", with_choices(choice(), choice({"content": None})), "violated"),
        ("choices_as_asked", with_choices(choice(), n=2), "violated"),
        ("choices_as_asked", with_choices(), "violated"),
        ("choices_as_asked", with_choices(choice(), n="1"), "not applicable"),
        ("choice_indices", with_choices(choice(index=1), choice(index=0), n=2), "accepted"),
        ("choice_indices", with_choices(choice(), choice()), "violated"),
        ("choice_indices", with_choices(choice(index=1)), "violated"),
        ("choice_indices", with_choices(choice(index=None)), "not applicable"),
        ("choice_indices", with_choices(choice(index=True)), "not applicable"),
        ("logprobs_unasked", scored(None, logprobs=False), "accepted"),
        ("logprobs_unasked", response(completion(choices=[{"index": 0, "message": {}}])), "accepted"),
        ("logprobs_unasked", scored({"content": [], "refusal": []}), "violated"),
        ("logprobs_unasked", scored([], logprobs=False), "violated"),
        ("logprobs_unasked", scored({"content": []}, logprobs=True), "not applicable"),
        ("logprobs_unasked", stream(OK), "accepted"),
    ],
)
def test_envelope(requirement: str, exchange: Exchange, expected: Said) -> None:
    assert said(f"envelope.{requirement}", exchange) == expected


@pytest.mark.parametrize(
    ("plain", "streamed", "expected"),
    [
        (["gpt-4o-2024-08-06"], ["gpt-4o-2024-08-06"], "accepted"),
        (["gpt-4o-2024-08-06", "gpt-4o-2024-11-20"], ["gpt-4o-2024-11-20"], "accepted"),
        (["gpt-4o"], ["gpt-4o-2024-08-06", "gpt-4o-2024-08-06"], "violated"),
        (["gpt-4o", "gpt-4o"], [], "not applicable"),
    ],
)
def test_model_in_both_modes(plain: list[str], streamed: list[str], expected: Said) -> None:
    run = [response(completion(model=each)) for each in plain] + [stream(OK | {"model": each}) for each in streamed]
    assert said("envelope.model_same_streamed", *run) == expected
