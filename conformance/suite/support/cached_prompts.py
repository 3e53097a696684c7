"""The prompts by which caching is judged, and what is counted of them.

A reply whose own counts contradict each other is compared with nothing: that is a requirement of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from conformance.billing.dialects import mapped
from conformance.contract.requests import (
    AUTOMATIC_COLD,
    CACHE_COLD,
    CACHE_HOUR,
    CACHE_MIXED,
    CACHE_MIXED_STREAM,
    PARIS,
    WEATHER,
    again,
    cached,
    chat,
    costly,
    streamed,
)
from conformance.evidence.exchange import SALT, Exchange, Inconclusive, NotApplicable, Request, Violation
from conformance.evidence.send import Send
from conformance.suite.support.cache_counts import HITS, WRITE_FIELDS, WRITES, count

SALTS = 12  #: tokens by which prompts of equal length with different salts and labels may differ (contract, cache-18)
DATE = 1  #: token by which identical requests may differ, where a template has the time in it
TRIES = 3
#: Seconds for which what was written is there for certain, less than its lifetime by the way there and back.
FIVE_MINUTES, HOUR = 240.0, 3300.0

# --- requests -----------------------------------------------------------------------------------------------


def marked(text: str, ttl: str | None = None) -> dict[str, Any]:
    """A part of a message with a cache marker at its end."""
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral"} | ({"ttl": ttl} if ttl else {})}


def conversation(label: str, *messages: dict[str, Any], after: Request | None = None, **members: Any) -> Request:
    """A request of these messages, for a model that caches by marker."""
    return chat(label=label, messages=list(messages), after=after, features=frozenset({"cache.explicit"}), **members)


_COLD_SYSTEM, _QUESTION = CACHE_COLD.asked["messages"]
_PREFIX: dict[str, Any] = _COLD_SYSTEM["content"][0]


def _unmarked(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name != "cache_control"}


def _fresh(label: str) -> dict[str, Any]:
    """The same long text unmarked, under a label of its own, so that it is cold."""
    return {"type": "text", "text": _PREFIX["text"].replace(CACHE_COLD.label, label, 1)}


def suffix(number: int) -> Request:
    """What was cached, with another text after the marker."""
    ending = {"type": "text", "text": f"Answer in {number + 1} words at most."}
    question = {"role": "user", "content": "Which shelf holds parcel 5? Answer briefly."}
    system = {"role": "system", "content": [_PREFIX, ending]}
    label = "cache-suffix" + "-again" * number
    return costly(conversation(label, system, question, after=CACHE_COLD))


def grown(number: int) -> Request:
    """The conversation of which the beginning was cached, with another question marked at its end."""
    question = f"Which shelf holds parcel {number + 4}? Answer briefly."
    return costly(
        conversation(
            "cache-grown" + "-again" * number,
            {"role": "system", "content": [_unmarked(_PREFIX)]},
            _QUESTION,
            {"role": "assistant", "content": "Shelf 21."},
            {"role": "user", "content": [marked(question)]},
            after=CACHE_COLD,
        )
    )


#: Streamed though it is cold: with what is marked by default it shows that 5m is the default, and that a stream counts
#: as a plain reply does.
CACHE_FIVE_STREAM = streamed(cached("cache-five-streamed", "5m"))
#: Cold prompts that lead to a call, which gateways read and write by code of its own.
CACHE_TOOLS = cached("cache-tools", "5m", question=PARIS, tools=[WEATHER], max_tokens=300)
CACHE_TOOLS_STREAM = streamed(cached("cache-tools-streamed", "1h", question=PARIS, tools=[WEATHER], max_tokens=300))
CACHE_HOUR_WARM = again(CACHE_HOUR)
UNMARKED, UNMARKED_OTHER = (
    costly(conversation(label, {"role": "system", "content": [_fresh(label)]}, _QUESTION))
    for label in ("cache-unmarked", "cache-unmarked-other")
)
SUFFIX = suffix(0)
GROWN = grown(0)
#: Four markers, the most there may be, on text far too short to be cached. Every family is sent these.
SHORT = replace(
    chat([marked(text) for text in ("Say", " OK", " and no", " more.")], label="cache-short"), features=frozenset()
)
FIVE_MARKERS = chat([marked(text) for text in ("Say", " OK", " and", " no", " more.")], label="cache-five-markers")
WRONG_ORDER = replace(chat([marked("Say", "5m"), marked(" OK.", "1h")], label="cache-wrong-order"), expect="error")
UNKNOWN_TTL = replace(chat([marked("Say OK.", "2h")], label="cache-unknown-ttl"), expect="error")


#: Every marked prompt that is sent for the first time.
COLD = (
    CACHE_COLD, CACHE_FIVE_STREAM, CACHE_HOUR, CACHE_MIXED, CACHE_MIXED_STREAM, CACHE_TOOLS, CACHE_TOOLS_STREAM,
)  # fmt: skip
#: Prompts of one lifetime and of two, each with one as long that is streamed.
STREAMED = ((CACHE_COLD, CACHE_FIVE_STREAM), (CACHE_MIXED, CACHE_MIXED_STREAM))
#: Prompts, each with one that is marked otherwise, and as long or longer.
OTHERWISE = ((CACHE_COLD, CACHE_HOUR), (CACHE_COLD, CACHE_MIXED))
#: Prompts, each with one that is longer by a tool.
WITH_TOOLS = ((CACHE_COLD, CACHE_TOOLS), (CACHE_HOUR, CACHE_TOOLS_STREAM))
_AUTOMATIC_SYSTEM, *_AUTOMATIC_REST = AUTOMATIC_COLD.asked["messages"]
#: As long as the one that is cached automatically, under a label of its own, so that it is cold.
AUTOMATIC_OTHER = chat(
    label="cache-automatic-other",
    messages=[_AUTOMATIC_SYSTEM | {"content": f"other {SALT}\n{_AUTOMATIC_SYSTEM['content']}"}, *_AUTOMATIC_REST],
    features=AUTOMATIC_COLD.features,
)


def placements() -> Iterator[Request]:
    """The same long text marked in the other places where a marker may stand; a part of the system message is first."""
    question = {"role": "user", "content": "Which shelf holds parcel 3? Answer briefly."}
    system = {"role": "system", "content": _fresh("cache-message")["text"]}
    yield costly(
        conversation(
            "cache-user",
            {
                "role": "user",
                "content": [_fresh("cache-user") | _marker(), {"type": "text", "text": question["content"]}],
            },
        )
    )
    yield costly(conversation("cache-message", system | _marker(), question))
    function = WEATHER["function"] | {"description": _fresh("cache-tool")["text"]}
    yield costly(conversation("cache-tool", question, tools=[{"type": "function", "function": function} | _marker()]))
    yield costly(conversation("cache-top", system | {"content": _fresh("cache-top")["text"]}, question, **_marker()))


def _marker() -> dict[str, Any]:
    return {"cache_control": {"type": "ephemeral"}}


# --- counts -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """What a reply says of its prompt, in tokens; absent, null and zero are all 0."""

    exchange: Exchange
    prompt: int
    hits: int
    written: int
    written_5m: int
    written_1h: int

    def __str__(self) -> str:
        told = f"prompt_tokens {self.prompt}, {HITS} {self.hits}, {WRITES} {self.written}"
        buckets = f" (5m {self.written_5m}, 1h {self.written_1h})" if self.written else ""
        return f"{self.exchange.request}: {told}{buckets}"


def counted(exchange: Exchange) -> Counted:
    """Raises Inconclusive where the counts cannot be had or contradict each other."""
    usage = exchange.usage
    details = usage.get("prompt_tokens_details")
    given = details if isinstance(details, dict) else {}
    try:
        prompt, hits = count(usage, "prompt_tokens"), count(given, HITS)
        total, five, hour = (count(given, name) for name in WRITE_FIELDS)
    except NotApplicable as reason:
        raise Inconclusive(f"{exchange.request}: {reason}") from None
    found = Counted(exchange, prompt, hits, total or five + hour, five, hour)
    contradictory = (five or hour) and found.written != five + hour
    if contradictory or min(hits, total, five, hour) < 0 or hits + found.written > prompt:
        raise Inconclusive(f"the counts contradict each other, which is another requirement: {found}{mapped(usage)}")
    return found


def written(exchange: Exchange) -> Counted:
    """The counts of a reply that wrote. Raises Inconclusive where it does not say so under PhanEdge's names."""
    found = counted(exchange)
    if not found.written:
        seen = mapped(exchange.usage) or "; caching.markers_reach tells which markers are understood"
        raise Inconclusive(f"no write is reported under PhanEdge's names: {found}{seen}")
    return found


