"""Other routes to a model, and other ways to name one, than the contract's."""

from __future__ import annotations

from dataclasses import replace

from conformance.contract.faults import respond
from conformance.contract.requests import PLAIN, UNKNOWN_MODEL, bad, intrusive, once
from conformance.evidence.exchange import Exchange
from conformance.language import say
from conformance.suite.security import AREA
from conformance.suite.security.outlines import outline

#: An address of OpenAI's older API that gateways have kept.
ALIAS = once(
    intrusive(bad("engines-no-credentials", PLAIN.asked, path="/engines/any/chat/completions", credentials="none"))
)
QUERY = intrusive(bad("model-in-query", PLAIN.asked | {"model": UNKNOWN_MODEL}))
#: The body names a model that does not exist, the query of the URL the one that is judged.
MODEL_IN_QUERY = replace(QUERY, path="/chat/completions?model=$MODEL$")
_SERVED = respond(200, {"choices": [{"index": 0, "message": {"role": "assistant", "content": "OK."}}]})


def _completed(exchange: Exchange) -> bool:
    return exchange.succeeded and '"choices"' in exchange.text


@AREA.must(
    "answer no request without credentials at an address of the older API, /engines/{model}/chat/completions",
    on=(ALIAS,),
    source="phanedge#openapi",
    contract=["security-08"],
    at="status",
    hint="Authenticate every route to a model, or offer none but the documented one.",
    broken_by=_SERVED,
    after=["auth.no_credentials_401"],
)
def test_aliases_need_the_key(exchange: Exchange) -> None:
    assert not _completed(exchange), say("{request} was answered with {outline}", exchange.request, outline(exchange))


@AREA.must(
    "choose the model by the body alone, not by a model in the query of the URL",
    on=(MODEL_IN_QUERY,),
    source="phanedge#openapi",
    contract=["security-08"],
    at="status",
    hint="What a key may use and what is charged follow from the model of the body: do not read it elsewhere.",
    broken_by=_SERVED,
    after=["validation.unknown_model_refused"],
)
def test_body_names_the_model(exchange: Exchange) -> None:
    assert not _completed(exchange), say(
        "{request}: the body's model does not exist, yet {outline}", exchange.request, outline(exchange)
    )
