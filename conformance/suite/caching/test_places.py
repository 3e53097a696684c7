"""The places in which a cache breakpoint is accepted, with each TTL. The prompts are too short to be cached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.contract.faults import only
from conformance.contract.given import on_demand
from conformance.contract.requests import SHELF, chat
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive, Request
from conformance.evidence.observed import answered_with
from conformance.language import joined, say
from conformance.suite.support.refusals import refuses

from . import AREA
from .combined import PLAIN_TOOL, Part, looked_up, marked, said, text
from .faults import NO_CACHE_CONTROL

PLACES = ("tools", "system", "user", "tool")
TTLS = (None, "5m", "1h")


def placed(ttl: str | None, places: tuple[str, ...]) -> Request:
    """A short prompt with a breakpoint of this TTL in each of these places."""

    def at(place: str, holder: Part) -> Part:
        return marked(holder, ttl) if place in places else holder

    request = chat(
        label="-".join(["cache-places", ttl or "default", *(places if len(places) < len(PLACES) else ())]),
        messages=[
            said("system", at("system", text("Answer briefly."))),
            said("user", at("user", text(SHELF))),
            *looked_up(at("tool", text("Shelf 21."))),
        ],
        tools=[at("tools", PLAIN_TOOL)],
    )
    return replace(request, features=request.features | {"cache.explicit"})


EVERYWHERE = tuple(placed(ttl, PLACES) for ttl in TTLS)
NOWHERE = placed(None, ())
#: With a breakpoint in what the assistant said, and without one.
ANSWERED, ANSWERED_UNMARKED = (
    replace(
        chat(
            label=label,
            messages=[said("user", SHELF), said("assistant", answer), said("user", "And parcel 5? Answer briefly.")],
        ),
        features=EVERYWHERE[0].features,
    )
    for label, answer in (
        ("cache-places-assistant", marked(text("Shelf 21."))),
        ("cache-places-assistant-unmarked", text("Shelf 21.")),
    )
)
SINGLY = tuple(placed(ttl, (place,)) for ttl in TTLS for place in PLACES)


@AREA.must(
    "accept a cache breakpoint of Claude's without a ttl, with 5m and with 1h on tools and on parts of system messages,"
    " user messages and tool results",
    on={"together": EVERYWHERE, "singly": on_demand(*SINGLY), "unmarked": on_demand(NOWHERE)},
    source="anthropic-caching#what-can-be-cached",
    contract=["cache-40"],
    at="status error.message",
    hint="Take cache_control on every block that Anthropic lists, with its ttl, and pass both on.",
    impact=Impact.CLIENTS,
    broken_by={
        "all": only(lambda each: b"cache_control" in each.body, NO_CACHE_CONTROL),
        "one hour": only(lambda each: b'"1h"' in each.body, NO_CACHE_CONTROL),
        "on tool results": only(
            lambda each: each.label in ("cache-places-5m", "cache-places-5m-tool"), NO_CACHE_CONTROL
        ),
    },
)
def test_marked_places(together: Sequence[Exchange], singly: Sequence[Exchange], unmarked: Sequence[Exchange]) -> None:
    """Together first, and one by one only to name what is refused. What is refused without a breakpoint, too, shows
    nothing, and where each alone is accepted, four are too many."""
    refused = [each for each in together if refuses(each)]
    if refused and unmarked[0].refused:
        raise Inconclusive(say("the same is refused without a breakpoint: {answer}", answered_with(unmarked[0])))
    culprits = [each for each in singly if refuses(each)] if refused else []
    assert not culprits, joined("; ", map(answered_with, culprits))
    expect_answered(together, say("each alone is accepted (four are covered by caching.short_is_not_written)"))


def expect_answered(exchanges: Sequence[Exchange], otherwise: str) -> None:
    """Raises Inconclusive where one was not answered."""
    for each in exchanges:
        if not each.succeeded:
            raise Inconclusive(say("{answer}; {otherwise}", answered_with(each), otherwise))


@AREA.should(
    "accept a cache breakpoint of Claude's on a part of what the assistant said before",
    on={"marked": ANSWERED, "unmarked": on_demand(ANSWERED_UNMARKED)},
    source="anthropic-caching#what-can-be-cached",
    contract=["cache-40"],
    at="status error.message",
    hint="Conversations grow: clients mark the last answer, too.",
    impact=Impact.CLIENTS,
    broken_by=only(lambda each: b"cache_control" in each.body, NO_CACHE_CONTROL),
)
def test_marked_assistant(marked: Exchange, unmarked: Sequence[Exchange]) -> None:
    if refuses(marked) and unmarked[0].refused:
        raise Inconclusive(say("the same is refused without a breakpoint: {answer}", answered_with(unmarked[0])))
    assert not refuses(marked), answered_with(marked)
    expect_answered([marked], say("it was not refused for its breakpoint"))
