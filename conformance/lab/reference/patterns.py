"""A text that a regular expression matches, for the common part of the notation that JSON Schema uses.

Groups, alternatives, classes, the escapes \\d \\w \\s \\. and the quantifiers ? * + {m} {m,} {m,n}. Anything
else (look-around, back-references, word boundaries, negated escapes) is Unwritable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_ESCAPES = {"d": "0123456789", "w": "abcdefghijklmnopqrstuvwxyz", "s": " ", "n": "\n", "t": "\t"}
_ANY = "abcdefghijklmnopqrstuvwxyz"
_PRINTABLE = "".join(map(chr, range(32, 127)))
_QUANTIFIER = re.compile(r"\{(\d+)(,(\d*))?\}|[?*+]")
_GROUP = re.compile(r"\((\?:|\?P?<\w+>)?(?!\?)")
MOST_REPEATS = 256

Choose = Callable[[int], int]
Part = Callable[[], str]


class Unwritable(Exception):
    """No text is known for this schema: it is contradictory, or written in what is not supported."""


def matching(pattern: str, choose: Choose, low: int = 0, high: int | None = None) -> str:
    """A text of `low` to `high` characters in which the pattern is found. `choose(n)` picks 0..n-1.
    Raises Unwritable."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise Unwritable(f"the pattern {pattern!r} is not understood: {error}") from None
    for extra in (*range(8), max(low, 8)):
        text = _Writer(pattern, choose, extra).whole()
        if compiled.search(text) and low <= len(text) and (high is None or len(text) <= high):
            return text
    raise Unwritable(f"no text of the asked length is known for the pattern {pattern!r}")


@dataclass
class _Writer:
    """Reads a pattern from left to right; `extra` is how often an open repeat goes beyond its minimum."""

    pattern: str
    choose: Choose
    extra: int
    at: int = 0

    def whole(self) -> str:
        write = self.alternatives()
        if self.at < len(self.pattern):
            raise Unwritable(f"the pattern {self.pattern!r} is not understood")
        return write()

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def next(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1 : self.at]

    def alternatives(self) -> Part:
        branches = [self.sequence()]
        while self.peek() == "|":
            self.next()
            branches.append(self.sequence())
        return lambda: branches[self.choose(len(branches))]()

    def sequence(self) -> Part:
        parts = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.repeated(self.atom()))
        return lambda: "".join(part() for part in parts)

    def repeated(self, part: Part) -> Part:
        found = _QUANTIFIER.match(self.pattern, self.at)
        if not found:
            return part
        self.at = found.end()
        if self.peek() in ("?", "+"):  # lazy or possessive: the same texts
            self.next()
        low, high = _bounds(found)
        times = min(low + self.extra, high)
        if low > MOST_REPEATS:
            raise Unwritable(f"the pattern {self.pattern!r} repeats more than {MOST_REPEATS} times")
        return lambda: "".join(part() for _ in range(times))

    def atom(self) -> Part:
        if group := _GROUP.match(self.pattern, self.at):
            self.at = group.end()
            inner = self.alternatives()
            self.next()
            return inner
        character = self.next()
        if character in "^$":
            return str
        if character == "[":
            return self.one_of(self.members())
        if character == "\\":
            return self.one_of(self.escaped())
        if character in "()*+?{":
            raise Unwritable(f"the pattern {self.pattern!r} uses {character!r} in a way that is not supported")
        return self.one_of(_ANY if character == "." else character)

    def one_of(self, characters: str) -> Part:
        return lambda: characters[self.choose(len(characters))]

    def escaped(self) -> str:
        character = self.next()
        if character.isalnum() and character not in _ESCAPES:
            raise Unwritable(f"the escape \\{character} is not supported")
        return _ESCAPES.get(character, character)

    def members(self) -> str:
        """The characters of a class, without its brackets."""
        negated = self.peek() == "^"
        if negated:
            self.next()
        found = "".join(self.ranges())
        self.next()
        characters = "".join(each for each in _PRINTABLE if each not in found) if negated else found
        if not characters:
            raise Unwritable(f"the pattern {self.pattern!r} has an empty class")
        return characters

    def ranges(self) -> Iterator[str]:
        while self.peek() not in ("]", ""):
            first = self.next()
            if first == "\\":
                yield self.escaped()
            elif self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.next()
                last = self.escaped() if (end := self.next()) == "\\" else end
                yield "".join(map(chr, range(ord(first), min(ord(last), ord(first) + 512) + 1)))
            else:
                yield first


def _bounds(quantifier: re.Match[str]) -> tuple[int, int]:
    if quantifier[0] in "?*+":
        return {"?": (0, 1), "*": (0, MOST_REPEATS), "+": (1, MOST_REPEATS)}[quantifier[0]]
    low = int(quantifier[1])
    return low, low if quantifier[2] is None else int(quantifier[3] or MOST_REPEATS)
