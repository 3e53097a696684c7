"""What the requirements of messages accept, and what they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.contract.requests import STOP_STREAM, STREAM, STREAM_USAGE
from conformance.evidence.exchange import Exchange
from conformance.judgement.judge import judge
from conformance.judgement.verdict import Verdict
from conformance.suite.catalogue import load
from tests.support.builders_asked import GPT
from tests.support.builders_http import Said, asking, choice, completion, response, said, usage
from tests.support.builders_stream import DONE, ROLE, chunk, delta
from tests.support.builders_stream import stream as stream_of

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
        ({"content": None}, "stop", {"functions": [{"name": "get_time"}]}, "not applicable"),
        ({"content": [{"type": "text", "text": "OK"}]}, "stop", {}, "not applicable"),
    ],
)
def test_not_empty(message: dict[str, Any], finish_reason: Any, asked: dict[str, Any], expected: Said) -> None:
    document = completion(choices=[choice(message, finish_reason=finish_reason)])
    assert said("message.not_empty", response(document, request=asking(**asked))) == expected


@pytest.mark.parametrize(
    ("events", "finish_reason", "expected"),
    [
        ([{"content": "OK"}], "stop", "accepted"),
        ([{"tool_calls": [CALL | {"index": 0}]}], "tool_calls", "accepted"),
        ([{"refusal": "I cannot."}], "stop", "accepted"),
        ([], "length", "accepted"),
        ([], "stop", "violated"),
        ([{"content": ""}, {"tool_calls": None}], "stop", "violated"),
        ([{"reasoning_content": "Let me see."}], "stop", "violated"),
        ([], None, "not applicable"),
    ],
)
def test_stream_not_empty(events: list[dict[str, Any]], finish_reason: Any, expected: Said) -> None:
    counted = chunk(usage=usage())
    exchange = stream_of(STREAM_USAGE, ROLE, *(delta(**each) for each in events), delta(finish_reason), counted, DONE)
    assert said("message.stream_not_empty", exchange) == expected


def _plain(content: str, **members: Any) -> Exchange:
    return response(completion(choices=[choice({"content": content})], **members))


@pytest.mark.parametrize(
    ("tokens", "control", "verdict"),
    [
        (1, "qz vb", Verdict.INCONCLUSIVE),  # of random weights, it ends at once
        (0, "", Verdict.INCONCLUSIVE),
        (0, "OK", Verdict.FAIL),  # able to answer, and does not
        (40, "qz vb", Verdict.FAIL),  # what was written and counted is lost
        (40, "", Verdict.FAIL),
    ],
)
def test_a_model_that_can_say_nothing_may_end_its_turn_at_once(tokens: int, control: str, verdict: Verdict) -> None:
    counts = {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens}
    other = asking(messages=[{"role": "user", "content": "Describe the sea."}])
    empty = replace(_plain("", usage=counts), request=other)
    beside = [_plain(control, usage=counts), empty]
    assert judge(load()["message.not_empty"], empty, GPT, beside).verdict is verdict


@pytest.mark.parametrize(
    ("message", "tokens", "expected"),
    [
        ({"content": ""}, 1, Verdict.INCONCLUSIVE),
        ({"content": ""}, 3, Verdict.INCONCLUSIVE),
        ({"content": "", "tool_calls": [], "refusal": None}, 2, Verdict.INCONCLUSIVE),
        ({"content": ""}, 4, Verdict.FAIL),
        ({"content": ""}, 0, Verdict.FAIL),
        ({"content": ""}, None, Verdict.FAIL),
        ({"content": None}, 2, Verdict.FAIL),
        ({"content": "", "reasoning_content": "Hm."}, 2, Verdict.FAIL),
    ],
)
def test_a_model_may_end_its_turn_without_a_word(message: dict[str, Any], tokens: Any, expected: Verdict) -> None:
    document = completion(choices=[choice(message)], usage=usage(completion_tokens=tokens))
    assert judge(load()["message.not_empty"], response(document), GPT).verdict is expected


@pytest.mark.parametrize(("tokens", "expected"), [(2, Verdict.INCONCLUSIVE), (20, Verdict.FAIL), (0, Verdict.FAIL)])
def test_a_model_may_end_its_stream_without_a_word(tokens: int, expected: Verdict) -> None:
    counted = chunk(usage=usage(completion_tokens=tokens))
    empty = stream_of(STREAM_USAGE, ROLE, delta("stop"), counted, DONE)
    assert judge(load()["message.stream_not_empty"], empty, GPT).verdict is expected


def test_an_empty_stream_without_usage_shows_nothing() -> None:
    requirement = load()["message.stream_not_empty"]
    found = judge(requirement, stream_of(STREAM, ROLE, delta("stop"), DONE), GPT)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "no usage tells" in found.message


def test_a_stream_that_a_stop_sequence_ended_may_be_empty() -> None:
    assert said("message.stream_not_empty", stream_of(STOP_STREAM, ROLE, delta("stop"), DONE)) == "not applicable"


def test_calls_that_are_null_in_every_delta_are_none() -> None:
    exchange = stream_of(STREAM, ROLE, delta(content="OK", tool_calls=None), delta("stop"), DONE)
    assert "tool_calls" not in exchange.messages[0]
    assert said("chunk.choices.delta.tool_calls.not_empty", exchange) == "violated"


@pytest.mark.parametrize(
    ("content", "asked", "expected"),
    [
        ("OK<|im_end|>", {}, "violated"),
        ("OK</s>", {}, "violated"),
        ("OK</s>\n", {}, "violated"),
        ("<s>OK", {}, "violated"),
        ("[/INST] OK", {}, "violated"),
        ("OK<｜end▁of▁sentence｜>", {}, "violated"),
        ("<|channel|>final<|message|>OK", {}, "violated"),
        ("Struck: <s>OK</s> then", {}, "accepted"),
        ("<s>10</s> 9 euros, instead of <s>12</s>", {}, "accepted"),
        ("OK<eos>", {}, "violated"),
        ("ChatML ends a turn with `<|im_end|>`.", {}, "accepted"),
        ('The token "<|im_end|>" ends a turn.', {}, "accepted"),
        ("<|begin_of_box|>84<|end_of_box|>", {}, "accepted"),  # GLM's documented mark of a final answer
        ("a <| b |> c", {}, "accepted"),
        ("OK<|im_end|>", {"messages": [{"role": "user", "content": "What is <|im_end|>?"}]}, "not applicable"),
        ("OK</s>", {"messages": [{"role": "user", "content": "What is </s>?"}]}, "not applicable"),
        (None, {}, "not applicable"),
    ],
)
def test_no_template_tokens(content: str | None, asked: dict[str, Any], expected: Said) -> None:
    document = completion(choices=[choice({"content": content})])
    assert said("message.no_template_tokens", response(document, request=asking(**asked))) == expected
