"""Characters that were damaged on their way."""

from __future__ import annotations

import json
import re
from typing import Any

from conformance.evidence.observed import strings
from conformance.evidence.request import Request
from conformance.language import say

SURROGATE = re.compile("[\ud800-\udfff]")
DAMAGED = "\ufffd"


def holds_damage(asked: Any) -> bool:
    """Whether a request holds U+FFFD, or half a surrogate pair, which decoders of JSON such as Go's turn into it."""
    return any(DAMAGED in text or SURROGATE.search(text) for text in strings(asked))


def is_damaged(request: Request) -> bool:
    """Whether a request holds such a character: in ASCII without escapes there is none."""
    return not (request.body.isascii() and b"\\u" not in request.body) and holds_damage(request.asked)


def damage(text: str, original: str) -> str:
    """How characters of a text were damaged, in words: lost, read in another encoding, or escaped twice; empty where
    none of this is seen."""
    words = [word for word in original.split() if not word.isascii()]
    if DAMAGED in text or SURROGATE.search(text):
        return say("holds U+FFFD or a lone surrogate")
    for character in filter(lambda each: not each.isascii(), "".join(words)):
        for encoding in ("latin-1", "cp1252"):
            if len(read := character.encode().decode(encoding, "ignore")) > 1 and read in text:
                return say("has {character} as UTF-8 read in {encoding}", character, encoding)
        if (escaped := json.dumps(character)[1:-1]) in text:
            return say("has {character} as the literal {escaped}", character, escaped)
    for word in words:
        lost = word.encode("ascii", "replace").decode()
        if lost.count("?") > 1 and lost in text.split():
            return say("has question marks for {word}", word)
    return ""
