"""A record of a file with its adapter, whatever the file is."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One record: where it stands, for people; the name of its adapter; and its JSON. Of one that cannot be read the
    adapter is empty, and `record` is the reason; `left_out` where the file can be read without it."""

    origin: str
    adapter: str
    record: bytes
    left_out: bool = False


def unreadable(origin: str, reason: str, *, left_out: bool = False) -> Row:
    """The row of a record that cannot be read; the reason is the end of a sentence."""
    return Row(origin, "", reason.encode("utf-8", "replace"), left_out)
