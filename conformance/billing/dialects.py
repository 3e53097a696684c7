"""Dialects of usage: which other vendor's members report caching, and what the same counts are in PhanEdge's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.evidence.observed import count_or_zero
from conformance.language import joined, say


@dataclass(frozen=True)
class Counts:
    """The tokens of one prompt as PhanEdge counts them: `prompt` includes what was read and what was written."""

    prompt: int
    read: int
    written_5m: int
    written_1h: int

    @property
    def written(self) -> int:
        return self.written_5m + self.written_1h

    @property
    def uncached(self) -> int:
        return self.prompt - self.read - self.written

    def __str__(self) -> str:
        counts = {
            "cached_tokens": self.read, "cached_write_tokens": self.written,
            "cached_write_5m_tokens": self.written_5m, "cached_write_1h_tokens": self.written_1h,
        }  # fmt: skip
        told = {"prompt_tokens": self.prompt} | {name: tokens for name, tokens in counts.items() if tokens}
        return ", ".join(f"{name} {tokens}" for name, tokens in told.items())


@dataclass(frozen=True)
class Dialect:
    """`mapping` says how PhanEdge's members follow from those that the reply has; `counts` is what comes of it."""

    name: str
    mapping: str
    counts: Counts

    def __str__(self) -> str:
        return say("{name}: {mapping}; expected {counts}", self.name, self.mapping, self.counts)


def dialect(usage: Mapping[str, Any]) -> Dialect | None:
    """The dialect of a usage. None where it is PhanEdge's own, or says nothing of caching that could be mapped."""
    if not _tells_of_a_cache(usage):
        return None
    found = (known(usage) for known in (_anthropic, _deepseek, _openai, _one_hub, _exclusive))
    return next((each for each in found if each), None)


def _tells_of_a_cache(usage: Mapping[str, Any]) -> bool:
    """Whether a count of hits, misses or writes is there in any dialect, and is not 0: their names all say it."""
    holders = (usage, _object(usage, "prompt_tokens_details"))
    named = (name for each in holders for name, value in each.items() if value)
    return any("cache" in name or "ephemeral" in name for name in named)


def mapped(usage: Mapping[str, Any]) -> str:
    """What to add to a message about this usage: the dialect it is in with its mapping, or nothing."""
    found = dialect(usage)
    return say("; {dialect}", found) if found else ""


def phanedge(usage: Mapping[str, Any]) -> Counts:
    """What a usage says in PhanEdge's words. What is absent or no count is 0; the two buckets are believed, and a total
    without them is one of five minutes, the cheaper (contract, section 8)."""
    details = _object(usage, "prompt_tokens_details")
    total, *buckets = (
        count_or_zero(details, name)
        for name in ("cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens")
    )
    written_5m, written_1h = buckets if any(buckets) else (total, 0)
    return Counts(
        count_or_zero(usage, "prompt_tokens"), count_or_zero(details, "cached_tokens"), written_5m, written_1h
    )


#: Anthropic's members, and its translators'. new-api has `cached_creation_tokens` in the details, LiteLLM there the
#: split `cache_creation_token_details`.
_READ = ("cache_read_input_tokens", "cache_read_tokens", "cached_read_tokens")
_WRITTEN = ("cache_creation_input_tokens", "cache_creation_tokens", "cached_creation_tokens")
SPLITS = ("cache_creation", "cache_creation_token_details")
_WRITTEN_5M = (
    *(f"{split}.ephemeral_5m_input_tokens" for split in SPLITS),
    "ephemeral_5m_input_tokens", "claude_cache_creation_5_m_tokens",
)  # fmt: skip
_WRITTEN_1H = (
    *(f"{split}.ephemeral_1h_input_tokens" for split in SPLITS),
    "ephemeral_1h_input_tokens", "claude_cache_creation_1_h_tokens",
)  # fmt: skip


def _anthropic(usage: Mapping[str, Any]) -> Dialect | None:
    """Anthropic's members in usage, or its translators' in usage or the details."""
    details, own = _object(usage, "prompt_tokens_details"), phanedge(usage)
    a_read, read = _first(usage, details, names=_READ)
    a_total, total = _first(usage, details, names=_WRITTEN)
    a_five, five = _first(usage, details, names=_WRITTEN_5M)
    an_hour, hour = _first(usage, details, names=_WRITTEN_1H)
    if not (read or total or five or hour):
        return None
    mapping = _equations(cached_tokens=a_read, cached_write_5m_tokens=a_five, cached_write_1h_tokens=an_hour)
    mapping += _equations(cached_write_tokens=a_total)
    if total and not (five or hour):
        mapping.append(say("without a split all of it is in cached_write_5m_tokens"))
    of_cache = [a_read or ("cached_tokens" if own.read else ""), *([a_total] if total else [a_five, an_hour])]
    if five or hour:
        five = max(five, total - hour)
    else:
        five, hour = (own.written_5m, own.written_1h) if total in (0, own.written) else (total, 0)
    read = read or own.read
    cached = read + five + hour
    prompt, of = _whole_prompt(usage, own.prompt, cached)
    counts = Counts(prompt, read, five, hour)
    if counts == own:
        return None
    if prompt != own.prompt:
        mapping += _equations(prompt_tokens=" + ".join(filter(None, [of, *of_cache])))
    doubled = own.prompt == prompt + cached
    twice = say(", with cached input counted twice in prompt_tokens") if doubled else ""
    return Dialect(joined("", (say("Anthropic's dialect"), twice)), joined(", ", mapping), counts)


