"""Members that OpenAI does not send, or not always."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import (
    chain,
    drop,
    edit,
    put,
)
from conformance.evidence.exchange import Exchange

from .kit import (
    ALARMS,
    FINDINGS,
    answer_beside,
    chunks,
    completions,
    details,
    messages,
    right,
)


@right(ALARMS)
def extra_members_at_the_top(exchange: Exchange) -> Exchange:
    """Completions and chunks carry provider, timings and x_groq beside the members of the API."""
    extra = {"provider": "Anthropic", "timings": {"prompt_ms": 12.5}, "x_groq": {"id": "req_1"}}
    return completions(lambda document: document.update(extra))(exchange)


@right(FINDINGS)
def extra_members_in_choices(exchange: Exchange) -> Exchange:
    """Each choice carries native_finish_reason and stop_reason, as OpenRouter's and vLLM's."""
    extra: dict[str, Any] = {"native_finish_reason": "end_turn", "stop_reason": None, "content_filter_results": {}}
    return put("choices.*", lambda choice: choice | extra)(exchange)


@right(FINDINGS)
def extra_members_in_messages(exchange: Exchange) -> Exchange:
    """Each message carries members that its vendor added, null or filled."""
    extra: dict[str, Any] = {
        "reasoning": None,
        "reasoning_details": [],
        "provider_specific_fields": {"citations": None},
    }
    return put("choices.*.message", lambda message: message | extra)(exchange)


@right(FINDINGS)
def extra_members_in_deltas(exchange: Exchange) -> Exchange:
    """Each delta carries members that its vendor added, null or empty."""
    extra: dict[str, Any] = {"reasoning": None, "reasoning_details": [], "annotations": []}
    return put("choices.*.delta", lambda delta: delta | extra)(exchange)


@right(ALARMS)
def extra_members_in_usage(exchange: Exchange) -> Exchange:
    """The usage states what the request cost, and how long it took."""
    extra = {"cost": 0.00125, "is_byok": False, "cost_details": {"upstream_inference_cost": None}, "total_time": 0.2}
    return completions(lambda document: (document.get("usage") or {}).update(extra))(exchange)


@right(FINDINGS)
def extra_members_in_details(exchange: Exchange) -> Exchange:
    """The usage details count text, images and video apart."""
    extra = {"image_tokens": 0, "video_tokens": 0, "text_tokens": 0}
    return completions(lambda document: details(document).update(extra) if details(document) else None)(exchange)


@right(FINDINGS)
def extra_members_in_errors(exchange: Exchange) -> Exchange:
    """An error says more, in and beside the error object."""
    named = put("error", lambda error: error | {"details": [], "provider": None, "metadata": {"attempt": 1}})
    beside = edit(lambda document: document.update(request_id="req-1", success=False))
    return chain(named, beside)(exchange) if exchange.refused else exchange


@right(FINDINGS)
def extra_members_in_tool_calls(exchange: Exchange) -> Exchange:
    """A tool call carries extra_content, as Gemini's thought signatures do, and in replies its index."""
    extra = {"extra_content": {"google": {"thought_signature": "Cg=="}}}
    streamed = put("choices.*.delta.tool_calls.*", lambda call: call | extra)
    plain = put("choices.*.message.tool_calls.*", lambda call: call | extra | {"index": 0})
    return chain(streamed, plain)(exchange)


@right(FINDINGS)
def obfuscated_chunks(exchange: Exchange) -> Exchange:
    """Every chunk carries obfuscation of some length, as OpenAI's have since August 2025."""
    return chunks(lambda found: [each | {"obfuscation": "x" * (at % 16)} for at, each in enumerate(found)])(exchange)


@right(FINDINGS)
def moderation_chunk(exchange: Exchange) -> Exchange:
    """A chunk without choices carries the moderation that was asked for, ahead of the usage."""

    def change(found: list[Any]) -> list[Any]:
        moderation = found[0] | {"choices": [], "moderation": {"flagged": False}}
        last = -1 if not found[-1]["choices"] else len(found)
        return [*found[:last], moderation, *found[last:]]

    return chunks(change)(exchange)


@right("cache-09: allowed where equal")
def cache_writes_under_both_names(exchange: Exchange) -> Exchange:
    """Cache writes are counted under OpenAI's own name too, 0 where there are none."""

    def change(document: Any) -> None:
        if found := details(document):
            found["cache_write_tokens"] = found.get("cached_write_tokens", 0)

    return completions(change)(exchange)


@right("cache-38: allowed where equal")
def anthropic_counts_beside(exchange: Exchange) -> Exchange:
    """The usage passes Anthropic's own counts of the cache along, and they agree."""

    def change(document: Any) -> None:
        if found := details(document):
            hour, minutes = (found.get(f"cached_write_{name}_tokens", 0) for name in ("1h", "5m"))
            document["usage"] |= {
                "cache_read_input_tokens": found.get("cached_tokens", 0),
                "cache_creation_input_tokens": hour + minutes,
                "cache_creation": {"ephemeral_5m_input_tokens": minutes, "ephemeral_1h_input_tokens": hour},
            }

    return completions(change)(exchange)


