"""Judgements on couples of prompts, of which the second is sent after the first."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say

from .counts import Counted, counted, written


def comparable(couples: Sequence[Sequence[Exchange]]) -> list[tuple[Counted, Counted]]:
    """The counts of each couple of which the first was written. Raises Inconclusive where none was, or the others show
    nothing."""
    found: list[tuple[Counted, Counted]] = []
    lacking = Inconclusive(say("there is nothing to compare"))
    for couple in couples:
        try:
            first, second = written(couple[0]), counted(couple[1])
        except Inconclusive as reason:
            lacking = reason
            continue
        if second.hits and not second.written:
            lacking = Inconclusive(say("the prompt was in the cache already: {second}", second))
        else:
            found.append((first, second))
    if not found:
        raise lacking
    return found


def both_written(couples: Sequence[Sequence[Exchange]], covered_by: str) -> list[tuple[Counted, Counted]]:
    """The couples of which both were written. Raises Inconclusive, naming the requirement that covers it, where there
    is none."""
    found = [couple for couple in comparable(couples) if couple[1].written]
    if not found:
        raise Inconclusive(say("no second reply of a couple reports a write (covered by {covered_by})", covered_by))
    return found
