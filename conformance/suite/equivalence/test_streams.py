"""Streams add up to a completion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.contract.faults import put
from conformance.contract.requirement import Impact
from conformance.contract.scopes import EVERY_COMPLETED_STREAM, streamed_choices
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say

from . import AREA


@AREA.must(
    "send streams that the official SDK can accumulate into a completion",
    on=EVERY_COMPLETED_STREAM,
    impact=Impact.CLIENTS,
    source="openai-python#lib/streaming/_deltas.py",
    contract=["equiv-01"],
    at="choices",
    hint="Give every choice and every delta of a tool call its integer index, and make each delta an object.",
    broken_by={
        "choices without index": put("choices.*.index", None),
        "a delta of text": put("choices.*.delta", "OK"),
        "entries of text": put("choices.*.delta.tool_calls", ["get_weather", {}]),
    },
)
def test_accumulates(exchange: Exchange) -> None:
    try:
        assert exchange.reply, say("the reply is wholly empty")
    except Inconclusive as reason:
        error = reason.__cause__
        raise AssertionError(say("the official SDK cannot accumulate this stream: {error}", error)) from None


@AREA.must(
    "send streams whose deltas add up to a complete assistant message",
    on=EVERY_COMPLETED_STREAM,
    source="openai-openapi#CreateChatCompletionStreamResponse.choices.delta",
    contract=["equiv-01"],
    at="choices.*.delta",
    hint="Send what the message consists of as deltas: delta, not message; text as strings.",
    broken_by={
        "nothing but a role": put("choices.*.delta", {"role": "assistant"}),
        "message instead of delta": put("choices.*.delta", {}),
        "the role of another": put("choices.*.delta.role", "tool"),
        "content as an object": put("choices.*.delta.content", {"text": "OK"}),
    },
)
def test_whole_message(exchange: Exchange, chunks: list[dict[str, Any]]) -> None:
    silent = _said_null(chunks)
    for choice in exchange.choices:
        ends = ("length", "content_filter", *(["stop"] if choice["index"] in silent else []))
        flaws = list(_flaws(choice["message"], cut=choice.get("finish_reason") in ends))
        assert not flaws, say(
            "the deltas of choice {index} add up to a message that {flaws}", choice["index"], flaws[0]
        )


def _said_null(chunks: list[dict[str, Any]]) -> list[Any]:
    """The choices whose content is said to be null. Where the model ends at once, that is the whole of its text, as ""
    is: message.stream_not_empty warns of both."""
    deltas = [(each.get("index"), each.get("delta")) for each in streamed_choices(chunks)]
    return [index for index, delta in deltas if isinstance(delta, dict) and delta.get("content", "") is None]


def _flaws(message: dict[str, Any], *, cut: bool) -> Iterator[str]:
    """What is wrong with a folded message beyond its members' types. A role that is repeated in every delta adds up to
    “assistantassistant”; that is covered by another requirement, and no flaw of the message."""
    present = {name for name, value in message.items() if value is not None} - {"role"}
    if not present and not cut:
        yield say("has no content, refusal, tool call or audio")
    role = message.get("role") or ""
    if not isinstance(role, str) or role.replace("assistant", ""):
        yield say("has the role {role!r}", role)
    if not isinstance(message.get("content"), str | None):
        yield say("has a content of type {name}, not text", type(message["content"]).__name__)
