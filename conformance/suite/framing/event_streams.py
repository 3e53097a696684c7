"""Views of an event stream, and changes of its bytes for counterexamples."""

from __future__ import annotations

import json
from typing import Any

from conformance.contract.faults import events
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import NotApplicable, Read
from conformance.evidence.sse import Event, EventStream
from conformance.language import say


def quoted(value: Any, limit: int = 120) -> str:
    """A value as JSON, in at most so many characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def not_empty(stream: EventStream) -> EventStream:
    """The stream, where it has anything in it."""
    if not (stream.events or stream.pending or stream.foreign or stream.comments):
        raise NotApplicable(say("the stream is empty"))
    return stream


def before_done(stream: EventStream) -> list[Event]:
    """The events that are to hold an object."""
    found = [event for event in stream.events if not event.done]
    if not found:
        raise NotApplicable(say("the stream has no event but the terminator"))
    return found


def last_event(change: Any) -> Fault:
    """The last event's bytes changed."""

    def rearrange(before: list[Read]) -> list[Read]:
        return [*before[:-1], *((when, change(data)) for when, data in before[-1:])]

    return events(rearrange)