def all_counted(exchanges: Iterable[Exchange]) -> list[Counted]:
    """The counts of those that have some. Raises Inconclusive where none has."""
    found: list[Counted] = []
    lacking = Inconclusive("there is nothing to count")
    for exchange in exchanges:
        try:
            found.append(counted(exchange))
        except Inconclusive as reason:
            lacking = reason
    if not found:
        raise lacking
    return found


def cold_unless_twice(send: Send, request: Request, other: Request) -> None:
    """Asserts that a prompt that is sent for the first time hits no more than half. Another is asked where it does, for
    a gateway may have sent one upstream before: raises Inconclusive where that hits less."""
    first = counted(send(request))
    if first.hits * 2 <= first.prompt:
        return
    hot = [first, counted(send(other))]
    twice = all(each.hits * 2 > each.prompt and not each.exchange.earlier for each in hot)
    held(not twice, "prompts that were never sent before are said to be cached", *hot)
    told = "; ".join(map(str, hot))
    raise Inconclusive(f"one prompt alone, which may have been sent upstream before, is said to be cached: {told}")


def repetitions(send: Send, request: Request = CACHE_COLD, times: int = TRIES) -> Iterator[Counted]:
    """The counts of each repetition, sent when it is asked for."""
    for attempt in range(2, times + 2):
        yield counted(send(again(request, attempt)))


