"""Cache counts that go wrong where features meet: tools, results, images, formats, turns, n and both TTLs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.evidence.exchange import Request
from conformance.suite.caching.faults import (
    Change,
    all_5m,
    cached_twice_in_prompt,
    exchanged,
    fewer,
    half_written,
    hidden,
    hits_subtracted,
    more_prompt,
    no_writes,
    recount,
    twice,
    uncached_as_hits,
    write_as_read,
)
from conformance.suite.support.cache_counts import HITS, WRITE_FIELDS, WRITES_1H, WRITES_5M, in_usage

from .kit import JSONObject, Wrap, asks, error, is_claude, lift, messages_of, misread_body, planted, refusing, roles_of
from .kit import where as where_

Condition = Callable[[Request], bool]
Counts = dict[str, int]


# --- what a request combines ----------------------------------------------------------------------------------


def _results(request: Request) -> bool:
    return "tool" in roles_of(request)


def _image(request: Request) -> bool:
    return b'"image_url"' in request.body


def _schema(request: Request) -> bool:
    return b'"json_schema"' in request.body


def _several(request: Request) -> bool:
    return request.asked.get("n") == 2


def _second_turn(request: Request) -> bool:
    return roles_of(request).count("user") > 1


def _ttls(value: Any) -> list[str]:
    """The TTL of each breakpoint, in the order of the body."""
    if isinstance(value, dict):
        marker = value.get("cache_control")
        own = [str(marker.get("ttl") or "5m")] if isinstance(marker, dict) else []
        return [found for each in value.values() for found in _ttls(each)] + own
    return [found for each in value for found in _ttls(each)] if isinstance(value, list) else []


def _both(request: Request) -> bool:
    return len(set(_ttls(request.asked))) == 2


def _of_one_ttl(request: Request) -> bool:
    found = _ttls(request.asked)
    return len(found) > 1 and len(set(found)) == 1


def _hour(request: Request) -> bool:
    return "1h" in _ttls(request.asked)


_tools = asks("tools")


def _streams(request: Request) -> bool:
    return request.streams


def _where(*conditions: Condition) -> Callable[[Wrap], Wrap]:
    """The fault where all of these hold."""
    return lambda wrap: where_(lambda request: all(each(request) for each in conditions), wrap)


# --- counts ---------------------------------------------------------------------------------------------------


def _counting(change: Change, *conditions: Condition) -> Wrap:
    """Usage changed in the answers to such requests."""
    return _where(*conditions)(lift(recount(change)))


def _warm(change: Change) -> Change:
    """The change where something was read."""
    return lambda usage, counts: change(usage, counts) if counts[HITS] else None


def _no_hits(usage: JSONObject, counts: Counts) -> None:
    counts[HITS] = 0


def _all_1h(usage: JSONObject, counts: Counts) -> None:
    counts[WRITES_1H], counts[WRITES_5M] = counts[WRITES_5M] + counts[WRITES_1H], 0


def _prompt_twice(usage: JSONObject, counts: Counts) -> None:
    more_prompt(usage["prompt_tokens"])(usage, counts)


def _all_twice(usage: JSONObject, counts: Counts) -> None:
    _prompt_twice(usage, counts)
    for name in (HITS, WRITES_5M, WRITES_1H):
        counts[name] *= 2


def _second_reads(usage: JSONObject, counts: Counts) -> None:
    """The counts of two requests added up, of which the second read what the first wrote."""
    _prompt_twice(usage, counts)
    counts[HITS] = counts[HITS] * 2 + counts[WRITES_5M] + counts[WRITES_1H]


def _quarter(usage: JSONObject, counts: Counts) -> None:
    """Only what the last breakpoint covers beyond the one before is reported as written."""
    counts[WRITES_5M] //= 4
    counts[WRITES_1H] //= 4


def _no_hour(usage: JSONObject, counts: Counts) -> None:
    counts[WRITES_1H] = 0


def _half_of_hits(usage: JSONObject, counts: Counts) -> None:
    counts[HITS] //= 2


def _hits_up_to_the_hour(usage: JSONObject, counts: Counts) -> None:
    """What was written for five minutes is read, and reported as written once more."""
    tail = counts[HITS] // 8
    counts[HITS], counts[WRITES_5M] = counts[HITS] - tail, counts[WRITES_5M] + tail


def _read_is_hour(usage: JSONObject, counts: Counts) -> None:
    """A hit of what was written for an hour is reported as such a write."""
    counts[WRITES_1H], counts[HITS] = counts[WRITES_1H] + counts[HITS], 0


def _schema_on_top(usage: JSONObject, counts: Counts) -> None:
    more_prompt(60)(usage, counts)


def _zeros(usage: JSONObject, details: JSONObject) -> None:
    for name in WRITE_FIELDS:
        details.setdefault(name, 0)


def _miss_as_write(usage: JSONObject, counts: Counts) -> None:
    counts[WRITES_5M] = usage["prompt_tokens"] - counts[HITS]


def _written_again(request_is_of_an_hour: bool) -> Change:
    """Nothing is ever read: what is in the cache is written anew."""
    name = WRITES_1H if request_is_of_an_hour else WRITES_5M

    def change(usage: JSONObject, counts: Counts) -> None:
        counts[name], counts[HITS] = counts[name] + counts[HITS], 0

    return change


# --- breakpoints ----------------------------------------------------------------------------------------------


def _marking(change: Callable[[JSONObject], object], *conditions: Condition) -> Wrap:
    """Other breakpoints reach the model with such requests."""
    return _where(is_claude, *conditions)(misread_body(change))


def _parts(document: JSONObject, role: str) -> list[JSONObject]:
    """The parts of the messages of a role."""
    found = [each.get("content") for each in document.get("messages", []) if each.get("role") == role]
    return [part for content in found if isinstance(content, list) for part in content]


def _holders(document: JSONObject) -> list[JSONObject]:
    """What carries a breakpoint, in the order in which the model reads it."""
    roles = [each.get("role") for each in document.get("messages", [])]
    parts = [part for role in dict.fromkeys(("system", *roles)) for part in _parts(document, str(role))]
    held = [*(document.get("tools") or []), *parts]
    return [each for each in held if isinstance(each, dict) and isinstance(each.get("cache_control"), dict)]


def _drop(holders: list[JSONObject]) -> None:
    for holder in holders:
        holder.pop("cache_control", None)


def _default_ttl(holders: list[JSONObject]) -> None:
    for holder in holders:
        if isinstance(holder.get("cache_control"), dict):
            holder["cache_control"].pop("ttl", None)


def _an_hour(holders: list[JSONObject]) -> None:
    for holder in holders:
        if isinstance(holder.get("cache_control"), dict):
            holder["cache_control"]["ttl"] = "1h"


def _marked(value: Any, ttl: str = "") -> bool:
    """Whether there is a breakpoint in a part of a body, of this TTL where one is given."""
    found = _ttls(value)
    return ttl in found if ttl else bool(found)


def _result_marked(request: Request) -> bool:
    return is_claude(request) and any(_marked(each) for each in messages_of(request) if each.get("role") == "tool")


def _hour_on_tools(request: Request) -> bool:
    return is_claude(request) and _marked(request.asked.get("tools"), "1h")


_EXTRA = error("Extra inputs are not permitted: cache_control.ttl")

FAULTS = (
    # a feature loses hits or writes
    planted("hits-lost-beside-tools", "cached_tokens is 0 where the request has tools.", "B091",
        _counting(_no_hits, _tools),
        "caching.hits_beside_are_reported", also=("caching.automatic_hits_beside", "caching.shared_prefix_is_read")),
    planted("hits-lost-after-a-tool-result", "cached_tokens is 0 where the history has a tool result.", "B091",
        _counting(_no_hits, _results),
        "caching.hits_beside_are_reported", "caching.automatic_hits_beside", also=("caching.shared_prefix_is_read",)),
    planted("hits-lost-with-n", "cached_tokens is 0 where n is 2.", "B091",
        _counting(_no_hits, _several),
        "caching.hits_beside_are_reported", also=("caching.shared_prefix_is_read",)),
    planted("cache-hidden-by-a-schema", "Neither hits nor writes are reported with a response_format.", "B036",
        _counting(hidden, _schema, is_claude),
        "caching.written_beside"),
    planted("hits-of-an-hour-lost-in-streams", "A warm stream of one hour reports no hits.", "B036",
        _counting(_warm(_no_hits), _streams, _hour),
        "caching.hits_beside_are_reported", also=("caching.shared_prefix_is_read",)),
    planted("writes-lost-beside-hits", "Where a reply reads and writes, only what it read is reported.", "B066",
        _counting(_warm(no_writes), _second_turn),
        "caching.grown_conversation"),
    planted("writes-lost-beside-an-image", "Cache writes are not reported where the prompt has an image.", "B036",
        _counting(no_writes, _image),
        "caching.writes_beside_are_reported", "caching.written_beside", also=("caching.shared_prefix_is_read",)),
    planted("writes-as-hits-after-a-tool-result", "Where the history has a tool result, writes are reported as hits.",
        "B066", _counting(write_as_read, _results),
        "caching.cold_is_cold", also=("caching.shared_prefix_is_read",)),
    planted("hits-halved-on-the-second-turn", "Half of the hits of a second turn are reported as writes.", "B066",
        _counting(_warm(half_written), _second_turn, is_claude),
        "caching.grown_conversation", "caching.read_beside_is_what_was_written",
        also=("caching.last_breakpoint_reaches_the_end",)),
    planted("hits-of-the-first-breakpoint-only", "With several breakpoints only the first one's hits are reported.",
        "B036", _counting(_half_of_hits, _of_one_ttl),
        "caching.read_beside_is_what_was_written", also=("caching.shared_prefix_is_read",)),
    planted("image-read-from-cache", "With an image, all that is not written is reported as read.", "B049",
        _counting(uncached_as_hits, _image, is_claude),
        "cache.short_claude_prompt", "cache.hits_of_a_prefix"),
    # the prompt depends on them
    planted("prompt-by-n-when-cached", "With n, the prompt is counted once a choice where some of it was cached.",
        "B056", _counting(_warm(_prompt_twice), _several),
        "caching.choices_share_the_cache"),
    planted("everything-by-n-when-cached", "With n, prompt, hits and writes are counted once a choice.", "B056",
        _counting(_all_twice, _several, _tools),
        "caching.choices_share_the_cache", also=("caching.automatic_grows", "caching.read_beside_is_what_was_written",
        "caching.shared_prefix_is_read")),
    planted("second-choice-reads-the-first", "n is made of two requests: the second one's hits are added.", "B056",
        _counting(_second_reads, _several, is_claude),
        "usage.choices_share_the_prompt", also=("caching.read_beside_is_what_was_written",
        "caching.shared_prefix_is_read")),
    planted("hits-subtracted-in-streams-with-tools", "Streamed with tools, prompt_tokens is without hits.", "B047",
        _counting(hits_subtracted, _streams, _tools),
        "caching.prompt_beside_is_constant", "caching.automatic_beside_is_constant",
        also=("usage.whole_prompt", "caching.automatic_grows",
        "caching.hits_beside_are_reported", "caching.shared_prefix_is_read")),
    planted("hits-subtracted-beside-a-schema", "With a response_format, prompt_tokens is without hits.", "B047",
        _counting(hits_subtracted, _schema, _streams),
        "caching.prompt_beside_is_constant", "caching.automatic_beside_is_constant",
        also=("usage.whole_prompt", "caching.automatic_grows",
        "caching.hits_beside_are_reported", "caching.shared_prefix_is_read")),
    planted("schema-counted-on-top-of-a-hit", "With a response_format, a warm prompt is 60 tokens longer.", "B047",
        _counting(_warm(_schema_on_top), _schema),
        "caching.prompt_beside_is_constant", "caching.automatic_beside_is_constant",
        also=("caching.choices_share_the_cache",)),
    planted("both-ttls-counted-twice", "With both TTLs, prompt_tokens has the writes twice.", "B056",
        _counting(cached_twice_in_prompt, _both),
        "caching.mixed_costs_as_unmarked", also=("caching.last_breakpoint_reaches_the_end",
        "caching.mixed_by_position")),
    planted("both-ttls-lose-the-hour", "With both TTLs and a tool result, the writes of one hour are lost.", "B052",
        _counting(_no_hour, _both, _results),
        "caching.buckets_beside", "caching.read_beside_is_what_was_written",
        also=("caching.last_breakpoint_reaches_the_end",)),
    # written twice
    planted("written-twice-on-the-second-turn", "On a second turn the writes are counted twice.", "B078",
        _counting(twice, _second_turn),
        "caching.read_beside_is_what_was_written", also=("caching.choices_share_the_cache",)),
    planted("written-twice-with-a-tool-result", "Streamed after a tool result, the writes are counted twice.", "B078",
        _counting(twice, _streams, _results),
        "caching.read_beside_is_what_was_written", also=("caching.choices_share_the_cache",
        "caching.mixed_costs_as_unmarked", "caching.shared_prefix_is_read")),
    planted("last-write-only", "Of several breakpoints of one TTL only the last one's write is reported.", "B053",
        _counting(_quarter, _of_one_ttl),
        "caching.read_beside_is_what_was_written", "caching.last_breakpoint_reaches_the_end"),
    planted("five-minutes-written-again", "With both TTLs a hit of the shorter is reported as written again.", "B066",
        _counting(_warm(_hits_up_to_the_hour), _both, _results),
        "caching.read_beside_is_what_was_written"),
    planted("an-hour-read-is-written", "A hit of one hour with several breakpoints is reported as a write.", "B066",
        _counting(_warm(_read_is_hour), _of_one_ttl),
        "caching.written_is_read"),
    planted("never-read", "What is cached is written on each request, and never read.", "B066",
        lambda send: where_(_hour, lift(recount(_warm(_written_again(True)))))(
            where_(lambda each: is_claude(each) and not _hour(each), lift(recount(_warm(_written_again(False)))))(send)
        ),
        "caching.written_is_read"),
    # the bucket depends on them
    planted("hour-is-five-minutes-in-streams-with-images", "Streamed with an image, all writes are of 5m.", "B427",
        _counting(all_5m, _streams, _image),
        "caching.buckets_beside"),
    planted("hour-is-five-minutes-beside-a-schema", "With a response_format all writes are of 5m.", "B427",
        _counting(all_5m, _schema),
        "caching.buckets_beside"),
    planted("hour-is-five-minutes-beside-hits", "Beside hits all writes are of 5m.", "B427",
        _counting(_warm(all_5m), _image),
        "caching.buckets_beside"),
    planted("five-minutes-is-an-hour-after-a-tool-result", "After a tool result all writes are of 1h.", "B427",
        _counting(_all_1h, _results),
        "caching.buckets_beside"),
    planted("buckets-exchanged-on-the-second-turn", "On a second turn the two buckets are exchanged.", "B427",
        _counting(exchanged, _second_turn, _tools),
        "caching.buckets_beside"),
    # breakpoints are lost or changed
    planted("schema-loses-breakpoints", "With a response_format, cache_control is dropped.", "B429",
        _marking(lambda document: _drop(_holders(document)), _schema),
        "caching.written_beside"),
    planted("results-lose-breakpoints", "cache_control on a tool result is dropped.", "B429",
        _marking(lambda document: _drop(_parts(document, "tool"))),
        "caching.last_breakpoint_reaches_the_end", also=("caching.shared_prefix_is_read",)),
    planted("tools-lose-breakpoints", "cache_control on a tool is dropped.", "B429",
        _marking(lambda document: _drop(document.get("tools") or []), _tools),
        "caching.written_beside"),
    planted("images-lose-breakpoints", "cache_control on an image is dropped.", "B429",
        _marking(lambda document: _drop([each for each in _parts(document, "user") if "image_url" in each])),
        "caching.shared_prefix_is_read"),
    planted("last-breakpoint-only-beside-tools", "With tools only the last breakpoint is kept.", "B429",
        _marking(lambda document: _drop(_holders(document)[:-1]), _tools),
        "caching.buckets_beside"),
    planted("results-lose-their-ttl", "The ttl of a tool result's breakpoint is dropped.", "B427",
        _marking(lambda document: _default_ttl(_parts(document, "tool"))),
        "caching.buckets_beside"),
    planted("tools-cached-for-an-hour", "A tool's breakpoint is of one hour, whatever its ttl.", "B427",
        _marking(lambda document: _an_hour(document.get("tools") or []), _tools),
        "caching.buckets_beside"),
    planted("result-breakpoint-refused", "cache_control on a tool result is refused.", "B433",
        refusing(_result_marked, _EXTRA),
        "caching.marked_places"),
    planted("hour-on-tools-refused", "A ttl of 1h on a tool is refused.", "B433",
        refusing(_hour_on_tools, _EXTRA),
        "caching.marked_places"),
    planted("ttl-refused", "Every ttl is refused.", "B433",
        refusing(lambda request: is_claude(request) and b'"ttl"' in request.body, _EXTRA),
        "caching.marked_places"),
    # models without breakpoints
    planted("gpt-miss-as-write-beside-tools", "With tools, what a GPT model did not read is a cache write.", "B092",
        _where(lambda request: not is_claude(request), _tools)(lift(recount(_miss_as_write))),
        "cache.no_writes_on_gpt"),
    planted("zero-writes-with-n", "With n, write fields that are zero are sent.", "B065",
        _where(_several)(lift(in_usage(_zeros))),
        "usage.prompt_tokens_details.cached_write_tokens", "usage.prompt_tokens_details.cached_write_5m_tokens",
        "usage.prompt_tokens_details.cached_write_1h_tokens", "cache.no_writes_on_gpt"),
    planted("automatic-hits-lost-with-n-and-tools", "A GPT model's hits are lost beside tools and a schema.", "B091",
        _counting(_no_hits, lambda request: not is_claude(request), _tools, _schema),
        "caching.automatic_hits_beside"),
    planted("tail-lost-beside-tools", "100 of the hits beside tools are reported as uncached.", "B036",
        _counting(fewer(HITS, 100), _tools),
        "caching.read_beside_is_what_was_written", "caching.shared_prefix_is_read"),
)  # fmt: skip
