"""Cache hits and cache writes: what PhanEdge's fields say beside their sums (`test_shape.py`), passively.

Zero and null count as absent wherever counts are compared (Go's omitempty, vendors that fill in zeros);
whether a count may be zero or null at all is a requirement of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.billing.dialects import mapped
from conformance.contract.faults import chain, drop, put
from conformance.contract.profile import Model
from conformance.contract.requirement import Area, Fault
from conformance.contract.scopes import EVERY_USAGE
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.suite.support.cache_counts import (
    DETAILS,
    HITS,
    WRITE_FIELDS,
    WRITES,
    WRITES_1H,
    WRITES_5M,
    count,
    in_usage,
)

AREA = Area("cache")

#: OpenAI's own name, of GPT-5.6 and later; PhanEdge's swaps two letters.
OPENAI_WRITES = "cache_write_tokens"
#: What other dialects call a hit or a write, in usage or in its details.
OTHER_HITS = (
    "cache_read_input_tokens", "cache_read_tokens", "cached_read_tokens", "cached_input_tokens",
    "prompt_cache_hit_tokens", "num_cached_tokens",
)  # fmt: skip
OTHER_WRITES = (
    OPENAI_WRITES, "cache_creation_input_tokens", "cache_creation_tokens", "cache_write_input_tokens",
    "claude_cache_creation_5_m_tokens", "claude_cache_creation_1_h_tokens",
    "cache_creation.ephemeral_5m_input_tokens", "cache_creation.ephemeral_1h_input_tokens",
)  # fmt: skip
#: Anthropic's names and those of its translators, with PhanEdge's for the same amount.
ANTHROPIC = {
    "cache_read_input_tokens": HITS,
    "cache_creation_input_tokens": WRITES,
    "cache_creation.ephemeral_5m_input_tokens": WRITES_5M,
    "cache_creation.ephemeral_1h_input_tokens": WRITES_1H,
    "claude_cache_creation_5_m_tokens": WRITES_5M,
    "claude_cache_creation_1_h_tokens": WRITES_1H,
}
#: Families that cache of themselves or by marker, and never charge for a write.
NO_WRITES = ("gemini", "deepseek", "grok")
CACHING = ("gpt", "claude", *NO_WRITES)
SMALLEST_GPT_PREFIX = 1024
SMALLEST_CLAUDE_PREFIX = 512  #: tokens, of the models that cache the shortest (contract, section 4)


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


def _written(**counts: int) -> Fault:
    """Exactly these counts of writes in the details, the prompt made large enough for them."""

    def change(usage: dict[str, Any], details: dict[str, Any]) -> None:
        for name in WRITE_FIELDS:
            details.pop(name, None)
        details.update(counts)
        usage["prompt_tokens"] = max(usage["prompt_tokens"], 50_000)

    return in_usage(change)


_SPLIT = _written(cached_write_tokens=700, cached_write_5m_tokens=400, cached_write_1h_tokens=300)


# --- names and places ---------------------------------------------------------------------------------------


def places(value: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Path, name and value of every member called by one of the four names, anywhere in a JSON value."""
    entries = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for name, each in entries:
        if name in (HITS, *WRITE_FIELDS):
            yield f"{path}{name}", name, each
        yield from places(each, f"{path}{name}.")


