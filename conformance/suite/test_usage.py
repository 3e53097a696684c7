"""What usage counts must add up to, beyond their shape and sums (`test_shape.py`)."""

from __future__ import annotations

from typing import Any

from conformance.exchange import NotApplicable
from conformance.families import EVERY_USAGE
from conformance.faults import chain, edit, put
from conformance.requirement import Fault, must, should

#: Counts of other vendors that mean cached_tokens.
OTHER_HITS = ("prompt_cache_hit_tokens", "num_cached_tokens", "cached_input_tokens", "cached_read_tokens")
#: What Anthropic's input_tokens leaves out of prompt_tokens.
CACHE_PARTS = ("cached_tokens", "cached_write_tokens")


@must(
    "count at least one completion token for text or a tool call that it returns",
    on=EVERY_USAGE,
    source="openai-openapi#CompletionUsage.completion_tokens",
    contract=["usage-04"],
    at="usage.completion_tokens",
    hint="Pass the upstream's output count on; do not send usage before the output is counted.",
    broken_by=put("usage.completion_tokens", 0),
)
def test_output_costs_tokens(messages: list[dict[str, Any]], usage: dict[str, Any]) -> None:
    if not any(message.get("content") or message.get("tool_calls") for message in messages):
        raise NotApplicable("the reply has neither text nor a tool call")
    count = usage.get("completion_tokens")
    if type(count) is not int:
        raise NotApplicable("completion_tokens is not an integer, which is another requirement")
    assert count >= 1, f"completion_tokens is {count}, yet the reply has text or a tool call"


# --- what other dialects call the same ----------------------------------------------------------------------


def positive(container: Any, name: str) -> int:
    """The count under this name; 0 where it is absent, null, zero, or no count at all: zeros are fillings."""
    value = container.get(name) if isinstance(container, dict) else None
    return value if type(value) is int and value > 0 else 0


def _as_well(**members: str) -> Fault:
    """Vendor members beside OpenAI's, each a copy of another."""

    def change(document: Any) -> None:
        if isinstance(usage := document.get("usage"), dict):
            usage.update({name: usage.get(own) for name, own in members.items()})

    return edit(change)


@should(
    "give input_tokens and output_tokens, where it sends them, the values of OpenAI's counts",
    on=EVERY_USAGE,
    source="phanedge#alignment",
    contract=["usage-13"],
    at="usage.input_tokens usage.output_tokens",
    hint="input_tokens may be Anthropic's, without cache hits and writes; zeros are ignored.",
    shown_by=_as_well(input_tokens="prompt_tokens", output_tokens="completion_tokens"),
    broken_by={
        "input": put("usage.input_tokens", 9_999_999),
        "output": put("usage.output_tokens", 9_999_999),
    },
)
def test_native_counts_agree(usage: dict[str, Any]) -> None:
    counted_in, counted_out = positive(usage, "input_tokens"), positive(usage, "output_tokens")
    prompt, completion = positive(usage, "prompt_tokens"), positive(usage, "completion_tokens")
    if not ((counted_in and prompt) or (counted_out and completion)):
        raise NotApplicable("input_tokens and output_tokens are not sent, or zero")
    if counted_in and prompt:
        uncached = prompt - sum(positive(usage.get("prompt_tokens_details"), name) for name in CACHE_PARTS)
        assert counted_in in (prompt, uncached), (
            f"input_tokens is {counted_in}; prompt_tokens is {prompt}, without hits and writes {uncached}"
        )
    if counted_out and completion:
        assert counted_out == completion, f"output_tokens is {counted_out}, completion_tokens is {completion}"


@should(
    "make prompt_cache_hit_tokens and prompt_cache_miss_tokens, where it sends both, come to prompt_tokens",
    on=EVERY_USAGE,
    source="deepseek#usage",
    contract=["usage-13"],
    at="usage.prompt_cache_hit_tokens usage.prompt_cache_miss_tokens usage.prompt_tokens",
    shown_by=chain(
        put("usage.prompt_tokens", 2000),
        put("usage.prompt_cache_hit_tokens", 1024),
        put("usage.prompt_cache_miss_tokens", 976),
    ),
    broken_by=put("usage.prompt_cache_miss_tokens", 2000),
)
def test_hits_and_misses(usage: dict[str, Any]) -> None:
    hit, miss = positive(usage, "prompt_cache_hit_tokens"), positive(usage, "prompt_cache_miss_tokens")
    prompt = positive(usage, "prompt_tokens")
    if not (hit and miss and prompt):
        raise NotApplicable("hits and misses are not both sent")
    assert hit + miss == prompt, f"{hit} hits and {miss} misses are {hit + miss}, and prompt_tokens is {prompt}"


@should(
    "give other vendors' counts of cache hits, where it sends them, the value of cached_tokens",
    on=EVERY_USAGE,
    source="phanedge#alignment",
    contract=["usage-13"],
    at="usage.prompt_tokens_details.cached_tokens",
    hint="Of Anthropic's cache_read_input_tokens the same is required under caching.",
    shown_by=chain(put("usage.prompt_tokens_details.cached_tokens", 1024), put("usage.prompt_cache_hit_tokens", 1024)),
    broken_by=put("usage.prompt_cache_hit_tokens", 1025),
)
def test_hits_agree(usage: dict[str, Any], details: dict[str, Any]) -> None:
    cached = positive(details, "cached_tokens")
    given = {name: value for name in OTHER_HITS if (value := positive(usage, name) or positive(details, name))}
    if not cached or not given:
        raise NotApplicable("cached_tokens or another count of cache hits is not sent, or zero")
    wrong = {name: value for name, value in given.items() if value != cached}
    assert not wrong, f"cached_tokens is {cached}, and " + ", ".join(
        f"{name} is {value}" for name, value in wrong.items()
    )