@right("usage-13: prompt_tokens = hit + miss")
def hits_and_misses_beside(exchange: Exchange) -> Exchange:
    """The usage counts hits and misses as DeepSeek's does, and they come to the prompt."""

    def change(document: Any) -> None:
        if found := details(document):
            hits, prompt = found.get("cached_tokens", 0), document["usage"]["prompt_tokens"]
            document["usage"] |= {"prompt_cache_hit_tokens": hits, "prompt_cache_miss_tokens": prompt - hits}

    return completions(change)(exchange)


@right("usage-13: equal to the counts of OpenAI")
def input_and_output_beside(exchange: Exchange) -> Exchange:
    """The usage names its counts as the Responses API does as well, and they agree."""

    def change(document: Any) -> None:
        if usage := document.get("usage"):
            usage |= {"input_tokens": usage["prompt_tokens"], "output_tokens": usage["completion_tokens"]}

    return completions(change)(exchange)


@right(FINDINGS)
def annotations_empty(exchange: Exchange) -> Exchange:
    """Each message has annotations, an empty array, as OpenAI's have since March 2025."""
    return put("choices.*.message", lambda message: message | {"annotations": []})(exchange)


@right(FINDINGS)
def fingerprint_null(exchange: Exchange) -> Exchange:
    """system_fingerprint is null, as that of every gpt-5 model."""
    return completions(lambda document: document.update(system_fingerprint=None))(exchange)


@right(FINDINGS)
def fingerprint_empty(exchange: Exchange) -> Exchange:
    """system_fingerprint is an empty string, as that of the search models."""
    return completions(lambda document: document.update(system_fingerprint=""))(exchange)


@right(FINDINGS)
def fingerprint_absent(exchange: Exchange) -> Exchange:
    """There is no system_fingerprint."""
    return drop("system_fingerprint")(exchange)


@right(FINDINGS)
def service_tier_absent(exchange: Exchange) -> Exchange:
    """There is no service_tier."""
    return drop("service_tier")(exchange)


@right(ALARMS)
def service_tier_null(exchange: Exchange) -> Exchange:
    """service_tier is null, as the schema allows."""
    return completions(lambda document: document.update(service_tier=None))(exchange)


@right(FINDINGS)
def refusal_absent(exchange: Exchange) -> Exchange:
    """Messages and deltas have no refusal member, as OpenAI's had none before August 2024."""
    return chain(drop("choices.*.message.refusal"), drop("choices.*.delta.refusal"))(exchange)


@right(FINDINGS)
def logprobs_absent(exchange: Exchange) -> Exchange:
    """Choices have logprobs only where they were asked for, as those of the gpt-5 models."""

    def change(document: Any) -> None:
        for choice in document["choices"]:
            if choice["logprobs"] is None:
                del choice["logprobs"]

    return completions(change)(exchange)


@right(FINDINGS)
def reasons_aloud(exchange: Exchange) -> Exchange:
    """The model's thoughts come as reasoning_content, in a message or in a delta of their own before the text, and
    are counted."""

    def change(document: Any) -> None:
        for message in messages(document):
            if message.get("role"):
                message["reasoning_content"] = "The user wants this."
        if usage := document.get("usage"):
            usage["completion_tokens_details"]["reasoning_tokens"] = 1
            answer_beside(usage, 1)

    return completions(change)(exchange)


@right("openai-openapi: metadata, and what a stored completion has")
def what_was_asked_is_repeated(exchange: Exchange) -> Exchange:
    """Plain completions repeat settings of the request, as stored completions do."""
    extra: dict[str, Any] = {"metadata": {}, "tool_choice": None, "tools": None, "temperature": 1.0, "request_id": "x"}
    return completions(lambda document: document.update(extra) if "chunk" not in document["object"] else None)(exchange)


@right("openai-openapi: ServiceTier")
def service_tier_priority(exchange: Exchange) -> Exchange:
    """service_tier names the tier that the project has."""
    return put("service_tier", lambda _: "priority")(exchange)


@right("OpenRouter's and Anthropic's lists of models")
def models_with_more_members(exchange: Exchange) -> Exchange:
    """The list of models tells of context, prices and pages."""
    extra = {"context_length": 200000, "pricing": {"prompt": "0.000003"}, "display_name": "A model", "permission": []}
    more = {"has_more": False, "first_id": "a", "last_id": "z"}
    listed = chain(put("data.*", lambda each: each | extra), edit(lambda document: document.update(more)))
    return listed(exchange) if exchange.request.path == "/models" and exchange.succeeded else exchange
