"""What holds of prompts that combine features: pure functions over the counts of their replies."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from conformance.evidence.exchange import Inconclusive
from conformance.language import joined, say

from .chains import Replies
from .comparisons import FIVE_MINUTES, expect_conserved, expect_few_writes
from .counts import TIME_SLACK, Counted, expect, expect_close
from .covering import breakpoints

FORMS_ALIKE = 3  #: replies of one form that must show no cache: fewer may all have met an upstream without one
END_SLACK = 100  #: tokens, less than what stands before the last breakpoint and after the one before it


def _after_the_first_write(replies: Replies) -> tuple[Counted, Replies]:
    """The first reply that reports a write, and those after it. Raises Inconclusive where there are none."""
    for place, each in enumerate(replies[:-1]):
        if each.written:
            return each, replies[place + 1 :]
    raise Inconclusive(say("no reply before the last reports a write: {replies}", joined("; ", map(str, replies))))


# --- one prompt, sent again -----------------------------------------------------------------------------------


def found_again(replies: Replies) -> None:
    """What was written is read later, or written once more, in the form that is asked for three times, too. Raises
    Inconclusive where that was answered less often: an upstream that does not cache may have answered."""
    first, later = _after_the_first_write(replies)
    forms = [(each.exchange.request.streams, each.exchange.request.asked.get("n")) for each in later]
    last = [each for each, form in zip(later, forms, strict=True) if form == forms[-1]]
    if len(last) < FORMS_ALIKE and not last[-1].cached:
        few = say("what was written is neither read nor written by {number} of its form, too few to tell", len(last))
        raise Inconclusive(say("{few}: {last}; {first}", few, last[-1], first))
    expect(any(each.cached for each in last), say("what was written is neither read nor written later"), *last, first)


def reported_as_written(replies: Replies) -> None:
    """What is read was reported as written before. Raises Inconclusive where nothing is read."""
    if len(replies) < 2:
        raise Inconclusive(say("the prompt was answered once at most"))
    cold, later = replies[0], replies[1:]
    if any(each.written for each in replies):
        return
    for each in later:
        unwritten = (each.hits - cold.hits) * 2 > each.prompt
        expect(not unwritten, say("a prefix is read that no reply reported as written"), each, cold)
    raise Inconclusive(say("the prefix is neither written nor read: {replies}", joined("; ", map(str, replies))))


def conserved(replies: Replies) -> None:
    """What is read is what was written, and it is not written again."""
    first, later = _after_the_first_write(replies)
    hits = [each for each in later if each.hits]
    if not hits:
        raise Inconclusive(say("what was written is not read, as may happen: {first}; {later}", first, later[-1]))
    for each in hits:
        expect_few_writes(each, first)
        expect_conserved(each, first)


def read_in_the_end(replies: Replies) -> None:
    """Of three replies not every one writes while none reads. Raises Inconclusive where fewer than three do, or one
    came too late."""
    if any(each.hits for each in replies[1:]):
        return
    said = "; ".join(map(str, replies))
    if len(replies) < 3 or not all(each.written for each in replies):
        raise Inconclusive(say("fewer than three replies report a write, and none a hit: {said}", said))
    started = [each.exchange.started for each in replies]
    if any(later - sooner > FIVE_MINUTES for sooner, later in pairwise(started)):
        raise Inconclusive(say("the prompt was sent again too late to be read: {said}", said))
    expect(False, say("{number} identical prompts are each written, and none is read", len(replies)), *replies)


def constant_prompt(replies: Replies) -> None:
    """prompt_tokens is the same, for one choice, where the same model answered."""
    _same_prompt([each for each in replies if each.exchange.request.asked.get("n", 1) == 1])


def one_prompt_for_all_choices(replies: Replies) -> None:
    """prompt_tokens is the same for one choice and for two."""
    if len({each.exchange.request.asked.get("n", 1) for each in replies}) < 2:
        raise Inconclusive(say("the prompt was not answered for one choice and for two"))
    _same_prompt(replies)


def _same_prompt(replies: Replies) -> None:
    models = {str(each.exchange.reply.get("model")) for each in replies}
    if len(replies) < 2:
        raise Inconclusive(say("fewer than two replies count the prompt: {replies}", joined("; ", map(str, replies))))
    if len(models) > 1:
        raise Inconclusive(say("the replies are of different models: {models}", ", ".join(sorted(models))))
    expect_close("prompt", TIME_SLACK, *replies)


def written_like(plain: Counted, replies: Replies) -> None:
    """Where the plainest prompt is written, this one is, too, or is read."""
    if not replies:
        raise Inconclusive(say("the prompt was not answered with counts"))
    expect(replies[0].cached > 0, say("the plainest prompt is written, and another as long is not"), replies[0], plain)


# --- one reply ----------------------------------------------------------------------------------------------


def in_their_buckets(found: Counted) -> None:
    """What a cold prompt writes is in the buckets of the TTLs that were asked for. Where a prefix is read, the bucket
    of the last breakpoint has most of what is written: an upstream may write a small tail. Raises Inconclusive where it
    cannot be told what was to be written."""
    cold = found.exchange.request.after is None
    if found.written * 20 <= found.hits or bool(found.hits * 2 > found.prompt) is cold:
        raise Inconclusive(say("it is not known what was to be written: {found}", found))
    ttls = [ttl for _, ttl in breakpoints(found.exchange.request.asked)]
    by_ttl = {"5m": found.written_5m, "1h": found.written_1h}
    if not cold:
        expect(by_ttl[ttls[-1]] * 2 > found.written, say("what has ttl {ttls} is in the other bucket", ttls[-1]), found)
        return
    for ttl, tokens in by_ttl.items():
        expect(
            bool(tokens) == (ttl in ttls),
            say("the breakpoints have ttl {ttls}", joined(" and ", sorted({*ttls}))),
            found,
        )


def cached_to_the_end(replies: Replies, short: Counted) -> None:
    """Where a prompt ends with a breakpoint, no more of it is left uncached than of one of which a few words follow the
    breakpoint: what an upstream counts for tools, and what a gateway appends, is in both. Raises Inconclusive where it
    is not known what was to be cached."""
    known = [each for each in replies if each.written and (each.hits or each.exchange.request.after is None)]
    if not known or not short.cached:
        raise Inconclusive(
            say(
                "no write is reported, or none beside what is read: {replies}",
                joined("; ", map(str, (short, *replies))),
            )
        )
    for each in known:
        left, least = each.prompt - each.cached, short.prompt - short.cached
        more = say(
            "{left} tokens before a last breakpoint are uncached, {least} where some words follow it", left, least
        )
        expect(left <= least + END_SLACK, more, each, short)


# --- a prefix, with another end -------------------------------------------------------------------------------


def all_of_it(earlier: Counted) -> int:
    """All that is in the cache, where the last breakpoint is shared."""
    return earlier.cached


def of_an_hour(earlier: Counted) -> int:
    """What is written for an hour, where that is shared and what is written for five minutes is not. Raises
    Inconclusive where something was read, whose TTL nobody knows."""
    if earlier.hits or not (earlier.written_1h and earlier.written_5m):
        raise Inconclusive(say("nobody can tell how much is cached for an hour: {earlier}", earlier))
    return earlier.written_1h


def continues(replies: Replies, shared: Callable[[Counted], int] | None) -> None:
    """Of two prompts the later reads what it shares with the earlier (None: nobody can tell how much), and writes what
    follows. Raises Inconclusive where the prefix was missed, and written anew."""
    if len(replies) < 2 or not replies[0].cached:
        raise Inconclusive(say("no shared prefix was cached: {replies}", joined("; ", map(str, replies))))
    earlier, later = replies
    if not later.hits and later.written * 2 > earlier.cached:
        raise Inconclusive(say("the shared prefix was missed, as may happen: {later}; {earlier}", later, earlier))
    expect(later.hits > 0, say("what was cached before is not read, and only what follows is written"), later, earlier)
    if shared is not None:
        tokens = shared(earlier)
        expect(
            abs(later.hits - tokens) * 100 <= tokens, say("{tokens} shared tokens were cached", tokens), later, earlier
        )
    expect(later.written > 0, say("what was added up to the last breakpoint is not written"), later, earlier)
