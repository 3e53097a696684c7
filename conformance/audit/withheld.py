"""Messages without the content of exchanges: the template stays; values that are not ours become kind and length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from conformance.contract.requirement import CATALOGUE
from conformance.evidence.strict_json import JSONError, loads
from conformance.language import Said, say
from conformance.resources import folder

_NUMBER = re.compile(r"[-+]?[0-9]{1,10}%?")  # no longer than a time: one of a card or a phone is longer
_FEW = 3  #: numbers that may stand without a name beside each
_APART = re.compile(r"[\s,;.:()/+]+")
_WORDS = frozenset(
    {"null", "true", "false", "absent", "HTTP", "is", "expected", "*", "data", "[DONE]", "None", "True", "False"}
)
_LONGEST = 400  #: characters of a value that is looked at


def without_content(message: str, own: str = "") -> str:
    """The message, with nothing in it that may be content. `own` is what the exchange is called, which may stay."""
    return _bare(message, own) if isinstance(message, Said) else _kind(message)


def _bare(message: Said, own: str) -> Said:
    values = {
        name: _bare(value, own) if isinstance(value, Said) else value if _is_ours(value, own) else _kind(value)
        for name, value in message.values.items()
    }
    return Said(message.template, values)


def _is_ours(value: str, own: str) -> bool:
    """Whether a value is made of numbers, and of names that the contract has, only."""
    return value == own or (len(value) <= _LONGEST and _is_named(value))


@lru_cache(maxsize=4096)
def _is_named(value: str) -> bool:
    words = [word for word in _APART.split(value) if word]
    numbers = sum(_NUMBER.fullmatch(word) is not None for word in words)
    names = sum(word in _names() for word in words)
    return numbers + names == len(words) and (numbers <= _FEW or names >= numbers)


def _kind(value: str) -> str:
    """What a value is, in place of what it says."""
    if value[:1] in ("{", "[", '"'):
        try:
            return _of_json(loads(value))
        except JSONError:
            pass
    return say("‹{number:,} characters›", len(value))


def _of_json(value: Any) -> str:
    if isinstance(value, dict):
        return say("‹an object of {number:,} members›", len(value))
    if isinstance(value, list):
        return say("‹an array of {number:,} entries›", len(value))
    return say("‹text of {number:,} characters›", len(value))


@cache
def _names() -> frozenset[str]:
    """The names and constants of the schemas, and the parts of the ids of requirements."""
    texts = (path.read_bytes() for path in folder("schemas").glob("*.json"))
    found = {name for text in texts for name in _named(loads(text))}
    return frozenset(found | _WORDS | {part for id in CATALOGUE for part in (id, *id.split("."))})


def _named(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", {}) if isinstance(schema.get("properties"), dict) else ()
        constants = [schema.get("const"), *(schema["enum"] if isinstance(schema.get("enum"), list) else ())]
        yield from (each for each in constants if isinstance(each, str))
        for value in schema.values():
            yield from _named(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _named(value)
