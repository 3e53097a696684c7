"""Counts of one reply: output costs tokens, and other dialects' names for a count agree with it."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import chain, edit, put
from conformance.contract.requirement import Fault
from conformance.contract.scopes import EVERY_USAGE
from conformance.evidence.exchange import NotApplicable
from conformance.evidence.observed import count_or_not_applicable, count_or_zero
from conformance.language import joined, say

from . import AREA

#: Counts of other vendors that mean cached_tokens.
OTHER_HITS = ("prompt_cache_hit_tokens", "num_cached_tokens", "cached_input_tokens", "cached_read_tokens")
#: What Anthropic's input_tokens leaves out of prompt_tokens.
CACHE_PARTS = ("prompt_tokens_details.cached_tokens", "prompt_tokens_details.cached_write_tokens")


@AREA.must(
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
        raise NotApplicable(say("the reply has neither text nor a tool call"))
    count = count_or_not_applicable(usage, "completion_tokens")
    assert count >= 1, say("completion_tokens is {count}, yet the reply has text or a tool call", count)


# --- what other dialects call the same ----------------------------------------------------------------------


def positive(usage: dict[str, Any], path: str) -> int:
    """The count; 0 where it is absent, null, not an integer or negative. Zeros are often filled in, and say nothing."""
    return max(count_or_zero(usage, path), 0)


def _as_well(**members: str) -> Fault:
    """Vendor members beside OpenAI's, each a copy of another."""

    def change(document: Any) -> None:
        if isinstance(usage := document.get("usage"), dict):
            usage.update({name: usage.get(own) for name, own in members.items()})

    return edit(change)


@AREA.should(
    "give input_tokens and output_tokens, where it sends them, the values of OpenAI's counts",
    on=EVERY_USAGE,
    source="phanedge#alignment",
    contract=["usage-13"],
    at="usage.input_tokens usage.output_tokens",
    hint="input_tokens may be Anthropic's, without cache hits and writes. Leave a member out rather than send 0 in it.",
    shown_by=_as_well(input_tokens="prompt_tokens", output_tokens="completion_tokens"),
    broken_by={
        "input": put("usage.input_tokens", 9_999_999),
        "output": put("usage.output_tokens", 9_999_999),
        "filled in": put("usage.output_tokens", 0),
    },
)
def test_native_counts_agree(usage: dict[str, Any]) -> None:
    for name, accepted in _accepted(usage).items():
        assert usage[name] in accepted, say(
            "{name} is {usage}, expected {accepted}", name, usage[name], joined(" or ", map(str, accepted))
        )


def _accepted(usage: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The values that input_tokens and output_tokens may have, for each that is sent. Raises NotApplicable where
    neither is."""
    prompt, completion = positive(usage, "prompt_tokens"), positive(usage, "completion_tokens")
    uncached = prompt - sum(positive(usage, path) for path in CACHE_PARTS)
    pairs = {"input_tokens": (prompt, uncached), "output_tokens": (completion,)}
    judged = {name: accepted for name, accepted in pairs.items() if accepted[0] and type(usage.get(name)) is int}
    if not judged:
        raise NotApplicable(say("input_tokens and output_tokens are not sent"))
    return judged


@AREA.should(
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
        raise NotApplicable(say("hits and misses are not both sent"))
    assert hit + miss == prompt, say(
        "{hit} hits and {miss} misses are {hit2}, but prompt_tokens is {prompt}", hit, miss, hit + miss, prompt
    )


@AREA.should(
    "give other vendors' counts of cache hits, where it sends them, the value of cached_tokens",
    on=EVERY_USAGE,
    source="phanedge#alignment",
    contract=["usage-13"],
    at="usage.prompt_tokens_details.cached_tokens",
    hint="cache.anthropic_members_agree requires the same of Anthropic's cache_read_input_tokens.",
    shown_by=chain(put("usage.prompt_tokens_details.cached_tokens", 1024), put("usage.prompt_cache_hit_tokens", 1024)),
    broken_by=put("usage.prompt_cache_hit_tokens", 1025),
)
def test_hits_agree(usage: dict[str, Any], details: dict[str, Any]) -> None:
    cached = positive(details, "cached_tokens")
    sent = {name: value for name in OTHER_HITS if (value := positive(usage, name) or positive(details, name))}
    if not cached or not sent:
        raise NotApplicable(say("cached_tokens or another count of cache hits is not sent, or zero"))
    wrong = [say("{name} is {value}", name, value) for name, value in sent.items() if value != cached]
    assert not wrong, say("cached_tokens is {cached}, but {wrong}", cached, joined(", ", wrong))
