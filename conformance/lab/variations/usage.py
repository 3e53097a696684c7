"""Other counts in usage that are right as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.contract.faults import (
    chain,
    drop,
)
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request

from .kit import (
    ALARMS,
    FINDINGS,
    NO_CACHE,
    chunks,
    completions,
    details,
    right,
)


@right(ALARMS, deviates={"streaming.usage_null_elsewhere": "streaming-14"})
def no_usage_in_chunks(exchange: Exchange) -> Exchange:
    """Only the last chunk has a usage member."""

    def change(document: Any) -> None:
        if document.get("usage", 0) is None:
            del document["usage"]

    return completions(change)(exchange)


@right("streaming-15: null or absent where usage was not asked for")
def usage_null_unasked(exchange: Exchange) -> Exchange:
    """Chunks say usage null although no usage was asked for."""
    return chunks(lambda found: [{"usage": None} | each for each in found])(exchange)


@right(FINDINGS, deviates={"cache.hits_always_shown": "cache-11"})
def no_usage_details_on_misses(exchange: Exchange) -> Exchange:
    """The usage has details only where something was read from the cache or written to it."""

    def change(document: Any) -> None:
        if document.get("usage"):
            del document["usage"]["completion_tokens_details"]
            if not any(details(document).values()):
                del document["usage"]["prompt_tokens_details"]

    return completions(change)(exchange)


@right(FINDINGS)
def few_usage_details(exchange: Exchange) -> Exchange:
    """The details have the counts of the cache and of reasoning alone."""
    names = ("audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens")
    return chain(
        drop("usage.prompt_tokens_details.audio_tokens"),
        *(drop(f"usage.completion_tokens_details.{name}") for name in names),
    )(exchange)


@right("cache-11: absent is 0", deviates={"cache.hits_always_shown": "cache-11"})
def hits_absent_on_misses(exchange: Exchange) -> Exchange:
    """cached_tokens is left out where nothing was read from the cache, as Go's omitempty does."""

    def change(document: Any) -> None:
        if details(document).get("cached_tokens") == 0:
            del details(document)["cached_tokens"]

    return completions(change)(exchange)


@right(
    "cache did not engage: inconclusive, never a violation", deviates=NO_CACHE | {"cache.hits_always_shown": "cache-11"}
)
def never_caches(exchange: Exchange) -> Exchange:
    """The endpoint never caches, and counts neither hits nor writes."""

    def change(document: Any) -> None:
        for name in ("cached_tokens", "cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens"):
            details(document).pop(name, None)

    return completions(change)(exchange)


@right("cache did not engage: inconclusive, never a violation", deviates=NO_CACHE)
def never_hits(exchange: Exchange) -> Exchange:
    """The endpoint caches nothing, and says so with cached_tokens 0."""

    def change(document: Any) -> None:
        if found := details(document):
            for name in ("cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens"):
                found.pop(name, None)
            found["cached_tokens"] = 0

    return completions(change)(exchange)


@right(FINDINGS)
def automatic_hits_of_any_size(exchange: Exchange) -> Exchange:
    """Automatic hits are no multiple of 128, as those of gpt-5.6."""

    def change(document: Any) -> None:
        if "gpt" in document["model"] and details(document).get("cached_tokens"):
            details(document)["cached_tokens"] -= 37

    return completions(change)(exchange)


def more_prompt(tokens: Callable[[Request], int]) -> Fault:
    """So many more tokens in the prompt, none of them cached."""

    def fault(exchange: Exchange) -> Exchange:
        more = tokens(exchange.request)

        def change(document: Any) -> None:
            if usage := document.get("usage"):
                usage["prompt_tokens"] += more
                usage["total_tokens"] += more

        return completions(change)(exchange)

    return fault


@right("usage-14: fewer than 100 tokens for two words")
def a_prompt_of_the_gateway_after(exchange: Exchange) -> Exchange:
    """The gateway adds 31 tokens of its own at the end of each prompt, which are never cached."""
    return more_prompt(lambda _: 31)(exchange)


@right("usage-14: fewer than 100 tokens for two words")
def a_prompt_of_the_gateway_before(exchange: Exchange) -> Exchange:
    """The gateway adds 31 tokens of its own at the start of each prompt, which a marker after them caches too."""

    def change(document: Any) -> None:
        found = details(document)
        if "gpt" in document["model"] or not (found.get("cached_tokens") or found.get("cached_write_tokens")):
            return
        bucket = "cached_write_1h_tokens" if "cached_write_1h_tokens" in found else "cached_write_5m_tokens"
        for name in ["cached_tokens"] if found.get("cached_tokens") else [bucket, "cached_write_tokens"]:
            found[name] += 31

    return chain(more_prompt(lambda _: 31), completions(change))(exchange)


@right(ALARMS)
def a_token_more_the_second_time(exchange: Exchange) -> Exchange:
    """A repeated request counts one token more, for the template holds the time."""
    return more_prompt(lambda request: int(request.attempt > 1))(exchange)


@right(ALARMS)
def a_token_less_now_and_then(exchange: Exchange) -> Exchange:
    """Now and then a request counts one token less, for the template holds the time."""
    return more_prompt(lambda request: -int(request.attempt == 1 and int(request.key, 16) % 7 == 0))(exchange)
