"""The id and the time of each completion, compared over a whole run."""

from __future__ import annotations

from dataclasses import replace

from conformance.contract.faults import put
from conformance.contract.requirement import Area, Impact
from conformance.contract.scopes import EVERY_REPLY
from conformance.evidence.exchange import Exchange, NotApplicable, Violation
from conformance.language import say

AREA = Area("ids", Impact.FORM)

CLOCK_STEP = 2  #: seconds that the clocks of an endpoint's machines may differ


def _by_id(exchanges: list[Exchange]) -> dict[str, dict[str, Exchange]]:
    """The completions of each id, by the keys of their requests."""
    named: dict[str, dict[str, Exchange]] = {}
    for exchange in exchanges:
        value = exchange.reply.get("id")
        if isinstance(value, str) and value:
            named.setdefault(value, {})[exchange.request.key] = exchange
    return named


@AREA.must(
    "give no two completions the same id, not even for identical requests",
    on=EVERY_REPLY,
    impact=Impact.DATA,
    source="openai-openapi#CreateChatCompletionResponse.id",
    contract=["ids-01"],
    at="id",
    hint="Make a new id for each completion; a cache of responses must not repeat the old one.",
    broken_by=put("id", lambda value: "chatcmpl-the-same"),
    needs=["ids"],
)
def test_unique(exchanges: list[Exchange]) -> None:
    named = _by_id(exchanges)
    if sum(map(len, named.values())) < 2:
        raise NotApplicable(say("fewer than two completions have an id"))
    for value, same in named.items():
        if len(same) > 1:
            raise Violation(say("{number} completions have the id {value!r}", len(same), value), *same.values())


def _apart(later: Exchange, earlier: Exchange) -> float:
    """Seconds from the end of one exchange to the start of another."""
    return later.started - earlier.started - earlier.seconds


def _in_turn(exchanges: list[Exchange]) -> list[tuple[Exchange, Exchange]]:
    """Each two completions of which one was sent after the other had ended: the later, the earlier."""
    dated = [each for each in exchanges if each.started and type(each.reply.get("created")) is int]
    return [(later, earlier) for later in dated for earlier in dated if _apart(later, earlier) > 0]


def _backwards(exchange: Exchange) -> Exchange:
    """A clock that runs backwards, fast enough for requests that are milliseconds apart."""
    return put("created", 4_000_000_000 - int(exchange.started % 100_000 * 10_000))(exchange)


@AREA.should(
    "let created not run backwards from one completion to the next by more than two seconds",
    on=EVERY_REPLY,
    source="openai-openapi#CreateChatCompletionResponse.created",
    contract=["ids-02"],
    at="created",
    hint="Take created from one clock, not from upstreams whose clocks differ.",
    shown_by=lambda exchange: replace(exchange, seconds=0.0),
    broken_by=_backwards,
    needs=["created", "times"],
    after=["completion.created", "chunk.created"],
)
def test_created_in_order(exchanges: list[Exchange]) -> None:
    pairs = _in_turn(exchanges)
    for later, earlier in pairs:
        if later.reply["created"] < earlier.reply["created"] - CLOCK_STEP:
            raise _ran_backwards(later, earlier)
    if not pairs:
        raise NotApplicable(say("no two completions followed each other"))


def _ran_backwards(later: Exchange, earlier: Exchange) -> Violation:
    after, before, apart = later.reply["created"], earlier.reply["created"], _apart(later, earlier)
    said = say(
        "created is {after}, after {before} in a completion that ended {apart:.1f} s before", after, before, apart
    )
    return Violation(said, later, earlier)
