"""A record -> the exchanges in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.evidence.adapters import adapters
from conformance.evidence.kinds import without_names
from conformance.evidence.recording import Recording, RecordingError
from conformance.evidence.row import why
from conformance.evidence.strict_json import JSONError
from conformance.language import say

from .decoding import decoded
from .views import given


class Unreadable(Exception):
    """A record holds no exchange that can be read; the message says why, without what the record holds."""


def recordings_of(adapter: str, record: bytes, origin: str) -> Iterator[tuple[dict[str, Any], Recording]]:
    """Each exchange of a record, with the record itself. Raises Unreadable."""
    if not adapter:
        raise Unreadable(without_names(why(record)))
    try:
        row = decoded(record)
    except JSONError:
        raise Unreadable(say("it is not JSON")) from None
    if not isinstance(row, dict):
        raise Unreadable(say("it is not a JSON object"))
    try:
        for recording in adapters()[adapter].recordings(row, origin):
            yield row, given(recording)
    except RecordingError as error:
        raise Unreadable(_wrong(error.__context__, record)) from None


def _wrong(cause: BaseException | None, record: bytes) -> str:
    """What is wrong with a record. A name that stands in it may be what people wrote."""
    if not isinstance(cause, KeyError):
        return say("it has a member of a wrong kind")
    name = str(cause.args[0])
    known = name.encode("utf-8", "replace") not in record
    return say("it lacks the member {name!r}", name) if known else say("it lacks a member")