@AREA.must(
    "use the names cached_tokens and cached_write_* nowhere but in usage.prompt_tokens_details",
    on=EVERY_USAGE,
    source="phanedge#extension-fields",
    contract=["cache-01"],
    at="usage",
    hint="Move the counts into prompt_tokens_details, where an SDK looks for them.",
    broken_by={
        "writes in usage": put("usage.cached_write_tokens", 700),
        "a bucket in usage": put("usage.cached_write_5m_tokens", 0),
        "a bucket beside usage": put("cached_write_1h_tokens", 300),
        "hits in usage": put("usage.cached_tokens", 999_999),
        "writes in the output's details": put("usage.completion_tokens_details", {"cached_write_tokens": 700}),
    },
)
def test_names_in_place(exchange: Exchange, usage: dict[str, Any], model: Model) -> None:
    """A copy of the true number of hits (Kimi's `usage.cached_tokens`) and a whole second usage (Groq's
    `x_groq.usage`) mislead nobody but on Claude, where the four names are PhanEdge's."""
    details = usage.get("prompt_tokens_details")
    hits = details.get(HITS) if isinstance(details, dict) else None

    def copied(path: str, value: Any) -> bool:
        own = value == hits or path.endswith(f".{DETAILS}.{HITS}")
        return not value or (own and model.family != "claude")

    misplaced = {
        path: value
        for document in (exchange.chunks if exchange.streamed else [exchange.reply])
        for path, name, value in places(document)
        if path != f"{DETAILS}.{name}" and not (name == HITS and copied(path, value))
    }
    said = ", ".join(f"{path} is {value!r}" for path, value in misplaced.items())
    assert not misplaced, f"{said}, outside {DETAILS}{mapped(usage)}"


@AREA.must(
    "report cache hits in prompt_tokens_details.cached_tokens, not under another dialect's name alone",
    on=EVERY_USAGE,
    source="phanedge#extension-fields",
    contract=["cache-01"],
    at=f"{DETAILS}.cached_tokens",
    hint="Map Anthropic's cache_read_input_tokens and DeepSeek's prompt_cache_hit_tokens to cached_tokens.",
    shown_by=in_usage(
        lambda usage, details: (usage.update(cache_read_input_tokens=1), details.update(cached_tokens=1))
    ),
    broken_by={
        "zero": put(f"{DETAILS}.cached_tokens", 0),
        "absent": drop(f"{DETAILS}.cached_tokens"),
        "no details": chain(put("usage.prompt_cache_hit_tokens", 1), drop(DETAILS)),
    },
)
def test_hits_under_their_name(usage: dict[str, Any]) -> None:
    told = elsewhere(usage, OTHER_HITS)
    if not told:
        raise NotApplicable("no other dialect's member tells of a cache hit")
    details = usage.get("prompt_tokens_details")
    hits = count(details if isinstance(details, dict) else {}, HITS)
    name, value = next(iter(told.items()))
    assert hits, f"{name} is {value}, and {DETAILS}.{HITS} is 0 or absent{mapped(usage)}"


@AREA.must(
    "report Claude's cache writes in prompt_tokens_details.cached_write_tokens, not under another name alone",
    on=EVERY_USAGE,
    source="phanedge#extension-fields",
    contract=["cache-01"],
    at=f"{DETAILS}.cached_write_tokens",
    hint="Map cache_creation_input_tokens to cached_write_tokens, and cache_creation to its two buckets.",
    shown_by=chain(_SPLIT, put("usage.cache_creation_input_tokens", 700)),
    broken_by={
        "Anthropic's name": _written(),
        "OpenAI's name": chain(
            _written(), drop("usage.cache_creation_input_tokens"), put(f"{DETAILS}.{OPENAI_WRITES}", 7)
        ),
        "in the details": chain(_written(), put(f"{DETAILS}.cache_creation_input_tokens", 700)),
    },
)
def test_writes_under_their_name(usage: dict[str, Any], model: Model) -> None:
    told = elsewhere(usage, OTHER_WRITES)
    if model.family != "claude" or not told:
        raise NotApplicable("not a Claude model, or no other dialect's member tells of a cache write")
    details = usage.get("prompt_tokens_details")
    given = details if isinstance(details, dict) else {}
    name, value = next(iter(told.items()))
    told_here = any(count(given, each) for each in WRITE_FIELDS)
    assert told_here, f"{name} is {value}, and {DETAILS} has no cached_write_*{mapped(usage)}"


# --- writes -------------------------------------------------------------------------------------------------


