"""A stream is the plain reply in pieces."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.contract.requests import BOOKING, OUTPUT_SCHEMAS, TIME, WEATHER, chat, streamed
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.fold import fold
from conformance.lab.reference import Endpoint

CLOCK = 1_800_000_000.0
PROMPTS = [
    "Say OK.",
    "Count from 1 to 60, one number per line.",
    "Repeat exactly and add nothing: 你好, мир, 👩‍👩‍👧, naïve",
    "Use the tool for Paris and for Tokyo, both now, in one step.",
    "Return a JSON object with keys a and b, both numbers.",
    "What is the weather?",
]
FORMATS = [
    {"type": "text"},
    {"type": "json_schema", "json_schema": {"name": "s", "strict": True, "schema": OUTPUT_SCHEMAS["nested"]}},
]
members = st.fixed_dictionaries(
    {"content": st.sampled_from(PROMPTS), "max_tokens": st.sampled_from([None, 1, 5, 20, 400])},
    optional={
        "n": st.integers(1, 3),
        "logprobs": st.just(True),
        "stop": st.sampled_from(["2\n3", "мир", ["zzz", "\n"], "Paris"]),
        "tools": st.sampled_from([[WEATHER], [WEATHER, TIME], [BOOKING, WEATHER]]),
        "response_format": st.sampled_from(FORMATS),
        "seed": st.integers(-3, 3),
        "max_completion_tokens": st.integers(1, 50),
    },
)


def answer(request: Request) -> Exchange:
    exchange = Endpoint(clock=lambda: CLOCK).answer(request.to("reference-claude"))
    assert exchange.status == 200, exchange.text
    return exchange


def comparable(value: Any, *, indexed: bool = False) -> Any:
    """Without members that are null, and the index of calls, which a stream has and a plain reply has not."""
    if isinstance(value, list):
        return [comparable(each, indexed=indexed) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: comparable(each, indexed=name == "tool_calls")
        for name, each in value.items()
        if each is not None and not (indexed and name == "index")
    }


@settings(max_examples=300, deadline=None)
@given(members, st.sampled_from([None, "auto", "required", "none"]))
def test_a_folded_stream_is_the_plain_reply(asked: dict[str, Any], choice: str | None) -> None:
    if choice and "tools" in asked:
        asked = asked | {"tool_choice": choice}
    request = chat(**asked)
    plain, stream = answer(request), answer(streamed(request))
    assert comparable(fold(stream.chunks)) == comparable(plain.document)


@settings(max_examples=100, deadline=None)
@given(members, st.booleans())
def test_chunks_are_formed_as_openai_forms_them(asked: dict[str, Any], usage: bool) -> None:
    exchange = answer(streamed(chat(**asked), usage=usage))
    stream, chunks = exchange.stream, exchange.chunks
    assert exchange.header("content-type") == "text/event-stream; charset=utf-8"
    assert [*stream.comments, *stream.foreign, *stream.broken, stream.pending] == [None]
    assert stream.terminators == [len(stream.events) - 1]
    assert [event.time for event in stream.events] == sorted({event.time for event in stream.events})
    assert len({(c["id"], c["object"], c["created"], c["model"], c["system_fingerprint"]) for c in chunks}) == 1
    for index in range(asked.get("n", 1)):
        pieces = [each for chunk in chunks for each in chunk["choices"] if each["index"] == index]
        assert pieces[0]["delta"]["role"] == "assistant"
        assert not [each for each in pieces[1:] if "role" in each["delta"]]
        assert [each["finish_reason"] is None for each in pieces] == [True] * (len(pieces) - 1) + [False]
        assert pieces[-1]["delta"] == {}
    if usage:
        assert [chunk["usage"] is None for chunk in chunks] == [True] * (len(chunks) - 1) + [False]
        assert chunks[-1]["choices"] == []
    else:
        assert not [chunk for chunk in chunks if "usage" in chunk or not chunk["choices"]]


def test_calls_are_streamed_in_the_form_that_sdks_add_up() -> None:
    request = chat(PROMPTS[3], tools=[WEATHER], max_tokens=300)
    chunks = answer(streamed(request)).chunks
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    pieces = [piece for delta in deltas for piece in delta.get("tool_calls", ())]
    assert sorted({piece["index"] for piece in pieces}) == [0, 1]
    for index in (0, 1):
        first, *later = [piece for piece in pieces if piece["index"] == index]
        assert set(first) == {"index", "id", "type", "function"}
        assert first["function"] == {"name": "get_weather", "arguments": ""}
        assert len(later) > 1
        assert all(set(piece) == {"index", "function"} and set(piece["function"]) == {"arguments"} for piece in later)


def test_choices_come_by_turns() -> None:
    chunks = answer(streamed(chat(PROMPTS[1], n=2))).chunks
    indices = [choice["index"] for chunk in chunks for choice in chunk["choices"]]
    assert indices == [0, 1] * (len(indices) // 2)


def test_legacy_functions_are_streamed_too() -> None:
    function = WEATHER["function"]
    request = chat(PROMPTS[5], functions=[function], function_call={"name": "get_weather"}, max_tokens=300)
    plain, stream = answer(request), answer(streamed(request))
    assert plain.choices[0]["message"]["function_call"]["name"] == "get_weather"
    assert comparable(stream.reply) == comparable(plain.document)


def test_content_comes_bit_by_bit() -> None:
    exchange = answer(streamed(chat("Count from 1 to 100, one number per line.", max_tokens=400)))
    times = [when for when, _ in exchange.reads]
    assert exchange.usage["completion_tokens"] >= 200
    assert times[1] < exchange.seconds / 2
    assert len(set(times)) > 50


@pytest.mark.parametrize("top", [0, 3, 20])
def test_log_probabilities_spell_the_content(top: int) -> None:
    request = chat("Repeat exactly: héllo 世界 100", logprobs=True, top_logprobs=top, max_tokens=60)
    for exchange in (answer(request), answer(streamed(request))):
        choice = exchange.choices[0]
        entries = choice["logprobs"]["content"]
        assert b"".join(bytes(each["bytes"]) for each in entries).decode() == choice["message"]["content"]
        assert "".join(each["token"] for each in entries) == choice["message"]["content"]
        for each in entries:
            assert each["logprob"] <= 0
            tokens = [other["token"] for other in each["top_logprobs"]]
            assert len(tokens) == len(set(tokens)) == top
            assert tokens[:1] == [each["token"]][:top]
