"""Invalid requests are rejected alike whether they ask for a stream or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.contract.faults import only, put, respond
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.language import say
from conformance.suite.support.agreement import Pair, Tries, agree, each_pair

from . import AREA
from .pairs import ERROR_PAIRS, is_streamed, tried


def _rejection(exchange: Exchange) -> tuple[int, Any, Any]:
    error = exchange.error if exchange.refused else {}
    return exchange.status, error.get("type"), error.get("code")


def _rejected_alike(plain: Tries, stream: Tries) -> None:
    if not (one := plain[0]).refused:
        raise NotApplicable(say("“{request}” is not rejected (covered by other requirements)", one.request))
    agree(plain, stream, _rejection)


@AREA.should(
    "reject an invalid request with the same status, type and code whether it asks for a stream or not",
    on={"pairs": tried(ERROR_PAIRS)},
    impact=Impact.FORM,
    source="openai-openapi#ErrorResponse",
    contract=["equiv-06"],
    at="error",
    hint="Check the request before the stream begins, and reject it with the status, not with an event in a 200.",
    broken_by={
        "another status": only(is_streamed, respond(500, {"error": {"message": "m", "type": "t", "code": "c"}})),
        "another code": only(is_streamed, put("error.code", "bad_response")),
        "200": only(is_streamed, respond(200, {"error": {"message": "m", "type": "t", "param": None, "code": "c"}})),
    },
    needs=["status"],
)
def test_errors(pairs: Sequence[Pair]) -> None:
    each_pair(pairs, _rejected_alike)