@AREA.must(
    "give cached_write_tokens exactly where it gives cached_write_5m_tokens or cached_write_1h_tokens",
    on=EVERY_USAGE,
    source="phanedge#extension-fields",
    contract=["cache-05"],
    at=" ".join(f"{DETAILS}.{name}" for name in WRITE_FIELDS),
    hint="Without a split from the upstream, put all writes into the 5-minute bucket, the cheaper one.",
    shown_by=_SPLIT,
    broken_by={
        "no total": _written(cached_write_5m_tokens=400, cached_write_1h_tokens=300),
        "a total of zero": _written(cached_write_tokens=0, cached_write_5m_tokens=400),
        "no bucket": _written(cached_write_tokens=700),
        "empty buckets": _written(cached_write_tokens=700, cached_write_5m_tokens=0, cached_write_1h_tokens=0),
    },
)
def test_total_with_buckets(usage: dict[str, Any], details: dict[str, Any], model: Model) -> None:
    """Only counts that are not zero are compared: an empty one is a requirement of its own. GPT-5.6 writes
    for thirty minutes, which is neither bucket, so that its total may stand alone."""
    total, *buckets = (count(details, name) for name in WRITE_FIELDS)
    if not total and not any(buckets):
        raise NotApplicable("the reply reports no cache writes")
    beside = f"beside 5m {buckets[0]} and 1h {buckets[1]}{mapped(usage)}"
    assert total, f"{WRITES} is {details.get(WRITES, 'absent')}, {beside}"
    if model.family != "claude" and model.writes_cache and not any(buckets):
        raise NotApplicable("its writes have neither of the two lifetimes")
    assert any(buckets), f"{WRITES} is {total}, and neither bucket says which price it has{mapped(usage)}"


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
        "the miss": _written(cached_write_tokens=700, cached_write_5m_tokens=700),
    },
)
def test_no_writes_on_gpt(details: dict[str, Any], model: Model) -> None:
    if model.family != "gpt" or model.writes_cache:
        raise NotApplicable("not a GPT model from before GPT-5.6")
    assert not written(details), f"a GPT model reports {said(details)}"


@AREA.should(
    "leave every cached_write* member out for Gemini, DeepSeek and Grok, which charge for no cache writes",
    on=EVERY_USAGE,
    source="phanedge#extension-fields",
    contract=["cache-10"],
    at=" ".join(f"{DETAILS}.{name}" for name in WRITE_FIELDS),
    hint="DeepSeek's prompt_cache_miss_tokens is uncached input, not a write.",
    broken_by={
        "zero": put(f"{DETAILS}.cached_write_1h_tokens", 0),
        "the miss": _written(cached_write_tokens=700, cached_write_5m_tokens=700),
    },
)
def test_no_writes_elsewhere(usage: dict[str, Any], details: dict[str, Any], model: Model) -> None:
    if model.family not in NO_WRITES:
        raise NotApplicable("not a model of Gemini, DeepSeek or Grok")
    assert not written(details), f"a model of the family {model.family} reports {said(details)}{mapped(usage)}"


def written(details: dict[str, Any]) -> list[str]:
    return [name for name in details if name.startswith("cached_write")]


def said(details: dict[str, Any]) -> str:
    return ", ".join(f"{name} {details[name]!r}" for name in written(details))


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
    room = count(usage, "prompt_tokens") - count(details, HITS)
    assert 0 <= writes <= room, f"{OPENAI_WRITES} is {writes}, and prompt_tokens less {HITS} is {room}{mapped(usage)}"


@AREA.should(
    "give cache_write_tokens and cached_write_tokens, where it gives both, the same value",
    on=EVERY_USAGE,
    source="openai-openapi#CompletionUsage.prompt_tokens_details.cache_write_tokens",
    contract=["cache-09"],
    at=f"{DETAILS}.{OPENAI_WRITES} {DETAILS}.{WRITES}",
    hint="A client that knows OpenAI's name only must not read that nothing was written.",
    shown_by=chain(_SPLIT, put(f"{DETAILS}.{OPENAI_WRITES}", 700)),
    broken_by={
        "a bucket": put(f"{DETAILS}.{OPENAI_WRITES}", 400),
        "zero": put(f"{DETAILS}.{OPENAI_WRITES}", 0),
    },
)
def test_openai_writes_agree(details: dict[str, Any]) -> None:
    writes, total = openai_writes(details), count(details, WRITES)
    if not total:
        raise NotApplicable(f"{WRITES} is not given")
    assert writes == total, f"{OPENAI_WRITES} is {writes}, and {WRITES} is {total}"


