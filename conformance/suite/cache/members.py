"""Where a usage reports hits and writes: the names of other dialects, and counterexamples that write."""

from __future__ import annotations

from typing import Any

from conformance.contract.requirement import Fault
from conformance.suite.support.cache_counts import HITS, WRITE_FIELDS, WRITES, WRITES_1H, WRITES_5M, in_usage

#: OpenAI's own name, of GPT-5.6 and later; PhanEdge's swaps two letters.
OPENAI_WRITES = "cache_write_tokens"

#: What other dialects call a hit or a write, in usage or in its details.
OTHER_HITS = (
    "cache_read_input_tokens", "cache_read_tokens", "cached_read_tokens", "cached_input_tokens",
    "prompt_cache_hit_tokens", "num_cached_tokens",
)  # fmt: skip
OTHER_WRITES = (
    OPENAI_WRITES, "cache_creation_input_tokens", "cache_creation_tokens", "cache_write_input_tokens",
    "cached_creation_tokens", "claude_cache_creation_5_m_tokens", "claude_cache_creation_1_h_tokens",
    "cache_creation.ephemeral_5m_input_tokens", "cache_creation.ephemeral_1h_input_tokens",
    "cache_creation_token_details.ephemeral_5m_input_tokens", "cache_creation_token_details.ephemeral_1h_input_tokens",
)  # fmt: skip
#: Anthropic's names and those of its translators, new-api and LiteLLM, with PhanEdge's for the same amount.
ANTHROPIC = {
    "cache_read_input_tokens": HITS,
    "cache_creation_input_tokens": WRITES,
    "cache_creation.ephemeral_5m_input_tokens": WRITES_5M,
    "cache_creation.ephemeral_1h_input_tokens": WRITES_1H,
    "cached_creation_tokens": WRITES,
    "cache_creation_token_details.ephemeral_5m_input_tokens": WRITES_5M,
    "cache_creation_token_details.ephemeral_1h_input_tokens": WRITES_1H,
    "claude_cache_creation_5_m_tokens": WRITES_5M,
    "claude_cache_creation_1_h_tokens": WRITES_1H,
}


def elsewhere(usage: dict[str, Any], names: tuple[str, ...]) -> dict[str, int]:
    """The positive counts under other dialects' names, in usage, its details, or one object deeper."""
    details = usage.get("prompt_tokens_details")
    found: dict[str, int] = {}
    for container in (usage, details if isinstance(details, dict) else {}):
        for name in names:
            outer, _, inner = name.rpartition(".")
            holder = container.get(outer) if outer else container
            value = holder.get(inner) if isinstance(holder, dict) else None
            if type(value) is int and value > 0:
                found[name] = value
    return found


def writing(**counts: int) -> Fault:
    """Exactly these counts of writes in the details, the prompt made large enough for them."""

    def change(usage: dict[str, Any], details: dict[str, Any]) -> None:
        for name in WRITE_FIELDS:
            details.pop(name, None)
        details.update(counts)
        usage["prompt_tokens"] = max(usage["prompt_tokens"], 50_000)

    return in_usage(change)


def reported_writes(details: dict[str, Any]) -> list[str]:
    """The names of the members of writes that are there."""
    return [name for name in details if name.startswith("cached_write")]


def as_reported(details: dict[str, Any]) -> str:
    """The members of writes that are there, with their values."""
    return ", ".join(f"{name} {details[name]!r}" for name in reported_writes(details))


#: A write that is split into both buckets.
SPLIT = writing(cached_write_tokens=700, cached_write_5m_tokens=400, cached_write_1h_tokens=300)
