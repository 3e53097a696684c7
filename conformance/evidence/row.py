"""A record of a file with its adapter, whatever the file is."""

from __future__ import annotations

import json
from typing import NamedTuple

from conformance.language import as_sentence, of_parts, parts_of


class Row(NamedTuple):
    """One record: where it stands, for people; the name of its adapter; and its JSON. Of one that cannot be read the
    adapter is empty, and `record` has the reason, which `why` gives; `left_out` where the file can be read without
    it."""

    origin: str
    adapter: str
    record: bytes
    left_out: bool = False


def unreadable(origin: str, reason: str, *, left_out: bool = False) -> Row:
    """The row of a record that cannot be read; the reason is the end of a sentence."""
    return Row(origin, "", json.dumps(parts_of(as_sentence(reason))).encode(), left_out)


def why(record: bytes | str) -> str:
    """The reason that a row without an adapter has as its record."""
    return of_parts(json.loads(record))
