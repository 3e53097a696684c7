"""Models that think: what of it is lost, shown or demanded back."""

from __future__ import annotations

from copy import deepcopy

from conformance.contract.faults import drop
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request

from .kit import (
    Chunks,
    JSONObject,
    Wrap,
    asks,
    each_choice,
    each_message,
    each_text,
    each_usage,
    error,
    in_completions,
    in_replies,
    in_streams,
    messages,
    messages_of,
    planted,
    rechunk,
    refusing,
    roles_of,
    where,
)


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
    """Of a text and the thoughts that came before it, each delta has both members."""
    for message in [message for each in chunks for message in messages(each)]:
        if message.get("reasoning_content"):
            message["content"] = None
        elif message.get("content"):
            message["reasoning_content"] = None
    return chunks


def _with_thoughts(usage: JSONObject, times: int) -> None:
    """completion_tokens and total_tokens hold the thoughts so many times more than once."""
    counts = usage.get("completion_tokens_details") or {}
    for name in ("completion_tokens", "total_tokens"):
        usage[name] += times * counts.get("reasoning_tokens", 0)


def _as_text(message: JSONObject) -> None:
    if message.get("reasoning_content"):
        message["content"] = message.pop("reasoning_content")


SHORT = 20  #: characters of a text that a parser of reasoning holds back
_IDEA = "I read the question again. What is asked"


def _thinks(request: Request) -> bool:
    return "reasoning" in str(request.asked.get("model"))


def _uncounted(usage: JSONObject) -> None:
    if isinstance(usage.get("completion_tokens_details"), dict):
        usage["completion_tokens_details"]["reasoning_tokens"] = 0


def _cut_as(content: str, **others: str) -> Wrap:
    """Thoughts that were cut off have this content beside them, and stand in these members."""

    def changed(choice: JSONObject) -> None:
        message = choice.get("message", {})
        if choice.get("finish_reason") == "length" and not message.get("content"):
            message.pop("reasoning_content", None)
            message |= {"content": content} | others

    return where(_thinks, in_completions(each_choice(changed)))


def _all_thought(nothing: str | None) -> Fault:
    """All that was said stands among the thoughts."""

    def changed(message: JSONObject) -> None:
        if message.get("content"):
            message["reasoning_content"], message["content"] = message["content"], nothing

    return each_message(changed)


def _under_reasoning(message: JSONObject) -> None:
    """What was said stands in vLLM's newer member, and content is null."""
    if message.get("content"):
        message["reasoning"], message["content"] = message["content"], None


def _under_one_name(message: JSONObject) -> None:
    """Where a closing tag is not found the answer follows the reasoning."""
    if message.get("content"):
        message["reasoning_content"] = (message.get("reasoning_content") or "") + message["content"]
        message["content"] = None


def _json_thought(message: JSONObject) -> None:
    """A text that begins as JSON does is taken for reasoning."""
    if str(message.get("content"))[:1] in "{[":
        message["reasoning_content"], message["content"] = message["content"], ""


def _short_thought(chunks: Chunks) -> Chunks:
    """A stream that ends before a tag was found is reasoning as a whole."""
    found = [message for each in chunks for message in messages(each) if message.get("content")]
    if found and sum(len(each["content"]) for each in found) < SHORT:
        for message in found:
            message["reasoning_content"] = message.pop("content")
    return chunks


def _thought_part(message: JSONObject) -> None:
    """The content is an array, with reasoning before the text."""
    if message.get("content"):
        thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Let me see."}]}
        message["content"] = [thought, {"type": "text", "text": message["content"]}]


def _thought_part_first(chunks: Chunks) -> Chunks:
    first = next((each for each in chunks if any(m.get("content") for m in messages(each))), None)
    if first is None:
        return chunks
    thought, at = deepcopy(first), chunks.index(first)
    for message in messages(thought):
        message["content"] = [{"type": "thinking", "thinking": [{"type": "text", "text": "Let me see."}]}]
    return [*chunks[:at], thought, *chunks[at:]]


def _text_apart(choice: JSONObject) -> None:
    if choice.get("delta", {}).get("content"):
        choice["index"] = 1


_FLAT = {
    "message": "messages.1.assistant.reasoning_content: property is unsupported", "type": "invalid_request_error",
    "param": "validation_error", "code": "wrong_api_format",
}  # fmt: skip

