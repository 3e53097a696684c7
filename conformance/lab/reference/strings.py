"""Strings for a JSON Schema: by format, by pattern, else a name from the prompt or a plain word."""

from __future__ import annotations

import math
import re
import uuid
from itertools import count
from typing import Any

from .facts import Facts
from .patterns import Unwritable, matching
from .vocabulary import PLAIN

LONGEST = 5000  #: characters of the longest minLength
_FORMATS = {
    "date": "2026-01-{n:02}",
    "date-time": "2026-01-{n:02}T12:00:00Z",
    "time": "12:{n:02}:00Z",
    "duration": "P{n}D",
    "email": "{word}{n}@example.com",
    "hostname": "{word}{n}.example.com",
    "ipv4": "192.0.2.{n}",
    "ipv6": "2001:db8::{n}",
    "uri": "https://example.com/{word}/{n}",
}


TOLD = re.compile(r"\balways (\w+)", re.IGNORECASE)  #: a value that the description of a schema tells


def string(schema: dict[str, Any], facts: Facts, where: str) -> str:
    """A string valid under the schema's format, pattern and length, or what its description tells. Raises
    Unwritable."""
    low, high = schema.get("minLength", 0), schema.get("maxLength", math.inf)
    if low > min(high, LONGEST):
        raise Unwritable(f"the length of the string at {where} cannot be met")
    if "pattern" in schema:
        return _by_pattern(schema["pattern"], facts, where, low, high)
    if schema.get("format") is not None:
        formed = _by_format(schema["format"], facts, where)
        if not low <= len(formed) <= high:
            raise Unwritable(f"the length of the {schema['format']} at {where} cannot be met")
        return formed
    if told := TOLD.search(str(schema.get("description", ""))):
        return told[1]
    for name in facts.names:
        if low <= len(name) <= high:
            facts.names.remove(name)
            return name
    word = PLAIN[facts.choose(len(PLAIN), where)]
    text: str = (word * (low // len(word) + 1))[: max(low, len(word))]
    return text if math.isinf(high) else text[: int(high)]


def _by_pattern(pattern: str, facts: Facts, where: str, low: int, high: float) -> str:
    drawn = count()
    return matching(
        pattern,
        lambda options: facts.choose(options, f"{where}/{next(drawn)}"),
        low,
        None if math.isinf(high) else int(high),
    )


def _by_format(name: str, facts: Facts, where: str) -> str:
    if name == "uuid":
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{facts.salt}\n{facts.text}\n{where}"))
    if name not in _FORMATS:
        raise Unwritable(f"the format {name!r} at {where} is not supported")
    word = PLAIN[facts.choose(len(PLAIN), where)]
    return _FORMATS[name].format(n=1 + facts.choose(28, where), word=word)