def openai_writes(details: dict[str, Any]) -> int:
    """The tokens under OpenAI's name. Raises NotApplicable where they are not given."""
    if details.get(OPENAI_WRITES) is None:
        raise NotApplicable(f"{OPENAI_WRITES} is not given")
    return count(details, OPENAI_WRITES)


# --- hits ---------------------------------------------------------------------------------------------------


@AREA.should(
    "give cached_tokens with every usage of a model that caches, 0 where nothing was read",
    on=EVERY_USAGE,
    source="openai-caching#requirements",
    contract=["cache-11"],
    at=f"{DETAILS}.{HITS}",
    hint="Only the write fields are omitempty; absent is read as 0, so this is no more than a warning.",
    shown_by=in_usage(lambda usage, details: details.setdefault(HITS, 0)),
    broken_by={"absent": drop(f"{DETAILS}.{HITS}"), "no details": drop(DETAILS)},
)
def test_hits_always_shown(usage: dict[str, Any], model: Model) -> None:
    if model.family not in CACHING:
        raise NotApplicable("it is not known that the model caches")
    details = usage.get("prompt_tokens_details")
    assert isinstance(details, dict), "the usage has no prompt_tokens_details, and so no cached_tokens"
    assert HITS in details, f"prompt_tokens_details has no {HITS}"


@AREA.should(
    "report no cache hit for a GPT prompt of fewer than 1,024 tokens",
    on=EVERY_USAGE,
    source="openai-caching#requirements",
    contract=["cache-12"],
    at=f"{DETAILS}.{HITS} usage.prompt_tokens",
    hint="Nothing so short is cached: count the hits of this prompt alone, and what a gateway puts before it in"
    " prompt_tokens, too.",
    broken_by=put(f"{DETAILS}.{HITS}", 1),
)
def test_no_hit_on_short_gpt_prompt(usage: dict[str, Any], details: dict[str, Any], model: Model) -> None:
    prompt = count(usage, "prompt_tokens")
    if model.family != "gpt" or not 0 < prompt < SMALLEST_GPT_PREFIX:
        raise NotApplicable("not a GPT prompt of fewer than 1,024 tokens")
    hits = count(details, HITS)
    if hits > prompt:
        raise NotApplicable("more hits than the prompt has tokens are another requirement")
    assert hits == 0, f"{HITS} is {hits} for a prompt of {prompt} tokens"


@AREA.should(
    "report neither a cache hit nor a cache write for a Claude prompt of fewer than 512 tokens",
    on=EVERY_USAGE,
    source="anthropic-caching#cache-limitations",
    contract=["cache-16"],
    at=f"{DETAILS}.{HITS} {DETAILS}.{WRITES} usage.prompt_tokens",
    hint="Nothing so short is cached, marked or not: count what is cached of this prompt alone, and what a gateway puts"
    " before it in prompt_tokens, too.",
    broken_by={
        "a hit": put(f"{DETAILS}.{HITS}", 1),
        "all of it": in_usage(lambda usage, details: details.update({HITS: usage["prompt_tokens"]})),
        "a write": in_usage(lambda usage, details: details.update({WRITES: 1, WRITES_5M: 1})),
    },
)
def test_short_claude_prompt(usage: dict[str, Any], details: dict[str, Any], model: Model) -> None:
    """512 tokens are the least of any model; most cache nothing below 1,024."""
    prompt = count(usage, "prompt_tokens")
    if model.family != "claude" or not 0 < prompt < SMALLEST_CLAUDE_PREFIX:
        raise NotApplicable("not a Claude prompt of fewer than 512 tokens")
    hits, *writes = (count(details, name) for name in (HITS, *WRITE_FIELDS))
    if hits + max(writes) > prompt:
        raise NotApplicable("more tokens cached than the prompt has are another requirement")
    assert hits <= 0, f"{HITS} is {hits} for a prompt of {prompt} tokens{mapped(usage)}"
    assert max(writes) <= 0, f"{said(details)} for a prompt of {prompt} tokens{mapped(usage)}"


