"""Anthropic's members, where an endpoint passes them on."""

from __future__ import annotations

from typing import Any

from conformance.billing.dialects import mapped
from conformance.contract.faults import chain, put
from conformance.contract.scopes import EVERY_USAGE
from conformance.evidence.exchange import NotApplicable
from conformance.language import joined, say
from conformance.suite.support.cache_counts import HITS, WRITES, count, in_usage

from . import AREA
from .members import ANTHROPIC, SPLIT, elsewhere, writing


@AREA.should(
    "state in Anthropic's usage members, where it passes them on, the same amounts as in PhanEdge's",
    on=EVERY_USAGE,
    source="anthropic-caching#tracking-cache-performance",
    contract=["cache-38"],
    at="usage",
    hint="cache_creation_input_tokens and cached_write_tokens are both the sum of the two buckets.",
    shown_by=chain(
        SPLIT,
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
        "one bucket for the other": writing(cached_write_tokens=700, cached_write_5m_tokens=700),
        "new-api's name": put("usage.claude_cache_creation_1_h_tokens", 700),
    },
)
def test_anthropic_members_agree(usage: dict[str, Any], details: dict[str, Any]) -> None:
    """A member of PhanEdge's that is missing altogether is covered by the requirements on its name. A bucket is
    compared as soon as any write is reported: a write in the wrong bucket has the wrong price."""
    sent = elsewhere(usage, tuple(ANTHROPIC))
    own = {name: count(details, ANTHROPIC[name]) for name in sent if count(details, _total_of(ANTHROPIC[name]))}
    if not own:
        raise NotApplicable(say("Anthropic's members are not passed on, or PhanEdge's are missing"))
    wrong = [_unlike(name, sent[name], own[name]) for name in own if sent[name] != own[name]]
    assert not wrong, joined("", (joined("; ", wrong), mapped(usage)))


def _unlike(name: str, sent: int, own: int) -> str:
    return say("{name} is {value}, {own} is {count}", name, sent, ANTHROPIC[name], own)


def _total_of(name: str) -> str:
    """The member that is there as soon as hits, or writes, are reported at all."""
    return HITS if name == HITS else WRITES
