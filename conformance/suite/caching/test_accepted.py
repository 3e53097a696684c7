"""cache_control is accepted in every place and with every ttl that Anthropic documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from conformance.contract.faults import only
from conformance.contract.given import on_demand
from conformance.contract.requests import WEATHER, chat
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive, Request, Violation
from conformance.evidence.observed import answered_with
from conformance.suite.support.calls import call, result
from conformance.suite.support.refusals import refuses

from . import AREA
from .faults import NO_CACHE_CONTROL

Marker = dict[str, Any]
_DEFAULT, _FIVE, _HOUR = ({"type": "ephemeral"} | ttl for ttl in ({}, {"ttl": "5m"}, {"ttl": "1h"}))


def _prompt(label: str, **markers: Marker) -> Request:
    """A prompt too short to be cached, with a cache breakpoint in each of these places."""

    def part(place: str, text: str) -> Marker:
        found = {"type": "text", "text": text}
        return found | {"cache_control": markers[place]} if place in markers else found

    tool = WEATHER | ({"cache_control": markers["tool"]} if "tool" in markers else {})
    messages = [
        {"role": "system", "content": [part("system", "Be brief.")]},
        {"role": "user", "content": [part("user", "Use the tool: weather in Oslo?")]},
        {"role": "assistant", "content": None, "tool_calls": [call("call_1", "Oslo")]},
        result("call_1", [part("result", "Rain.")]),
    ]
    return replace(
        chat(label=label, messages=messages, tools=[tool], max_tokens=60), features=frozenset({"cache.explicit"})
    )


#: The order of the places, by which a longer lifetime comes before a shorter one.
PLACES = _prompt("cache-places", tool=_HOUR, system=_HOUR, user=_FIVE, result=_DEFAULT)
SINGLY = (
    *(_prompt(f"cache-place-{place}", **{place: _DEFAULT}) for place in ("system", "user", "result", "tool")),
    *(_prompt(f"cache-place-system-{marker['ttl']}", system=marker) for marker in (_FIVE, _HOUR)),
)
UNMARKED = _prompt("cache-no-place")


@AREA.must(
    "accept cache_control without a ttl and with 5m and 1h, in system and user messages, in tool results and in tools",
    on={"together": PLACES, "unmarked": on_demand(UNMARKED), "singly": on_demand(*SINGLY)},
    impact=Impact.BILLING,
    source="anthropic-caching#what-can-be-cached",
    contract=["cache-40"],
    at="error",
    hint="The write fields rest on cache_control: pass it on, or for a model that does not cache use --without "
    "cache.explicit.",
    broken_by={
        "everywhere": only(lambda request: b"cache_control" in request.body, NO_CACHE_CONTROL),
        "in tools": only(lambda request: "cache_control" in request.asked["tools"][0], NO_CACHE_CONTROL),
        "a ttl of an hour": only(lambda request: b'"1h"' in request.body, NO_CACHE_CONTROL),
        "without a ttl": only(lambda request: b'{"type": "ephemeral"}' in request.body, NO_CACHE_CONTROL),
    },
)
def test_breakpoints_accepted(together: Exchange, unmarked: Sequence[Exchange], singly: Sequence[Exchange]) -> None:
    """Each place alone only where all together are rejected, to tell which it is."""
    if not refuses(together):
        return
    if not unmarked[0].succeeded:
        raise Inconclusive(f"the prompt is rejected without breakpoints, too: {answered_with(unmarked[0])}")
    rejected = [each for each in singly if refuses(each)] or [together]
    raise Violation("; ".join(map(answered_with, rejected)), *rejected, unmarked[0])
