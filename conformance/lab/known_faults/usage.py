"""What is counted wrongly: tokens, and the cache billing detail."""

from __future__ import annotations

from conformance.contract.faults import drop, put, without_events
from conformance.contract.requirement import Fault

from .billing import BILLING
from .kit import (
    JSONObject,
    choices,
    details,
    each_usage,
    finishes,
    in_completions,
    in_replies,
    in_streams,
    planted,
    rechunk,
)

_WRITES = ("cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens")


def _prompt(usage: JSONObject, tokens: int) -> None:
    """So many tokens more in the prompt, and in the total."""
    usage["prompt_tokens"] += tokens
    usage["total_tokens"] += tokens


def _cached(usage: JSONObject) -> int:
    return int(details(usage).get("cached_tokens", 0))


def _written(usage: JSONObject) -> int:
    return int(details(usage).get("cached_write_tokens", 0))


def _less_cached(usage: JSONObject) -> None:
    _prompt(usage, -_cached(usage))


def _total_still_has_the_cache(usage: JSONObject) -> None:
    usage["prompt_tokens"] -= _cached(usage) + _written(usage)


def _cache_twice(usage: JSONObject) -> None:
    _prompt(usage, _cached(usage) + _written(usage))


def _rebuilt(usage: JSONObject) -> None:
    usage["prompt_tokens"], usage["total_tokens"] = 1, 1 + usage["completion_tokens"]
    usage["prompt_tokens_details"] = {"cached_tokens": 0}


def _reasoning_in_prompt(usage: JSONObject) -> None:
    _prompt(usage, usage["completion_tokens"])


def _native(usage: JSONObject) -> None:
    usage.pop("prompt_tokens_details", None)
    usage["total_tokens"] += 280
    usage |= {
        "reasoning_tokens": 280,
        "traffic_type": "ON_DEMAND",
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage["prompt_tokens"]}],
    }


def _as_creation(usage: JSONObject) -> None:
    """One number for all writes, as Anthropic names it."""
    if written := _written(usage):
        for name in _WRITES:
            details(usage).pop(name, None)
        usage["cache_creation_input_tokens"] = written


def _creation_in_details(usage: JSONObject) -> None:
    if written := _written(usage):
        for name in _WRITES:
            details(usage).pop(name, None)
        details(usage)["cache_creation_input_tokens"] = written


def _all_in_five_minutes(usage: JSONObject) -> None:
    if written := _written(usage):
        details(usage).pop("cached_write_1h_tokens", None)
        details(usage)["cached_write_5m_tokens"] = written


def _buckets_swapped(usage: JSONObject) -> None:
    found = {name: details(usage).pop(f"cached_write_{name}_tokens", None) for name in ("5m", "1h")}
    details(usage).update(
        {f"cached_write_{to}_tokens": found[of] for to, of in (("5m", "1h"), ("1h", "5m")) if found[of]}
    )


def _no_buckets(usage: JSONObject) -> None:
    for name in _WRITES[1:]:
        details(usage).pop(name, None)


def _zero_buckets(usage: JSONObject) -> None:
    if _written(usage):
        details(usage).update(cached_write_5m_tokens=0, cached_write_1h_tokens=0)


def _writes_as_reads(usage: JSONObject) -> None:
    if written := _written(usage):
        for name in _WRITES:
            details(usage).pop(name, None)
        details(usage)["cached_tokens"] = _cached(usage) + written


def _no_writes(usage: JSONObject) -> None:
    for name in _WRITES:
        details(usage).pop(name, None)


def _writes_twice(usage: JSONObject) -> None:
    _prompt(usage, _written(usage))
    for name in set(_WRITES) & set(details(usage)):
        details(usage)[name] *= 2


def _prompt_has_writes_twice(usage: JSONObject) -> None:
    _prompt(usage, _written(usage))


def _top_level_read(usage: JSONObject) -> None:
    if cached := _cached(usage):
        details(usage)["cached_tokens"] = 0
        usage["cache_read_input_tokens"] = cached


def _zero(usage: JSONObject) -> None:
    usage.update(prompt_tokens=0, completion_tokens=0, total_tokens=0)
    usage.pop("prompt_tokens_details", None)
    usage.pop("completion_tokens_details", None)


