"""What a reply says of its prompt's tokens, and comparisons of such counts.

A reply whose own counts contradict each other is compared with nothing: the requirements on sums cover it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.billing.dialects import mapped
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Violation
from conformance.evidence.observed import answered_with, as_sent, count_if_sent
from conformance.language import joined, say
from conformance.suite.support.cache_counts import HITS, WRITE_FIELDS, count
from conformance.suite.support.refusals import is_too_long

#: Tokens by which prompts of equal length with different labels and cache-busting prefixes may differ (cache-18).
PREFIX_SLACK = 12
#: Tokens by which identical requests may differ, where a template has the time in it.
TIME_SLACK = 1


_DETAILS = "prompt_tokens_details"
_TOO_SMALL = say("the model's context is too small for the prompts that test caching: --no-costly leaves them out")


@dataclass(frozen=True)
class Counted:
    """What a reply says of its prompt, in tokens; absent, null and zero are all 0."""

    exchange: Exchange
    prompt: int
    hits: int
    written: int
    written_5m: int
    written_1h: int

    @property
    def cached(self) -> int:
        """The tokens that are in the cache after this request."""
        return self.hits + self.written

    def __str__(self) -> str:
        usage, counts = self.exchange.usage, (HITS, *WRITE_FIELDS)
        sent = [as_sent(usage, "prompt_tokens"), *(as_sent(usage.get(_DETAILS), name) for name in counts)]
        return joined(": ", (str(self.exchange.request), joined(", ", sent)))


def counted(exchange: Exchange) -> Counted:
    """The counts of a reply. Raises Inconclusive where there are none, or where they contradict each other."""
    if exchange.refused:
        raise Inconclusive(joined("; ", [answered_with(exchange), *([_TOO_SMALL] if is_too_long(exchange) else [])]))
    usage = exchange.usage
    details = usage.get("prompt_tokens_details")
    try:
        prompt, hits = count_if_sent(usage, "prompt_tokens"), count(details, HITS)
        total, five, hour = (count(details, name) for name in WRITE_FIELDS)
    except NotApplicable as reason:
        raise Inconclusive(say("{request}: {reason}", exchange.request, reason)) from None
    found = Counted(exchange, prompt, hits, total or five + hour, five, hour)
    contradictory = (five or hour) and found.written != five + hour
    if contradictory or min(hits, total, five, hour) < 0 or found.cached > prompt:
        raise Inconclusive(
            say("the counts contradict each other (covered by usage.*): {found}{mapped}", found, mapped(usage))
        )
    return found


def written(exchange: Exchange) -> Counted:
    """The counts of a reply that reports a write. Raises Inconclusive where it reports none under PhanEdge's names."""
    found = counted(exchange)
    if not found.written:
        markers = say("; caching.markers_reach tells which cache breakpoints are understood")
        seen = mapped(exchange.usage) or markers
        raise Inconclusive(say("no write is reported under PhanEdge's names: {found}{seen}", found, seen))
    return found


def countable(exchanges: Sequence[Exchange]) -> Iterator[Counted]:
    """The counts of those that have some, each looked at in turn. Raises Inconclusive where none has."""
    none, lacking = True, str(say("there is nothing to count"))
    for place in range(len(exchanges)):  # iterating over the exchanges would end at the first that shows nothing
        try:
            found = counted(exchanges[place])
        except Inconclusive as reason:
            lacking = str(reason)
            continue
        none = False
        yield found
    if none:
        raise Inconclusive(say("no prompt was answered with counts: {lacking}", lacking))


def expect(condition: bool, message: str, *found: Counted) -> None:
    """Assert, with the counts in the message and their exchanges as evidence."""
    if not condition:
        raise Violation(
            say("{message}: {found}", message, joined("; ", map(str, found))), *(each.exchange for each in found)
        )


def expect_close(what: str, slack: int, *found: Counted) -> None:
    """Assert that a count, such as `written_5m`, differs by no more than so many tokens."""
    values = [getattr(each, what) for each in found]
    expect(max(values) - min(values) <= slack, say("{what} differs", what.replace("_", " ")), *found)


def expect_5m(found: Counted) -> None:
    """Assert that all of a write is one of five minutes."""
    assert found.written_5m == found.written, say("not all of the write is in the 5m bucket: {found}", found)


def expect_constant_prompt(replies: Sequence[Exchange]) -> None:
    """Assert that the prompt is counted alike. An upstream of another build may count otherwise, so that only replies
    that name the same model are compared."""
    by_model: dict[str, list[Counted]] = {}
    for reply in map(counted, replies):
        by_model.setdefault(str(reply.exchange.reply.get("model")), []).append(reply)
    compared = [group for group in by_model.values() if len(group) > 1]
    if not compared:
        raise Inconclusive(say("no two of the replies name the same model: {by_model}", ", ".join(by_model)))
    for group in compared:
        expect_close("prompt", TIME_SLACK, *group)
