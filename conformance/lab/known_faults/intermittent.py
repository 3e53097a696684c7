"""What is counted wrongly in some replies only: with tools, streamed, of one lifetime, read and written, cut short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.contract.faults import drop
from conformance.evidence.exchange import Exchange, Inconclusive, Request

from .kit import (
    JSONObject,
    Wrap,
    asks,
    details,
    each_usage,
    if_answer,
    is_claude,
    lift,
    planted,
    said,
)

_FIVE, _HOUR, _TOTAL = "cached_write_5m_tokens", "cached_write_1h_tokens", "cached_write_tokens"


def _when(condition: Callable[[Request], bool], change: Callable[[JSONObject], object]) -> Wrap:
    """A change of the usage in successful answers to those requests of which the condition holds."""
    return lift(if_answer(lambda exchange: exchange.succeeded and condition(exchange.request), each_usage(change)))


def _streams(request: Request) -> bool:
    return request.streams


def _plain_with_tools(request: Request) -> bool:
    return asks("tools")(request) and not request.streams


def _streams_with_tools(request: Request) -> bool:
    return asks("tools")(request) and request.streams


def _of_an_hour(request: Request) -> bool:
    return '"ttl": "1h"' in said(request) and '"ttl": "5m"' not in said(request)


def _of_two_lifetimes(request: Request) -> bool:
    return '"ttl": "1h"' in said(request) and '"ttl": "5m"' in said(request)


def _streams_of_an_hour(request: Request) -> bool:
    return _of_an_hour(request) and request.streams


def _prompt(usage: JSONObject, tokens: int) -> None:
    usage["prompt_tokens"] += tokens
    usage["total_tokens"] += tokens


def _set_writes(usage: JSONObject, five: int, hour: int) -> None:
    """Exactly these writes; what is zero is left out."""
    for name, tokens in ((_TOTAL, five + hour), (_FIVE, five), (_HOUR, hour)):
        details(usage).pop(name, None)
        if tokens:
            details(usage)[name] = tokens


def _writes(usage: JSONObject) -> tuple[int, int]:
    return details(usage).get(_FIVE, 0), details(usage).get(_HOUR, 0)


def _unwritten(usage: JSONObject) -> None:
    _set_writes(usage, 0, 0)


def _as_five_minutes(usage: JSONObject) -> None:
    _set_writes(usage, sum(_writes(usage)), 0)


def _as_an_hour(usage: JSONObject) -> None:
    _set_writes(usage, 0, sum(_writes(usage)))


def _two_as_five_minutes(usage: JSONObject) -> None:
    if all(_writes(usage)):
        _as_five_minutes(usage)


def _hour_lost(usage: JSONObject) -> None:
    five, _ = _writes(usage)
    if all(_writes(usage)):
        _set_writes(usage, five, 0)


def _hits_lost_beside_writes(usage: JSONObject) -> None:
    if any(_writes(usage)):
        details(usage)["cached_tokens"] = 0


def _hits_lost(usage: JSONObject) -> None:
    if details(usage).get("cached_tokens"):
        details(usage)["cached_tokens"] = 0


def _hits_as_writes(usage: JSONObject) -> None:
    if hits := details(usage).get("cached_tokens"):
        details(usage)["cached_tokens"] = 0
        _set_writes(usage, hits, 0)


def _writes_kept(usage: JSONObject) -> None:
    """What was written for the first request stands beside what is read for the second, in the prompt as well."""
    if (hits := details(usage).get("cached_tokens")) and not any(_writes(usage)):
        _prompt(usage, hits)
        _set_writes(usage, hits, 0)


def _all_hits(usage: JSONObject) -> None:
    if details(usage):
        details(usage)["cached_tokens"] = usage["prompt_tokens"] - sum(_writes(usage))


def _exchanged(usage: JSONObject) -> None:
    """What is read and what is neither read nor written stand in each other's place."""
    if details(usage):
        uncached = usage["prompt_tokens"] - details(usage).get("cached_tokens", 0) - sum(_writes(usage))
        details(usage)["cached_tokens"] = uncached


