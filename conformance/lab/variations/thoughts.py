"""Other ways to show the reasoning that led to a reply."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from conformance.contract.faults import chain, put
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange

from .kit import ALARMS, FINDINGS, answer_beside, chunks, completions, messages, only_choice, right

WORDS = "The user wants this."


def thinking(members: dict[str, Any], tokens: int | None = 1) -> Fault:
    """These members in each message, and in the first delta of a stream; so many tokens are counted, or none."""

    def change(document: Any) -> None:
        for message in messages(document):
            if message.get("role"):
                message.update(deepcopy(members))
        usage = document.get("usage") or {}
        if tokens is None:
            usage.pop("completion_tokens_details", None)
        elif found := usage.get("completion_tokens_details"):
            found["reasoning_tokens"] = tokens
            answer_beside(usage, tokens)

    return completions(change)


@right("vLLM and OpenRouter: reasoning beside reasoning_content")
def reasons_under_two_names(exchange: Exchange) -> Exchange:
    """The reasoning stands in reasoning and in reasoning_content, the same in both forms."""
    return thinking({"reasoning": WORDS, "reasoning_content": WORDS})(exchange)


@right(f"{FINDINGS}: OpenRouter")
def reasons_in_details(exchange: Exchange) -> Exchange:
    """The reasoning stands in reasoning, and with a signature in reasoning_details."""
    step = {"type": "reasoning.text", "text": WORDS, "signature": "EqQBCgIYAhIM", "format": "anthropic-claude-v1"}
    return thinking({"reasoning": WORDS, "reasoning_details": [step | {"index": 0}]})(exchange)


@right("usage-05: the details are optional")
def reasons_uncounted(exchange: Exchange) -> Exchange:
    """The reasoning is shown, and the usage has no details of the output."""
    return thinking({"reasoning_content": WORDS}, None)(exchange)


@right(f"{ALARMS}: text may speak of it")
def reasons_about_markup(exchange: Exchange) -> Exchange:
    """In its reasoning the model speaks of the markup that it is not to write."""
    text = "I should not write `<think>` or `<tool_call>` into the answer, and no `<|im_end|>`."
    return thinking({"reasoning_content": text})(exchange)


@right("deepseek: reasoning_content comes before content")
def reasons_piece_by_piece(exchange: Exchange) -> Exchange:
    """Streamed reasoning comes in several deltas before the text, with content null beside it."""

    def change(found: list[Any]) -> list[Any]:
        made: list[Any] = []
        for each in found:
            made.append(each)
            choice = only_choice(each)
            if choice.get("delta", {}).get("role") and not choice["delta"].get("content"):
                delta = choice["delta"]
                delta["content"] = None
                for word in WORDS.split(" "):
                    piece = choice | {"delta": {"content": None, "reasoning_content": word + " "}}
                    made.append(each | {"choices": [piece]})
        return made

    return chain(
        thinking({"reasoning_content": WORDS + " "}), put("choices.*.delta.reasoning_content", ""), chunks(change)
    )(exchange)


@right("openai-reasoning: the limit counts the reasoning, too")
def reasons_up_to_the_limit(exchange: Exchange) -> Exchange:
    """A reply that the limit cut off is nothing but reasoning, and all of its tokens are."""

    def change(document: Any) -> None:
        for choice in document["choices"]:
            message = choice.get("message", choice.get("delta"))
            if message.get("content"):
                message["reasoning_content"], message["content"] = message["content"], None
        if usage := document.get("usage"):
            usage["completion_tokens_details"]["reasoning_tokens"] = usage["completion_tokens"]

    texts = not (exchange.request.asked.get("tools") or exchange.request.asked.get("response_format"))
    cut = b'"finish_reason":"length"' in exchange.content
    return completions(change)(exchange) if texts and cut else exchange


@right("text that is thought may be the answer, too")
def reasons_in_the_words_of_the_answer(exchange: Exchange) -> Exchange:
    """The reasoning ends with the answer, which then is the content."""

    def change(document: Any) -> None:
        for message in messages(document):
            if isinstance(message.get("content"), str) and message["content"]:
                message["reasoning_content"] = message["content"]
        if usage := document.get("usage"):
            usage["completion_tokens_details"]["reasoning_tokens"] = 1
            answer_beside(usage, 1)

    return completions(change)(exchange)


@right("deepseek: reasoning_content stands beside tool_calls")
def reasons_before_calls(exchange: Exchange) -> Exchange:
    """A message that calls tools has reasoning, and no content."""
    called = b'"tool_calls":[' in exchange.content
    return thinking({"reasoning_content": "I have to call OK.", "content": None})(exchange) if called else exchange


@right("deepseek: reasoning_content is null where nothing is thought")
def no_thoughts_said(exchange: Exchange) -> Exchange:
    """Messages and deltas say reasoning_content null."""
    null = {"reasoning_content": None}
    return chain(
        put("choices.*.message", lambda message: message | null), put("choices.*.delta", lambda delta: delta | null)
    )(exchange)


@right("openai-reasoning: reasoning tokens are not shown, and billed as output")
def reasons_in_silence(exchange: Exchange) -> Exchange:
    """Where the limit has room for it, 64 tokens of reasoning are counted that nobody sees."""
    limits = [exchange.request.asked.get(name) for name in ("max_tokens", "max_completion_tokens")]

    def change(document: Any) -> None:
        if usage := document.get("usage"):
            usage["completion_tokens"] += 64
            usage["total_tokens"] += 64
            usage["completion_tokens_details"]["reasoning_tokens"] += 64

    cut = any(isinstance(limit, int) and limit < 100 for limit in limits) or b'"length"' in exchange.content
    return exchange if cut else completions(change)(exchange)
