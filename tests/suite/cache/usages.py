"""Usages with hits and writes, for the tests of cache."""

from __future__ import annotations

from typing import Any

from tests.support.builders_http import (
    usage,
)  # fmt: skip

#: The example of PhanEdge's page.
G1 = {
    "cached_tokens": 11944, "cached_write_tokens": 46109,
    "cached_write_5m_tokens": 29762, "cached_write_1h_tokens": 16347,
}  # fmt: skip
ANTHROPIC = {
    "input_tokens": 465, "cache_read_input_tokens": 11944, "cache_creation_input_tokens": 46109,
    "cache_creation": {"ephemeral_5m_input_tokens": 29762, "ephemeral_1h_input_tokens": 16347},
}  # fmt: skip
HIT: dict[str, Any] = {"cached_tokens": 3072}
W, W5, W1 = "cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens"


def usage_of(details: Any, **members: Any) -> dict[str, Any]:
    return usage(details, **{"prompt_tokens": 58518, "total_tokens": 58538} | members)
