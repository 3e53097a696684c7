"""Text into tokens, the same way every time.

No vendor's vocabulary: a token is up to six letters of a word with the space before it, one digit of a
number, one ideograph, up to six marks of ASCII punctuation, or one other character. The tokens of a text
spell it exactly, and texts that differ only in letters have as many.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain

_RUN = re.compile(r" ?[^\W_]+| ?[!-/:-@\[-`{-~]+| +|.", re.DOTALL)
_ONE_BY_ONE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
LONGEST = 6  #: characters in a token, the space before it not counted


def pieces(text: str) -> tuple[str, ...]:
    """The tokens of a text, in order; joined they are the text."""
    return tuple(chain.from_iterable(map(_split, _RUN.findall(text))))


def count(text: str) -> int:
    """How many tokens a text has."""
    return len(pieces(text))


@lru_cache(maxsize=2**16)
def _split(run: str) -> tuple[str, ...]:
    if len(run) <= 1:
        return (run,)
    body = run.lstrip(" ") or run
    size = 1 if body.isdigit() or _ONE_BY_ONE.search(body) else LONGEST
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return (run[: len(run) - len(body)] + parts[0], *parts[1:])
