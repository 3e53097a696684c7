"""A body that can be read in two ways is read in one."""

from __future__ import annotations

import json

from conformance.contract.faults import edit, respond, status
from conformance.contract.requests import PLAIN, UNKNOWN_MODEL, bad, intrusive, once
from conformance.evidence.exchange import MODEL, Exchange, Request
from conformance.language import say
from conformance.suite.security import AREA
from conformance.suite.security.outlines import outline


def two_models(label: str, first: str, second: str) -> Request:
    """A body with two members named model, in this order."""
    messages = json.dumps(PLAIN.asked["messages"])
    body = f'{{"model": "{first}", "max_tokens": 16, "messages": {messages}, "model": "{second}"}}'
    return once(intrusive(bad(label, body.encode())))


UNKNOWN_LAST = two_models("two-models-unknown-last", MODEL, UNKNOWN_MODEL)


UNKNOWN_FIRST = two_models("two-models-unknown-first", UNKNOWN_MODEL, MODEL)


@AREA.should(
    "reject a body with two model members, or use the same one of them whatever their order",
    on={"unknown_last": UNKNOWN_LAST, "unknown_first": UNKNOWN_FIRST},
    source="rfc8259#4",
    contract=["security-06"],
    at="model",
    hint="Parse the body once, and use what was parsed for routing, for billing and for the upstream.",
    broken_by={
        "both served": respond(200, {"model": "some-model", "choices": [], "usage": {}}),
        "a server error": status(500),
        "the unknown one served": edit(lambda document: document.update(model=UNKNOWN_MODEL, choices=[], error=None)),
    },
    after=["validation.unknown_model_refused"],
)
def test_two_models(unknown_last: Exchange, unknown_first: Exchange) -> None:
    exchanges = [unknown_last, unknown_first]
    for exchange in exchanges:
        assert exchange.status < 500, outline(exchange)
        served = exchange.succeeded and exchange.reply.get("model") == UNKNOWN_MODEL
        assert not served, say("{request} was served as a model that does not exist", exchange.request)
    assert not all(each.succeeded for each in exchanges), say(
        "a model that does not exist was passed over in both orders"
    )
