"""What a text says that can be written into JSON: its names and its numbers."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from .vocabulary import NUMERALS, PLACING, STARTERS

_WORD = re.compile(r"[^\s,.;:?!()\[\]{}\"“”]+|[,.;:?!()\"“”]")
_NUMBER = re.compile(r"(?<![\w.-])-?\d+(?:\.\d+)?(?![\w-])(?!\.\d)")


@dataclass
class Facts:
    """Names and numbers in the order they are said; whoever writes one takes it, so that each is used once.

    `salt` makes the choices that the text leaves open, the same for the same text and seed.
    """

    text: str
    salt: str = ""
    names: list[str] = field(default_factory=list)
    integers: list[int] = field(default_factory=list)
    decimals: list[float] = field(default_factory=list)

    def choose(self, options: int, where: str) -> int:
        """One of 0..options-1, decided by the text, the seed and the place."""
        digest = hashlib.sha256(f"{self.salt}\n{self.text}\n{where}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % options

    def mentions(self, word: str) -> bool:
        """Whether the text has this word or phrase, in whatever case."""
        return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", self.text, re.IGNORECASE) is not None

    def denies(self, words: list[str]) -> bool:
        """Whether the text says `no` before one of these words."""
        listed = "|".join(map(re.escape, words))
        return (
            re.search(rf"\b(?:no|not|never|without)\s+(?:an?\s+)?(?:{listed})\b", self.text, re.IGNORECASE) is not None
        )


def facts(text: str, salt: str = "", first: str | None = None) -> Facts:
    """The facts of a text; `first` is a name to be taken before all others."""
    numbers = _NUMBER.findall(text)
    integers = [int(each) for each in numbers if "." not in each]
    integers += [NUMERALS.index(word) for word in re.findall(r"[a-z]+", text.lower()) if word in NUMERALS]
    named = [name for name, _ in _names(text)]
    if first is not None:
        named = [first, *(name for name in named if name != first)]
    return Facts(text, salt, named, integers, [float(each) for each in numbers if "." in each])


def subjects(text: str) -> list[str]:
    """What a text is about: the names it places (`in Paris and Tokyo`), else all it names."""
    placed: list[str] = []
    named = _names(text)
    for name, before in named:
        if before in PLACING or (placed and before in ("and", ",")):
            placed.append(name)
    found = placed or [name for name, _ in named]
    if not found:
        found = [each for each in re.findall(r"\b(?:in|for|at|near)\s+(\w+)", text) if each not in STARTERS]
    return list(dict.fromkeys(found))


def _names(text: str) -> list[tuple[str, str]]:
    """Each run of words that begin like names, with the word or mark before it."""
    found: list[tuple[str, str]] = []
    run: list[str] = []
    before = previous = ""
    for word in [*_WORD.findall(text), "."]:
        if _is_name(word):
            before = before if run else previous
            run.append(word)
        elif run:
            found.append((" ".join(run), before.lower()))
            run = []
        previous = word
    return found


def _is_name(word: str) -> bool:
    """A capital letter or one of a script without capitals, or a code such as `x-41B`."""
    if not word[0].isalnum() or word.lower() in STARTERS:
        return False
    coded = any(each.isdigit() for each in word) and any(each.isupper() for each in word)
    return coded or (word[0].isalpha() and not word[0].islower())
