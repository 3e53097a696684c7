"""What a record is that no adapter reads, in words: a kind that is known, or the members that it has."""

from __future__ import annotations

from typing import Any

from .adapters import adapters
from .recording import HELP, kind_of

_NAMES, _LONGEST = 8, 40  #: members that are named, and characters of one


def what_it_is(record: Any) -> str:
    """The end of a sentence that begins with where the record stands."""
    if not isinstance(record, dict):
        return f"is not a JSON object, but {kind_of(record)}: {HELP}"
    kind = record.get("format")
    if isinstance(kind, str):
        return f"has the unknown format {kind[:_LONGEST]!r}, not exchange-1: move it away; {HELP}"
    return f"{_members(record)}, and none of {', '.join(adapters())} recognises it: {HELP}"


def _members(record: dict[str, Any]) -> str:
    names = [name[:_LONGEST] for name in list(record)[:_NAMES]]
    more = ", …" if len(record) > _NAMES else ""
    return f"has the members {', '.join(names)}{more}" if names else "has no members"
