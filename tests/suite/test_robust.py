"""What the requirements of odd, large and hostile requests accept of an endpoint, and what they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.contract.faults import chain, content, failing, only, put, respond, status
from conformance.contract.marks import INTRUSIVE
from conformance.contract.profile import Model
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.suite.robust import OK
from tests.support.builders_asked import GPT, Said, asked
from tests.support.builders_http import refusal, said

SERVED, ERROR = respond(200, OK), {"error": {"message": "No.", "type": "invalid_request_error"}}
RESET = failing(Failure("reset", "connection reset by peer"))


def get(request: Request) -> bool:
    return request.method == "GET"


def huge(request: Request) -> bool:
    return request.label == "body-of-20-MB"


def nested(request: Request) -> bool:
    return request.label == "json-nested"


def after(request: Request) -> bool:
    return request.label.startswith("after-")


def unknown_first(request: Request) -> bool:
    return request.label == "two-models-unknown-first"


def late(exchange: Exchange) -> Exchange:
    return replace(exchange, seconds=200.0)


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("robust.other_methods", respond(404, ERROR), "accepted"),
        ("robust.other_methods", only(get, respond(200, {"object": "list", "data": []})), "accepted"),
        ("robust.other_methods", only(get, SERVED), "violated"),
        ("robust.other_methods", only(get, status(500)), "violated"),  # B374
        ("robust.wrong_media_type", respond(415, ERROR), "accepted"),
        ("robust.wrong_media_type", status(500), "violated"),
        ("robust.form_refused", respond(422, ERROR), "accepted"),
        ("robust.form_refused", SERVED, "violated"),
        ("robust.not_utf_8", SERVED, "accepted"),
        ("robust.not_utf_8", status(500), "violated"),
        ("robust.utf_16_is_400", respond(415, ERROR), "accepted"),
        ("robust.utf_16_is_400", SERVED, "violated"),
        ("robust.odd_numbers", SERVED, "accepted"),
        ("robust.odd_numbers", status(500), "violated"),
        ("robust.nested_json", only(nested, respond(413, ERROR)), "accepted"),
        ("robust.nested_json", only(nested, RESET), "violated"),
        ("robust.nested_json", RESET, "inconclusive"),
        ("robust.nested_json", only(nested, status(502)), "violated"),
        ("robust.nested_json", only(after, status(429)), "inconclusive"),
        ("robust.nested_json", only(after, RESET), "violated"),
        ("robust.huge_body", only(huge, RESET), "accepted"),
        ("robust.huge_body", only(huge, respond(404, ERROR)), "accepted"),
        ("robust.huge_body", only(huge, respond(404, {"message": "Cannot POST"})), "violated"),  # B375
        ("robust.huge_body", only(huge, respond(413, None), content(b"")), "violated"),  # B376
        ("robust.huge_body", only(huge, late), "violated"),
        ("robust.huge_body", only(after, status(503)), "violated"),
        ("robust.hung_up", put("usage.prompt_tokens", 1), "accepted"),
        ("robust.hung_up", only(after, put("usage", None)), "accepted"),
        ("robust.hung_up", only(after, put("usage.prompt_tokens", 1)), "violated"),
        ("robust.hung_up", only(after, RESET), "violated"),
        ("robust.hung_up", only(after, status(401)), "inconclusive"),
        ("security.internal_image_refused", respond(422, ERROR), "accepted"),
        ("security.internal_image_refused", SERVED, "violated"),
        ("security.internal_address_hidden", put("error.message", "The image cannot be had."), "accepted"),
        ("security.internal_address_hidden", put("error.message", "dial tcp: connection refused"), "violated"),
        ("security.two_models", respond(400, ERROR), "accepted"),
        ("security.two_models", only(unknown_first, respond(404, ERROR)), "accepted"),
        ("security.two_models", SERVED, "violated"),
        ("security.two_models", only(unknown_first, status(500)), "violated"),
        ("security.two_models", only(unknown_first, status(503)), "inconclusive"),
    ],
)
def test_robust(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(requirement, change) == expected


@pytest.mark.parametrize("change", [chain(), SERVED])
def test_huge_body_is_not_sent_unasked(change: Fault) -> None:
    timid = Model(GPT.name, GPT.family, frozenset({INTRUSIVE}))
    assert asked("robust.huge_body", change, model=timid) == "not applicable"


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        (refusal(405, ("Allow", "POST")), "accepted"),
        (refusal(405, ("Allow", "OPTIONS,POST")), "accepted"),
        (refusal(405, ("Allow", "OPTIONS"), ("allow", "POST")), "accepted"),
        (refusal(405, ("Allow", "GET, HEAD")), "violated"),
        (refusal(405, ("Allow", "")), "violated"),
        (refusal(405), "violated"),
        (refusal(404), "not applicable"),
    ],
)
def test_allow(exchange: Exchange, expected: Said) -> None:
    assert said("robust.allow", exchange) == expected
