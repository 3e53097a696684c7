"""What checks observe alike: an answer in a sentence, a JSON object, a count of tokens and what a missing one means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from conformance.language import joined, say

from .exchange import Exchange, NotApplicable
from .strict_json import JSONError, loads


def answered_with(exchange: Exchange, most: int = 120) -> str:
    """How a request was answered, with the beginning of the content: `plain was answered with HTTP 500: oops`."""
    text = exchange.text.strip()
    text = text if len(text) <= most else f"{text[:most]}…"
    said = say("{request} was answered with {outcome}", exchange.request, exchange.outcome)
    return joined(": ", (said, text)) if text else said


def json_object(text: str | bytes) -> dict[str, Any] | None:
    """The JSON object that a text is; None where it is none."""
    try:
        value = loads(text)
    except JSONError:
        return None
    return value if isinstance(value, dict) else None


def may_have(exchange: Exchange, *words: str) -> bool:
    """Whether one of these words, of ASCII without quotation marks, may be in a string or a name of the content. Where
    this says no, none is: JSON has them as they are, or escaped as \\u00…."""
    content = exchange.content
    for word in _bytes(words):
        if word in content:
            return True
    return b"\\u00" in content


@lru_cache(maxsize=4096)
def _bytes(words: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(word.encode() for word in words)


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def is_unfinished_object(text: str) -> bool:
    """Whether a text is the beginning of a JSON object that just ends."""
    bare = _STRING.sub("", text)
    return text.lstrip().startswith("{") and ('"' in bare or bare.count("{") > bare.count("}"))


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            if type(each) is str:
                yield each
            elif type(each) not in _OTHERS:
                yield from strings(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            if type(each) is str:
                yield each
            elif type(each) not in _OTHERS:
                yield from strings(each)


_OTHERS = frozenset({int, float, bool, type(None)})  #: types of values that hold no string


# --- a count of tokens, by its path in a usage: `prompt_tokens`, `prompt_tokens_details.cached_tokens` --------


def count_or_none(usage: Any, path: str) -> int | None:
    """The count; None where it is absent, null or not an integer, or where the usage is no object."""
    value = _at(usage, path)
    return value if type(value) is int else None


def count_or_zero(usage: Any, path: str) -> int:
    """The count; 0 where it is absent, null or not an integer."""
    return count_or_none(usage, path) or 0


def count_if_sent(usage: Any, path: str) -> int:
    """The count; 0 where it is absent or null. Raises NotApplicable where it is not an integer."""
    return 0 if _at(usage, path) is None else count_or_not_applicable(usage, path)


def count_or_not_applicable(usage: Any, path: str) -> int:
    """The count. Raises NotApplicable where it is absent or not an integer: the requirement on its type says so."""
    count = count_or_none(usage, path)
    if count is None:
        raise NotApplicable(_covered(path))
    return count


def as_sent(container: Any, name: str) -> str:
    """A member with its value, for messages: absent, null and zero are told apart."""
    if not isinstance(container, Mapping) or name not in container:
        return say("{name} absent", name)
    value = container[name]
    return f"{name} {'null' if value is None else json.dumps(value)[:80]}"


def _at(usage: Any, path: str) -> Any:
    for name in _names(path):
        if type(usage) is not dict and not isinstance(usage, Mapping):
            return None
        usage = usage.get(name)
    return usage


@lru_cache(maxsize=4096)
def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def _covered(path: str) -> str:
    return say("{path} is not an integer (covered by usage.{path})", path)
