"""What the requirements of credentials and of transport accept of an endpoint, and what they do not."""

from __future__ import annotations

import pytest

from conformance.contract.faults import chain, content_edit, failing, header, late, only, respond, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Failure, Request
from conformance.suite.test_auth import OK
from tests.support.builders_asked import Said, asked

SERVED = respond(200, OK)
PAGE = chain(respond(403, {}), content_edit(lambda body: b"<html>Access denied</html>"))
FIREWALL = respond(403, {"blocked": True})
FORBIDDEN = respond(403, {"error": {"message": "Forbidden"}})
STARLETTE = chain(header("content-type", "application/json; charset=utf-8"), header("www-authenticate", None))


def basic(request: Request) -> bool:
    return request.credentials == "basic"


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("auth.valid_token", status(404), "accepted"),  # authenticated, whatever came of it
        ("auth.valid_token", FORBIDDEN, "inconclusive"),
        ("auth.valid_token", status(401), "violated"),
        ("auth.no_credentials_401", STARLETTE, "accepted"),
        ("auth.no_credentials_401", FIREWALL, "inconclusive"),
        ("auth.no_credentials_401", PAGE, "inconclusive"),
        ("auth.no_credentials_401", FORBIDDEN, "violated"),
        ("auth.no_credentials_401", SERVED, "violated"),  # B402
        ("auth.unknown_token_401", STARLETTE, "accepted"),
        ("auth.unknown_token_401", SERVED, "violated"),  # B402
        ("auth.unknown_token_401", status(500), "violated"),
        ("auth.malformed_credentials", status(400), "accepted"),
        ("auth.malformed_credentials", only(basic, SERVED), "violated"),
        ("auth.raw_token", status(403), "accepted"),
        ("auth.raw_token", SERVED, "violated"),
        ("auth.malformed_credentials_401", SERVED, "not applicable"),
        ("auth.malformed_credentials_401", status(400), "violated"),
        ("auth.scheme_case", status(401), "violated"),  # B384
        ("auth.streamed_401_is_json", STARLETTE, "accepted"),
        ("auth.streamed_401_is_json", late, "violated"),
        ("auth.streamed_401_is_json", header("content-type", "text/event-stream"), "violated"),
        ("auth.models_listed", status(403), "accepted"),
        ("auth.models_listed", respond(200, {"object": "list", "data": []}), "accepted"),
        ("auth.models_listed", respond(200, {"object": "list", "data": [{"id": "m"}]}), "violated"),
        ("auth.token_in_query", status(403), "accepted"),
        ("auth.token_in_query", SERVED, "violated"),
        ("transport.served", header("server", "nginx"), "accepted"),
        ("transport.served", failing(Failure("tls", "certificate has expired")), "violated"),
        ("transport.served", failing(Failure("timeout", "no answer")), "inconclusive"),
        ("transport.served", FORBIDDEN, "inconclusive"),
        ("transport.served", status(404), "violated"),
        ("transport.no_stream_unasked", header("content-type", "application/json; charset=utf-8"), "accepted"),
        ("transport.no_stream_unasked", only(lambda each: each.label == "nulls", status(400)), "accepted"),
        ("transport.no_stream_unasked", only(lambda each: each.asked.get("stream") is False, status(400)), "violated"),
        ("transport.no_stream_unasked", content_edit(lambda body: b"\r\ndata:" + body), "violated"),
        ("transport.chunked_body", respond(411, {"error": {"message": "Length Required"}}), "violated"),
        ("transport.chunked_body", status(400), "violated"),  # B376
        ("transport.chunked_body", status(402), "inconclusive"),
    ],
)
def test_auth(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(requirement, change) == expected
