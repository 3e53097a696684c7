"""How a parameter is taken, and how it is rejected."""

from __future__ import annotations

from conformance.contract.faults import respond
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Inconclusive
from conformance.language import say
from conformance.suite.support.refusals import not_about_the_key


def refusal(message: str) -> Fault:
    """A 400 with this message."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return respond(400, {"error": error})


def taken(exchange: Exchange) -> bool:
    """Whether a completion came. Raises Inconclusive where the key was rejected, or no choice came."""
    not_about_the_key(exchange)
    if exchange.succeeded and "choices" in exchange.reply and not exchange.reply["choices"]:
        raise Inconclusive(say("{request}: the reply has no choice (covered by other requirements)", exchange.request))
    return exchange.succeeded and bool(exchange.reply.get("choices"))
