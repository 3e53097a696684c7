"""The prompts by which caching is judged, and the slots in which a check is given them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.contract.given import OnDemand, in_turn
from conformance.contract.requests import (
    AUTOMATIC_COLD,
    CACHE_COLD,
    CACHE_HOUR,
    CACHE_MIXED,
    CACHE_MIXED_STREAM,
    ONE_CALL,
    PARIS,
    WEATHER,
    again,
    attempts,
    cached,
    chat,
    costly,
    disputed,
    streamed,
)
from conformance.evidence.exchange import SALT, Request

TRIES = 3  #: repetitions of a prompt, for one alone may be routed to an upstream that has not cached it

# --- requests -----------------------------------------------------------------------------------------------


def with_breakpoint(text: str, ttl: str | None = None) -> dict[str, Any]:
    """A part of a message with a cache breakpoint at its end."""
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral"} | ({"ttl": ttl} if ttl else {})}


def conversation(label: str, *messages: dict[str, Any], after: Request | None = None, **members: Any) -> Request:
    """A request of these messages, for a model that caches up to explicit breakpoints."""
    return chat(label=label, messages=list(messages), after=after, features=frozenset({"cache.explicit"}), **members)


_COLD_SYSTEM, _QUESTION = CACHE_COLD.asked["messages"]
_PREFIX: dict[str, Any] = _COLD_SYSTEM["content"][0]


def _without_breakpoint(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name != "cache_control"}


def _fresh(label: str) -> dict[str, Any]:
    """The same long text without a breakpoint, under a label of its own, so that it is cold."""
    return {"type": "text", "text": _PREFIX["text"].replace(CACHE_COLD.label, label, 1)}


def suffix(number: int) -> Request:
    """What was cached, with another text after the breakpoint."""
    ending = {"type": "text", "text": f"Answer in {number + 1} words at most."}
    question = {"role": "user", "content": "Which shelf holds parcel 5? Answer briefly."}
    system = {"role": "system", "content": [_PREFIX, ending]}
    label = "cache-suffix" + "-again" * number
    return costly(conversation(label, system, question, after=CACHE_COLD))


def grown(number: int) -> Request:
    """The conversation of which the beginning was cached, with another question and a breakpoint at its end."""
    question = f"Which shelf holds parcel {number + 4}? Answer briefly."
    return costly(
        conversation(
            "cache-grown" + "-again" * number,
            {"role": "system", "content": [_without_breakpoint(_PREFIX)]},
            _QUESTION,
            {"role": "assistant", "content": "Shelf 21."},
            {"role": "user", "content": [with_breakpoint(question)]},
            after=CACHE_COLD,
        )
    )


#: Streamed and cold: compared with the plain prompt without a ttl, it shows that 5m is the default and that a stream
#: counts as a plain reply does.
CACHE_FIVE_STREAM = streamed(cached("cache-five-streamed", "5m"))
#: Cold prompts that lead to a tool call, for which gateways often read and write usage in separate code.
CACHE_TOOLS = cached("cache-tools", "5m", question=PARIS, tools=[WEATHER], max_tokens=ONE_CALL)
CACHE_TOOLS_STREAM = streamed(
    cached("cache-tools-streamed", "1h", question=PARIS, tools=[WEATHER], max_tokens=ONE_CALL)
)
CACHE_HOUR_WARM = again(CACHE_HOUR)
UNMARKED, UNMARKED_OTHER = (
    costly(conversation(label, {"role": "system", "content": [_fresh(label)]}, _QUESTION))
    for label in ("cache-unmarked", "cache-unmarked-other")
)
SUFFIX = suffix(0)
GROWN = grown(0)
#: Four breakpoints, the maximum, in a text far too short to be cached. Models of every family are sent these.
SHORT = replace(
    chat([with_breakpoint(text) for text in ("Say", " OK", " and no", " more.")], label="cache-short"),
    features=frozenset(),
)
FIVE_MARKERS = disputed(
    chat([with_breakpoint(text) for text in ("Say", " OK", " and", " no", " more.")], label="cache-five-markers")
)
WRONG_ORDER = replace(
    chat([with_breakpoint("Say", "5m"), with_breakpoint(" OK.", "1h")], label="cache-wrong-order"), expect="error"
)
UNKNOWN_TTL = replace(chat([with_breakpoint("Say OK.", "2h")], label="cache-unknown-ttl"), expect="error")


#: Every prompt with a breakpoint that is sent for the first time.
COLD = (
    CACHE_COLD, CACHE_FIVE_STREAM, CACHE_HOUR, CACHE_MIXED, CACHE_MIXED_STREAM, CACHE_TOOLS, CACHE_TOOLS_STREAM,
)  # fmt: skip
_AUTOMATIC_SYSTEM, *_AUTOMATIC_REST = AUTOMATIC_COLD.asked["messages"]
#: As long as the one that is cached automatically, under a label of its own, so that it is cold.
AUTOMATIC_OTHER = chat(
    label="cache-automatic-other",
    messages=[_AUTOMATIC_SYSTEM | {"content": f"other {SALT}\n{_AUTOMATIC_SYSTEM['content']}"}, *_AUTOMATIC_REST],
    features=AUTOMATIC_COLD.features,
)


def placements() -> Iterator[Request]:
    """The same long text with a breakpoint in each other place where one may stand than a part of a system message."""
    question = {"role": "user", "content": "Which shelf holds parcel 3? Answer briefly."}
    system = {"role": "system", "content": _fresh("cache-message")["text"]}
    breakpoint_at_end: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
    parts = [_fresh("cache-user") | breakpoint_at_end, {"type": "text", "text": question["content"]}]
    yield costly(conversation("cache-user", {"role": "user", "content": parts}))
    yield costly(conversation("cache-message", system | breakpoint_at_end, question))
    function = WEATHER["function"] | {"description": _fresh("cache-tool")["text"]}
    tool = {"type": "function", "function": function} | breakpoint_at_end
    yield costly(conversation("cache-tool", question, tools=[tool]))
    top = system | {"content": _fresh("cache-top")["text"]}
    yield costly(conversation("cache-top", top, question, **breakpoint_at_end))


# --- slots --------------------------------------------------------------------------------------------------


def sent_again(request: Request, declared: int = 1, times: int = TRIES + 1) -> OnDemand:
    """A request and its repetitions, of which the first `declared` are sent in any case."""
    return OnDemand(attempts(request, times), declared)


def repetitions(request: Request, declared: int = 1) -> OnDemand:
    """The repetitions of a request, of which the first `declared` are sent in any case."""
    return OnDemand(attempts(request, TRIES + 1)[1:], declared)


def couples(*pairs: tuple[Request, Request]) -> tuple[OnDemand, ...]:
    """Pairs of requests, all of them sent; where one shows nothing, the other couples can still be compared."""
    return tuple(in_turn(*pair) for pair in pairs)


#: Prompts with one TTL and with two, each with a streamed one of the same length.
STREAMED = couples((CACHE_COLD, CACHE_FIVE_STREAM), (CACHE_MIXED, CACHE_MIXED_STREAM))
#: Prompts, each with one that is longer by a tool.
WITH_TOOLS = couples((CACHE_COLD, CACHE_TOOLS), (CACHE_HOUR, CACHE_TOOLS_STREAM))
#: The plain prompt, with ones of other TTLs that are as long or longer; and those with tools.
OTHERWISE = (*couples((CACHE_COLD, CACHE_HOUR), (CACHE_COLD, CACHE_MIXED)), *WITH_TOOLS)
