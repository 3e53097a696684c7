"""What the requirements of messages accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from builders_http import Said, asking, choice, completion, response, said

CALL = {"id": "call_1", "type": "function", "function": {"name": "get_time", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("message", "finish_reason", "asked", "expected"),
    [
        ({"content": "OK"}, "stop", {}, "accepted"),
        ({"content": None, "tool_calls": [CALL]}, "tool_calls", {}, "accepted"),
        ({"content": "", "tool_calls": [CALL]}, "stop", {}, "accepted"),
        ({"content": None, "refusal": "I cannot."}, "stop", {}, "accepted"),
        ({"content": None, "audio": {"id": "audio_1"}}, "stop", {}, "accepted"),
        ({"content": ""}, "length", {}, "accepted"),
        ({"content": None}, "content_filter", {}, "accepted"),
        ({"content": None, "tool_calls": []}, "stop", {}, "violated"),
        ({"content": "", "reasoning_content": "Let me see."}, "stop", {}, "violated"),
        ({"content": None}, None, {}, "violated"),
        ({"content": ""}, "stop", {"stop": "OK"}, "not applicable"),
        ({"content": [{"type": "text", "text": "OK"}]}, "stop", {}, "not applicable"),
    ],
)
def test_not_empty(message: dict[str, Any], finish_reason: Any, asked: dict[str, Any], expected: Said) -> None:
    document = completion(choices=[choice(message, finish_reason=finish_reason)])
    assert said("message.not_empty", response(document, request=asking(**asked))) == expected
