"""A record -> the exchanges in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.evidence.jsonl import _of_line
from conformance.evidence.recording import Recording
from conformance.evidence.strict_json import JSONError

from .decoding import decoded
from .views import given


class Unreadable(Exception):
    """A record holds no exchange that can be read; the message says why, without what the record holds."""


def recordings_of(adapter: str, record: bytes, origin: str) -> Iterator[tuple[dict[str, Any], Recording]]:
    """Each exchange of a record, with the record itself. Raises Unreadable."""
    if not adapter:
        raise Unreadable(record.decode("utf-8", "replace"))
    try:
        row = decoded(record)
    except JSONError:
        raise Unreadable("it is not JSON") from None
    if not isinstance(row, dict):
        raise Unreadable("it is not a JSON object")
    try:
        yield row, given(_of_line(row, origin))
    except KeyError as name:
        raise Unreadable(f"it lacks the member {name}") from None
    except (TypeError, ValueError, AttributeError):
        raise Unreadable("it has a member of a wrong kind") from None
