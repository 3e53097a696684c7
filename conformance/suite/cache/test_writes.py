"""Cache writes: with a bucket each, and none where a vendor charges for none."""

from __future__ import annotations

from typing import Any

from conformance.billing.dialects import mapped
from conformance.contract.faults import chain, put
from conformance.contract.profile import Model
from conformance.contract.scopes import EVERY_USAGE
from conformance.evidence.exchange import NotApplicable
from conformance.evidence.observed import as_sent, count_if_sent
from conformance.language import joined, say
from conformance.suite.support.cache_counts import DETAILS, HITS, WRITE_FIELDS, WRITES, count

from . import AREA
from .members import OPENAI_WRITES, SPLIT, as_reported, reported_writes, writing

#: Families that cache automatically or up to cache breakpoints, and never charge for a write.
NO_WRITES = ("gemini", "deepseek", "grok")


@AREA.must(
    "give cached_write_tokens exactly where it gives cached_write_5m_tokens or cached_write_1h_tokens",
    on=EVERY_USAGE,
    source="phanedge#extension-fields",
    contract=["cache-05"],
    at=" ".join(f"{DETAILS}.{name}" for name in WRITE_FIELDS),
    hint="Without a split from the upstream, put all writes into the 5-minute bucket, the cheaper one.",
    shown_by=SPLIT,
    broken_by={
        "no total": writing(cached_write_5m_tokens=400, cached_write_1h_tokens=300),
        "a total of zero": writing(cached_write_tokens=0, cached_write_5m_tokens=400),
        "no bucket": writing(cached_write_tokens=700),
        "empty buckets": writing(cached_write_tokens=700, cached_write_5m_tokens=0, cached_write_1h_tokens=0),
    },
)
def test_total_with_buckets(usage: dict[str, Any], details: dict[str, Any], model: Model) -> None:
    """Only counts that are not zero are compared: an empty one is a requirement of its own. GPT-5.6 writes
    for thirty minutes, which is neither bucket, so that its total may stand alone."""
    total, *buckets = (count(details, name) for name in WRITE_FIELDS)
    if not total and not any(buckets):
        raise NotApplicable(say("the reply reports no cache writes"))
    said = say("{as_sent}{mapped}", joined(", ", (as_sent(details, name) for name in WRITE_FIELDS)), mapped(usage))
    assert total, say("there is a bucket, and no total of it: {said}", said)
    if model.family != "claude" and model.writes_cache and not any(buckets):
        raise NotApplicable(say("its writes have neither of the two TTLs"))
    assert any(buckets), say("neither bucket says which price the total has: {said}", said)


@AREA.must(
    "leave every cached_write* member out for GPT models that have no cache writes",
    on=EVERY_USAGE,
    source="phanedge#extension-fields",
    contract=["cache-08"],
    at=" ".join(f"{DETAILS}.{name}" for name in WRITE_FIELDS),
    hint="Tag the fields omitempty and fill them only from an upstream that reports writes.",
    broken_by={
        "zero": put(f"{DETAILS}.cached_write_tokens", 0),
        "null": put(f"{DETAILS}.cached_write_5m_tokens", None),
        "the miss": writing(cached_write_tokens=700, cached_write_5m_tokens=700),
    },
)
def test_no_writes_on_gpt(details: dict[str, Any], model: Model) -> None:
    if model.family != "gpt" or model.writes_cache:
        raise NotApplicable(say("not a GPT model from before GPT-5.6"))
    assert not reported_writes(details), say("a GPT model reports {as_reported}", as_reported(details))


@AREA.should(
    "leave every cached_write* member out for Gemini, DeepSeek and Grok, which charge for no cache writes",
    on=EVERY_USAGE,
    source="phanedge#extension-fields",
    contract=["cache-10"],
    at=" ".join(f"{DETAILS}.{name}" for name in WRITE_FIELDS),
    hint="DeepSeek's prompt_cache_miss_tokens is uncached input, not a write.",
    broken_by={
        "zero": put(f"{DETAILS}.cached_write_1h_tokens", 0),
        "the miss": writing(cached_write_tokens=700, cached_write_5m_tokens=700),
    },
)
def test_no_writes_elsewhere(usage: dict[str, Any], details: dict[str, Any], model: Model) -> None:
    if model.family not in NO_WRITES:
        raise NotApplicable(say("not a model of Gemini, DeepSeek or Grok"))
    reported = as_reported(details)
    assert not reported, say("a {family} model reports {reported}{mapped}", model.family, reported, mapped(usage))


@AREA.should(
    "keep OpenAI's cache_write_tokens within prompt_tokens less cached_tokens",
    on=EVERY_USAGE,
    source="openai-openapi#CompletionUsage.prompt_tokens_details.cache_write_tokens",
    contract=["cache-09"],
    at=f"{DETAILS}.{OPENAI_WRITES} usage.prompt_tokens {DETAILS}.{HITS}",
    hint="prompt_tokens is the whole input, cached or not: Anthropic's input_tokens is not.",
    shown_by=put(f"{DETAILS}.{OPENAI_WRITES}", 0),
    broken_by={
        "more than the prompt": put(f"{DETAILS}.{OPENAI_WRITES}", 9_999_999),
        "less than nothing": put(f"{DETAILS}.{OPENAI_WRITES}", -1),
    },
)
def test_openai_writes_fit(usage: dict[str, Any], details: dict[str, Any]) -> None:
    writes = openai_writes(details)
    room = count_if_sent(usage, "prompt_tokens") - count(details, HITS)
    assert 0 <= writes <= room, _do_not_fit(writes, room, usage)


def _do_not_fit(writes: int, room: int, usage: dict[str, Any]) -> str:
    return say(
        "{member} is {writes}, and prompt_tokens less {member2} is {room}{mapped}",
        OPENAI_WRITES,
        writes,
        HITS,
        room,
        mapped(usage),
    )


@AREA.should(
    "give cache_write_tokens and cached_write_tokens, where it gives both, the same value",
    on=EVERY_USAGE,
    source="openai-openapi#CompletionUsage.prompt_tokens_details.cache_write_tokens",
    contract=["cache-09"],
    at=f"{DETAILS}.{OPENAI_WRITES} {DETAILS}.{WRITES}",
    hint="A client that knows only OpenAI's name must not read that nothing was written.",
    shown_by=chain(SPLIT, put(f"{DETAILS}.{OPENAI_WRITES}", 700)),
    broken_by={
        "a bucket": put(f"{DETAILS}.{OPENAI_WRITES}", 400),
        "zero": put(f"{DETAILS}.{OPENAI_WRITES}", 0),
    },
)
def test_openai_writes_agree(details: dict[str, Any]) -> None:
    writes, total = openai_writes(details), count(details, WRITES)
    if not total:
        raise NotApplicable(say("{member} is not given", WRITES))
    assert writes == total, say("{member} is {writes}, and {member2} is {total}", OPENAI_WRITES, writes, WRITES, total)


def openai_writes(details: dict[str, Any]) -> int:
    """The tokens under OpenAI's name. Raises NotApplicable where they are not given."""
    if details.get(OPENAI_WRITES) is None:
        raise NotApplicable(say("{member} is not given", OPENAI_WRITES))
    return count(details, OPENAI_WRITES)
