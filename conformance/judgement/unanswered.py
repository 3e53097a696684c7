"""Valid requests that were never answered: an endpoint is not green because it answers the others."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from conformance.contract.scopes import failed
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say

OF_THE_KEY = (401, 402, 407)  #: statuses that speak of the key or the account
_SAID = 100  #: characters of what came back
IN_STREAM = say("an error in the stream")


@dataclass(frozen=True)
class Unanswered:
    """A valid request to which a model never gave a reply or a refusal. `tries` are the times that it was sent."""

    key: str
    label: str
    model: str
    outcome: str
    tries: int

    def __str__(self) -> str:
        asked = say("asked once") if self.tries == 1 else say("asked {number} times", self.tries)
        return say("{request} on {model} ({outcome}, {asked})", self.label or self.key, self.model, self.outcome, asked)


def is_unanswered(exchange: Exchange) -> bool:
    """Whether a valid request got neither a reply nor a refusal."""
    return exchange.request.expect == "reply" and fails(exchange)


def fails(exchange: Exchange) -> bool:
    """Whether neither a reply nor a refusal came: a server error, no whole response, an error in the stream, throttled
    to the end, or told that the key, which others were answered with, is none."""
    if exchange.failure:
        return exchange.failure.kind != "hung up"
    if exchange.status in OF_THE_KEY:
        return exchange.request.credentials == "valid"
    try:
        return (
            exchange.transient
            or exchange.status == 408
            or exchange.status >= 500
            or (exchange.streamed and failed(exchange))
        )
    except Inconclusive:  # a content coding that cannot be undone, which is another requirement
        return False


def _shortened(outcome: str) -> str:
    return outcome if len(outcome) <= _SAID else outcome[:_SAID]


def unanswered(exchanges: Iterable[Exchange], left_out: Container[str] = ()) -> tuple[Unanswered, ...]:
    """The valid requests that were never answered, save those with these keys. What came earlier is not told apart."""
    return tuple(
        Unanswered(
            key=each.request.key,
            label=each.request.label,
            model=str(each.request.asked.get("model", "")),
            outcome=_shortened(each.outcome) if each.failure or each.status >= 400 else IN_STREAM,
            tries=len(each.earlier) + 1,
        )
        for each in exchanges
        if each.request.attempt > 0 and each.request.key not in left_out and is_unanswered(each)
    )
