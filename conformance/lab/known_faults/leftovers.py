"""What is left in replies that belongs elsewhere, and counts that nobody asked for."""

from __future__ import annotations

import itertools
import json
from typing import Any

from conformance.contract.faults import events
from conformance.evidence.exchange import Request

from .kit import (
    Chunks,
    JSONObject,
    calls,
    choices,
    details,
    each_call,
    each_choice,
    each_error,
    each_usage,
    in_completions,
    in_errors,
    in_replies,
    in_streams,
    planted,
    rechunk,
    where,
)

_KIMI = "<|tool_calls_section_begin|><|tool_call_begin|>functions.{}:0<|tool_call_argument_begin|>{}<|tool_call_end|>"


def _written(document: Any) -> str:
    """The calls of a document, as Kimi writes them."""
    functions = [call.get("function", {}) for call in calls(document)]
    return "".join(_KIMI.format(each.get("name"), each.get("arguments")) for each in functions)


def _in_thoughts(choice: JSONObject) -> None:
    """A call is left in the reasoning, and there is no answer."""
    message = choice.get("message")
    if isinstance(message, dict) and message.get("tool_calls"):
        text = _written({"choices": [choice]})
        message.update(content="", reasoning_content=f"I look it up. {text}")
        del message["tool_calls"]
        choice["finish_reason"] = "stop"


def _in_text_streamed(chunks: Chunks) -> Chunks:
    """Calls are streamed as text, each delta by itself."""
    for choice in itertools.chain.from_iterable(map(choices, chunks)):
        delta = choice.get("delta") or {}
        for call in delta.pop("tool_calls", ()):
            function = call.get("function", {})
            begin = _KIMI.partition("{}")[0] + f"{function['name']}:0" if function.get("name") else ""
            delta["content"] = begin + (function.get("arguments") or "")
        if choice.get("finish_reason") == "tool_calls":
            choice["finish_reason"] = "stop"
    return chunks


def _end_beside(choice: JSONObject) -> None:
    """The end of a call's markup stands beside the call."""
    if choice.get("message", {}).get("tool_calls"):
        choice["message"]["content"] = "</tool_call>"


def _called_nothing(choice: JSONObject) -> None:
    """An answer in text ends as one with calls."""
    if choice.get("finish_reason") == "stop" and not choice.get("message", {}).get("tool_calls"):
        choice["finish_reason"] = "tool_calls"


def _called_nothing_streamed(chunks: Chunks) -> Chunks:
    if not any(next(calls(each), None) for each in chunks):
        for choice in itertools.chain.from_iterable(map(choices, chunks)):
            _called_nothing(choice)
    return chunks


def _twice_streamed(chunks: Chunks) -> Chunks:
    """The arguments of a streamed call are JSON in a JSON string."""
    found: dict[tuple[Any, Any], list[JSONObject]] = {}
    for choice in itertools.chain.from_iterable(map(choices, chunks)):
        for call in calls({"choices": [choice]}):
            found.setdefault((choice.get("index"), call.get("index")), []).append(call)
    for first, *rest in found.values():
        pieces = [call["function"].get("arguments") or "" for call in (first, *rest)]
        first["function"]["arguments"] = json.dumps("".join(pieces))
        for call in rest:
            call["function"]["arguments"] = ""
    return chunks


def _channel_in_name(call: JSONObject) -> None:
    if call.get("function", {}).get("name"):
        call["function"]["name"] += "<|channel|>commentary"


def _type_again(call: JSONObject) -> None:
    """Later deltas of a call repeat its type."""
    call["type"] = "function"


def _all_predicted(usage: JSONObject) -> None:
    found = usage.setdefault("completion_tokens_details", {})
    if isinstance(found, dict):
        found["accepted_prediction_tokens"] = usage.get("completion_tokens")


def _few_hits(usage: JSONObject) -> None:
    if details(usage).get("cached_tokens") == 0 and usage.get("prompt_tokens", 0) > 1024:
        details(usage)["cached_tokens"] = 4


def _creation(usage: JSONObject) -> None:
    """new-api's names for cache writes, in place of PhanEdge's."""
    found = details(usage)
    hour = found.pop("cached_write_1h_tokens", 0)
    found.pop("cached_write_5m_tokens", None)
    if written := found.pop("cached_write_tokens", 0):
        found["cached_creation_tokens"] = written
        usage["claude_cache_creation_1_h_tokens"] = hour


def _litellm(usage: JSONObject) -> None:
    """LiteLLM's names for them, with a split of their own."""
    found = details(usage)
    hour, minutes = found.pop("cached_write_1h_tokens", 0), found.pop("cached_write_5m_tokens", 0)
    if written := found.pop("cached_write_tokens", 0):
        split = {"ephemeral_5m_input_tokens": minutes, "ephemeral_1h_input_tokens": hour}
        found.update(cache_creation_tokens=written, cache_creation_token_details=split)


