"""Usage that is measured wrongly: what is left out of the count, added up, or counted by other means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from conformance.contract.faults import drop
from conformance.evidence.exchange import Exchange, Inconclusive, Request
from conformance.evidence.send import Send
from conformance.lab.reference.access import CUSTOMER
from conformance.suite.caching.faults import recount
from conformance.suite.support.cache_counts import HITS, WRITES_1H, WRITES_5M

from .kit import (
    JSONObject,
    Wrap,
    asks,
    details,
    each_usage,
    finishes,
    in_completions,
    in_replies,
    in_streams,
    is_claude,
    lift,
    misread,
    misread_body,
    planted,
    rechunk,
    roles_of,
    where,
)

Counts = dict[str, int]


def _one_in(number: int) -> Callable[[Request], bool]:
    """Some requests, always the same ones."""
    return lambda request: int(request.key, 16) % number == 0


def _streams(request: Request) -> bool:
    return request.streams


def _in_body(*words: bytes) -> Callable[[Request], bool]:
    return lambda request: all(word in request.body for word in words)


def _all(*conditions: Callable[[Request], bool]) -> Callable[[Request], bool]:
    return lambda request: all(each(request) for each in conditions)


_IMAGE, _HOUR, _MARKED = _in_body(b'"image_url"'), _in_body(b'"1h"'), _in_body(b'"cache_control"')
_LIMITS = ("max_completion_tokens", "max_tokens")


# --- what is counted -----------------------------------------------------------------------------------------


def _counted_as(change: Callable[[JSONObject], object]) -> Wrap:
    """The gateway counts the prompt itself, and passes over what this change takes away."""

    def planted(send: Send) -> Send:
        other = misread_body(change)(send)

        def faulty(request: Request) -> Exchange:
            exchange = send(request)
            try:
                prompt = other(request).usage["prompt_tokens"]
            except Inconclusive:
                return exchange
            return each_usage(lambda usage: _prompt(usage, prompt))(exchange)

        return faulty

    return planted


def _prompt(usage: JSONObject, prompt: int) -> None:
    usage["total_tokens"] += prompt - usage["prompt_tokens"]
    usage["prompt_tokens"] = prompt


def _written(usage: JSONObject, completion: int) -> None:
    usage["total_tokens"] += completion - usage["completion_tokens"]
    usage["completion_tokens"] = completion


def _no_tools(document: JSONObject) -> None:
    for name in ("tools", "tool_choice", "parallel_tool_calls", "functions", "function_call"):
        document.pop(name, None)


def _no_results(document: JSONObject) -> None:
    for message in document.get("messages", []):
        if message.get("role") == "tool":
            message["content"] = ""


def _no_system(document: JSONObject) -> None:
    others = [each for each in document.get("messages", []) if each.get("role") not in ("system", "developer")]
    document["messages"] = others or document.get("messages")


def _no_images(document: JSONObject) -> None:
    for message in document.get("messages", []):
        if isinstance(message.get("content"), list):
            texts = [each for each in message["content"] if each.get("type") != "image_url"]
            message["content"] = texts or [{"type": "text", "text": ""}]


def _own_prompt(usage: JSONObject) -> None:
    _prompt(usage, usage["prompt_tokens"] + 1200)
    details(usage)["cached_tokens"] = (details(usage).get("cached_tokens") or 0) + 1200


def _twice(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _twice(each) for name, each in value.items()}
    return value * 2 if type(value) is int else value


def _limit(exchange: Exchange) -> Exchange:
    limit = next((exchange.request.asked[each] for each in _LIMITS if exchange.request.asked.get(each)), None)
    return each_usage(lambda usage: _written(usage, limit))(exchange) if limit else exchange


def _chunks(documents: list[JSONObject]) -> list[JSONObject]:
    """A token for each chunk."""
    for document in documents:
        if document.get("usage"):
            _written(document["usage"], max(1, len(documents) - 1))
    return documents


def _of_each_choice(documents: list[JSONObject]) -> list[JSONObject]:
    """Each choice ends with the usage of its own."""
    choices = {each["index"] for document in documents for each in document.get("choices") or ()}
    found = next((each for each in documents if each.get("usage")), None)
    if not found or len(choices) < 2:
        return documents
    _written(found["usage"], found["usage"]["completion_tokens"] // len(choices))
    return [*documents, *([found] * (len(choices) - 1))]


def _is_cut(document: Any) -> bool:
    return isinstance(document, dict) and finishes(document) and document["choices"][0]["finish_reason"] == "length"


def _without_usage_where_cut(exchange: Exchange) -> Exchange:
    return drop("usage")(exchange) if _is_cut(exchange.document) else exchange


# --- what is in the cache -------------------------------------------------------------------------------------


def _of_account(name: Callable[[Request], str]) -> Wrap:
    """What is cached for one account of the upstream is not for another."""
    return misread(lambda request: replace(request, headers=(*request.headers, (CUSTOMER, name(request)))))


def _form(request: Request) -> str:
    return "streams" if request.streams else "plain"


def _parameters(request: Request) -> str:
    return str({name: each for name, each in request.asked.items() if name not in ("messages", "tools", "model")})


def _accounts_in_turn() -> Wrap:
    turn = count()
    return _of_account(lambda request: f"account {next(turn) % 2}")


def _holders(value: Any) -> list[JSONObject]:
    if isinstance(value, dict):
        own = [value] if isinstance(value.get("cache_control"), dict) else []
        return own + [found for each in value.values() for found in _holders(each)]
    return [found for each in value for found in _holders(each)] if isinstance(value, list) else []


def _mark_the_last(document: JSONObject) -> None:
    """A breakpoint at the end of the last message."""
    messages = [each for each in document.get("messages") or [{}] if isinstance(each, dict)]
    message = messages[-1] if messages else {}
    if isinstance(message.get("content"), str):
        message["content"] = [{"type": "text", "text": message["content"]}]
    parts = [each for each in message.get("content") or () if isinstance(each, dict)]
    if len(_holders(document)) < 4 and parts:
        parts[-1].setdefault("cache_control", {"type": "ephemeral"})


def _an_hour_by_default(document: JSONObject) -> None:
    markers = [each["cache_control"] for each in _holders(document)]
    if not any(each.get("ttl") == "5m" for each in markers):
        for each in markers:
            each.setdefault("ttl", "1h")


def _in_blocks(usage: JSONObject, counts: Counts) -> None:
    counts[HITS] -= counts[HITS] % 128


def _one_shorter(usage: JSONObject) -> None:
    if details(usage).get("cached_tokens"):
        _prompt(usage, usage["prompt_tokens"] - 1)


def _first_1024(usage: JSONObject, counts: Counts) -> None:
    if usage["prompt_tokens"] >= 1024:
        counts[HITS] = max(counts[HITS], 1024)


def _both_an_hour(usage: JSONObject, counts: Counts) -> None:
    if counts[WRITES_5M] and counts[WRITES_1H]:
        counts[WRITES_1H], counts[WRITES_5M] = counts[WRITES_1H] + counts[WRITES_5M], 0


def _half_of_the_hour(usage: JSONObject, counts: Counts) -> None:
    half = counts[WRITES_1H] // 2
    counts[WRITES_1H], counts[WRITES_5M] = counts[WRITES_1H] - half, counts[WRITES_5M] + half


def _five_minutes(usage: JSONObject, counts: Counts) -> None:
    counts[WRITES_5M], counts[WRITES_1H] = counts[WRITES_5M] + counts[WRITES_1H], 0


def _writes_twice(usage: JSONObject, counts: Counts) -> None:
    counts[WRITES_5M] *= 2
    counts[WRITES_1H] *= 2


def _several_hours(request: Request) -> bool:
    return [each["cache_control"].get("ttl") for each in _holders(request.asked)].count("1h") > 1


def _aliases(usage: JSONObject) -> None:
    own = details(usage)
    hits, writes = own.get("cached_tokens") or 0, own.get("cached_write_tokens") or 0
    if hits or writes:
        usage.update(cache_read_input_tokens=0, cache_creation_input_tokens=hits + writes)


def _native_split(usage: JSONObject) -> None:
    if writes := details(usage).get("cached_write_tokens"):
        usage["cache_creation"] = {"ephemeral_5m_input_tokens": writes, "ephemeral_1h_input_tokens": 0}


def _second_turn(request: Request) -> bool:
    return roles_of(request).count("user") > 1


FAULTS = (
    planted("own-prompt-cached", "A prompt of the gateway's own, 1,200 tokens read from the cache, is in each count.",
        "B093", in_replies(each_usage(_own_prompt)),
        "usage.short_prompt", "usage.plausible_count", "usage.two_words"),
    planted("attempts-added-up", "Now and then usage is that of two attempts together.", "B078",
        where(_one_in(7), in_replies(each_usage(lambda usage: usage.update(_twice(dict(usage)))))),
        "usage.sampling_costs_no_prompt", "usage.output_is_written", "caching.prompt_beside_is_constant",
        "caching.read_beside_is_what_was_written", also=("caching.choices_share_the_cache",
        "caching.mixed_costs_as_unmarked", "caching.shared_prefix_is_read", "sampling.max_tokens",
        "unicode.escapes_cost_the_same", "usage.choices_share_the_prompt", "usage.plausible_count",
        "validation.nulls_cost_nothing")),
    planted("counts-of-two-tokenizers", "One prompt in five is counted by another tokenizer, 12 % more.", "B093",
        where(_one_in(5), in_replies(each_usage(lambda usage: _prompt(usage, usage["prompt_tokens"] * 112 // 100)))),
        "usage.sampling_costs_no_prompt", "caching.prompt_beside_is_constant", also=("caching.",
        "unicode.escapes_cost_the_same")),
    planted("streamed-images-uncounted", "In streams images are not counted in the prompt.", "B048",
        where(_all(_streams, _IMAGE), _counted_as(_no_images)),
        "multimodal.image_costs_alike", also=("usage.prompt_tokens.covers_cache",)),
    planted("tools-uncounted", "Tools are not counted in the prompt.", "B048",
        where(asks("tools"), _counted_as(_no_tools)),
        "usage.whole_prompt", also=("usage.prompt_tokens.covers_cache", "usage.prompt_tokens.covers_cached")),
    planted("results-uncounted", "What tools returned is not counted in the prompt.", "B048",
        where(lambda request: "tool" in roles_of(request), _counted_as(_no_results)),
        "usage.prompt_tokens.covers_cache", also=("usage.prompt_tokens.covers_cached",)),
    planted("system-uncounted-claude", "On Claude system messages are not counted in the prompt.", "B048",
        where(is_claude, _counted_as(_no_system)),
        "usage.whole_prompt", also=("usage.prompt_tokens.covers_cache", "usage.prompt_tokens.covers_cached")),
    planted("output-is-the-limit", "completion_tokens is the limit that was asked for, however short the answer is.",
        "B068", in_replies(_limit),
        "usage.output_is_written", also=("choices.tokens_of_all",)),
    planted("streamed-output-by-chunks", "completion_tokens of a stream is the number of its chunks.", "B068",
        in_streams(rechunk(_chunks)),
        "equivalence.completion_tokens", also=("sampling.length_is_the_limit",)),
    planted("streamed-usage-of-the-start", "completion_tokens of a stream is that of its first event, 1.", "B072",
        in_streams(each_usage(lambda usage: _written(usage, 1))),
        "equivalence.completion_tokens", also=("sampling.length_is_the_limit",)),
    planted("usage-of-each-choice", "A stream has a chunk with usage for each of its choices.", "B058",
        in_streams(rechunk(_of_each_choice)),
        "streaming.usage_once"),
    planted("usage-lost-where-cut", "A reply that ends at the limit has no usage.", "B010",
        in_completions(_without_usage_where_cut),
        "completion.usage"),
    planted("audio-tokens-are-the-prompt", "audio_tokens of the prompt is all of it, where there is only text.", "B048",
        in_replies(each_usage(lambda usage: details(usage).update(audio_tokens=usage["prompt_tokens"]))),
        "usage.unasked_details"),
    planted("cache-apart-for-streams", "What plain requests cached is never read by streams, nor the reverse.", "B066",
        _of_account(_form),
        "caching.forms_share_the_cache",
        passes="requests that are spread over two accounts look so in one run of sixteen"),
    planted("cache-apart-by-parameters", "A prompt is read from the cache only with the same sampling parameters.",
        "B066", _of_account(_parameters),
        "caching.forms_share_the_cache",
        passes="requests that are spread over two accounts look so in one run of sixteen"),
    planted("accounts-in-turn", "Requests go to two accounts of the upstream in turn, each with a cache of its own.",
        "B066", _accounts_in_turn(),
        reason="which account of an upstream serves a request is its choice: a cache is best effort (cache-41)"),
    planted("breakpoints-added-unasked", "On Claude a prompt without breakpoints gets one, and is written.",
        "B431", where(_all(is_claude, lambda request: not _MARKED(request)), misread_body(_mark_the_last)),
        "caching.unmarked_writes_nothing"),
    planted("end-is-written-too", "On Claude a breakpoint is added to the last message of marked prompts.", "B431",
        where(_all(is_claude, _MARKED), misread_body(_mark_the_last)),
        "caching.shared_prefix_is_read", "caching.1h_is_1h"),
    planted("absent-ttl-is-an-hour", "Breakpoints without a ttl are of one hour.", "B427",
        where(is_claude, misread_body(_an_hour_by_default)),
        "caching.default_is_5m", also=("caching.streams_count_once",)),
    planted("hits-in-blocks-claude", "On Claude hits are rounded down to blocks of 128 tokens.", "B036",
        where(is_claude, lift(recount(_in_blocks))),
        "caching.read_is_what_was_written", "caching.hour_is_read", also=("caching.changed_suffix",
        "caching.shared_prefix_is_read")),
    planted("warm-prompt-one-shorter", "A prompt of which some was read from the cache is one token shorter.", "B047",
        in_replies(each_usage(_one_shorter)),
        reason="by one token a template with the time in it may differ (contract, false alarms 12)"),
    planted("cold-prompts-hit-gpt", "On GPT the first 1,024 tokens are always reported as read.", "B049",
        where(lambda request: not is_claude(request), lift(recount(_first_1024))),
        "caching.automatic_first_reads_nothing"),
    planted("two-lifetimes-as-an-hour", "Writes with two TTLs are all counted as an hour's.", "B052",
        lift(recount(_both_an_hour)),
        "caching.mixed_fills_both", "caching.mixed_by_position", "caching.buckets_beside"),
    planted("earlier-hours-as-five-minutes", "Of several breakpoints of an hour only the last writes for an hour.",
        "B427", where(_several_hours, lift(recount(_half_of_the_hour))),
        "caching.buckets_beside", also=("caching.shared_prefix_is_read",)),
    planted("hour-as-five-minutes-on-streamed-turns", "Streamed on a second turn, writes for an hour are 5m.", "B427",
        where(_all(_streams, _second_turn, _HOUR), lift(recount(_five_minutes))),
        reason="no request combines the three and writes for an hour: the design covers pairs"),
    planted("written-twice-with-an-image-and-tools", "With an image and tools, writes are counted twice.", "B078",
        where(_all(_IMAGE, asks("tools")), lift(recount(_writes_twice))),
        "usage.prompt_tokens.covers_cache"),
    planted("native-aliases-disagree", "cache_read_input_tokens is 0, and cache_creation_input_tokens has the hits.",
        "B051", in_replies(each_usage(_aliases)),
        "cache.anthropic_members_agree", also=("cache.writes_under_their_name",)),
    planted("native-split-disagrees", "cache_creation beside the details has all writes for five minutes.", "B052",
        in_replies(each_usage(_native_split)),
        "cache.anthropic_members_agree"),
)  # fmt: skip
