"""The faults in the billing detail that no other suite catches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.contract.faults import edit
from conformance.contract.requirement import Fault


def _usage(document: Any) -> dict[str, Any]:
    """The usage of a document that reports cache writes, or an empty object."""
    usage: Any = document.get("usage") if isinstance(document, dict) else None
    details = usage.get("prompt_tokens_details") if isinstance(usage, dict) else None
    return usage if isinstance(usage, dict) and "cached_write_tokens" in (details or {}) else {}


def _total_is_not_the_sum(document: Any) -> None:
    if usage := _usage(document):
        usage["prompt_tokens_details"]["cached_write_tokens"] -= 1


def _cached_above_prompt(document: Any) -> None:
    usage = document.get("usage") if isinstance(document, dict) else None
    if isinstance(usage, dict) and isinstance(usage.get("prompt_tokens_details"), dict):
        usage["prompt_tokens_details"]["cached_tokens"] = usage["prompt_tokens"] + 1


def _negative_bucket(document: Any) -> None:
    """One bucket negative, the sum kept right."""
    if usage := _usage(document):
        details = usage["prompt_tokens_details"]
        details["cached_write_5m_tokens"] = -7
        details["cached_write_tokens"] = details.get("cached_write_1h_tokens", 0) - 7


def _total_is_a_string(document: Any) -> None:
    if usage := _usage(document):
        details = usage["prompt_tokens_details"]
        details["cached_write_tokens"] = str(details["cached_write_tokens"])


def _fractional_count(document: Any) -> None:
    """All writes and the prompt half a token more, so that every sum stays right."""
    if usage := _usage(document):
        details = usage["prompt_tokens_details"]
        bucket = "cached_write_5m_tokens" if "cached_write_5m_tokens" in details else "cached_write_1h_tokens"
        details[bucket] -= 0.5
        details["cached_write_tokens"] -= 0.5


def _prompt_without_cache(document: Any) -> None:
    """prompt_tokens is Anthropic's input_tokens: neither hits nor writes are counted in it."""
    usage = document.get("usage") if isinstance(document, dict) else None
    details = usage.get("prompt_tokens_details") if isinstance(usage, dict) else None
    if isinstance(usage, dict) and isinstance(details, dict):
        uncounted = details.get("cached_tokens", 0) + details.get("cached_write_tokens", 0)
        usage["prompt_tokens"] -= uncounted
        usage["total_tokens"] -= uncounted


def _zeros(document: Any) -> None:
    usage = document.get("usage") if isinstance(document, dict) else None
    if isinstance(usage, dict) and isinstance(usage.get("prompt_tokens_details"), dict):
        for name in ("cached_write_tokens", "cached_write_5m_tokens", "cached_write_1h_tokens"):
            usage["prompt_tokens_details"].setdefault(name, 0)


#: The faults in the billing detail that no other suite catches.
BILLING: Mapping[str, Fault] = {
    "billing-write-total-is-not-the-sum": edit(_total_is_not_the_sum),
    "billing-cached-above-prompt": edit(_cached_above_prompt),
    "billing-negative-bucket": edit(_negative_bucket),
    "billing-write-total-is-a-string": edit(_total_is_a_string),
    "billing-fractional-count": edit(_fractional_count),
    "billing-prompt-without-cache": edit(_prompt_without_cache),
    "billing-zeros-not-omitted": edit(_zeros),
}
#: What goes wrong, by fault.
BILLING_SENTENCES: Mapping[str, str] = {
    "billing-write-total-is-not-the-sum": "cached_write_tokens is one token less than the sum of its buckets.",
    "billing-cached-above-prompt": "cached_tokens is one token more than prompt_tokens.",
    "billing-negative-bucket": "cached_write_5m_tokens is negative, and the total is still the sum.",
    "billing-write-total-is-a-string": "cached_write_tokens is a string.",
    "billing-fractional-count": "A bucket and the total of cache writes have half a token.",
    "billing-prompt-without-cache": "prompt_tokens leaves out cache hits and writes, as Anthropic's input_tokens does.",
    "billing-zeros-not-omitted": "Where nothing was written to the cache, the write members are 0.",
}