def _as_text(error: JSONObject) -> None:
    error["message"] = f"upstream failed: {json.dumps({'error': {**error}})}"


def _error_chunk_first(before: list[tuple[float, bytes]]) -> list[tuple[float, bytes]]:
    """Of a stream there are an error in a chunk, a usage of zeros and [DONE]."""
    error = {"message": "Worker local total request limit reached (33/32)", "type": "server_error", "code": "busy"}
    zero = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    head = json.loads(before[0][1][6:]) | {"choices": []}
    told = [head | {"error": error | {"param": None}}, head | {"usage": zero}]
    return [*((before[0][0], f"data: {json.dumps(each)}\n\n".encode()) for each in told), before[-1]]


def _seeded(request: Request) -> bool:
    """Few of the valid requests, so that the others show that the endpoint is there."""
    return request.streams and request.asked.get("logprobs") is True


FAULTS = (
    planted("streamed-call-in-special-tokens", "A streamed call is left in the text, in a template's special tokens.",
        "B213", in_streams(rechunk(_in_text_streamed)),
        "tools.call_not_in_text", also=("tools.named_is_called", "tools.required_is_required",
        "unicode.arguments_in_every_script")),
    planted("call-in-the-reasoning", "A call is left in the reasoning, and the content is empty.", "B213",
        in_completions(each_choice(_in_thoughts)),
        "tools.call_not_in_text", also=("message.not_empty", "multimodal.", "reasoning.", "tool_use.")),
    planted("end-of-a-call-beside-it", "The end of a call's markup stands beside the call.", "B227",
        in_completions(each_choice(_end_beside)), "tools.no_residue", also=("equivalence.calls",)),
    planted("text-ends-with-tool-calls", "An answer in text ends with tool_calls.", "B187",
        in_completions(each_choice(_called_nothing)),
        "tools.finish_has_call", also=("equivalence.", "sampling.", "stop.", "tool_use.")),
    planted("streamed-text-ends-with-tool-calls", "In streams an answer in text ends with tool_calls.", "B187",
        in_streams(rechunk(_called_nothing_streamed)),
        "tools.finish_has_call", also=("equivalence.", "sampling.", "stop.")),
    planted("streamed-arguments-encoded-twice", "Arguments of streamed calls are JSON in a JSON string.", "B396",
        in_streams(rechunk(_twice_streamed)),
        "tools.arguments_once", also=("equivalence.", "tool_use.", "unicode.arguments_in_every_script")),
    planted("channel-in-the-name", "The name of a call has a template's token at its end.", "B227",
        in_completions(each_call(_channel_in_name)),
        "tools.declared_names", "tools.name_characters", also=("equivalence.calls", "tool_use.",
        "tools.named_is_called")),
    planted("types-repeated", "Each delta of a call repeats the type.", "B182",
        in_streams(each_call(_type_again)), "tools.type_once"),
    planted("output-all-predicted", "All output is counted as accepted prediction.", "B048",
        in_replies(each_usage(_all_predicted)), "usage.unasked_details", also=("equivalence.usage_details",)),
    planted("few-hits", "Where nothing is read from the cache, 4 tokens are.", "B049",
        in_replies(each_usage(_few_hits)),
        "cache.hits_of_a_prefix", also=("caching.", "usage.prompt_tokens.covers_cache")),
    planted("writes-under-new-apis-names", "Cache writes are under new-api's names.", "B092",
        in_replies(each_usage(_creation)), "cache.writes_under_their_name", also=("caching.",)),
    planted("writes-under-litellms-names", "Cache writes are under LiteLLM's names, with its split.", "B092",
        in_replies(each_usage(_litellm)), "cache.writes_under_their_name", also=("caching.",)),
    planted("native-counts-zero", "input_tokens and output_tokens are filled in with 0.", "B051",
        in_replies(each_usage(lambda usage: usage.update(input_tokens=0, output_tokens=0))),
        "usage.native_counts_agree"),
    planted("error-body-as-text", "The upstream's error is JSON within the message.", "B401",
        in_errors(each_error(_as_text)), "errors.message_in_words"),
    planted("inner-host-and-table-told", "Errors name an inner host, a table and the hash of a key.", "B401",
        in_errors(each_error(lambda error: error.update(
            message=f"{error.get('message')} (vllm-7.internal, LiteLLM_TeamTable, key hash: {'4f9a2b7c' * 4})"))),
        "security.errors_hide_internals"),
    planted("short-key-told", "Errors hold a short key of the upstream.", "B407",
        in_errors(each_error(lambda error: error.update(
            message=f"{error.get('message')} (used sk-4f9a2b7c1d8e3f6a2b)"))),
        "security.no_upstream_credentials"),
    planted("error-chunk-first", "Where log probabilities are streamed, an error comes first, in a chunk.", "B361",
        where(_seeded, in_streams(events(_error_chunk_first))),
        "streaming.early_failure_has_status"),
)  # fmt: skip
