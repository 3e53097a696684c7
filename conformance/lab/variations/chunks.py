"""Other chunks that add up to the same reply."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from conformance.contract.faults import (
    chain,
    put,
)
from conformance.evidence.exchange import Exchange

from .kit import (
    ALARMS,
    FINDINGS,
    SCHEMA,
    chunks,
    completions,
    merging,
    only_choice,
    right,
)


@right(SCHEMA)
def role_with_the_first_words(exchange: Exchange) -> Exchange:
    """The first chunk has the role and the first words together, and no other names the role."""
    return merging(lambda one, two: "role" in one and not one.get("content") and bool(two.get("content")))(exchange)


@right(FINDINGS)
def role_alone(exchange: Exchange) -> Exchange:
    """The first delta is the role and nothing else, as OpenAI's were in 2023."""

    def alone(delta: dict[str, Any]) -> dict[str, Any]:
        return {"role": "assistant"} if "role" in delta and not delta.get("content") else delta

    return put("choices.*.delta", alone)(exchange)


@right(ALARMS)
def role_null_later(exchange: Exchange) -> Exchange:
    """Deltas after the first say role null."""
    return put("choices.*.delta", lambda delta: {"role": None} | delta)(exchange)


@right(SCHEMA)
def many_tokens_in_a_chunk(exchange: Exchange) -> Exchange:
    """A chunk holds some ten tokens."""
    few = 40
    return merging(lambda one, two: "content" in one and "content" in two and 0 < len(one["content"] or "") < few)(
        exchange
    )


@right(SCHEMA)
def one_token_in_a_chunk(exchange: Exchange) -> Exchange:
    """A chunk holds one character of text, where it has no log probabilities."""

    def change(found: list[Any]) -> list[Any]:
        made = []
        for each in found:
            choice = only_choice(each)
            text = choice.get("delta", {}).get("content")
            parts = list(text) if text and len(each["choices"]) == 1 and not choice["logprobs"] else []
            made += [each | {"choices": [choice | {"delta": {"content": part}}]} for part in parts] or [each]
        return made

    return chunks(change)(exchange)


@right(SCHEMA, deviates={"framing.incremental": "framing-08"})
def all_in_one_chunk(exchange: Exchange) -> Exchange:
    """A choice comes in one chunk, its finish_reason included."""
    return chain(choice_after_choice, merging(lambda _, __: True))(exchange)


@right(FINDINGS)
def finish_with_the_last_words(exchange: Exchange) -> Exchange:
    """The last words and the finish_reason come in one chunk."""
    return merging(lambda _, two: not two)(exchange)


@right(FINDINGS)
def finish_with_empty_content(exchange: Exchange) -> Exchange:
    """The delta of the last chunk has the content ""."""
    return put("choices.*.delta", lambda delta: delta or {"content": ""})(exchange)


@right(FINDINGS)
def first_content_null(exchange: Exchange) -> Exchange:
    """The first delta of a text has the content null."""
    return put(
        "choices.*.delta", lambda delta: delta | {"content": delta.get("content") or None} if "role" in delta else delta
    )(exchange)


@right(FINDINGS)
def whole_arguments_at_once(exchange: Exchange) -> Exchange:
    """The first piece of a streamed tool call has all its arguments, as those of 17 vendors."""

    def same(one: dict[str, Any], two: dict[str, Any]) -> bool:
        calls, more = one.get("tool_calls", []), two.get("tool_calls", [])
        return bool(calls and more and calls[-1]["index"] == more[0]["index"])

    return merging(same)(exchange)


@right(FINDINGS)
def call_with_the_role(exchange: Exchange) -> Exchange:
    """The role and the first piece of a tool call come in one chunk, as OpenAI's do for one call."""
    return merging(lambda one, two: "role" in one and "tool_calls" not in one and "tool_calls" in two)(exchange)


@right(SCHEMA)
def all_calls_in_one_chunk(exchange: Exchange) -> Exchange:
    """Parallel tool calls come in one chunk, whole."""
    return merging(lambda one, two: "tool_calls" in one and "tool_calls" in two)(exchange)


@right("n-03: distinguished by their index")
def choice_after_choice(exchange: Exchange) -> Exchange:
    """Of several streamed choices the second begins when the first has ended."""
    return chunks(lambda found: sorted(found, key=lambda each: only_choice(each).get("index", len(found))))(exchange)


@right("n-03: distinguished by their index")
def choices_in_one_chunk(exchange: Exchange) -> Exchange:
    """A chunk has a piece of every choice."""

    def change(found: list[Any]) -> list[Any]:
        made: list[Any] = []
        for each in found:
            if made and made[-1]["choices"] and only_choice(each).get("index", 0) > made[-1]["choices"][-1]["index"]:
                made[-1]["choices"] += each["choices"]
            else:
                made.append(deepcopy(each))
        return made

    return chunks(change)(exchange)


@right("OpenAI's streams in 2024: an empty delta")
def empty_deltas(exchange: Exchange) -> Exchange:
    """An empty delta comes before the last chunk of a choice."""

    def change(found: list[Any]) -> list[Any]:
        made = []
        for each in found:
            choice = only_choice(each)
            if choice.get("finish_reason"):
                made.append(each | {"choices": [choice | {"delta": {}, "finish_reason": None}]})
            made.append(each)
        return made

    return chunks(change)(exchange)


@right("Azure: prompt_filter_results come first, in a chunk without choices")
def filter_results_first(exchange: Exchange) -> Exchange:
    """The first chunk has no choices, and what a filter found in the prompt."""
    found = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}]
    return chunks(lambda each: [each[0] | {"choices": [], "prompt_filter_results": found}, *each])(exchange)


@right(FINDINGS)
def members_in_another_order(exchange: Exchange) -> Exchange:
    """The members of completions, chunks, choices, calls and usage stand in the opposite order."""

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turned(each) for name, each in reversed(value.items())}
        return [turned(each) for each in value] if isinstance(value, list) else value

    def change(document: Any) -> None:
        before = turned(document)
        document.clear()
        document.update(before)

    return (
        chunks(lambda found: [turned(each) for each in found])(exchange)
        if exchange.streamed
        else completions(change)(exchange)
    )


@right("logprobs-05: null or empty without tokens")
def logprobs_empty_without_tokens(exchange: Exchange) -> Exchange:
    """Chunks without text have logprobs with an empty content, where log probabilities were asked for."""
    if not exchange.request.asked.get("logprobs"):
        return exchange
    return put("choices.*.logprobs", lambda found: found or {"content": [], "refusal": None})(exchange)