def repetition(send: Send, request: Request = CACHE_COLD, times: int = TRIES) -> Counted:
    """The counts of the first repetition that hit, its first request being sent. Raises Inconclusive where none did."""
    cold = counted(send(request))
    for warm in repetitions(send, request, times):
        if warm.hits:
            return warm
    missed = f"{times} repetitions hit nothing, as they may where an upstream spreads them over accounts"
    raise Inconclusive(f"{missed}: {cold}; {warm}")


def in_time(cold: Counted, missed: Iterable[Counted], seconds: float = FIVE_MINUTES) -> None:
    """Raises Inconclusive where one of those that missed began when the cache may have let go of the prompt."""
    late = [each for each in missed if each.exchange.started - cold.exchange.started > seconds]
    if late:
        waited = late[-1].exchange.started - cold.exchange.started
        raise Inconclusive(f"it was sent again {waited:.0f} seconds after it was written: {late[-1]}; {cold}")


def hits_every_time(send: Send) -> bool:
    """Whether every repetition of the plainest marked prompt hits, so that requests are not spread over accounts."""
    return all(warm.hits for warm in repetitions(send))


def reported(send: Send, *requests: Request) -> None:
    """Asserts that what is read when one of these is sent again was reported as written. Raises Inconclusive where none
    shows either."""
    lacking: list[Inconclusive] = []
    for request in requests:
        try:
            found = _unreported(send, request)
        except Inconclusive as reason:
            lacking.append(reason)
            continue
        held(not found, "a prefix is read that no reply reported as written", *(found or ()))
    if len(lacking) == len(requests):
        raise lacking[0]


def _unreported(send: Send, request: Request) -> tuple[Counted, Counted] | None:
    """The first request and a repetition that reads most of the prompt, though no reply reported it as written; None
    where the first reports a write. Raises Inconclusive where nothing tells of one."""
    cold = counted(send(request))
    if cold.written:
        return None
    for warm in repetitions(send, request):
        if warm.written:
            raise Inconclusive(f"what is sent again is written, and not before: {cold}; {warm}")
        if (warm.hits - cold.hits) * 2 > warm.prompt:
            return cold, warm
    raise Inconclusive(f"the marked prefix is neither written nor read: {cold}; {warm}{mapped(cold.exchange.usage)}")


def silent(send: Send, request: Request) -> tuple[Counted, Counted] | None:
    """A repetition that neither reads nor writes what the first request wrote, as all of three do, and the first; None
    where one of them does. One alone may have gone to an upstream that does not cache."""
    cold = written(send(request))
    for warm in repetitions(send, request):
        if warm.hits or warm.written:
            return None
    return warm, cold


def first_hit(send: Send, request: Request, attempts: Iterable[int]) -> Counted:
    """The first of these repetitions that hit, or the last."""
    for attempt in attempts:
        found = counted(send(again(request, attempt) if attempt > 1 else request))
        if found.hits:
            break
    return found


def in_couples(send: Send, couples: Iterable[tuple[Request, Request]]) -> list[tuple[Counted, Counted]]:
    """The counts of each couple of which the first was written. Raises Inconclusive where none was, or the others show
    nothing."""
    found: list[tuple[Counted, Counted]] = []
    lacking = Inconclusive("there is nothing to compare")
    for request, other in couples:
        try:
            first, second = written(send(request)), counted(send(other))
        except Inconclusive as reason:
            lacking = reason
            continue
        if second.hits and not second.written:
            lacking = Inconclusive(f"the prompt was in the cache already: {second}")
        else:
            found.append((first, second))
    if not found:
        raise lacking
    return found


def first_found(send: Send, request: Request) -> Counted:
    """The first of three streams that hit, or the last that is silent. Raises Inconclusive where all wrote."""
    quiet: Counted | None = None
    for attempt in range(1, TRIES + 1):
        found = counted(send(again(request, attempt) if attempt > 1 else request))
        if found.hits:
            return found
        quiet = quiet if found.written else found
    if quiet is None:
        raise Inconclusive(f"{TRIES} streams missed what a plain reply hit, and wrote it again: {found}")
    return quiet


def same(what: str, most: int, *found: Counted) -> None:
    """Asserts that a count differs by no more than so many tokens."""
    values = [getattr(each, what) for each in found]
    if max(values) - min(values) > most:
        raise Violation(
            f"{what.replace('_', ' ')} differs: {'; '.join(map(str, found))}", *(each.exchange for each in found)
        )


def held(value: bool, message: str, *found: Counted) -> None:
    """Asserts, with the counts in the message and their exchanges as evidence."""
    if not value:
        raise Violation(f"{message}: {'; '.join(map(str, found))}", *(each.exchange for each in found))


def prompt_is_constant(send: Send, *requests: Request) -> None:
    """The relation of cache-27. An upstream of another build may count otherwise, so that only replies that name the
    same model are compared."""
    by_model: dict[str, list[Counted]] = {}
    for reply in [counted(send(request)) for request in requests]:
        by_model.setdefault(str(reply.exchange.reply.get("model")), []).append(reply)
    compared = [alike for alike in by_model.values() if len(alike) > 1]
    if not compared:
        raise Inconclusive(f"no two of the replies name the same model: {', '.join(by_model)}")
    for alike in compared:
        same("prompt", DATE, *alike)
