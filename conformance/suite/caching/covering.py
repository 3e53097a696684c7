"""The covering design: every pair of values of the features that bear on the bill stands in at least one request.

What a request combines is read from its body, so that the table cannot differ from what is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain, combinations
from typing import Any

from conformance.contract.requests import (
    AUTOMATIC_COLD,
    AUTOMATIC_WARM,
    AUTOMATIC_WARM_STREAM,
    CACHE_COLD,
    CACHE_HOUR,
    CACHE_MIXED,
    CACHE_MIXED_STREAM,
    CACHE_WARM,
    CACHE_WARM_STREAM,
    SCHEMA_NESTED,
    SCHEMA_NESTED_STREAM,
    TOOL_AUTO,
    TOOL_AUTO_STREAM,
    TWO,
    TWO_STREAM,
)
from conformance.evidence.exchange import Request

from .combined import AUTOMATIC, MIXED_UNMARKED, PARTLY, REPEATED, SEVERAL, without_breakpoints
from .prompts import CACHE_FIVE_STREAM, CACHE_HOUR_WARM, CACHE_TOOLS, CACHE_TOOLS_STREAM, GROWN, SUFFIX, UNMARKED

#: The features, each with its values. A request has one value of each, but for the places of its breakpoints.
FEATURES: dict[str, tuple[str, ...]] = {
    "form": ("plain", "streamed"),
    "cache": ("cold", "warm", "partly warm"),
    "ttl": ("none", "5m", "1h", "both"),
    "breakpoints": ("none", "one", "several"),
    "at": ("tools", "system", "user", "tool"),
    "tools": ("none", "declared", "results"),
    "n": ("1", "2"),
    "format": ("text", "json_schema"),
    "images": ("none", "one"),
    "turn": ("first", "second"),
}
Value = tuple[str, str]  #: a feature and its value
Pair = frozenset[Value]

#: Pairs that no request can have, with the reason.
EXCLUDED: dict[str, tuple[tuple[Value, ...], tuple[Value, ...]]] = {
    "without a breakpoint there is no TTL": (
        (("ttl", "none"),), (("breakpoints", "one"), ("breakpoints", "several")),
    ),
    "a breakpoint has a TTL": ((("breakpoints", "none"),), (("ttl", "5m"), ("ttl", "1h"), ("ttl", "both"))),
    "what has no breakpoint has none anywhere": (
        (("ttl", "none"), ("breakpoints", "none")), tuple(("at", place) for place in FEATURES["at"]),
    ),
    "one breakpoint has one TTL": ((("breakpoints", "one"),), (("ttl", "both"),)),
    "without tools there is none to mark": ((("tools", "none"),), (("at", "tools"),)),
    "without a tool result there is none to mark": (
        (("at", "tool"),), (("tools", "none"), ("tools", "declared")),
    ),
}  # fmt: skip

#: The requests of the design: those of one feature at a time, and those that combine several.
ROWS: tuple[Request, ...] = (
    TWO, TWO_STREAM, SCHEMA_NESTED, SCHEMA_NESTED_STREAM, TOOL_AUTO, TOOL_AUTO_STREAM, CACHE_COLD, CACHE_WARM,
    CACHE_WARM_STREAM, CACHE_HOUR, CACHE_HOUR_WARM, CACHE_MIXED, CACHE_MIXED_STREAM, CACHE_FIVE_STREAM, CACHE_TOOLS,
    CACHE_TOOLS_STREAM, SUFFIX, GROWN, UNMARKED, AUTOMATIC_COLD, AUTOMATIC_WARM, AUTOMATIC_WARM_STREAM,
    *chain.from_iterable(REPEATED), *PARTLY, SEVERAL, MIXED_UNMARKED, *AUTOMATIC,
)  # fmt: skip


def allowed() -> set[Pair]:
    """Every pair of values of two features that a request can have."""
    values = [(feature, value) for feature, known in FEATURES.items() for value in known]
    pairs = {frozenset(pair) for pair in combinations(values, 2) if pair[0][0] != pair[1][0]}
    excluded = {frozenset((one, other)) for ones, others in EXCLUDED.values() for one in ones for other in others}
    return pairs - excluded


def covered(rows: Iterable[Request] = ROWS) -> dict[Pair, list[Request]]:
    """The requests in which each pair of values stands."""
    found: dict[Pair, list[Request]] = {}
    for row in rows:
        for pair in combinations(values_of(row), 2):
            if pair[0][0] != pair[1][0]:
                found.setdefault(frozenset(pair), []).append(row)
    return found


def values_of(request: Request) -> tuple[Value, ...]:
    """What a request combines."""
    asked = request.asked
    messages: list[dict[str, Any]] = asked["messages"]
    roles = [each["role"] for each in messages]
    marks = list(breakpoints(asked))
    ttls = {ttl for _, ttl in marks}
    return (
        ("form", "streamed" if request.streams else "plain"),
        ("cache", _cache(request)),
        ("ttl", "both" if len(ttls) > 1 else next(iter(ttls), "none")),
        ("breakpoints", ("none", "one", "several")[min(len(marks), 2)]),
        *(("at", place) for place in FEATURES["at"] if place in {place for place, _ in marks}),
        ("tools", "results" if "tool" in roles else "declared" if asked.get("tools") else "none"),
        ("n", str(asked.get("n", 1))),
        ("format", asked.get("response_format", {}).get("type", "text")),
        ("images", "one" if '"image_url"' in json.dumps(messages) else "none"),
        ("turn", "second" if roles.count("user") > 1 else "first"),
    )


def breakpoints(asked: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The place and the TTL of each breakpoint, in the order in which the model reads them."""
    holders = [("tools", each) for each in asked.get("tools") or ()]
    for message in sorted(asked["messages"], key=lambda each: each["role"] != "system"):
        parts = message["content"] if isinstance(message["content"], list) else []
        holders += [(message["role"], each) for each in (*parts, message)]
    for place, holder in holders:
        if marker := holder.get("cache_control"):
            yield place, marker.get("ttl", "5m")


_FORM = ("n", "stream", "stream_options")  #: what leaves the prompt alone


def _cache(request: Request) -> str:
    """What is in the cache when it is sent: nothing, all of the prompt, or a prefix."""
    if request.after is None:
        return "cold"
    prompts = [
        without_breakpoints({name: value for name, value in each.asked.items() if name not in _FORM})
        for each in (request, request.after)
    ]
    return "warm" if prompts[0] == prompts[1] else "partly warm"
