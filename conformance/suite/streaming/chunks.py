"""The choices and deltas in the chunks of a stream, and changes of chunks for counterexamples."""

from __future__ import annotations

import json
import re
from typing import Any

from conformance.contract.faults import chunk, events
from conformance.contract.requirement import Fault
from conformance.contract.scopes import (
    streamed_choices,
)
from conformance.evidence.exchange import Exchange, NotApplicable, Read, list_of
from conformance.evidence.fold import chunks_of
from conformance.language import say

Chunks = list[dict[str, Any]]


SAID = ("content", "refusal", "tool_calls", "function_call")  #: members of a delta that a client shows


FINISHES = re.compile(rb'"finish_reason": ?"')


USAGE: dict[str, int] = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def delta_of(choice: dict[str, Any]) -> dict[str, Any]:
    """The delta of a streamed choice; empty where it is not an object."""
    delta = choice.get("delta")
    return delta if isinstance(delta, dict) else {}


def by_index(chunks: Chunks) -> dict[int, list[dict[str, Any]]]:
    """The streamed choices by their index; one without an integer index is covered by chunk.choices.index."""
    found = chunks_of(chunks).by_index
    if not found:
        raise NotApplicable(say("no chunk has a choice with an index"))
    return found


def finish_reasons(choices: list[dict[str, Any]]) -> list[str]:
    """The finish_reasons among the pieces of one choice."""
    reasons = [choice.get("finish_reason") for choice in choices]
    return [reason for reason in reasons if isinstance(reason, str) and reason]


def has_audio(exchange: Exchange) -> bool:
    """A stream of sound: OpenAI's own end without finish_reason, and go on after usage."""
    asked = "audio" in list_of(exchange.request.asked.get("modalities"))
    return asked or any("audio" in delta_of(choice) for choice in streamed_choices(exchange.chunks))


def numbered(name: str) -> Fault:
    """Another value of a member in every chunk, as gateways make that translate each chunk by itself."""

    def changed(data: bytes, number: int) -> bytes:
        if not data.startswith(b"data: {"):
            return data
        document = json.loads(data[6:])
        value = document[name]
        return chunk(document | {name: value + number if isinstance(value, int) else f"{value}-{number}"})

    return events(lambda before: [(when, changed(data, number)) for number, (when, data) in enumerate(before)])


def one_more_chunk(position: int, **members: Any) -> Fault:
    """The first chunk with other members, put in before the event at this position."""

    def change(before: list[Read]) -> list[Read]:
        first = next((data for _, data in before if data.startswith(b"data: {")), b"data: {}")
        at = position % len(before)
        return [*before[:at], (before[at][0], chunk(json.loads(first[6:]) | members)), *before[at:]]

    return events(change)
