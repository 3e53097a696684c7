"""Cache hits that are smaller than anything that is cached."""

from __future__ import annotations

from typing import Any

from conformance.billing.dialects import mapped
from conformance.contract.faults import put
from conformance.contract.profile import Model
from conformance.contract.scopes import EVERY_USAGE
from conformance.evidence.exchange import NotApplicable
from conformance.evidence.observed import count_if_sent
from conformance.language import say
from conformance.suite.support.cache_counts import DETAILS, HITS, count, in_usage

from . import AREA
from .test_hits import SMALLEST_CLAUDE_PREFIX, SMALLEST_GPT_PREFIX

SMALLEST = {"gpt": SMALLEST_GPT_PREFIX, "claude": SMALLEST_CLAUDE_PREFIX}  #: tokens, by family


@AREA.should(
    "report cached_tokens of a GPT or Claude prompt as 0, or as no fewer than are ever cached: 1,024, or 512 on Claude",
    on=EVERY_USAGE,
    source="anthropic-caching#cache-limitations",
    contract=["cache-43"],
    at=f"{DETAILS}.{HITS}",
    hint="Report the upstream's own count; a few tokens at a time are a guess, or belong to another member.",
    shown_by=in_usage(lambda usage, details: usage.update(prompt_tokens=usage["prompt_tokens"] + 4096)),
    broken_by=put(f"{DETAILS}.{HITS}", 4),
)
def test_hits_of_a_prefix(usage: dict[str, Any], details: dict[str, Any], model: Model) -> None:
    smallest, hits = SMALLEST.get(model.family), count(details, HITS)
    if smallest is None or hits == 0:
        raise NotApplicable(say("no cache hit, or of another family than GPT and Claude"))
    if hits < 0 or count_if_sent(usage, "prompt_tokens") < max(smallest, hits):
        raise NotApplicable(say("the prompt is shorter than any hit (covered by the requirements on short prompts)"))
    assert hits >= smallest, _too_few(hits, smallest, usage)


def _too_few(hits: int, smallest: int, usage: dict[str, Any]) -> str:
    told = mapped(usage)
    return say(
        "{member} is {hits}, and no fewer than {smallest} tokens are ever cached{mapped}", HITS, hits, smallest, told
    )
