"""What is cached is cached for every form of reply."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.contract.faults import only
from conformance.contract.profile import Model
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say
from conformance.suite.support.cache_counts import DETAILS, HITS

from . import AREA
from .chains import Replies
from .combined import REPEATED
from .counts import expect
from .faults import read_as_write, recount
from .test_combined import GIVEN, PLAINEST, told

_OTHERWISE = frozenset(warm.label for _, warm in REPEATED)


def _is_apart(replies: Replies) -> bool:
    """Whether what was written in one form is written again in the other, where a repetition reads it."""
    return len(replies) > 2 and not replies[1].hits and bool(replies[0].written and replies[1].written)


@AREA.should(
    "read in a stream what a plain reply wrote, and the reverse, where it reads what was written in the same form",
    on=GIVEN,
    warns="one in sixteen runs looks like this where requests are spread over two accounts of an upstream",
    source="phanedge#extension-fields",
    contract=["cache-33", "cache-42"],
    at=f"{DETAILS}.{HITS}",
    hint="Send streams and plain requests to the same account of the upstream, with the prefix unchanged.",
    broken_by=only(lambda each: each.label in _OTHERWISE and each.attempt == 1, recount(read_as_write)),
    after=["caching.streams_read_alike", "caching.written_is_read"],
    needs_model=True,
)
def test_forms_share_the_cache(plain: Sequence[Exchange], chains: Sequence[Sequence[Exchange]], model: Model) -> None:
    """The plainest prompt is repeated in the same form, the others in the other one."""
    alike, others = PLAINEST.replies(plain, model), [each for each in told(chains, model) if len(each) > 1]
    if len(others) < 2 or len(alike) < 2 or not alike[1].hits:
        raise Inconclusive(
            say("too few prompts were repeated, or what is repeated in the same form is not read, either")
        )
    apart = [each for each in others if _is_apart(each)]
    said = say("{number} prompts are written again where they are sent in the other form", len(apart))
    expect(len(apart) < len(others), said, *(reply for each in apart for reply in each[:2]), alike[1])
