"""What the endpoint does with requests that are none of a chat completion."""

from __future__ import annotations

from conformance.exchange import Exchange
from conformance.families import EVERY_405
from conformance.faults import header, respond
from conformance.requirement import should

NOT_ALLOWED = {"message": "PUT is not allowed", "type": "invalid_request_error", "param": None, "code": None}


@should(
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
    assert allowed is not None, "the 405 has no Allow header"
    assert "POST" in [method.strip() for method in allowed.split(",")], f"Allow is {allowed!r}, without POST"
