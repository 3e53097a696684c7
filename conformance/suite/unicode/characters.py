"""Characters that were damaged on their way, and the strings in which to look for them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

SURROGATE = re.compile("[\ud800-\udfff]")
DAMAGED = "\ufffd"


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from strings(each)


def damage(text: str, original: str) -> str:
    """How characters of a text were damaged, in words: lost, read in another encoding, or escaped twice; empty where
    none of this is seen."""
    words = [word for word in original.split() if not word.isascii()]
    if DAMAGED in text or SURROGATE.search(text):
        return "holds U+FFFD or a lone surrogate"
    for character in filter(lambda each: not each.isascii(), "".join(words)):
        for encoding in ("latin-1", "cp1252"):
            if len(read := character.encode().decode(encoding, "ignore")) > 1 and read in text:
                return f"has {character} as UTF-8 read in {encoding}"
        if (escaped := json.dumps(character)[1:-1]) in text:
            return f"has {character} as the literal {escaped}"
    for word in words:
        lost = word.encode("ascii", "replace").decode()
        if lost.count("?") > 1 and lost in text.split():
            return f"has question marks for {word}"
    return ""
