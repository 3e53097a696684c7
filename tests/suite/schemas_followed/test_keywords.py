"""What the requirements of single schemas accept, and what they do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.faults import only, put, respond, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from tests.support.builders_asked import Said, asked

CONTENT, REASON = "choices.*.message.content", "choices.*.finish_reason"
REFUSED = respond(400, {"error": {"message": "schema not supported", "type": "invalid_request_error"}})
FENCED = put(CONTENT, lambda text: text and f"```json\n{text}\n```")
PROSE = put(CONTENT, "Of course! Here it is.")
SPACED = put(CONTENT, lambda text: text and json.dumps(json.loads(text), indent=2))


def named(*names: str) -> Any:
    def is_named(request: Request) -> bool:
        output = request.asked.get("response_format", {})
        return output.get("json_schema", {}).get("name") in names

    return is_named


NO_JSON = respond(400, {"error": {"message": "Failed to generate JSON.", "code": "json_validate_failed"}})
TOO_SMALL = respond(400, {"error": {"message": "max_tokens must be at least 16", "param": "max_tokens"}})


def cut(request: Request) -> bool:
    return request.label == "schema-cut"


def said(value: Any) -> Fault:
    return put(CONTENT, json.dumps(value, ensure_ascii=False))


def answered(value: Any) -> Fault:
    message = {"role": "assistant", "content": json.dumps(value)}
    return respond(200, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})


def formatted(request: Request) -> bool:
    return "response_format" in request.asked


ORDER = {"id": "A-1", "customer": {"name": "Ada", "address": {"city": "London", "zip": "NW1"}}, "items": []}
BOOK, CIRCLE = {"title": "Emma", "subtitle": None, "year": 1815}, {"type": "circle", "r": 2.5}
CONSTRAINED = {"code": "ABC-1234", "day": "2026-01-01", "n": 5, "list": [1, 2, 3]}


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("enums", said({"kind": "order", "size": 3, "color": "blue"}), "accepted"),
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
        ("names", SPACED, "accepted"),
        ("names", said({"名前": "Ada", "first_name": "x", "a_b": "x", "x_y": "x"}), "violated"),
        ("names", REFUSED, "accepted"),
        ("letters", said({"name": "Zoë Ångström"}), "accepted"),
        ("letters", said({"name": "Zoe\u0308 Å."}), "accepted"),  # with a combining accent
        ("letters", said({"name": "Zoe Angstrom"}), "inconclusive"),
        ("letters", said({"name": "Zo? ?ngstr?m"}), "violated"),
        ("letters", said({"name": "Ada"}), "inconclusive"),
        ("key_order", SPACED, "accepted"),
        ("key_order", put(CONTENT, lambda text: json.dumps(json.loads(text), sort_keys=True)), "violated"),
        ("key_order", said({"alpha_answer": "no"}), "not applicable"),
        ("unsupported", only(named("array_root"), answered(["Ada", "Ben"])), "accepted"),
        ("unsupported", only(named("open"), answered({"name": "Ada", "age": 36, "more": 1})), "accepted"),
        ("unsupported", only(named("array_root"), answered({"items": ["Ada"]})), "violated"),
        ("unsupported", status(500), "violated"),
        ("cut_is_length", put(CONTENT, ""), "accepted"),
        ("cut_is_length", put(REASON, "stop"), "violated"),
        ("cut_is_length", only(cut, NO_JSON), "inconclusive"),
        ("cut_is_given", only(cut, NO_JSON), "violated"),
        ("cut_is_given", only(cut, TOO_SMALL), "accepted"),
        ("cut_is_given", NO_JSON, "accepted"),
        ("cut_is_length", only(cut, TOO_SMALL), "inconclusive"),
        ("cut_is_length", NO_JSON, "inconclusive"),
        ("cut_is_length", put(REASON, "tool_calls"), "violated"),
        ("cut_is_length", put("choices", []), "inconclusive"),
        ("json_unsaid", answered({}), "accepted"),
        ("json_unsaid", answered([1]), "violated"),
        ("json_unsaid", status(500), "violated"),
        ("text_is_default", put("usage.prompt_tokens", lambda count: count + 5), "accepted"),
        ("text_is_default", only(formatted, put("usage.prompt_tokens", lambda count: count + 5)), "violated"),
        ("text_is_default", only(formatted, REFUSED), "violated"),
        ("text_is_default", put("usage", None), "inconclusive"),
    ],
)
def test_schemas_followed(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"schemas_followed.{requirement}", change) == expected
