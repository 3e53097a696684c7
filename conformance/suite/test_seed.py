"""The seed of a reply: accepted over its whole range, and meant to make replies repeatable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from conformance.contract.faults import edit, only, respond, status
from conformance.contract.given import OnDemand, on_demand, usually
from conformance.contract.profile import Model
from conformance.contract.requests import SEED_ZERO, attempts, chat
from conformance.contract.requirement import Area, Impact
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.observed import answered_with
from conformance.language import say
from conformance.suite.support.parameters import AT_END, EXTREMES
from conformance.suite.support.replies import content_of

AREA = Area("seed", Impact.FORM)

#: For each end of the range: the seed among other parameters, which other requirements send anyway, and alone.
SEEDS = tuple(
    (usually(AT_END[end]), on_demand(chat(label=f"seed-{end}", seed=values["seed"])))
    for end, values in EXTREMES.items()
)


@AREA.should(
    "accept every 64-bit integer as a seed",
    on={"zero": SEED_ZERO, "ends": SEEDS},
    impact=Impact.CLIENTS,
    source="openai-openapi#CreateChatCompletionRequest.seed",
    contract=["seed-01"],
    at="error",
    hint="Read the seed as an integer of 64 bits; leave it out for an upstream that has none.",
    broken_by={
        "refused": only(
            lambda each: each.asked.get("seed", 0) < 0,
            respond(400, {"error": {"message": "seed: must be positive", "type": "invalid_request_error"}}),
        ),
        "a failure": only(lambda each: "seed" in each.asked, status(500)),
    },
)
def test_range(zero: Exchange, ends: tuple[tuple[Sequence[Exchange], Sequence[Exchange]], ...], model: Model) -> None:
    for exchange in (zero, *(_seeded(*end, model) for end in ends)):
        assert exchange.succeeded, answered_with(exchange)


def _seeded(among: Sequence[Exchange], alone: Sequence[Exchange], model: Model) -> Exchange:
    """The response to a seed among other parameters, or alone where those are rejected."""
    if not model.reasons and (exchange := among[0]).succeeded:
        return exchange
    return alone[0]


def _different(document: object) -> None:
    """Gives each reply a text of its own: its id."""
    if isinstance(document, dict):
        for choice in document.get("choices", ()):
            choice["message"]["content"] = document["id"]


@AREA.may(
    "give the same text at least twice of three times for the same seed and system_fingerprint",
    on={"answers": OnDemand(attempts(SEED_ZERO), declared=1, usual=2)},
    source="openai-openapi#CreateChatCompletionRequest.seed",
    contract=["seed-02"],
    at="choices.*.message.content",
    hint="Pass the seed on. This is best effort only: a difference is no fault by itself.",
    broken_by=edit(_different),
)
def test_same_text(answers: Sequence[Exchange]) -> None:
    seen: list[Exchange] = []
    for exchange in answers:
        seen.append(exchange)
        texts = _texts(seen)
        if max(Counter(texts).values()) >= 2:
            return
    raise AssertionError(say("three replies with the same seed are {texts!r:.300}", texts))


def _texts(exchanges: Sequence[Exchange]) -> list[str]:
    """The texts of replies. Raises Inconclusive where one has none, NotApplicable where the system_fingerprint
    changed."""
    contents = [content_of(each) for each in exchanges]
    texts = [each for each in contents if isinstance(each, str)]
    if len(texts) < len(contents):
        raise Inconclusive(say("the reply has no text"))
    prints = sorted({repr(each.reply.get("system_fingerprint")) for each in exchanges})
    if len(prints) > 1:
        raise NotApplicable(say("the system_fingerprint changed: {prints}", ", ".join(prints)))
    return texts
