"""Prompt caches: by marker with two lifetimes as Claude's is, of itself in steps as GPT's is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from .prompt import Block

SHORTEST = 1024  #: tokens of a prefix, below which nothing is cached (Anthropic and OpenAI prompt caching)
STEP = 128  #: tokens, of GPT's hits beyond the shortest (OpenAI prompt caching, older edition)
LIFETIMES = {"5m": 300.0, "1h": 3600.0}  #: seconds
AUTOMATIC_LIFETIME = 600.0  #: seconds


@dataclass(frozen=True)
class Tally:
    """Tokens of one prompt that were read from the cache, and written to it with each lifetime."""

    cached: int = 0
    written_5m: int = 0
    written_1h: int = 0

    def details(self) -> dict[str, int]:
        """The members of `usage.prompt_tokens_details`; writes that are zero are left out (PhanEdge)."""
        written = {
            "cached_write_tokens": self.written_5m + self.written_1h,
            "cached_write_5m_tokens": self.written_5m,
            "cached_write_1h_tokens": self.written_1h,
        }
        return {"cached_tokens": self.cached} | {name: tokens for name, tokens in written.items() if tokens}


@dataclass
class Cache:
    """Which prefixes are held, and until when (seconds of the endpoint's clock)."""

    lifetimes: dict[bytes, float] = field(default_factory=dict)
    expiries: dict[bytes, float] = field(default_factory=dict)

    def holds(self, prefix: bytes, now: float) -> bool:
        """Whether a prefix can be read."""
        return self.expiries.get(prefix, 0.0) > now

    def keep(self, prefix: bytes, now: float, lifetime: float) -> None:
        """Hold a prefix for a lifetime in seconds."""
        self.lifetimes[prefix] = lifetime
        self.expiries[prefix] = now + lifetime

    def refresh(self, prefix: bytes, now: float) -> None:
        """Hold a prefix for its lifetime once more, as a hit does."""
        self.expiries[prefix] = now + self.lifetimes[prefix]

    def forget_expired(self, now: float) -> None:
        """Let go of what can no longer be read."""
        for prefix in [each for each, expiry in self.expiries.items() if expiry <= now]:
            del self.expiries[prefix], self.lifetimes[prefix]


def by_marker(cache: Cache, owner: str, blocks: list[Block], now: float) -> Tally:
    """Read and write as Anthropic does.

    With A the highest hit at or before the last marker, B the last 1h marker beyond A and C the last marker,
    B - A tokens are written for an hour, and what is left up to C for five minutes (contract, section 5).
    """
    cache.forget_expired(now)
    ends = list(accumulate(len(block.pieces) for block in blocks))
    names = list(_prefixes(owner, (block.pieces for block in blocks)))
    marks = [index for index, block in enumerate(blocks) if block.ttl and ends[index] >= SHORTEST]
    if not marks:
        return Tally()
    hits = [index for index in range(marks[-1] + 1) if cache.holds(names[index], now)]
    for index in hits:
        cache.refresh(names[index], now)
    read = ends[hits[-1]] if hits else 0
    beyond = [index for index in marks if ends[index] > read]
    for index in beyond:
        cache.keep(names[index], now, LIFETIMES[str(blocks[index].ttl)])
    hour = max((ends[index] for index in beyond if blocks[index].ttl == "1h"), default=read)
    last = max((ends[index] for index in beyond), default=read)
    return Tally(read, last - hour, hour - read)


def automatic(cache: Cache, owner: str, blocks: list[Block], now: float) -> Tally:
    """Read the longest known prefix of 1,024 tokens and steps of 128, and hold every such prefix: what is
    written is free and not reported."""
    cache.forget_expired(now)
    tokens = [piece for block in blocks for piece in block.pieces]
    ends = range(SHORTEST, len(tokens) + 1, STEP)
    starts = [0, *ends]
    names = list(_prefixes(owner, (tokens[start:end] for start, end in zip(starts, ends, strict=False))))
    read = max((end for end, name in zip(ends, names, strict=True) if cache.holds(name, now)), default=0)
    for name in names:
        cache.keep(name, now, AUTOMATIC_LIFETIME)
    return Tally(read)


def _prefixes(owner: str, parts: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """A name for the prefix up to the end of each part, which no other text of no other owner has."""
    digest = hashlib.sha256(owner.encode() + b"\xff")
    for part in parts:
        digest.update(b"\xff".join(piece.encode("utf-8", "surrogatepass") for piece in part) + b"\xff")
        yield digest.digest()
