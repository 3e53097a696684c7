"""Reasoning in the wrong place, under the wrong name, or counted where there is none."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import edit
from conformance.evidence.exchange import Exchange, Request

from .kit import (
    Chunks,
    JSONObject,
    Wrap,
    choices,
    each_message,
    each_usage,
    ignoring,
    in_completions,
    in_replies,
    in_streams,
    messages,
    planted,
    rechunk,
    where,
)

_NAME = "reasoning_content"


def _in_text(before: str, after: str, *, kept: bool = False) -> Wrap:
    """What was thought stands before the text, between these two; it is `kept` in its own member, too."""

    def whole(document: Any) -> None:
        for message in messages(document):
            if thought := message.get(_NAME):
                message["content"] = f"{before}{thought}{after}{message.get('content') or ''}"
                if not kept:
                    message.pop(_NAME)

    def pieces(chunks: Chunks) -> Chunks:
        opened: set[Any] = set()
        for choice in (choice for each in chunks for choice in choices(each)):
            delta, index = choice["delta"], choice.get("index")
            if thought := delta.get(_NAME):
                delta["content"] = thought if index in opened else before + thought
                opened.add(index)
                if not kept:
                    delta.pop(_NAME)
            elif index in opened and (delta.get("content") or choice.get("finish_reason")):
                delta["content"] = after + (delta.get("content") or "")
                opened.discard(index)
        return chunks

    def fault(exchange: Exchange) -> Exchange:
        return (rechunk(pieces) if exchange.streamed else edit(whole))(exchange)

    return in_replies(fault)


def _renamed(message: JSONObject) -> None:
    if _NAME in message:
        message["reasoning"] = message.pop(_NAME)


def _first_delta(change: Any) -> Any:
    """The first delta of text of each choice, changed in place."""

    def pieces(chunks: Chunks) -> Chunks:
        seen: set[Any] = set()
        for choice in (choice for each in chunks for choice in choices(each)):
            if choice["delta"].get("content") and choice.get("index") not in seen:
                seen.add(choice.get("index"))
                change(choice["delta"])
        return chunks

    return rechunk(pieces)


def _as_thought(delta: JSONObject) -> None:
    delta[_NAME] = delta.pop("content")


def _closed(delta: JSONObject) -> None:
    delta["content"] = f"</think>\n\n{delta['content']}"


def _all_thought(usage: JSONObject) -> None:
    if isinstance(usage.get("completion_tokens_details"), dict):
        usage["completion_tokens_details"]["reasoning_tokens"] = usage["completion_tokens"]


def _beside_calls(document: Any) -> None:
    for message in messages(document):
        if message.get("tool_calls") and message.get(_NAME):
            message["content"] = message.pop(_NAME)


def _none(request: Request) -> bool:
    return request.asked.get("reasoning_effort") == "none"


FAULTS = (
    planted("thoughts-as-details", "Thoughts are in the text, as details of a page.", "B418",
        _in_text('<details type="reasoning" done="true">\n<summary>Thought for 1 second</summary>\n', "\n</details>\n"),
        "reasoning.reasoning_apart", also=("logprobs.bytes_spell_content", "logprobs.streamed_tokens_add_up",
        "reasoning.exhausted_by_reasoning", "sampling.line_end_stops", "schemas_followed.",
        "structured_output.", "tool_use.beside_format", "usage.text_beside_reasoning"), thinking=True),
    planted("thoughts-between-special-tokens", "Thoughts are in the text, between Cohere's special tokens.", "B390",
        _in_text("<|START_THINKING|>", "<|END_THINKING|>"),
        "reasoning.reasoning_apart", also=("logprobs.bytes_spell_content", "logprobs.streamed_tokens_add_up",
        "reasoning.exhausted_by_reasoning", "schemas_followed.", "structured_output.",
        "tool_use.beside_format", "usage.text_beside_reasoning"), thinking=True),
    planted("thoughts-in-both-places", "Thoughts are in their own member and between tags in the text.", "B418",
        _in_text("<think>", "</think>", kept=True),
        "reasoning.reasoning_apart", also=("logprobs.bytes_spell_content", "logprobs.streamed_tokens_add_up",
        "reasoning.exhausted_by_reasoning", "schemas_followed.", "structured_output.",
        "tool_use.beside_format", "usage.text_beside_reasoning"), thinking=True),
    planted("thoughts-under-two-names", "Thoughts are in reasoning in whole replies, in reasoning_content in streams.",
        "B418", in_completions(each_message(_renamed)),
        "equivalence.reasoning_place", thinking=True),
    planted("effort-none-ignored", "A reasoning_effort of none is ignored.", "B254",
        where(_none, ignoring("reasoning_effort")),
        "reasoning.none_is_none", thinking=True),
    planted("output-counted-as-thought", "All output of a model that does not reason is counted as reasoning.", "B418",
        in_replies(each_usage(_all_thought)),
        "usage.text_beside_reasoning"),
    planted("closing-tag-in-streams", "Streamed text begins with a tag that closes thoughts.", "B390",
        in_streams(_first_delta(_closed)),
        "reasoning.reasoning_apart", also=("equivalence.text", "logprobs.streamed_tokens_add_up",
        "structured_output.follows_schema_streamed", "structured_output.json_object",
        "tool_use.beside_format")),
    planted("first-words-as-thoughts", "The first delta of streamed text is sent as reasoning.", "B418",
        in_streams(_first_delta(_as_thought)),
        "equivalence.text", also=("logprobs.streamed_tokens_add_up", "message.stream_not_empty",
        "reasoning.answer_in_content", "reasoning.shown_reasoning_is_counted",
        "structured_output.follows_schema_streamed", "structured_output.json_object",
        "tool_use.beside_format")),
    planted("thoughts-beside-calls", "Beside calls of a whole reply the thoughts are the content.", "B418",
        in_completions(edit(_beside_calls)),
        "equivalence.calls", thinking=True),
)  # fmt: skip
