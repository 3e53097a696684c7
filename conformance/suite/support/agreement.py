"""That two requests are answered alike, apart from chance and routing."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.observed import count_or_not_applicable
from conformance.language import say
from conformance.suite.support.prompts import SLACK

Tries = Sequence[Exchange]  #: a request and its repetitions, each sent when it is looked at
Pair = tuple[Tries, Tries]  #: two requests that are to be answered alike


def agree(
    one: Tries,
    other: Tries,
    view: Callable[[Exchange], Any],
    same: Callable[[Any, Any], bool] = operator.eq,
) -> None:
    """Hold that two requests, each sent up to twice, are answered the same as far as `view` shows it. The second
    exchanges are looked at only where the first differ: a difference made by chance or routing does not recur."""
    labels: list[str] = []
    values: tuple[list[Any], list[Any]] = ([], [])
    for attempt in range(2):
        for found, exchanges in zip(values, (one, other), strict=True):
            exchange = exchanges[attempt]
            labels.append(str(exchange.request))
            found.append(view(exchange))
        if any(same(value, others) for value in values[0] for others in values[1]):
            return
    raise AssertionError(
        say(
            "“{labels}” gives {values!r:.300}, “{labels2}” gives {values2!r:.300}; so do repetitions",
            labels[0],
            values[0][0],
            labels[1],
            values[1][0],
        )
    )


def cost_alike(one: Tries, other: Tries) -> None:
    """Hold that two requests, each sent up to three times, cost the same prompt_tokens. Chance, routing, and a template
    with the time in it make a difference that does not recur, or that changes its sign. Raises Inconclusive for one
    that changes its sign and is as small as the time may make it."""
    labels: list[str] = []
    counts: tuple[list[int], list[int]] = ([], [])
    for attempt in range(3):
        for found, exchanges in zip(counts, (one, other), strict=True):
            exchange = exchanges[attempt]
            labels.append(str(exchange.request))
            found.append(prompt_tokens(exchange))
        if set(counts[0]) & set(counts[1]):
            return
    said = say(
        "“{labels}” costs {listed} prompt_tokens, “{labels2}” costs {listed2}",
        labels[0],
        _listed(counts[0]),
        labels[1],
        _listed(counts[1]),
    )
    apart = [count - others for count in counts[0] for others in counts[1]]
    if min(apart) < 0 < max(apart) and min(map(abs, apart)) <= SLACK:
        raise Inconclusive(say("{said}: neither always costs more", said))
    raise AssertionError(say("{said}; each was sent three times", said))


def _listed(counts: Iterable[int]) -> str:
    return ", ".join(map(str, dict.fromkeys(counts)))


def each_pair(pairs: Iterable[Pair], relation: Callable[[Tries, Tries], None]) -> None:
    """Hold a relation over every pair. A pair that shows nothing counts only where no pair shows anything."""
    reasons: list[Inconclusive | NotApplicable] = []
    shown = 0
    for one, other in pairs:
        try:
            relation(one, other)
            shown += 1
        except (Inconclusive, NotApplicable) as reason:
            reasons.append(reason)
    if not shown:
        raise reasons[0]


def prompt_tokens(exchange: Exchange) -> int:
    """The prompt_tokens of a reply, to be compared. Raises NotApplicable where they are no integer."""
    return count_or_not_applicable(exchange.usage, "prompt_tokens")
