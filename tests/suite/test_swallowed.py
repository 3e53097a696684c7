"""An answer that stands among the reasoning alone, and what may look like it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.builders_http import Said, asking, choice, chunk, completion, response, said, stream

COUNT = [{"role": "user", "content": "Count from 1 to 100, one number per line."}]
JSON = {"response_format": {"type": "json_object"}}
SCHEMA = {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {}}}}


def thought(text: str, name: str = "reasoning_content", content: str | None = None) -> dict[str, Any]:
    return {"content": content, name: text}


@pytest.mark.parametrize(
    ("message", "finish_reason", "members", "expected"),
    [
        (thought("OK."), "stop", {}, "violated"),
        (thought("The user wants OK.\n\n**OK**", "reasoning", ""), "stop", {}, "violated"),
        (thought("98\n99\n100\n"), "stop", {"messages": COUNT}, "violated"),
        (thought('{"answer": 4}'), "stop", JSON, "violated"),
        (thought('So it is four. {"answer": 4}'), "stop", SCHEMA, "violated"),
        (thought('[{"thought": "The user asks"}]'), "stop", JSON, "violated"),  # a grammar held the reasoning to JSON
        (thought("I say OK.", content="OK"), "stop", {}, "accepted"),
        (thought("The user wants OK"), "length", {}, "accepted"),  # its limit cut it off
        (thought("OK"), "content_filter", {}, "accepted"),
        (thought("I call it: OK") | {"tool_calls": [{"id": "call_1"}]}, "tool_calls", {}, "accepted"),
        (thought("Let me see what OK means here"), "stop", {}, "accepted"),  # the answer is nowhere
        (thought("It is to be {braces"), "stop", JSON, "accepted"),
        (thought("4"), "stop", {"messages": [{"role": "user", "content": "2 + 2?"}]}, "not applicable"),
    ],
)
def test_answer_in_content(message: dict[str, Any], finish_reason: str, members: Any, expected: Said) -> None:
    document = completion(choices=[choice(message, finish_reason=finish_reason)])
    assert said("reasoning.answer_in_content", response(document, request=asking(**members))) == expected


@pytest.mark.parametrize(("finish", "expected"), [("stop", "violated"), ("length", "accepted"), (None, "accepted")])
def test_of_a_stream(finish: str | None, expected: Said) -> None:
    chunks = [chunk({"role": "assistant", "reasoning_content": "O"}), chunk({"reasoning_content": "K"}, finish)]
    assert said("reasoning.answer_in_content", stream(*chunks)) == expected