def _writes_twice(usage: JSONObject) -> None:
    five, hour = _writes(usage)
    _prompt(usage, five + hour)
    _set_writes(usage, five * 2, hour * 2)


def _prompt_twice(usage: JSONObject) -> None:
    _prompt(usage, usage["prompt_tokens"])


def _half_the_output(usage: JSONObject) -> None:
    less = usage["completion_tokens"] // 2
    usage["completion_tokens"] -= less
    usage["total_tokens"] -= less


def _discounted(usage: JSONObject) -> None:
    """Hits are counted at a tenth, which is their price."""
    if hits := details(usage).get("cached_tokens"):
        _prompt(usage, hits // 10 - hits)
        details(usage)["cached_tokens"] = hits // 10


def _writes_in_output(usage: JSONObject) -> None:
    usage["completion_tokens"] += sum(_writes(usage))
    usage["total_tokens"] += sum(_writes(usage))


def _write_zeros(usage: JSONObject) -> None:
    if details(usage):
        for name in (_TOTAL, _FIVE, _HOUR):
            details(usage).setdefault(name, 0)


def _finishes_for(reason: str) -> Callable[[Exchange], bool]:
    def holds(exchange: Exchange) -> bool:
        try:
            return exchange.succeeded and any(each.get("finish_reason") == reason for each in exchange.choices)
        except Inconclusive:
            return False

    return holds


FAULTS: tuple[Any, ...] = (
    planted("writes-lost-with-tools", "Where there are tools, a plain reply lacks the cache writes.", "B036",
        _when(_plain_with_tools, _unwritten),
        "caching.writes_with_tools_are_reported", "caching.every_kind_is_written", "caching.writes_beside_are_reported",
        "caching.written_beside", also=("caching.shared_prefix_is_read",)),
    planted("streamed-writes-lost-with-tools", "Where there are tools, a stream lacks the cache writes.", "B036",
        _when(_streams_with_tools, _unwritten),
        "caching.writes_with_tools_are_reported", "caching.writes_beside_are_reported",
        also=("caching.every_kind_is_written", "caching.shared_prefix_is_read", "caching.written_beside")),
    planted("details-lost-with-tool-calls", "A reply with tool calls has no details of the prompt.", "B036",
        lift(if_answer(_finishes_for("tool_calls"), drop("usage.prompt_tokens_details"))),
        "cache.hits_always_shown", "caching.every_kind_is_written"),
    planted("details-lost-where-cut", "A reply that ends at the limit has no details of the prompt.", "B037",
        lift(if_answer(_finishes_for("length"), drop("usage.prompt_tokens_details"))),
        "cache.hits_always_shown", also=("caching.written_beside", "equivalence.usage_details")),
    planted("streamed-hour-as-five-minutes", "A stream counts one hour's writes as five minutes'.", "B052",
        _when(_streams_of_an_hour, _as_five_minutes),
        "caching.1h_is_1h"),
    planted("streamed-five-minutes-as-hour", "A stream counts all writes as an hour's.", "B427",
        _when(_streams, _as_an_hour),
        "caching.5m_is_5m", "caching.buckets_beside", also=("caching.5m_is_the_default", "caching.mixed_fills_both",
        "caching.streams_count_once")),
    planted("two-lifetimes-as-one", "Writes with two TTLs are all counted as five minutes'.", "B052",
        _when(is_claude, _two_as_five_minutes),
        "caching.mixed_fills_both", "caching.mixed_by_position", "caching.buckets_beside"),
    planted("hour-lost-beside-five-minutes", "Of writes with two TTLs those for one hour are lost.", "B053",
        _when(is_claude, _hour_lost),
        "caching.mixed_fills_both", "caching.mixed_by_position", "caching.buckets_beside",
        also=("caching.last_breakpoint_reaches_the_end", "caching.read_beside_is_what_was_written")),
    planted("hour-writes-lost", "Writes for an hour are not reported.", "B036",
        _when(_of_an_hour, _unwritten),
        "caching.writes_are_reported", "caching.every_kind_is_written", also=("caching.shared_prefix_is_read",
        "caching.writes_beside_are_reported", "caching.writes_with_tools_are_reported", "caching.written_beside")),
    planted("two-lifetimes-unwritten", "Writes with two TTLs are not reported.", "B053",
        _when(_of_two_lifetimes, _unwritten),
        "caching.every_kind_is_written", "caching.writes_beside_are_reported", also=("caching.shared_prefix_is_read",
        "caching.writes_are_reported", "caching.written_beside")),
    planted("hits-lost-beside-writes", "A reply that writes to the cache says that it read nothing.", "B091",
        _when(is_claude, _hits_lost_beside_writes),
        "caching.hits_beside_writes", also=("caching.grown_conversation",)),
    planted("hour-hits-lost", "What was written for an hour is never reported as read.", "B091",
        _when(_of_an_hour, _hits_lost),
        "caching.hits_of_an_hour_are_reported", "caching.hour_is_read", also=("caching.hits_beside_are_reported",
        "caching.shared_prefix_is_read")),
    planted("hour-hits-as-writes", "What was written for an hour is written for five minutes when it is read.", "B065",
        _when(_of_an_hour, _hits_as_writes),
        "caching.hour_is_read", "caching.1h_is_1h", "caching.written_is_read"),
    planted("writes-kept", "A repetition is charged what the first request wrote once more.", "B065",
        _when(is_claude, _writes_kept),
        "caching.warm_writes_nothing", "caching.hour_is_read", "caching.streams_read_alike", also=("caching.",)),
    planted("all-of-the-prompt-hit", "cached_tokens is the whole prompt, less what was written.", "B066",
        _when(is_claude, _all_hits),
        "caching.unmarked_cold_is_cold", "cache.short_claude_prompt", "cache.hits_of_a_prefix", also=("caching.",)),
    planted("hits-and-uncached-exchanged", "Hits and uncached input are exchanged.", "B066",
        _when(is_claude, _exchanged),
        "caching.unmarked_cold_is_cold", "caching.read_is_what_was_written", "caching.hour_is_read",
        also=("cache.hits_of_a_prefix", "cache.short_claude_prompt", "caching.")),
    planted("writes-twice-with-tools", "Where there are tools, writes are counted twice.", "B078",
        _when(_plain_with_tools, _writes_twice),
        "caching.tools_count_once", also=("caching.prompt_beside_is_constant",
        "caching.read_beside_is_what_was_written")),
    planted("streamed-writes-twice-with-tools", "Where there are tools, a stream counts writes twice.", "B078",
        _when(_streams_with_tools, _writes_twice),
        "caching.tools_count_once", also=("caching.choices_share_the_cache", "caching.mixed_costs_as_unmarked",
        "caching.read_beside_is_what_was_written", "caching.shared_prefix_is_read")),
    planted("prompt-of-each-choice", "The prompt is counted once for each of two choices.", "B056",
        _when(asks("n"), _prompt_twice),
        "usage.choices_share_the_prompt"),
    planted("output-of-the-first-choice", "completion_tokens are those of the first of two choices.", "B070",
        _when(asks("n"), _half_the_output),
        "choices.tokens_of_all"),
    planted("hits-discounted", "Cache hits are counted at a tenth.", "B047",
        _when(lambda _: True, _discounted),
        "caching.read_is_what_was_written", "caching.hour_is_read", "caching.cached_counts_once",
        also=("usage.whole_prompt", "cache.gpt_hits_in_steps", "cache.hits_of_a_prefix",
        "cache.no_hit_on_short_gpt_prompt", "caching.")),
    planted("writes-in-the-output", "Cache writes are counted in completion_tokens, too.", "B070",
        _when(is_claude, _writes_in_output),
        "usage.output_is_written", also=("sampling.",)),
    planted("streamed-write-zeros", "A stream of a model that writes nothing has write members of 0.", "B065",
        _when(_streams, _write_zeros),
        "usage.prompt_tokens_details.cached_write_tokens", "usage.prompt_tokens_details.cached_write_5m_tokens",
        "usage.prompt_tokens_details.cached_write_1h_tokens", "cache.no_writes_on_gpt",
        also=("equivalence.usage_details",)),
)  # fmt: skip
