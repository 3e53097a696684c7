"""The counts of cache hits and cache writes in usage, by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.contract.faults import edit
from conformance.contract.requirement import Fault
from conformance.evidence.observed import count_if_sent

DETAILS = "usage.prompt_tokens_details"
HITS = "cached_tokens"
WRITES, WRITES_5M, WRITES_1H = "cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens"
WRITE_FIELDS = (WRITES, WRITES_5M, WRITES_1H)


def count(details: Any, name: str) -> int:
    """The number of tokens under this name in prompt_tokens_details; 0 where it is absent or null. Raises NotApplicable
    where it is not an integer."""
    return count_if_sent({"prompt_tokens_details": details}, f"prompt_tokens_details.{name}")


def in_usage(change: Callable[[dict[str, Any], dict[str, Any]], object]) -> Fault:
    """Usage and its details changed in place, where the document has a usage."""

    def apply(document: Any) -> None:
        if isinstance(usage := document.get("usage"), dict):
            if not isinstance(usage.get("prompt_tokens_details"), dict):
                usage["prompt_tokens_details"] = {}
            change(usage, usage["prompt_tokens_details"])

    return edit(apply)