@AREA.may(
    "report GPT's cache hits, before GPT-5.6, as 1,024 tokens or more in steps of 128",
    on=EVERY_USAGE,
    source="openai-caching-2026-09#earlier-models",
    contract=["cache-14"],
    at=f"{DETAILS}.{HITS}",
    hint="For information: the current edition of OpenAI's guide does not speak of steps any more.",
    shown_by=in_usage(
        lambda usage, details: (
            usage.update(prompt_tokens=usage["prompt_tokens"] + 2048),
            details.update(cached_tokens=1152),
        )
    ),
    broken_by={"odd": put(f"{DETAILS}.{HITS}", 1100), "small": put(f"{DETAILS}.{HITS}", 896)},
)
def test_gpt_hits_in_steps(details: dict[str, Any], model: Model) -> None:
    hits = count(details, HITS)
    if model.gpt_generation == (0, 0) or model.writes_cache or hits <= 0:
        raise NotApplicable("not a cache hit of a GPT model whose name tells that it is from before GPT-5.6")
    assert hits >= SMALLEST_GPT_PREFIX, f"{HITS} is {hits}, less than the smallest prefix that is cached"
    assert hits % 128 == 0, f"{HITS} is {hits}, no multiple of 128"


# --- Anthropic's members, passed along ----------------------------------------------------------------------


@AREA.should(
    "state in Anthropic's usage members, where it passes them along, the same amounts as in PhanEdge's",
    on=EVERY_USAGE,
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-38"],
    at="usage",
    hint="cache_creation_input_tokens and cached_write_tokens are both the sum of the two buckets.",
    shown_by=chain(
        _SPLIT,
        put("usage.cache_creation_input_tokens", 700),
        put("usage.cache_creation", {"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 300}),
        in_usage(lambda usage, details: (usage.update(cache_read_input_tokens=9), details.update(cached_tokens=9))),
    ),
    broken_by={
        "other hits": put("usage.cache_read_input_tokens", 8),
        "writes of the 5m bucket alone": put("usage.cache_creation_input_tokens", 400),
        "the buckets exchanged": put(
            "usage.cache_creation", {"ephemeral_5m_input_tokens": 300, "ephemeral_1h_input_tokens": 400}
        ),
        "one bucket for the other": _written(cached_write_tokens=700, cached_write_5m_tokens=700),
        "new-api's name": put("usage.claude_cache_creation_1_h_tokens", 700),
    },
)
def test_anthropic_members_agree(usage: dict[str, Any], details: dict[str, Any]) -> None:
    """Where PhanEdge's member is missing altogether, the requirements about its name say so. A bucket is
    compared as soon as any write is reported: a write in the wrong bucket has the wrong price."""
    given = elsewhere(usage, tuple(ANTHROPIC))
    comparable = {name: own for name, own in ANTHROPIC.items() if name in given and count(details, total_of(own))}
    if not comparable:
        raise NotApplicable("Anthropic's members are not passed along, or PhanEdge's are missing")
    wrong = {name: own for name, own in comparable.items() if given[name] != count(details, own)}
    said = "; ".join(f"{name} is {given[name]}, {own} is {count(details, own)}" for name, own in wrong.items())
    assert not wrong, said + mapped(usage)


def total_of(name: str) -> str:
    """The member that is there as soon as this one's subject is reported at all."""
    return HITS if name == HITS else WRITES
