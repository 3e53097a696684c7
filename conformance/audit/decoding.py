"""JSON decoded fast, where that provably gives what the strict reading gives (evidence/strict_json.py)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any

import orjson

from conformance.evidence.strict_json import JSONError, loads

_DIGITS = bytes(ord("0") if 48 <= byte <= 57 else byte for byte in range(256))
_LONG = b"0" * 19  #: digits of a number that may be beyond 64 bits
_DEEP = 400  #: brackets; so many may be nested more deeply than the strict reading follows
_FLAT = 100  #: levels, where there are as many brackets
_APART = secrets.token_hex(16)  #: stands between texts that are decoded together; none of them can know it
_BETWEEN = b',"' + _APART.encode() + b'",'


def decoded(data: bytes) -> Any:
    """The value of one JSON text. Raises JSONError as the strict reading does.

    orjson refuses whatever the strict reading refuses, but for numbers beyond 64 bits, of which it makes floats, and
    nesting. What it refuses is read strictly: lone surrogates and numbers beyond floats are JSON.
    """
    if _LONG not in data.translate(_DIGITS):
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError:
            return loads(data)
        if data.count(b"{") + data.count(b"[") < _DEEP or _is_flat(value, _FLAT):
            return value
    return loads(data)


def _is_flat(value: Any, levels: int) -> bool:
    """Whether a value is nested no more deeply than this."""
    inside = value.values() if type(value) is dict else value if type(value) is list else ()
    return all(levels > 0 and _is_flat(each, levels - 1) for each in inside if type(each) in (dict, list))


def decoded_together(texts: Sequence[str]) -> list[Any] | None:
    """The values of JSON texts. None where one of them is no JSON, or only the strict reading can tell."""
    if not texts:
        return []
    try:
        data = _BETWEEN.join([each.encode() for each in texts])
        if _LONG in data.translate(_DIGITS) or max(map(_brackets, texts)) >= _DEEP:
            return None
        found = orjson.loads(b"[" + data + b"]")
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None
    # Each text is one value where the mark stands after each value but the last.
    whole = len(found) == 2 * len(texts) - 1 and all(each == _APART for each in found[1::2])
    return found[::2] if whole else None


def is_canonical(value: Any, data: bytes) -> bool:
    """Whether writing a value gives its text again, so that no name was in an object twice."""
    try:
        if orjson.dumps(value) == data or orjson.dumps(value, option=orjson.OPT_INDENT_2) == data:
            return True
        return json.dumps(value, ensure_ascii=data.isascii()).encode() == data
    except (orjson.JSONEncodeError, UnicodeEncodeError):  # a lone surrogate, or a number of more than 64 bits
        return False


def _brackets(text: str) -> int:
    return text.count("{") + text.count("[")


def decoded_or_none(text: str) -> Any:
    """The value of a JSON text, or None where it is none."""
    try:
        return decoded(text.encode())
    except (JSONError, UnicodeEncodeError):
        return None
