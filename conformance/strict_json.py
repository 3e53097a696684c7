"""JSON as RFC 8259 has it: what Python's parser lets through beyond it is refused."""

from __future__ import annotations

import json
from typing import Any


class JSONError(ValueError):
    """The bytes are not one JSON text in UTF-8."""


class DuplicateNames(list[str]):
    """The member names that occurred twice in one object (RFC 8259 section 4: SHOULD be unique)."""


def _constant(name: str) -> None:
    raise JSONError(f"{name} is not JSON")


def loads(data: bytes | str) -> Any:
    """The value of one JSON text. Raises JSONError for NaN, Infinity, a byte-order mark, bytes that are not
    UTF-8, nesting beyond what can be read, and anything before or after the text but white space."""
    try:
        return json.loads(data if isinstance(data, str) else data.decode("utf-8"), parse_constant=_constant)
    except RecursionError:
        raise JSONError("nested too deeply to be read") from None
    except ValueError as error:
        raise JSONError(str(error)) from None


def duplicate_names(data: bytes | str) -> list[str]:
    """Names that occur more than once in one object of a JSON text."""
    found: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in members]
        found.extend(sorted({name for name in names if names.count(name) > 1}))
        return dict(members)

    json.loads(data, object_pairs_hook=pairs)
    return found
