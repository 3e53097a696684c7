"""Judgements on the exchanges of one prompt, cold and repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from conformance.billing.dialects import mapped
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say

from .counts import PREFIX_SLACK, Counted, counted, expect, written

#: Seconds for which a write is certainly still cached: its TTL less the time that requests take.
FIVE_MINUTES, HOUR = 240.0, 3300.0


# --- cold ---------------------------------------------------------------------------------------------------


def expect_cold(found: Iterable[Counted]) -> None:
    """Assert that no two prompts that are sent for the first time hit more than half. Raises Inconclusive where one
    does: the gateway may have sent it upstream before."""
    hot = [each for each in found if _is_hot(each)]
    fresh = [each for each in hot if not each.exchange.earlier]
    expect(
        len(fresh) < 2, say("{number} prompts that were never sent before are reported as cached", len(fresh)), *fresh
    )
    if hot:
        said = "; ".join(map(str, hot))
        raise Inconclusive(
            say("one prompt alone, which may have been sent upstream before, is reported as cached: {said}", said)
        )


def expect_cold_or_other(first: Exchange, other: Sequence[Exchange]) -> None:
    """Likewise of one prompt; another is looked at only where it hits."""
    found = counted(first)
    if _is_hot(found):
        expect_cold((found, counted(other[0])))


def _is_hot(found: Counted) -> bool:
    return found.hits * 2 > found.prompt


def expect_nothing_read(plain: Exchange, first: Sequence[Exchange], other: Sequence[Exchange] = ()) -> None:
    """Assert that of prompts that are sent for the first time no two read more than the shortest prompt has: all else
    in them was never sent before. The other is looked at where the first does. Raises Inconclusive where one does."""
    most = counted(plain).prompt + PREFIX_SLACK
    found = [each for each in map(counted, first) if each.hits > most]
    if found and other:
        found += [each for each in (counted(other[0]),) if each.hits > most]
    fresh = [each for each in found if not each.exchange.earlier]
    said = say(
        "{number} new prompts read more than the {most} tokens that may stand before every prompt", len(fresh), most
    )
    expect(len(fresh) < 2, said, *fresh)
    if found:
        raise Inconclusive(say("one prompt alone, which may have been sent upstream before: {found}", found[0]))


# --- cold, then warm ----------------------------------------------------------------------------------------


def up_to(enough: Callable[[Counted], bool], exchanges: Sequence[Exchange]) -> list[Counted]:
    """The counts of the exchanges, each looked at in turn, up to the first that is enough."""
    found: list[Counted] = []
    for exchange in exchanges:
        found.append(counted(exchange))
        if enough(found[-1]):
            break
    return found


def hit_or_last(exchanges: Sequence[Exchange]) -> Counted:
    """The first of these that hit, or the last."""
    return up_to(_hits, exchanges)[-1]


def hit(cold: Exchange, repetitions: Sequence[Exchange]) -> Counted:
    """The first repetition that hit. Raises Inconclusive where none did."""
    first, warm = counted(cold), hit_or_last(repetitions)
    if not warm.hits:
        missed = say(
            "{number} repetitions hit nothing, as they may where an upstream spreads them over accounts",
            len(repetitions),
        )
        raise Inconclusive(say("{missed}: {first}; {warm}", missed, first, warm))
    return warm


def _hits(found: Counted) -> bool:
    return found.hits > 0


def expect_few_writes(warm: Counted, cold: Counted) -> None:
    """Assert that what hit is not written again. An upstream may write a small tail, by a breakpoint of its own."""
    expect(warm.written * 20 <= cold.written, say("a repetition that hit was charged a write as well"), warm, cold)


def expect_conserved(warm: Counted, cold: Counted) -> None:
    """Assert that as much is in the cache after a repetition as before it."""
    expect(
        cold.cached == warm.cached,
        say("{cached} tokens were cached, and {cached2} were found", cold.cached, warm.cached),
        warm,
        cold,
    )


def expect_some_miss(
    repetitions: Sequence[Exchange], message: str, missed: Sequence[Counted], cold: Counted, seconds: float
) -> NoReturn:
    """Hold that a prompt is missed every time only where repetitions of the plainest one are missed, too. Then, and
    where one that missed came too late, raises Inconclusive: requests may be spread over accounts."""
    late = [each for each in missed if each.exchange.started - cold.exchange.started > seconds]
    if late:
        waited = late[-1].exchange.started - cold.exchange.started
        raise Inconclusive(
            say("it was sent again {waited:.0f} seconds after it was written: {late}; {cold}", waited, late[-1], cold)
        )
    every_time = up_to(lambda each: not each.hits, repetitions)[-1].hits > 0
    expect(
        not every_time, say("{message}, and repetitions of the plainest prompt hit every time", message), *missed, cold
    )
    raise Inconclusive(
        say(
            "{message}, nor does every repetition of the plainest prompt hit: {missed}; {cold}",
            message,
            missed[-1],
            cold,
        )
    )


def expect_found(cold: Exchange, repetitions: Sequence[Exchange], message: str) -> None:
    """Assert that one of the repetitions reads or writes what the first request wrote. One alone may have gone to an
    upstream that does not cache."""
    first = written(cold)
    last = up_to(lambda each: each.cached > 0, repetitions)[-1]
    expect(last.cached > 0, message, last, first)


def found_streamed(streams: Sequence[Exchange]) -> Counted:
    """The first of several streams that hit, or the last that neither hit nor wrote. Raises Inconclusive where all
    wrote."""
    found = up_to(_hits, streams)
    if found[-1].hits:
        return found[-1]
    silent = [each for each in found if not each.written]
    if not silent:
        raise Inconclusive(
            say("{number} streams missed what a plain reply hit, and wrote it again: {found}", len(found), found[-1])
        )
    return silent[-1]


# --- reported as written ------------------------------------------------------------------------------------


def expect_reported(prompts: Sequence[Sequence[Exchange]]) -> None:
    """Assert that what is read when one of these prompts is sent again was reported as written. Raises Inconclusive
    where none shows either."""
    lacking: list[Inconclusive] = []
    for prompt in prompts:
        try:
            _expect_reported(prompt)
        except Inconclusive as reason:
            lacking.append(reason)
    if len(lacking) == len(prompts):
        raise lacking[0]


def _expect_reported(prompt: Sequence[Exchange]) -> None:
    """Assert that no repetition reads most of the prompt where no reply reported it as written. Raises Inconclusive
    where nothing tells of a write."""
    cold = counted(prompt[0])
    if cold.written:
        return
    warm = up_to(lambda each: each.written > 0 or _reads_most(each, cold), prompt[1:])[-1]
    if warm.written:
        raise Inconclusive(say("what is sent again is written, and not before: {cold}; {warm}", cold, warm))
    expect(not _reads_most(warm, cold), say("a prefix is read that no reply reported as written"), cold, warm)
    usage = cold.exchange.usage
    raise Inconclusive(
        say(
            "the prefix up to the breakpoint is neither written nor read: {cold}; {warm}{mapped}",
            cold,
            warm,
            mapped(usage),
        )
    )


def _reads_most(warm: Counted, cold: Counted) -> bool:
    return (warm.hits - cold.hits) * 2 > warm.prompt
