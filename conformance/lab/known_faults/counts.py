"""More usage that is wrong: thoughts, choices, and counts that only one form of the answer has."""

from __future__ import annotations

import json

from conformance.contract.faults import drop, only, put
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send

from .kit import (
    Chunks,
    JSONObject,
    Wrap,
    details,
    each_usage,
    if_answer,
    in_completions,
    in_replies,
    in_streams,
    is_chat,
    is_claude,
    lift,
    messages_of,
    misread_body,
    planted,
    rechunk,
)


def _several(request: Request) -> bool:
    n = request.asked.get("n")
    return isinstance(n, int) and n > 1


def _written(usage: JSONObject, more: int, total: bool = True) -> None:
    """So many more tokens are written; a negative number is fewer."""
    usage["completion_tokens"] += more
    if total:
        usage["total_tokens"] += more


def _asked(usage: JSONObject, more: int) -> None:
    """So many more tokens are in the prompt."""
    usage["prompt_tokens"] += more
    usage["total_tokens"] += more


def _thoughts(usage: JSONObject) -> int:
    found = usage.get("completion_tokens_details")
    return int((found or {}).get("reasoning_tokens") or 0)


def _half(usage: JSONObject) -> None:
    _written(usage, usage["completion_tokens"] // 2 - usage["completion_tokens"])


def _renamed(usage: JSONObject) -> None:
    usage["input_tokens"], usage["output_tokens"] = usage.pop("prompt_tokens"), usage.pop("completion_tokens")


def _so_far(usage: JSONObject, done: int) -> JSONObject:
    return usage | {"completion_tokens": done, "total_tokens": usage["prompt_tokens"] + done}


def _running(chunks: Chunks) -> Chunks:
    """Every chunk has the usage so far, the last one all of it, and none comes without choices."""
    usage = next((each["usage"] for each in chunks if each.get("usage")), None)
    if not usage:
        return chunks
    kept = [each for each in chunks if not each.get("usage")]
    for number, each in enumerate(kept):
        last = number + 1 == len(kept)
        each["usage"] = _so_far(usage, usage["completion_tokens"] if last else min(number, usage["completion_tokens"]))
    return kept


def _unasked(chunks: Chunks) -> Chunks:
    """Every chunk has a usage, which nobody asked for."""
    if not any("usage" in each for each in chunks):
        for number, each in enumerate(chunks):
            each["usage"] = {"prompt_tokens": 9, "completion_tokens": number, "total_tokens": 9 + number}
    return chunks


def _asks_all_the_same(document: JSONObject) -> None:
    """stream_options asks for usage by being there, whatever it says."""
    if isinstance(options := document.get("stream_options"), dict):
        options["include_usage"] = True


def _nothing(usage: JSONObject) -> None:
    usage.update(prompt_tokens=0, completion_tokens=0, total_tokens=0)


def _of_the_last_message(exchange: Exchange) -> Exchange:
    """prompt_tokens are estimated from the last message of the user alone."""
    asked = [each for each in messages_of(exchange.request) if each.get("role") == "user"]
    text = json.dumps(asked[-1].get("content"), ensure_ascii=False) if asked else "x"
    tokens = max(1, (len(text.encode()) + 3) // 4)

    def change(usage: JSONObject) -> None:
        if usage.get("prompt_tokens"):
            usage.update(prompt_tokens=tokens, total_tokens=tokens + usage["completion_tokens"])
            usage.pop("prompt_tokens_details", None)

    return each_usage(change)(exchange)


def _details_null_without_hits(usage: JSONObject) -> None:
    if not details(usage).get("cached_tokens"):
        usage["prompt_tokens_details"] = None


def _without_cache(usage: JSONObject) -> None:
    cached = [int(details(usage).get(name) or 0) for name in ("cached_tokens", "cached_write_tokens")]
    _asked(usage, -sum(cached))


def _counted_on_after_a_hang_up(send: Send) -> Send:
    """The prompt that follows a stream which the client hung up counts one token."""
    left = [False]

    def faulty(request: Request) -> Exchange:
        exchange = send(request)
        if request.hang_up_after is not None or not is_chat(request):
            left[0] = left[0] or request.hang_up_after is not None
            return exchange
        was, left[0] = left[0], False
        return each_usage(lambda usage: _asked(usage, 1 - usage["prompt_tokens"]))(exchange) if was else exchange

    return faulty


_NOTHING_SAID = if_answer(
    lambda exchange: not any(each.get("content") for each in exchange.messages) and not exchange.tool_calls,
    each_usage(lambda usage: _written(usage, -_thoughts(usage), total=False)),
)
_STREAMED_CALLS: Wrap = lift(
    if_answer(
        lambda exchange: exchange.streamed and bool(exchange.tool_calls),
        each_usage(lambda usage: _written(usage, -usage["completion_tokens"])),
    )
)

FAULTS = (
    planted("thoughts-in-the-total-only",
        "completion_tokens leaves out the reasoning that total_tokens counts.", "B418",
        in_replies(each_usage(lambda usage: _written(usage, -_thoughts(usage), total=False))),
        "usage.completion_tokens.covers_reasoning", "usage.total_tokens.sum_of", also=("reasoning.reasoning_is_counted",
        "usage.completion_tokens.covers_modalities"), thinking=True),
    planted("thoughts-in-the-details-only", "Only reasoning_tokens counts the reasoning.", "B418",
        in_replies(each_usage(lambda usage: _written(usage, -_thoughts(usage)))),
        "usage.completion_tokens.covers_reasoning", also=("reasoning.reasoning_is_counted",
        "usage.completion_tokens.covers_modalities"), thinking=True),
    planted("thoughts-alone-uncounted", "Where nothing but reasoning was written, completion_tokens is 0.", "B418",
        in_replies(_NOTHING_SAID),
        "usage.completion_tokens.covers_reasoning", also=("usage.completion_tokens.covers_modalities",
        "usage.total_tokens.sum_of"), thinking=True),
    planted("output-of-half-the-choices", "With n above 1 one choice's tokens are counted.", "B070",
        in_completions(only(_several, each_usage(_half))),
        "choices.tokens_of_all"),
    planted("prompt-times-n", "With n above 1 prompt_tokens is counted n times.", "B056",
        in_replies(only(_several, each_usage(lambda usage: _asked(usage, usage["prompt_tokens"])))),
        "usage.choices_share_the_prompt"),
    planted("usage-null", "usage is null in plain replies.", "B010", in_completions(put("usage", None)),
        "completion.usage"),
    planted("usage-of-the-responses-api", "usage has input_tokens and output_tokens.", "B051",
        in_replies(each_usage(_renamed)),
        "usage.prompt_tokens", "usage.completion_tokens", also=("usage.prompt_tokens.covers_cache",
        "usage.prompt_tokens.covers_cached", "usage.total_tokens.sum_of")),
    planted("usage-running", "Every chunk has the usage so far, and none comes without choices.", "B058",
        in_streams(rechunk(_running)),
        "streaming.usage_once", "streaming.usage_without_choices"),
    planted("usage-unasked-in-every-chunk", "Every chunk has a usage where none was asked for.", "B042",
        in_streams(rechunk(_unasked)),
        "streaming.usage_unasked"),
    planted("usage-declined-and-sent", "A stream whose include_usage is false has usage.", "B042",
        misread_body(_asks_all_the_same), "streaming.usage_unasked", "streaming.no_empty_choices"),
    planted("prompt-2000-more", "prompt_tokens is 2000 more in plain replies.", "B093",
        in_completions(each_usage(lambda usage: _asked(usage, 2000))),
        "equivalence.prompt_tokens", "equivalence.prompt_tokens_with_output", "equivalence.prompt_tokens_with_tools",
        "usage.short_prompt", "caching.prompt_is_constant",
        also=("multimodal.image_costs_alike", "caching.", "isolation.", "usage.")),
    planted("usage-zero", "usage is all zero in plain replies.", "B060",
        in_completions(each_usage(_nothing)),
        "usage.prompt_tokens", "usage.output_costs_tokens", also=("caching.automatic_beside_is_constant", "choices.",
        "equivalence.", "idempotence.", "isolation.", "multimodal.", "usage.")),
    planted("streamed-prompt-zero", "prompt_tokens is 0 in streams.", "B075",
        in_streams(each_usage(lambda usage: _asked(usage, -usage["prompt_tokens"]))),
        "usage.prompt_tokens", "equivalence.prompt_tokens", "equivalence.prompt_tokens_with_output",
        "equivalence.prompt_tokens_with_tools",
        also=("multimodal.image_costs_alike", "usage.whole_prompt", "isolation.usage_not_mixed_up",
        "usage.prompt_tokens.covers_cache", "usage.prompt_tokens.covers_cached")),
    planted("prompt-of-the-last-message", "prompt_tokens counts the last message of the user only.", "B093",
        in_replies(_of_the_last_message),
        "properties.growing_conversation",
        also=("usage.whole_prompt", "cache.hits_always_shown", "caching.markers_reach",
        "multimodal.low_costs_less", "roles.parts_cost_what_text_costs")),
    planted("streamed-calls-uncounted", "In streams the tokens of tool calls are not counted.", "B072",
        _STREAMED_CALLS,
        "usage.output_costs_tokens"),
    planted("details-null-without-hits-claude", "On Claude the details are null where nothing was read.", "B091",
        in_replies(only(is_claude, each_usage(_details_null_without_hits))),
        "usage.prompt_tokens_details.not_null", "cache.hits_always_shown", also=("caching.markers_reach",
        "caching.writes_are_reported", "caching.writes_with_tools_are_reported")),
    planted("details-omitted", "The prompt's details are missing in both forms.", "B091 B036",
        in_replies(drop("usage.prompt_tokens_details")),
        "cache.hits_always_shown", "caching.markers_reach",
        passes="an endpoint that never caches looks the same, and charges what it counts"),
    planted("streamed-total-missing", "Streamed usage lacks total_tokens.", "B075",
        in_streams(drop("usage.total_tokens")),
        "usage.total_tokens", also=("usage.total_tokens.sum_of",)),
    planted("streamed-prompt-without-cache-claude", "In Claude's streams the prompt lacks hits and writes.", "B038",
        in_streams(only(is_claude, each_usage(_without_cache))),
        "usage.prompt_tokens.covers_cache", "usage.prompt_tokens.covers_cached",
        also=("usage.whole_prompt",)),
    planted("counted-on-after-a-hang-up", "After a stream that was hung up the next prompt counts 1.", "B409",
        _counted_on_after_a_hang_up,
        "robust.hung_up"),
)  # fmt: skip