def _whole_prompt(usage: Mapping[str, Any], prompt: int, cached: int) -> tuple[int, str]:
    """The whole prompt, and the member that it is counted from. Anthropic's input_tokens is the uncached input; where
    it is equal to a prompt_tokens that can hold what was cached, it is that of OpenAI's Responses, the whole."""
    uncached = count_or_zero(usage, "input_tokens")
    if "input_tokens" in usage and not uncached == prompt >= cached:
        return uncached + cached, "input_tokens"
    return (prompt if prompt >= cached else prompt + cached), "prompt_tokens"


def _deepseek(usage: Mapping[str, Any]) -> Dialect | None:
    hits, read = _first(usage, names=("prompt_cache_hit_tokens",))
    misses, miss = _first(usage, names=("prompt_cache_miss_tokens",))
    if not (read or miss):
        return None
    mapping = _equations(cached_tokens=hits, prompt_tokens=" + ".join(filter(None, [hits, misses])) if miss else "")
    if miss:
        mapping.append(say("a miss is uncached input, not a write"))
    prompt = read + miss if miss else max(count_or_zero(usage, "prompt_tokens"), read)
    counts = Counts(prompt, read, 0, 0)
    return Dialect(say("DeepSeek's dialect"), joined(", ", mapping), counts) if counts != phanedge(usage) else None


def _openai(usage: Mapping[str, Any]) -> Dialect | None:
    details, own = _object(usage, "prompt_tokens_details"), phanedge(usage)
    name, written = _first(details, usage, names=("cache_write_tokens", "cache_write_input_tokens"))
    if not written or own.written:
        return None
    mapping = [f"cached_write_tokens = {name}", say("cached_write_1h_tokens = what of it has ttl 1h")]
    prompt = own.prompt if own.prompt >= own.read + written else own.prompt + own.read + written
    if prompt != own.prompt:
        mapping.append(f"prompt_tokens = prompt_tokens + {'cached_tokens + ' if own.read else ''}{name}")
    counts = Counts(prompt, own.read, written, 0)
    return Dialect(say("OpenAI's and OpenRouter's dialect"), joined(", ", mapping), counts)


def _one_hub(usage: Mapping[str, Any]) -> Dialect | None:
    """`cached_write_tokens` as the bucket of five minutes alone."""
    details, own = _object(usage, "prompt_tokens_details"), phanedge(usage)
    total = count_or_zero(details, "cached_write_tokens")
    if not (own.written_1h and total and total == own.written_5m):
        return None
    mapping = "cached_write_tokens = cached_write_5m_tokens + cached_write_1h_tokens"
    return Dialect(say("one-hub's dialect, where cached_write_tokens is the 5m bucket alone"), mapping, own)


def _exclusive(usage: Mapping[str, Any]) -> Dialect | None:
    """Anthropic's input_tokens under the name prompt_tokens: it is less than its parts, or total_tokens has them."""
    own = phanedge(usage)
    cached = own.read + own.written
    total = own.prompt + cached + count_or_zero(usage, "completion_tokens")
    if not cached or min(own.prompt, own.read, own.written_5m, own.written_1h) < 0:
        return None
    if own.uncached >= 0 and count_or_zero(usage, "total_tokens") != total:
        return None
    parts = {"cached_tokens": own.read, "cached_write_tokens": own.written}
    mapping = " + ".join(["prompt_tokens = prompt_tokens", *(name for name, tokens in parts.items() if tokens)])
    whole = Counts(own.prompt + cached, own.read, own.written_5m, own.written_1h)
    return Dialect(say("cached input seems excluded from prompt_tokens"), mapping, whole)


def _object(container: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = container.get(name)
    return value if isinstance(value, dict) else {}


def _first(*containers: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, int]:
    """The first of these members with a count above zero, and that count; an empty name where there is none."""
    found = ((name, count_or_zero(each, name)) for each in containers for name in names)
    return next((each for each in found if each[1] > 0), ("", 0))


def _equations(**members: str) -> list[str]:
    """What PhanEdge's members are in those of a reply; without those that the reply does not have."""
    return [f"{own} = {theirs}" for own, theirs in members.items() if theirs]
