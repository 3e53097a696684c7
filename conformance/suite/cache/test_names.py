"""Names and places: hits and writes are reported under PhanEdge's names, where PhanEdge's page has them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from conformance.billing.dialects import mapped
from conformance.contract.faults import chain, drop, put
from conformance.contract.profile import Model
from conformance.contract.scopes import EVERY_USAGE
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.observed import as_sent, may_have
from conformance.language import joined, say
from conformance.suite.support.cache_counts import DETAILS, HITS, WRITE_FIELDS, count, in_usage

from . import AREA
from .members import OPENAI_WRITES, OTHER_HITS, OTHER_WRITES, SPLIT, elsewhere, writing

_NAMES = frozenset({HITS, *WRITE_FIELDS})


def places(value: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Path, name and value of every member called by one of the four names, anywhere in a JSON value."""
    entries = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for name, each in entries:
        if name in _NAMES:
            yield f"{path}{name}", name, each
        if isinstance(each, dict | list):
            yield from places(each, f"{path}{name}.")


def _naming(exchange: Exchange) -> list[Any]:
    """The documents of a reply that may have one of the four names in them."""
    if not may_have(exchange, *_NAMES):
        return []
    if not exchange.streamed:
        return [exchange.reply]
    events = takewhile(lambda each: not each.done, exchange.stream.events)
    named = [each.document for each in events if "cached_" in each.data or "\\u00" in each.data]
    return [each for each in named if isinstance(each, dict) and not each.get("error")]


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
    outside = [each for document in _naming(exchange) for each in places(document) if each[0] != f"{DETAILS}.{each[1]}"]
    misplaced = {path: value for path, name, value in outside if not _is_harmless(path, name, value, usage, model)}
    said = joined(", ", (say("{path} is {value!r}", path, value) for path, value in misplaced.items()))
    assert not misplaced, say("{said}, outside {member}{mapped}", said, DETAILS, mapped(usage))


def _is_harmless(path: str, name: str, value: Any, usage: dict[str, Any], model: Model) -> bool:
    """Whether a misplaced member misleads nobody: hits that are empty, or a copy of the true number (Kimi's
    `usage.cached_tokens`, Groq's whole second usage `x_groq.usage`). On Claude the four names are PhanEdge's."""
    if name != HITS or not value:
        return name == HITS
    details = usage.get("prompt_tokens_details")
    hits = details.get(HITS) if isinstance(details, dict) else None
    return model.family != "claude" and (value == hits or path.endswith(f".{DETAILS}.{HITS}"))


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
    sent = elsewhere(usage, OTHER_HITS)
    if not sent:
        raise NotApplicable(say("no other dialect's member reports a cache hit"))
    assert count(usage.get("prompt_tokens_details"), HITS), _under_another(sent, usage, HITS)


def _under_another(sent: dict[str, int], usage: dict[str, Any], *own: str) -> str:
    """A sentence about a count that is sent under another dialect's name, and under none of PhanEdge's own."""
    name, value = next(iter(sent.items()))
    under_own = joined(", ", (as_sent(usage.get("prompt_tokens_details"), each) for each in own))
    return say("{name} is {value}, and {member} has {own}{mapped}", name, value, DETAILS, under_own, mapped(usage))


@AREA.must(
    "report Claude's cache writes in prompt_tokens_details.cached_write_tokens, not under another name alone",
    on=EVERY_USAGE,
    source="phanedge#extension-fields",
    contract=["cache-01"],
    at=f"{DETAILS}.cached_write_tokens",
    hint="Map cache_creation_input_tokens to cached_write_tokens, and cache_creation to its two buckets.",
    shown_by=chain(SPLIT, put("usage.cache_creation_input_tokens", 700)),
    broken_by={
        "Anthropic's name": writing(),
        "OpenAI's name": chain(
            writing(), drop("usage.cache_creation_input_tokens"), put(f"{DETAILS}.{OPENAI_WRITES}", 7)
        ),
        "in the details": chain(writing(), put(f"{DETAILS}.cache_creation_input_tokens", 700)),
    },
)
def test_writes_under_their_name(usage: dict[str, Any], model: Model) -> None:
    sent = elsewhere(usage, OTHER_WRITES)
    if model.family != "claude" or not sent:
        raise NotApplicable(say("not a Claude model, or no other dialect's member reports a cache write"))
    written = any(count(usage.get("prompt_tokens_details"), each) for each in WRITE_FIELDS)
    assert written, _under_another(sent, usage, *WRITE_FIELDS)
