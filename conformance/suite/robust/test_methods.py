"""Methods other than POST."""

from __future__ import annotations

from conformance.contract.faults import header, respond, status
from conformance.contract.requests import PLAIN, WRONG_METHOD, bad, once
from conformance.contract.scopes import EVERY_405
from conformance.evidence.exchange import Exchange, NotApplicable
from conformance.evidence.observed import answered_with
from conformance.language import say

from . import AREA, OK

NOT_ALLOWED = {"message": "PUT is not allowed", "type": "invalid_request_error", "param": None, "code": None}
GET = once(bad("method-get", b"", method="GET", headers=()))
DELETE = once(bad("method-delete", b"", method="DELETE", headers=()))
PATCH = once(bad("method-patch", PLAIN.asked, method="PATCH"))


@AREA.should(
    "name POST in the Allow header of a 405",
    on=EVERY_405,
    source="rfc9110#15.5.6",
    contract=["robust-02"],
    at="header:allow",
    hint="The RFC says MUST; answering 404 instead is as good.",
    shown_by=respond(405, {"error": NOT_ALLOWED}, ("allow", "OPTIONS, POST")),
    broken_by={"absent": header("allow", None), "others alone": header("allow", "GET, HEAD")},
    needs=["headers", "other headers"],
)
def test_allow(exchange: Exchange) -> None:
    allowed = exchange.header("allow")
    assert allowed is not None, say("the 405 has no Allow header")
    assert "POST" in [method.strip() for method in allowed.split(",")], say(
        "Allow is {allowed!r}, without POST", allowed
    )


@AREA.must(
    "answer GET, PUT, DELETE and PATCH with status 405 or 404, never with a completion or a server error",
    on=(GET, WRONG_METHOD, DELETE, PATCH),
    source="rfc9110#15.5.6",
    contract=["robust-01"],
    at="status",
    broken_by={"served": respond(200, OK), "500": status(500), "a redirection": status(302)},
    needs=["request", "status"],
)
def test_other_methods(exchange: Exchange) -> None:
    """OpenAI lists stored completions at this address."""
    document = exchange.document if exchange.status == 200 and exchange.request.method == "GET" else None
    if isinstance(document, dict) and document.get("object") == "list":
        raise NotApplicable(say("GET lists stored completions, as at OpenAI"))
    assert exchange.status in (401, 403, 404, 405), answered_with(exchange)