FAULTS = (
    planted("thoughts-demanded-back",
        "A history with tool calls is rejected where it lacks the reasoning.", "B415 B422",
        refusing(_calls_without_thoughts,
        error("The reasoning_content in the thinking mode must be passed back to the API")),
        "reasoning.results_after_thoughts", also=("roles.empty_contents", "tool_use."),
        thinking=True),
    planted("cut-thoughts-lost",
        "A reply that the limit cut off in its reasoning is empty, and ends with stop.", "B418",
        in_completions(each_choice(_lost_in_thought)),
        "reasoning.exhausted_by_reasoning", also=("equivalence.length", "message.not_empty", "sampling.",
        "schemas_followed.cut_is_length", "tool_use.cut_call_is_length", "tools.arguments_are_json",
        "unknown.both_limits"),
        thinking=True),
    planted("cut-thoughts-not-shown", "A reply that the limit cut off is empty, without reasoning.", "B418",
        in_completions(each_choice(_without_thoughts)),
        thinking=True,
        reason="OpenAI's own models never show their reasoning, also where the limit left room for nothing else"),
    planted("null-beside-thoughts",
        "Deltas have a null content beside reasoning, and null reasoning beside content.", "B419",
        in_streams(rechunk(_thinking_aloud)),
        gray=True,
        thinking=True,
        reason="OpenAI's description lets content be null, and DeepSeek's own API streams its reasoning so"),
    planted("thoughts-in-history-refused",
        "Reasoning in the history is rejected.", "B421", refusing(_thought_of, _FLAT),
        "unknown.thoughts_in_history", also=("error.error",)),
    planted("tool-results-with-effort-refused", "Tool results are rejected for a model with reasoning_effort.", "B422",
        refusing(lambda request: asks("reasoning_effort")(request) and "tool" in roles_of(request),
                error("Expected `thinking` or `redacted_thinking`, but found `tool_use`")),
        "reasoning.results_after_thoughts",
        thinking=True),
    planted("thought-signature-demanded",
        "A turn with tool results is rejected because a signature is missing.", "B423",
        refusing(lambda request: "tool" in roles_of(request), error("function call is missing a thought_signature")),
        "tool_use.round_trip", also=("reasoning.results_after_thoughts", "roles.empty_contents", "tool_use.")),
    planted("thoughts-counted-apart", "completion_tokens lacks the reasoning.", "B418",
        in_replies(each_usage(lambda usage: _with_thoughts(usage, -1))),
        "usage.completion_tokens.covers_reasoning", also=("reasoning.reasoning_is_counted", "usage."),
        thinking=True),
    planted("streamed-thoughts-counted-twice", "completion_tokens of a stream counts the reasoning twice.", "B418",
        in_streams(each_usage(lambda usage: _with_thoughts(usage, 1))),
        "equivalence.completion_tokens",
        thinking=True),
    planted("streamed-thoughts-as-text", "In streams reasoning is content.", "B418", in_streams(each_message(_as_text)),
        "equivalence.reasoning_place", also=("equivalence.", "logprobs.", "structured_output.", "tool_use."),
        thinking=True),
    planted("thoughts-in-the-text", "Thoughts are in the text, between tags.", "B418",
        in_completions(each_text(lambda text: f"<think>Let me see.</think>{text}")),
        "reasoning.reasoning_apart", also=("equivalence.", "logprobs.", "schemas_followed.", "structured_output.")),
    planted("forced-call-refused", "A forced call is rejected for a model that reasons.", "B212",
        refusing(lambda request: _thinks(request)
                 and (isinstance(choice := request.asked.get("tool_choice"), dict) or choice == "required"),
                 error("tool_choice does not support required or an object in thinking mode")),
        gray=True, thinking=True, reason="Claude rejects it, too, while it reasons"),
    planted("streamed-thoughts-uncounted", "reasoning_tokens are 0 in streams.", "B418",
        where(_thinks, in_streams(each_usage(_uncounted))),
        "reasoning.shown_reasoning_is_counted", also=("equivalence.completion_tokens",),
        thinking=True),
    planted("streamed-thoughts-without-details", "Streams have no completion_tokens_details.", "B036",
        where(_thinks, in_streams(drop("usage.completion_tokens_details"))),
        "equivalence.usage_details", also=("equivalence.completion_tokens",),
        thinking=True),
    planted("thoughts-uncounted-with-tools", "With tools reasoning_tokens are 0.", "B418",
        where(lambda request: _thinks(request) and asks("tools")(request), in_replies(each_usage(_uncounted))),
        "reasoning.shown_reasoning_is_counted",
        thinking=True),
    planted("thoughts-twice-in-the-total", "total_tokens counts the reasoning once more.", "B051",
        where(_thinks, in_replies(each_usage(lambda usage: usage.update(
            total_tokens=usage["total_tokens"] + usage["completion_tokens_details"]["reasoning_tokens"])))),
        "usage.total_tokens.sum_of",
        thinking=True),
    planted("cut-thoughts-as-content", "Thoughts that were cut off are the content.", "B418",
        _cut_as(f"Thinking Process:\n{_IDEA}"), "reasoning.exhausted_by_reasoning",
        also=("usage.text_beside_reasoning",),
        thinking=True),
    planted("cut-thoughts-in-both", "Thoughts that were cut off are in content, too.", "B418",
        _cut_as(_IDEA, reasoning_content=_IDEA), "reasoning.exhausted_by_reasoning",
        also=("usage.text_beside_reasoning",),
        thinking=True),
    planted("cut-thoughts-spill", "The last characters of reasoning that was cut off are in content.", "B418",
        _cut_as(" of", reasoning_content=_IDEA), "reasoning.exhausted_by_reasoning",
        also=("usage.text_beside_reasoning",),
        thinking=True),
    planted("text-in-choice-one", "After reasoning the text comes in a choice of index 1.", "B029",
        where(_thinks, in_streams(each_choice(_text_apart))),
        "streaming.index_zero", also=("isolation.forms_not_mixed_up", "message.stream_not_empty", "roles.",
        "streaming.", "tool_use.beside_format", "tool_use.text_beside"),
        thinking=True),
    planted("all-of-it-thought", "The whole answer is in reasoning_content, the content is empty.", "B418",
        in_completions(_all_thought("")),
        "reasoning.answer_in_content", "message.not_empty",
        also=("reasoning.shown_reasoning_is_counted", "sampling.minimal")),
    planted("all-of-it-thought-streamed", "In streams the whole answer is in reasoning_content.", "B418",
        in_streams(_all_thought(None)),
        "reasoning.answer_in_content", "message.stream_not_empty", also=("reasoning.shown_reasoning_is_counted",)),
    planted("answers-under-reasoning", "The whole answer is in reasoning, the content is null.", "B418",
        in_replies(each_message(_under_reasoning)),
        "reasoning.answer_in_content", "message.not_empty", "message.stream_not_empty",
        also=("reasoning.shown_reasoning_is_counted", "sampling.minimal")),
    planted("json-thought", "What is written as JSON is in reasoning_content.", "B418",
        in_completions(each_message(_json_thought)),
        "reasoning.answer_in_content", "message.not_empty", also=("reasoning.shown_reasoning_is_counted",)),
    planted("short-answers-thought-streamed", "In streams a short answer is in reasoning_content.", "B418",
        in_streams(rechunk(_short_thought)),
        "reasoning.answer_in_content", "message.stream_not_empty", also=("reasoning.shown_reasoning_is_counted",)),
    planted("answers-thought-where-it-thinks", "After reasoning the answer is in reasoning_content, too.", "B418",
        where(_thinks, in_replies(each_message(_under_one_name))),
        "reasoning.answer_in_content", "message.not_empty", "message.stream_not_empty",
        also=("reasoning.none_is_none", "reasoning.shown_reasoning_is_counted", "sampling.minimal",),
        thinking=True),
    planted("thoughts-a-part", "The content is an array, with reasoning before the text.", "B169",
        in_completions(each_message(_thought_part)),
        "message.content", also=("isolation.forms_not_mixed_up", "sampling.minimal", "schemas_followed.",
        "structured_output.")),
    planted("thoughts-a-part-streamed", "Reasoning comes as an array in the content of a delta.", "B169",
        in_streams(rechunk(_thought_part_first)),
        "chunk.choices.delta.content", also=("logprobs.streamed_tokens_add_up",)),
)  # fmt: skip
