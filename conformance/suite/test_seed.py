"""The seed of a reply: taken over its whole range, and meant to make the reply the same."""

from __future__ import annotations

from collections import Counter

from conformance.contract.faults import edit, only, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import attempts, chat
from conformance.contract.requirement import Area
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.send import Send
from conformance.suite.support.parameters import EXTREMES, extremes

AREA = Area("seed")

_PROMPT = "Make up a sentence about the sea."
SEED_ZERO = chat(_PROMPT, label="seed-zero", seed=0, max_tokens=30)


@AREA.should(
    "accept every 64-bit integer as a seed",
    on=(SEED_ZERO,),
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
def test_range(send: Send, model: Model) -> None:
    for exchange in (send(SEED_ZERO), *(_seeded(send, model, end) for end in EXTREMES)):
        said = " ".join(exchange.text.split())[:160]
        assert exchange.succeeded, f"“{exchange.request}” is answered with {exchange.outcome}: {said}"


def _seeded(send: Send, model: Model, end: str) -> Exchange:
    """The reply to a seed at one end of the range: among other parameters, which are asked for anyway, or alone where
    those are refused."""
    if not model.reasons and (among := send(extremes(end, model))).succeeded:
        return among
    return send(chat(label=f"seed-{end}", seed=EXTREMES[end]["seed"]))


def _different(document: object) -> None:
    """Each reply with a text of its own: its id."""
    if isinstance(document, dict):
        for choice in document.get("choices", ()):
            choice["message"]["content"] = document["id"]


@AREA.may(
    "give the same text at least twice of three times for the same seed and system_fingerprint",
    on=(SEED_ZERO,),
    source="openai-openapi#CreateChatCompletionRequest.seed",
    contract=["seed-02"],
    at="choices.*.message.content",
    hint="Pass the seed on. A best effort only: a difference is no fault by itself.",
    broken_by=edit(_different),
)
def test_same_text(send: Send) -> None:
    texts: list[str] = []
    prints = set()
    for request in attempts(SEED_ZERO):
        exchange = send(request)
        content = exchange.messages[0].get("content") if exchange.messages else None
        if not isinstance(content, str):
            raise Inconclusive("the reply has no text")
        texts.append(content)
        prints.add(repr(exchange.reply.get("system_fingerprint")))
        if len(prints) > 1:
            raise NotApplicable(f"the system_fingerprint changed: {', '.join(sorted(prints))}")
        if max(Counter(texts).values()) >= 2:
            return
    raise AssertionError(f"three replies with the same seed are {texts!r:.300}")
