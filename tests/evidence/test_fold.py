"""Folding a stream, compared with the official SDK on conforming streams, and on what no SDK survives."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

from conformance.evidence.fold import Unfoldable, fold

JSONObject = dict[str, Any]

HEAD: JSONObject = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1760000000,
    "model": "gpt-4o-mini",
    "system_fingerprint": "fp_1",
    "service_tier": "default",
}
USAGE: JSONObject = {
    "prompt_tokens": 9,
    "completion_tokens": 3,
    "total_tokens": 12,
    "prompt_tokens_details": {"cached_tokens": 4, "cached_write_tokens": 2, "cached_write_5m_tokens": 2},
}
TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
TOKEN = st.builds(
    lambda token: {"token": token, "logprob": -0.25, "bytes": list(token.encode()), "top_logprobs": []}, TEXT
)


def pieces_of_call(index: int, fragments: list[str]) -> list[JSONObject]:
    """One call the way OpenAI streams it: id, type and name first, then nothing but arguments."""
    first = {
        "index": index,
        "id": f"call_{index}",
        "type": "function",
        "function": {"name": f"get_{index}", "arguments": ""},
    }
    return [first, *({"index": index, "function": {"arguments": each}} for each in fragments)]


@st.composite
def deltas(draw: st.DrawFn) -> tuple[list[JSONObject], str]:
    """The deltas of one choice and its finish_reason: text, a refusal, or one to three calls."""
    kind = draw(st.sampled_from(["text", "refusal", "calls", "text and calls"]))
    first: JSONObject = {"role": "assistant", "content": None if kind in ("calls", "refusal") else ""}
    if draw(st.booleans()) or kind == "refusal":
        first["refusal"] = "" if kind == "refusal" else None
    found = [first]
    if kind != "calls":
        member = "refusal" if kind == "refusal" else "content"
        found += [{member: text} for text in draw(st.lists(TEXT, max_size=4))]
    if "calls" in kind:
        calls = [pieces_of_call(index, draw(st.lists(TEXT, max_size=3))) for index in range(draw(st.integers(1, 3)))]
        pieces = [piece for call in calls for piece in call]
        if draw(st.booleans()):
            found += [{"tool_calls": [piece]} for piece in pieces]
        else:  # several pieces in one chunk, even for one call
            cut = draw(st.integers(0, len(pieces)))
            found += [{"tool_calls": part} for part in (pieces[:cut], pieces[cut:]) if part]
    return found, "tool_calls" if "calls" in kind else "stop"


@st.composite
def streams(draw: st.DrawFn) -> list[JSONObject]:
    """The chunks of a conforming stream: one to three choices, interleaved, with logprobs or without, with a
    usage chunk or without."""
    asks_usage, asks_logprobs = draw(st.booleans()), draw(st.booleans())
    queues: list[list[JSONObject]] = []
    for index in range(draw(st.integers(1, 3))):
        found, reason = draw(deltas())
        queue = [{"index": index, "delta": delta, "logprobs": None, "finish_reason": None} for delta in found]
        if asks_logprobs:
            for choice in queue[1:]:
                choice["logprobs"] = {"content": draw(st.lists(TOKEN, max_size=2)), "refusal": None}
        queues.append([*queue, {"index": index, "delta": {}, "logprobs": None, "finish_reason": reason}])
    choices = [queue.pop(0) for queue in queues]  # every choice begins before any goes on
    while any(queues):
        choices.append(draw(st.sampled_from([queue for queue in queues if queue])).pop(0))
    unused = {"usage": None} if asks_usage else {}
    chunks = [HEAD | {"choices": [choice], "obfuscation": "x"} | unused for choice in choices]
    return [*chunks, HEAD | {"choices": [], "usage": USAGE}] if asks_usage else chunks


def by_the_sdk(chunks: list[JSONObject]) -> JSONObject:
    """What the official SDK makes of the stream."""
    state: ChatCompletionStreamState[None] = ChatCompletionStreamState()
    for chunk in deepcopy(chunks):
        state.handle_chunk(ChatCompletionChunk.construct(**_constructed(chunk)))
    return state.current_completion_snapshot.model_dump(mode="json", warnings=False)


def _constructed(chunk: JSONObject) -> JSONObject:
    return ChatCompletionChunk.model_validate(chunk).model_dump(exclude_unset=True)


def told(value: Any) -> Any:
    """A reply without members that are null, or that only the SDK adds."""
    if isinstance(value, dict):
        return {
            name: told(each)
            for name, each in value.items()
            if each is not None and name not in ("parsed", "parsed_arguments")
        }
    return [told(each) for each in value] if isinstance(value, list) else value


@given(streams())
def test_a_conforming_stream_folds_as_in_the_official_sdk(chunks: list[JSONObject]) -> None:
    before = deepcopy(chunks)
    assert told(fold(chunks)) == told(by_the_sdk(chunks))
    assert chunks == before, "folding must not change the chunks"


def chunk(*choices: JSONObject, **members: Any) -> JSONObject:
    return HEAD | {"choices": list(choices)} | members


def choice(delta: Any, index: Any = 0, **members: Any) -> JSONObject:
    return {"index": index, "delta": delta, "finish_reason": None} | members


@pytest.mark.parametrize(
    ("repeated", "folded"),
    [
        ({"role": "assistant"}, {"role": "assistantassistant"}),
        (
            {"tool_calls": [{"index": 0, "id": "A", "type": "function", "function": {"name": "f"}}]},
            {"tool_calls": [{"index": 0, "id": "AA", "type": "function", "function": {"name": "ff"}}]},
        ),
        (
            {"tool_calls": [{"index": True, "id": "A"}]},
            Unfoldable,
        ),
    ],
)
def test_what_is_repeated_is_glued_together_as_in_the_official_sdk(repeated: JSONObject, folded: Any) -> None:
    chunks = [chunk(choice(repeated)), chunk(choice(repeated))]
    if folded is Unfoldable:
        with pytest.raises(Unfoldable):
            fold(chunks)
        return
    assert fold(chunks)["choices"][0]["message"] == {"content": None} | folded
    assert told(by_the_sdk(chunks))["choices"][0]["message"] == folded


def test_choices_go_by_their_index_in_whatever_order() -> None:
    chunks = [chunk(choice({"content": text}, index)) for text, index in (("b", 1), ("a", 0), ("B", 1), ("A", 0))]
    assert [each["message"]["content"] for each in fold(chunks)["choices"]] == ["aA", "bB"]


def test_a_later_null_does_not_take_usage_away() -> None:
    chunks = [chunk(choice({"content": "a"})), chunk(usage=USAGE), chunk(usage=None)]
    assert fold(chunks)["usage"] == USAGE


def test_missing_choices_and_deltas_are_empty_ones() -> None:
    bare = {name: value for name, value in chunk().items() if name != "choices"}
    chunks = [chunk(choice({"content": "a"})), bare, chunk({"index": 0, "finish_reason": "stop"})]
    assert fold(chunks)["choices"] == [{"index": 0, "message": {"content": "a"}, "finish_reason": "stop"}]


def _nested(depth: int) -> JSONObject:
    value: JSONObject = {}
    for _ in range(depth):
        value = {"a": value}
    return value


CALL: JSONObject = {"index": 0, "id": "A", "type": "function", "function": {"name": "f", "arguments": "{}"}}
HOSTILE: dict[str, list[JSONObject]] = {
    "no chunk": [],
    "choices that are a number": [HEAD | {"choices": 7}],
    "choices that are an object": [HEAD | {"choices": {"0": {}}}],
    "a choice that is text": [HEAD | {"choices": ["a"]}],
    "a choice without an index": [chunk({"delta": {"content": "a"}})],
    "an index of text": [chunk(choice({"content": "a"}, "0"))],
    "an index that is true": [chunk(choice({"content": "a"}, True))],
    "a fractional index": [chunk(choice({"content": "a"}, 0.0))],
    "a delta of text": [chunk(choice("a"))],
    "a later piece of a call without an index": [
        chunk(choice({"tool_calls": [CALL]})),
        chunk(choice({"tool_calls": [{"function": {"arguments": "x"}}]})),
    ],
    "a later piece of a call that is text": [
        chunk(choice({"tool_calls": [CALL]})),
        chunk(choice({"tool_calls": ["x"]})),
    ],
    "a list of both texts and objects": [
        chunk(choice({"tool_calls": ["x", {"id": "A"}]})),
        chunk(choice({"tool_calls": [CALL]})),
    ],
    "nesting beyond what can be read": [chunk(choice(_nested(3000)))],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_folded_is_said(name: str) -> None:
    with pytest.raises(Unfoldable):
        fold(HOSTILE[name])


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1), (7, 0), (-1, 3)])
def test_calls_whose_indices_begin_anywhere_are_as_many_as_there_are(first: int, second: int) -> None:
    """Of which a requirement of its own speaks; the SDK makes an entry of each delta."""
    streamed = [piece for index in (first, second) for piece in pieces_of_call(index, ["{", "}"])]
    calls = fold([chunk(choice({"tool_calls": [each]})) for each in streamed])["choices"][0]["message"]["tool_calls"]
    assert [each["index"] for each in calls] == sorted((first, second))
    assert [each["id"] for each in calls] == [f"call_{each}" for each in sorted((first, second))]
    assert [each["function"]["arguments"] for each in calls] == ["{}", "{}"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(0, 1) | st.sampled_from(["", "a", "assistant"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["index", "type", "content", "tool_calls", "function", "content"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
MEMBERS = st.dictionaries(st.sampled_from(["content", "tool_calls", "role", "audio", "index"]), ANYTHING, max_size=3)
CHOICE = ANYTHING | st.fixed_dictionaries(
    {"index": st.integers(-1, 2) | ANYTHING, "delta": MEMBERS | ANYTHING},
    optional={"finish_reason": ANYTHING, "logprobs": ANYTHING},
)
CHUNK = st.fixed_dictionaries(
    {}, optional={"choices": st.lists(CHOICE, max_size=3) | ANYTHING, "usage": ANYTHING, "id": ANYTHING}
)


@given(st.lists(CHUNK, max_size=5))
def test_whatever_the_chunks_hold_the_fold_is_a_reply_or_unfoldable(chunks: list[JSONObject]) -> None:
    try:
        reply = fold(chunks)
    except Unfoldable:
        return
    assert reply["object"] == "chat.completion"
    assert all(isinstance(each["message"], dict) for each in reply["choices"])


def test_log_probabilities_of_many_chunks_are_gathered_without_changing_one() -> None:
    chunks: list[JSONObject] = [
        {"choices": [{"index": 0, "delta": {}, "logprobs": {"content": [{"token": str(number)}], "refusal": None}}]}
        for number in range(20_000)
    ]
    found = fold(chunks)["choices"][0]["logprobs"]
    assert [each["token"] for each in found["content"]] == [str(number) for number in range(20_000)]
    assert all(len(chunk["choices"][0]["logprobs"]["content"]) == 1 for chunk in chunks)
