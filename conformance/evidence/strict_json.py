"""JSON as RFC 8259 has it: what Python's parser lets through beyond it is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from conformance.language import restored, say

_DIGITS = 300  #: of a whole number at most
Pairs = Callable[[list[tuple[str, Any]]], dict[str, Any]]


class JSONError(ValueError):
    """The bytes are not one JSON text in UTF-8."""


def _constant(name: str) -> None:
    raise JSONError(say("{name} is not JSON", name))


def _integer(digits: str) -> int:
    """The number, where it can be written down again and added to others."""
    if len(digits) > _DIGITS:
        raise JSONError(say("a number of {number:,} digits is beyond what can be read", len(digits)))
    return int(digits)


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_int=_integer)  #: made once, since that takes a while
_BYTE_ORDER_MARK = "\ufeff"


def loads(data: bytes | str) -> Any:
    """The value of one JSON text. Raises JSONError for NaN, Infinity, a byte-order mark, bytes that are not
    UTF-8, nesting and whole numbers beyond what can be read, and anything before or after the text but white space."""
    return _parse(data)


def _parse(data: bytes | str, pairs: Pairs | None = None) -> Any:
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        if pairs is None and not text.startswith(_BYTE_ORDER_MARK):
            return _DECODER.decode(text)
        return json.loads(text, parse_constant=_constant, parse_int=_integer, object_pairs_hook=pairs)
    except RecursionError:
        raise JSONError(say("nested too deeply to be read")) from None
    except ValueError as error:
        raise JSONError(restored(str(error), _OF_PYTHON)) from None


#: What Python's parser says.
_OF_PYTHON = (
    say("Expecting value: line {line} column {column} (char {place})", "", "", ""),
    say("Expecting ',' delimiter: line {line} column {column} (char {place})", "", "", ""),
    say("Expecting ':' delimiter: line {line} column {column} (char {place})", "", "", ""),
    say("Expecting property name enclosed in double quotes: line {line} column {column} (char {place})", "", "", ""),
    say("Illegal trailing comma before end of object: line {line} column {column} (char {place})", "", "", ""),
    say("Unterminated string starting at: line {line} column {column} (char {place})", "", "", ""),
    say("Invalid control character at: line {line} column {column} (char {place})", "", "", ""),
    say("Extra data: line {line} column {column} (char {place})", "", "", ""),
)


def duplicate_names(data: bytes | str) -> list[str]:
    """Names that occur more than once in one object of a JSON text (RFC 8259 section 4: SHOULD be unique). Raises
    JSONError."""
    found: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(members)
        if len(value) != len(members):
            counts = Counter(name for name, _ in members)
            found.extend(sorted(name for name, count in counts.items() if count > 1))
        return value

    _parse(data, pairs)
    return found


def after_object(data: bytes) -> str:
    """What follows the JSON object that a text begins with; empty where nothing does, or it begins with none."""
    text = data.decode("utf-8", "replace").lstrip()
    if not text.startswith("{"):
        return ""
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (RecursionError, ValueError):
        return ""
    return text[end:].strip()
