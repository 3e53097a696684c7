"""Answers to invalid requests."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import chain, content, header, only, respond, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from conformance.suite.support.parameters import NULLS
from conformance.suite.validation.rejections import OK


def refusal(code: int = 400, /, **members: Any) -> Fault:
    own = {"message": "It is wrong.", "type": "invalid_request_error", "param": None, "code": None}
    return respond(code, {"error": own | members})


def nulls(request: Request) -> bool:
    return request.label == NULLS.label


def biased(request: Request) -> bool:
    return request.asked.get("logit_bias") == {}


SERVED, FASTAPI = respond(200, OK), respond(422, {"detail": [{"type": "enum", "loc": ["body", "messages"]}]})
BARE = respond(200, {"code": 404, "message": "The model does not exist.", "object": "error"})
UNKNOWN = only(lambda each: each.label.startswith("unknown-model"), status(503))
NOT_FOUND = refusal(404, message="No active credentials for provider", code="model_not_found")
EVENTS = header("content-type", "text/event-stream")
ROLE_FIRST = content(
    b'data: {"choices": [{"index": 0, "delta": {"role": "assistant"}}]}\n\ndata: {"error": {"message": "no"}}\n\n'
)
STREAMED = chain(content(b'data: {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}\n\n'), EVENTS, status(200))
LONG = only(lambda each: each.streams, status(413))
