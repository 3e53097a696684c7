"""What the requirements of the keywords of a schema accept, and what they do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.faults import only, put, respond, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from tests.support.builders_asked import Said, asked

CONTENT = "choices.*.message.content"
REASON = "choices.*.finish_reason"
REFUSED = respond(400, {"error": {"message": "schema not supported", "type": "invalid_request_error"}})
FENCED = put(CONTENT, lambda text: text and f"```json\n{text}\n```")
PROSE = put(CONTENT, "Of course! Here it is.")
SPACED = put(CONTENT, lambda text: text and json.dumps(json.loads(text), indent=2))
REVERSED = put(CONTENT, lambda text: json.dumps(dict(reversed(json.loads(text).items()))))


def named(*names: str) -> Any:
    def is_named(request: Request) -> bool:
        output = request.asked.get("response_format", {})
        return output.get("json_schema", {}).get("name") in names

    return is_named


def said(value: Any) -> Fault:
    return put(CONTENT, json.dumps(value, ensure_ascii=False))


def answered(value: Any) -> Fault:
    message = {"role": "assistant", "content": json.dumps(value)}
    return respond(200, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})


ORDER = {"id": "A-1", "customer": {"name": "Ada", "address": {"city": "London", "zip": "NW1"}}, "items": []}
BOOK = {"title": "Emma", "subtitle": None, "year": 1815}
CIRCLE = {"type": "circle", "r": 2.5}
CONSTRAINED = {"code": "ABC-1234", "day": "2026-01-01", "n": 5, "list": [1, 2, 3]}


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("enums", REVERSED, "accepted"),
        ("enums", said({"color": "reddish", "size": 1, "kind": "order", "extra": 1}), "violated"),  # B241
        ("enums", FENCED, "violated"),  # B235
        ("enums", PROSE, "violated"),  # B242
        ("enums", REFUSED, "inconclusive"),
        ("enums", put(REASON, "length"), "inconclusive"),
        ("enums", put("choices.*.message.refusal", "I cannot."), "inconclusive"),
        ("nested", said({"order": ORDER}), "accepted"),
        ("nested", said({"response": {"order": ORDER}}), "violated"),  # B239
        ("nested", said({"order": ORDER | {"total": 3}}), "violated"),
        ("joined_types", said({"nullable": BOOK | {"subtitle": ""}, "union": {"shape": CIRCLE}}), "accepted"),
        ("joined_types", said({"nullable": {"title": "Emma", "year": 1815}, "union": {"shape": CIRCLE}}), "violated"),
        ("joined_types", said({"nullable": BOOK, "union": {"shape": {"w": 3, "h": 4}}}), "violated"),
        ("references", REFUSED, "accepted"),
        ("references", only(named("recursive"), REFUSED), "accepted"),
        ("references", only(named("recursive"), said({"value": "Ada", "children": [{"value": "Ben"}]})), "violated"),
        ("references", only(named("recursive"), status(500)), "violated"),
        ("constraints", said(CONSTRAINED), "accepted"),
        ("constraints", said(CONSTRAINED | {"day": "2026-02-30"}), "violated"),
        ("constraints", said(CONSTRAINED | {"list": []}), "violated"),
        ("constraints", REFUSED, "accepted"),
        ("wide_and_deep", SPACED, "accepted"),
        ("wide_and_deep", only(named("wide"), said({"f001": "x"})), "violated"),
        ("wide_and_deep", put(CONTENT, lambda text: json.dumps(json.loads(text) | {"a": {"b": "x"}})), "violated"),
        ("unsupported", only(named("array_root"), answered(["Ada", "Ben"])), "accepted"),
        ("unsupported", only(named("open"), answered({"name": "Ada", "age": 36, "more": 1})), "accepted"),
        ("unsupported", only(named("array_root"), answered({"items": ["Ada"]})), "violated"),
        ("unsupported", status(500), "violated"),
    ],
)
def test_keywords(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"schemas_followed.{requirement}", change) == expected