def _minus_one(usage: JSONObject) -> None:
    if _cached(usage):
        usage["prompt_tokens"], usage["total_tokens"] = -1, usage["completion_tokens"] - 1


def _total_as_completion(usage: JSONObject) -> None:
    usage["completion_tokens"] = usage["total_tokens"]


def _hit_without_details(usage: JSONObject) -> None:
    if not _cached(usage):
        usage.pop("prompt_tokens_details", None)


def _null_cached(usage: JSONObject) -> None:
    if "cached_tokens" in details(usage):
        details(usage)["cached_tokens"] = None


def _zero_cached(usage: JSONObject) -> None:
    if "cached_tokens" in details(usage):
        details(usage)["cached_tokens"] = 0


def _text_length(document: JSONObject) -> int:
    deltas = [choice.get("delta") or {} for choice in choices(document)]
    return sum(len(str(delta.get("content") or "").encode()) for delta in deltas)


def _estimated_output(chunks: list[JSONObject]) -> list[JSONObject]:
    """Of the output's bytes four are taken for a token."""
    estimate = -(-sum(map(_text_length, chunks)) // 4) + 3
    for document in chunks:
        if usage := document.get("usage"):
            usage["completion_tokens"] = estimate
            usage["total_tokens"] = usage["prompt_tokens"] + estimate
    return chunks


def _estimated_prompt(usage: JSONObject) -> None:
    _prompt(usage, -(usage["prompt_tokens"] // 30) - 1)


def _on_finish_chunk(chunks: list[JSONObject]) -> list[JSONObject]:
    """The usage moved to the last chunk that ends a choice."""
    usage = next((each["usage"] for each in chunks if each.get("usage")), None)
    kept = [each for each in chunks if not each.get("usage")]
    if usage and kept:
        kept[-1]["usage"] = usage
    return kept


def _usage_again(chunks: list[JSONObject]) -> list[JSONObject]:
    return [*chunks, *(each for each in chunks if each.get("usage"))]


def _unasked(chunks: list[JSONObject]) -> list[JSONObject]:
    if any("usage" in each for each in chunks):
        return chunks
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    return [*chunks, chunks[-1] | {"choices": [], "usage": usage}]


def _vendor_key(chunks: list[JSONObject]) -> list[JSONObject]:
    usage = next((each["usage"] for each in chunks if each.get("usage")), None)
    kept = [each for each in chunks if not each.get("usage")]
    for each in kept:
        each.pop("usage", None)
    return [*kept[:-1], kept[-1] | {"x_groq": {"usage": usage}}] if usage and kept else chunks


def _in_every_chunk(usage: JSONObject) -> Fault:
    def change(chunks: list[JSONObject]) -> list[JSONObject]:
        return [each | {"usage": usage} if "usage" in each else each for each in chunks]

    return rechunk(change)


def _empty_in_chunks(chunks: list[JSONObject]) -> list[JSONObject]:
    return [each if each.get("usage") else each | {"usage": {}} for each in chunks]


def _cumulative(chunks: list[JSONObject]) -> list[JSONObject]:
    """What was written is counted once with every chunk that ends something."""
    ends = sum(map(finishes, chunks)) + 1
    for document in chunks:
        if usage := document.get("usage"):
            _prompt(usage, (ends - 1) * _written(usage))
    return chunks


_ZEROS = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}

FAULTS = (
    planted("streamed-usage-without-details", "Streamed usage lacks the prompt's details.", "B036",
        in_streams(drop("usage.prompt_tokens_details")),
        "equivalence.usage_details", "caching.streams_report_writes", "caching.streams_read_alike",
        "caching.automatic_hits", "cache.hits_always_shown", also=("caching.",)),
    planted("streamed-usage-details-null", "Streamed usage has null for the prompt's details.", "B036",
        in_streams(put("usage.prompt_tokens_details", None)),
        "equivalence.usage_details", "usage.prompt_tokens_details.not_null", "caching.streams_report_writes",
        "caching.streams_read_alike", "cache.hits_always_shown", also=("caching.",)),
    planted("streamed-usage-without-writes", "Streamed usage has the cache hits and lacks the writes.", "B036",
        in_streams(each_usage(_no_writes)),
        "caching.streams_report_writes", also=("caching.every_kind_is_written", "caching.shared_prefix_is_read",
        "caching.writes_beside_are_reported", "caching.writes_with_tools_are_reported", "caching.written_beside")),
    planted("streamed-zero-hits-dropped",
        "Streamed usage lacks the details where nothing was read from the cache.", "B037",
        in_streams(each_usage(_hit_without_details)),
        "equivalence.usage_details", "cache.hits_always_shown", "caching.streams_report_writes",
        also=("caching.every_kind_is_written", "caching.writes_beside_are_reported",
        "caching.writes_with_tools_are_reported", "caching.written_beside")),
    planted("prompt-without-cache", "prompt_tokens is Anthropic's input_tokens: hits and writes are not in it.", "B038",
        in_replies(BILLING["billing-prompt-without-cache"]),
        "usage.prompt_tokens.covers_cache", "usage.prompt_tokens.covers_cached",
        also=("usage.whole_prompt", "equivalence.prompt_tokens",
        "isolation.usage_not_mixed_up")),
    planted("prompt-less-the-hits", "Cache hits are subtracted from prompt_tokens.", "B047",
        in_replies(each_usage(_less_cached)),
        "usage.prompt_tokens.covers_cache", "usage.prompt_tokens.covers_cached",
        also=("usage.whole_prompt", "equivalence.prompt_tokens",
        "isolation.usage_not_mixed_up")),
    planted("prompt-and-total-rebuilt", "Usage of a stream is rebuilt: a prompt of one token, nothing cached.", "B039",
        in_streams(each_usage(_rebuilt)),
        "equivalence.prompt_tokens", "equivalence.prompt_tokens_with_output", "equivalence.prompt_tokens_with_tools",
        "equivalence.usage_details", "caching.streams_read_alike", "caching.streams_report_writes",
        "caching.prompt_is_constant",
        also=("multimodal.image_costs_alike", "usage.whole_prompt", "caching.", "isolation.")),
    planted("reasoning-in-prompt", "What the model wrote is counted in prompt_tokens.", "B048",
        in_replies(each_usage(_reasoning_in_prompt)),
        "usage.sampling_costs_no_prompt", "usage.short_prompt", also=("caching.choices_share_the_cache",)),
    planted("cached-above-prompt", "cached_tokens is more than prompt_tokens.", "B049",
        in_replies(BILLING["billing-cached-above-prompt"]),
        "usage.prompt_tokens.covers_cached", "usage.prompt_tokens.covers_cache", also=("cache.gpt_hits_in_steps",)),
    planted("native-usage-members",
        "Vertex's own members stand in place of the details, and total_tokens has reasoning that nothing else counts.",
        "B051", in_replies(each_usage(_native)),
        "usage.total_tokens.sum_of", "cache.hits_always_shown", also=("caching.markers_reach",)),
    planted("writes-as-one-creation-count",
        "Cache writes are one cache_creation_input_tokens without TTLs.", "B052",
        in_replies(each_usage(_as_creation)),
        "cache.writes_under_their_name", also=("caching.markers_reach", "caching.writes_are_reported",
        "caching.writes_with_tools_are_reported")),
    planted("writes-all-in-five-minutes", "Writes for an hour are reported as writes for five minutes.", "B052",
        in_replies(each_usage(_all_in_five_minutes)),
        "caching.1h_is_1h", "caching.mixed_by_position", "caching.mixed_fills_both", "caching.buckets_beside"),
    planted("write-buckets-swapped", "The counts of the two TTLs are exchanged.", "B052",
        in_replies(each_usage(_buckets_swapped)),
        "caching.1h_is_1h", "caching.5m_is_5m", "caching.default_is_5m", "caching.mixed_by_position",
        "caching.buckets_beside", also=("caching.",)),
    planted("write-total-is-not-the-sum", "cached_write_tokens is not the sum of the two TTLs.", "B053",
        in_replies(BILLING["billing-write-total-is-not-the-sum"]),
        "usage.prompt_tokens_details.cached_write_tokens.sum_of"),
    planted("write-total-without-buckets", "cached_write_tokens is alone, without TTLs.", "B054",
        in_replies(each_usage(_no_buckets)),
        "cache.total_with_buckets", also=("caching.",)),
    planted("write-total-with-zero-buckets", "The counts of both TTLs are 0 beside the tokens written.", "B054",
        in_replies(each_usage(_zero_buckets)),
        "usage.prompt_tokens_details.cached_write_tokens.sum_of", "usage.prompt_tokens_details.cached_write_1h_tokens",
        "usage.prompt_tokens_details.cached_write_5m_tokens", "cache.total_with_buckets", also=("caching.",)),
    planted("cache-counted-twice", "Hits and writes are added to a prompt_tokens that has them.", "B056",
        in_replies(each_usage(_cache_twice)),
        "caching.cached_counts_once", also=("caching.", "equivalence.prompt_tokens", "isolation.usage_not_mixed_up")),
    planted("usage-on-the-finish-chunk", "Usage comes with the last choice, in no chunk of its own.", "B057",
        in_streams(rechunk(_on_finish_chunk)),
        "streaming.usage_without_choices",
        gray=True),
    planted("usage-twice", "A stream has two chunks with usage.", "B058", in_streams(rechunk(_usage_again)),
        "streaming.usage_once"),
    planted("usage-unasked", "A stream that did not ask for usage ends with it, in a chunk without choices.", "B042",
        in_streams(rechunk(_unasked)), "streaming.usage_unasked", "streaming.no_empty_choices"),
    planted("usage-under-a-vendor-key", "Streamed usage is under x_groq alone.", "B059",
        in_streams(rechunk(_vendor_key)),
        "streaming.usage_once", also=("streaming.usage_null_elsewhere",)),
    planted("usage-zero-in-every-chunk", "Every chunk has a usage of zeros, the last too.", "B060",
        in_streams(_in_every_chunk(_ZEROS)),
        "streaming.usage_once", "usage.prompt_tokens", "usage.output_costs_tokens", "equivalence.prompt_tokens",
        "equivalence.completion_tokens",
        also=("usage.whole_prompt", "cache.", "caching.", "equivalence.", "isolation.", "multimodal.")),
    planted("streamed-usage-zero", "Streamed usage is all zero.", "B072", in_streams(each_usage(_zero)),
        "usage.prompt_tokens", "usage.output_costs_tokens", "equivalence.prompt_tokens",
        "equivalence.completion_tokens",
        also=("usage.whole_prompt", "cache.", "caching.", "equivalence.", "isolation.", "multimodal.")),
    planted("streamed-usage-missing", "A stream that asked for usage gets none.", "B072",
        in_streams(without_events(b'"prompt_tokens"')),
        "streaming.usage_once"),
    planted("total-has-the-cache", "total_tokens counts the cache that prompt_tokens leaves out.", "B061 B089",
        in_replies(each_usage(_total_still_has_the_cache)),
        "usage.total_tokens.sum_of", "usage.prompt_tokens.covers_cache", also=("equivalence.prompt_tokens",
        "isolation.usage_not_mixed_up", "usage.")),
    planted("write-zeros-not-omitted", "Where nothing was written, the write members are 0.", "B065",
        in_replies(BILLING["billing-zeros-not-omitted"]),
        "usage.prompt_tokens_details.cached_write_tokens", "usage.prompt_tokens_details.cached_write_5m_tokens",
        "usage.prompt_tokens_details.cached_write_1h_tokens", "cache.no_writes_on_gpt"),
    planted("writes-reported-as-hits", "What is written to the cache is reported as read from it.", "B066",
        in_replies(each_usage(_writes_as_reads)),
        "caching.cold_is_cold", also=("caching.first_reads_nothing", "caching.markers_reach",)),
    planted("writes-not-reported", "Cache writes are not reported at all.", "B066",
        in_replies(each_usage(_no_writes)),
        "caching.writes_are_reported", "caching.writes_with_tools_are_reported", "caching.markers_reach"),
    planted("streamed-output-estimated", "completion_tokens of a stream is estimated from its bytes.", "B068",
        in_streams(rechunk(_estimated_output)),
        "equivalence.completion_tokens", also=("sampling.length_is_the_limit",)),
    planted("completion-is-the-total", "completion_tokens is total_tokens.", "B070",
        in_replies(each_usage(_total_as_completion)),
        "usage.total_tokens.sum_of", "usage.output_is_written", also=("choices.tokens_of_all", "sampling.")),
    planted("streamed-usage-without-prompt", "Streamed usage has the output only.", "B075",
        in_streams(drop("usage.prompt_tokens")),
        "usage.prompt_tokens", also=("usage.",)),
    planted("usage-empty-in-chunks", "usage is {} in every chunk but the last.", "B077",
        in_streams(rechunk(_empty_in_chunks)),
        "streaming.usage_once", "streaming.usage_unasked"),
    planted("streamed-writes-twice", "Cache writes are counted twice in a stream.", "B078",
        in_streams(each_usage(_writes_twice)),
        "caching.streams_count_once", "caching.tools_count_once", also=("caching.5m_is_the_default",
        "caching.choices_share_the_cache", "caching.mixed_costs_as_unmarked", "caching.read_beside_is_what_was_written",
        "caching.shared_prefix_is_read")),
    planted("streamed-prompt-has-writes-twice", "prompt_tokens of a stream has the cache writes twice.", "B079",
        in_streams(each_usage(_prompt_has_writes_twice)),
        "caching.streams_count_once", "caching.tools_count_once", also=("caching.choices_share_the_cache",
        "caching.last_breakpoint_reaches_the_end", "caching.mixed_costs_as_unmarked")),
    planted("streamed-prompt-cumulative",
        "prompt_tokens of a stream grows with every usage event from upstream.", "B079",
        in_streams(rechunk(_cumulative)),
        "caching.streams_count_once", also=("caching.choices_share_the_cache",
        "caching.last_breakpoint_reaches_the_end", "caching.mixed_costs_as_unmarked", "caching.tools_count_once")),
    planted("streamed-hits-at-top-level", "cached_tokens of a stream is 0 beside cache_read_input_tokens.", "B081",
        in_streams(each_usage(_top_level_read)),
        "cache.hits_under_their_name", "caching.streams_read_alike", "caching.automatic_hits",
        also=("caching.hits_beside_are_reported", "caching.shared_prefix_is_read")),
    planted("prompt-minus-one", "prompt_tokens is -1 where the cache was hit.", "B088",
        in_replies(each_usage(_minus_one)),
        "usage.prompt_tokens", also=("equivalence.prompt_tokens", "isolation.usage_not_mixed_up", "usage.")),
    planted("plain-hits-zero", "cached_tokens is 0 in plain replies, and right in streams.", "B091",
        in_completions(each_usage(_zero_cached)),
        "caching.hits_are_reported", "caching.hits_of_an_hour_are_reported", "caching.hits_beside_writes",
        "caching.automatic_hits", also=("caching.grown_conversation",)),
    planted("plain-hits-null", "cached_tokens is null in plain replies, and right in streams.", "B091",
        in_completions(each_usage(_null_cached)),
        "usage.prompt_tokens_details.cached_tokens", "caching.hits_are_reported", "caching.automatic_hits",
        also=("caching.grown_conversation", "caching.hits_beside_writes", "caching.hits_of_an_hour_are_reported")),
    planted("writes-under-anthropics-name", "Cache writes are in cache_creation_input_tokens of the details.", "B092",
        in_replies(each_usage(_creation_in_details)),
        "cache.writes_under_their_name", also=("caching.markers_reach", "caching.writes_are_reported",
        "caching.writes_with_tools_are_reported")),
    planted("streamed-prompt-estimated", "prompt_tokens of a stream is an estimate of the gateway's own.", "B093",
        in_streams(each_usage(_estimated_prompt)),
        "equivalence.prompt_tokens", "equivalence.prompt_tokens_with_output", "equivalence.prompt_tokens_with_tools",
        also=("multimodal.image_costs_alike", "caching.automatic_beside_is_constant",
        "isolation.usage_not_mixed_up", "usage.")),
)  # fmt: skip
