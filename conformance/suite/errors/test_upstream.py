"""What an upstream rejects keeps its class on the way to the caller."""

from __future__ import annotations

import re

from conformance.contract.faults import respond, status
from conformance.contract.scopes import EVERY_ERROR
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.observed import answered_with

from . import AREA

#: Of an error that is the caller's mistake, as OpenAI, Anthropic and Google's APIs and gateways word it.
_MISTAKE = re.compile(
    r"INVALID_ARGUMENT|context_length_exceeded"
    r"|(?:error code|status code|http|status|statuscode)[\s:=]*\"?(?:400|413|422)\b",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"insufficient[_ ](?:user[_ ])?(?:quota|balance|credit|fund)|exceeded your (?:current )?quota"
    r"|quota (?:is )?(?:exceeded|exhausted)|credit balance is too low|billing_hard_limit",
    re.IGNORECASE,
)


@AREA.should(
    "answer with a 4xx what the upstream rejects as the caller's mistake, as its own words in the error tell",
    on=EVERY_ERROR,
    source="rfc9110#15.6",
    contract=["errors-09", "errors-06"],
    at="status",
    hint="Pass the upstream's status on: after a 5xx clients send the same request again.",
    shown_by=respond(400, {"error": {"message": "Error code: 400 - no", "type": "invalid_request_error"}}),
    broken_by={"500": status(500), "502": status(502)},
    after=["errors.mistake_is_4xx"],
)
def test_refusal_keeps_its_class(exchange: Exchange) -> None:
    found = _MISTAKE.search(exchange.text)
    if not found:
        raise NotApplicable("the error does not tell of a mistake of the caller's")
    assert exchange.status < 500, f"{answered_with(exchange)}, though it is the caller's mistake: {found[0]!r}"


@AREA.should(
    "answer an exhausted quota with a client error, and not as a wrong key",
    on=EVERY_ERROR,
    source="openai-errors#api-errors",
    contract=["errors-09"],
    at="status",
    hint="insufficient_quota is a 429: a client that is told 401 throws its key away.",
    shown_by=respond(429, {"error": {"message": "You exceeded your current quota.", "type": "insufficient_quota"}}),
    broken_by={"401": status(401), "500": status(500)},
)
def test_quota_is_no_401(exchange: Exchange) -> None:
    if not _QUOTA.search(exchange.text):
        raise NotApplicable("the error does not speak of a quota")
    assert 401 != exchange.status < 500, f"{answered_with(exchange)}; expected 429"
