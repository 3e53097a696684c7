"""Generated requests that violate one constraint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.contract.faults import drop, only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN
from conformance.contract.requirement import Impact, Level
from conformance.contract.scopes import tells_of_failure
from conformance.evidence.exchange import Exchange, Inconclusive, Request, Violation
from conformance.evidence.send import Send
from conformance.language import say

from . import AREA
from .judged import request_of, strategies

if TYPE_CHECKING:
    from conformance.contract.strategies import Broken


def _invalid(request: Request) -> bool:
    return request.expect == "error"


def blames(exchange: Exchange, path: str) -> str:
    """Another member of the request than the one at this path, where error.param names it: `messages[0].role`, or
    `body.messages.0.role`, is about messages and about role. Empty where there is none."""
    param = exchange.error.get("param")
    named = re.findall(r"[A-Za-z_]\w*", param.removeprefix("body.")) if isinstance(param, str) else []
    wrong = path and named and named[0] in exchange.request.asked and not set(named) & set(path.split("."))
    return named[0] if wrong else ""


def _has_error(exchange: Exchange) -> bool:
    try:
        return isinstance(exchange.error.get("message"), str)
    except Inconclusive:
        return False


def _is_rejected_for_it(broken: Broken, send: Send) -> None:
    """Hold that an invalid request is rejected for the member that is invalid; where it may be accepted, also that."""
    exchange = send(broken.request)
    said = say("{said}, and the answer is HTTP {status}: {text}", broken.said, exchange.status, exchange.text[:160])
    said = say("{said}; asked: {request_of}", said, request_of(exchange))
    taken = exchange.succeeded and not tells_of_failure(exchange)
    legal = 400 <= exchange.status < 500 or (taken and broken.level != Level.MUST)
    if not legal or (exchange.refused and not _has_error(exchange)):
        raise Violation(said, exchange)
    if exchange.refused and (blamed := blames(exchange, broken.path)):
        raise Violation(say("{blamed} is blamed where {said}", blamed, said), exchange)


@AREA.should(
    "answer a request that violates one constraint with a 4xx and an error object that blames no other member, or, "
    "except for model and messages, as if the constraint were satisfied",
    on=(PLAIN,),
    impact=Impact.FORM,
    source="openai-errors#api-errors",
    contract=["validation-08", "errors-06"],
    hint="Validate the members that are used; reject with 400, or ignore, the others.",
    broken_by={
        "a server error": only(_invalid, status(500)),
        "no error object": only(_invalid, drop("error")),
        "another member blamed": only(_invalid, put("error.param", "max_tokens")),
        "an error in a success": only(_invalid, respond(200, {"error": {"message": "It is wrong."}})),
        "a completion of nothing": only(lambda each: not each.asked.get("model"), respond(200, {"choices": []})),
    },
)
def test_one_violated_constraint(send: Send, model: Model, examples: int) -> None:
    made = strategies()
    made.search(made.broken_requests(model.claims), _is_rejected_for_it, send, examples, model.name)
