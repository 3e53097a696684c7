"""Rejections for want of credentials disclose nothing of what exists."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

from conformance.contract.faults import put, respond
from conformance.contract.requests import UNKNOWN_MODEL
from conformance.contract.requirement import Fault, Scope
from conformance.contract.scopes import EVERY_RESPONSE, EVERY_UNAUTHENTICATED
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, Violation
from conformance.language import say
from conformance.suite.security import AREA
from conformance.suite.security.outlines import outline

NO_SUCH_MODEL = {"message": "No such model.", "type": "server_error", "param": None, "code": "model_not_found"}


UNKNOWN_KEY = Scope(
    "every response to an unknown key",
    lambda request: EVERY_RESPONSE.meant(request) and request.credentials == "unknown",
    lambda exchange: (
        exchange.failure is None
        and exchange.request.credentials == "unknown"
        and exchange.request.path == "/chat/completions"
    ),
)


@AREA.must(
    "reject a request without valid credentials, with no completion, usage or list of models",
    on=EVERY_UNAUTHENTICATED,
    source="rfc9110#15.5.2",
    contract=["security-01"],
    hint="Check the key before anything is sent upstream.",
    broken_by={
        "a completion": put("choices", [{"index": 0, "message": {"role": "assistant", "content": "OK"}}]),
        "usage": put("usage", {"prompt_tokens": 9}),
        "models": put("data", [{"id": "some-model"}]),
    },
)
def test_refusal_discloses_nothing(exchange: Exchange, document: Any) -> None:
    if not isinstance(document, dict):
        raise NotApplicable(say("the body is not an object (covered by errors.refusal_is_json)"))
    given = [name for name in ("choices", "usage", "data", "models") if document.get(name)]
    assert not given, say(
        "the HTTP {status} has {given}: {text}", exchange.status, ", ".join(given), exchange.text[:120]
    )


def _unknown_model_only(fault: Fault) -> Fault:
    return lambda each: fault(each) if each.request.asked.get("model") == UNKNOWN_MODEL else each


@AREA.must(
    "reject an unknown key in the same way, whether the requested model exists or not",
    on=UNKNOWN_KEY,
    source="rfc9110#15.5.2",
    contract=["security-01"],
    hint="Check the key before the model is looked up.",
    broken_by={
        "404": _unknown_model_only(respond(404, {"error": NO_SUCH_MODEL})),
        "another text": _unknown_model_only(put("error.message", "There is no such model.")),
    },
    needs=["request", "status"],
)
def test_refusal_same_for_any_model(exchanges: list[Exchange]) -> None:
    plain = [each for each in exchanges if not each.request.streams]
    known = [each for each in plain if each.request.asked.get("model") != UNKNOWN_MODEL]
    unknown = [each for each in plain if each not in known]
    _check_rejected(known, unknown)
    for one, other in product(known, unknown):
        if refusal(one) != refusal(other):
            raise _told_apart(one, other)


def _told_apart(known: Exchange, unknown: Exchange) -> Violation:
    outlines = outline(known), outline(unknown)
    said = say("a model that exists: {outline}; one that does not: {outline2}", outlines[0], outlines[1])
    return Violation(said, known, unknown)


def _check_rejected(known: list[Exchange], unknown: list[Exchange]) -> None:
    """Raises NotApplicable or Inconclusive where not both models were rejected for the credentials."""
    plain = [*known, *unknown]
    if not known or not unknown or any(each.succeeded for each in plain):
        raise NotApplicable(say("not both a known and an unknown model were rejected"))
    if any(each.status >= 500 or each.status in (408, 429) for each in plain):
        raise Inconclusive(say("the endpoint was throttled or failing"))


def refusal(exchange: Exchange) -> tuple[int, str]:
    """A refusal without what differs by chance or by request: ids, times, the model's own name."""
    text = exchange.text.replace(str(exchange.request.asked.get("model")), "")
    return exchange.status, re.sub(r"[\w.:-]*\d[\w.:-]*|\s+", "", text)
