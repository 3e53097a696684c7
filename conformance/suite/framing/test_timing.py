"""When events arrive: as they are generated, and comments to keep a connection alive."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from conformance.contract.faults import events, insert
from conformance.contract.given import in_turn, tries
from conformance.contract.profile import Model
from conformance.contract.requests import LONG_STREAM, STREAM
from conformance.contract.requirement import Impact
from conformance.contract.scopes import EVERY_STREAM, streamed_choices
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Read, Violation
from conformance.evidence.sse import Event, EventStream
from conformance.language import joined, say
from conformance.suite.framing import AREA
from conformance.suite.framing.event_streams import before_done, quoted


@AREA.should(
    "keep a connection open with comment lines, never with an event",
    on=EVERY_STREAM,
    source="whatwg-sse#authoring-notes",
    contract=["framing-07"],
    hint="Send “: keep-alive” and a blank line.",
    broken_by={
        "empty data": insert(1, b"data:\n\n"),
        "a word": insert(1, b"data: ping\n\n"),
        "an empty object": insert(1, b"data: {}\n\n"),
        "Anthropic's ping": insert(1, b'event: ping\ndata: {"type": "ping"}\n\n'),
    },
)
def test_keep_alive(stream: EventStream) -> None:
    idle = [event.data for event in before_done(stream) if _keeps_alive(event)]
    assert not idle, say("{number} event(s) carry nothing, the first one: data {quoted}", len(idle), quoted(idle[0]))


def _keeps_alive(event: Event) -> bool:
    """An event without a message: blank, a word or two, an empty object, or one that calls itself a ping."""
    if event.document is None:
        return re.fullmatch(r"[\w\s:.-]{0,40}", event.data) is not None
    kind = event.document.get("type") if isinstance(event.document, dict) else None
    return event.document in ({}, "", []) or kind in ("ping", "keepalive", "keep-alive", "heartbeat")


AT_ONCE = 0.1  #: seconds, in which a whole stream is there before anyone can wait for it


LONG_ENOUGH = 200  #: characters, below which nothing is to be spread


def _texts(exchange: Exchange) -> list[tuple[float, int]]:
    """When each piece of text arrived, and how long it is."""
    found = []
    for event in exchange.stream.events:
        for choice in streamed_choices([event.document] if isinstance(event.document, dict) else []):
            text = choice["delta"].get("content") if isinstance(choice.get("delta"), dict) else None
            if isinstance(text, str) and text:
                found.append((event.time, len(text)))
    return found


def _held_back(before: list[Read]) -> list[Read]:
    return [(before[-1][0], data) for _, data in before]


def _in_two(before: list[Read]) -> list[Read]:
    return [(before[0 if number < 9 else -1][0], data) for number, (_, data) in enumerate(before)]


@AREA.should(
    "send a long text as it is generated: its beginning in the first half of the time, the rest incrementally",
    on={"streams": tries(LONG_STREAM), "short": in_turn(STREAM)},
    impact=Impact.FORM,
    source="openai-openapi#CreateChatCompletionRequest.stream",
    contract=["framing-08"],
    at="header:content-type",
    hint="Disable response buffering in every proxy (nginx: proxy_buffering off), and flush after each event.",
    needs=["times", "connection"],
    broken_by={
        "all at the end": events(_held_back),
        "in two heaps": events(_in_two),
    },
    needs_model=True,
    timed=True,
)
def test_incremental(streams: Sequence[Exchange], short: Sequence[Exchange], model: Model) -> None:
    """Each of several streams is to show it, for on a busy machine one may arrive in a heap."""
    if model.reasons:
        raise NotApplicable(say("the model reasons before it writes"))
    problems = list(takewhile(bool, (_held(stream, short[0]) for stream in streams)))
    said = say("in each of {number} streams the text is held back: {problems}", len(problems), joined("; ", problems))
    if len(problems) == len(streams):
        raise Violation(said, *streams)


def _held(exchange: Exchange, short: Exchange) -> str:
    """How the text of a stream was held back, in words; empty where it was not. What a short stream takes until its
    first text comes is the endpoint's own time to begin, and not held back."""
    pieces, total = _spread(exchange, short), exchange.reads[-1][0]
    first, arrivals = pieces[0][0], len({when for when, _ in pieces})
    begun = _texts(short)[0][0]
    if first - begun > (total - begun) / 2:
        return say(
            "the first text arrived after {first:.2f} of {total:.2f} s, that of a short stream after {begun:.2f}",
            first,
            total,
            begun,
        )
    return (
        say("it arrived in {arrivals} reads, the first after {first:.2f} of {total:.2f} s", arrivals, first, total)
        if arrivals < 4
        else ""
    )


def _spread(exchange: Exchange, short: Exchange) -> list[tuple[float, int]]:
    """The arrivals of text that can be spread. Raises Inconclusive where a text is too short, NotApplicable where all
    of it came too fast, in hardly more time than a short one."""
    pieces, total = _texts(exchange), exchange.reads[-1][0]
    if sum(length for _, length in pieces) < LONG_ENOUGH or not _texts(short):
        raise Inconclusive(say("the text is too short to be spread"))
    if total - short.reads[-1][0] < AT_ONCE:
        raise NotApplicable(
            say("the whole stream took {total:.3f} s, and a short one {reads:.3f} s", total, short.reads[-1][0])
        )
    return pieces
