"""Models that think: what of it is lost, shown or demanded back."""

from __future__ import annotations

from copy import deepcopy

from conformance.exchange import Request

from .kit import (
    JSONObject,
    asks,
    choices,
    each_choice,
    each_text,
    error,
    in_completions,
    in_streams,
    messages,
    messages_of,
    planted,
    rechunk,
    refusing,
    roles_of,
)

Chunks = list[JSONObject]


def _thought_of(request: Request) -> bool:
    return any("reasoning_content" in each for each in messages_of(request))


def _calls_without_thoughts(request: Request) -> bool:
    return any(each.get("tool_calls") and not each.get("reasoning_content") for each in messages_of(request))


def _lost_in_thought(choice: JSONObject) -> None:
    """All tokens went into thoughts that are not shown."""
    if choice.get("finish_reason") == "length" and isinstance(choice.get("message"), dict):
        choice["message"]["content"] = ""
        choice["finish_reason"] = "stop"


def _without_thoughts(choice: JSONObject) -> None:
    """Of thoughts that were cut off nothing is shown."""
    message = choice.get("message")
    if choice.get("finish_reason") == "length" and isinstance(message, dict) and not message.get("content"):
        message.pop("reasoning_content", None)


def _thinking_aloud(chunks: Chunks) -> Chunks:
    """A thought before the first text, in deltas that have both members."""
    first = next((number for number, each in enumerate(chunks) if any(m.get("content") for m in messages(each))), None)
    if first is None:
        return chunks
    thought = deepcopy(chunks[first])
    for choice in choices(thought):
        choice |= {"delta": {"content": None, "reasoning_content": "step"}, "logprobs": None}
    for document in chunks[first:]:
        for message in messages(document):
            if message.get("content"):
                message["reasoning_content"] = None
    return [*chunks[:first], thought, *chunks[first:]]


_FLAT = {
    "message": "messages.1.assistant.reasoning_content: property is unsupported", "type": "invalid_request_error",
    "param": "validation_error", "code": "wrong_api_format",
}  # fmt: skip

FAULTS = (
    planted("thoughts-demanded-back", "A history with tool calls is refused where it lacks the thoughts.", "B415 B422",
        refusing(_calls_without_thoughts,
        error("The reasoning_content in the thinking mode must be passed back to the API")),
        "reasoning.results_after_thoughts", "roles.empty_contents", "tool_use.",
        thinking=True),
    planted("cut-thoughts-lost", "A reply that the limit cut off in its thoughts is empty, and ends with stop.", "B418",
        in_completions(each_choice(_lost_in_thought)),
        "equivalence.length", "message.not_empty", "reasoning.exhausted_by_reasoning", "sampling.",
        "schemas_followed.cut_is_length", "tool_use.cut_call_is_length", "tools.arguments_are_json",
        "unknown.both_limits",
        thinking=True),
    planted("cut-thoughts-not-shown", "A reply that the limit cut off is empty, without thoughts.", "B418",
        in_completions(each_choice(_without_thoughts)),
        "message.", "reasoning.",
        thinking=True,
        reason="OpenAI's own models never show what they thought, also where it was all that they had room for"),
    planted("null-beside-thoughts",
        "Deltas have a null content beside thoughts, and null thoughts beside content.", "B419",
        in_streams(rechunk(_thinking_aloud)),
        "chunk.", "reasoning.", "streaming.",
        gray=True,
        thinking=True,
        reason="OpenAI's description lets content be null, and DeepSeek's own API streams its thoughts so"),
    planted("thoughts-in-history-refused", "Thoughts in the history are refused.", "B421", refusing(_thought_of, _FLAT),
        "error.error", "unknown.thoughts_in_history"),
    planted("tool-results-with-effort-refused", "Tool results are refused of a model that was asked to think.", "B422",
        refusing(lambda request: asks("reasoning_effort")(request) and "tool" in roles_of(request),
                error("Expected `thinking` or `redacted_thinking`, but found `tool_use`")),
        "reasoning.results_after_thoughts",
        thinking=True),
    planted("thought-signature-demanded", "A turn with tool results is refused for want of a signature.", "B423",
        refusing(lambda request: "tool" in roles_of(request), error("function call is missing a thought_signature")),
        "reasoning.results_after_thoughts", "roles.empty_contents", "tool_use."),
    planted("thoughts-in-the-text", "Thoughts are in the text, between tags.", "B418",
        in_completions(each_text(lambda text: f"<think>Let me see.</think>{text}")),
        "equivalence.", "logprobs.", "reasoning.", "schemas_followed.", "structured_output."),
)  # fmt: skip
