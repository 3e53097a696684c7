"""What the requirements of wrong requests accept of an endpoint, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.faults import chain, content, header, late, only, put, respond, status
from conformance.contract.profile import Model
from conformance.contract.requests import INTRUSIVE
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from conformance.suite.support.parameters import NULLS
from conformance.suite.test_validation import OK
from tests.support.builders_asked import GPT, Said, asked


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


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("model_required", FASTAPI, "accepted"),
        ("model_required", SERVED, "not applicable"),
        ("model_required", BARE, "violated"),
        ("no_default_model", SERVED, "violated"),
        ("messages_required", FASTAPI, "accepted"),
        ("messages_required", refusal(401), "inconclusive"),
        ("messages_required", status(500), "violated"),  # B346
        ("messages_not_empty", refusal(), "accepted"),
        ("messages_not_empty", SERVED, "violated"),  # B343
        ("body_is_object", FASTAPI, "accepted"),
        ("body_is_object", status(500), "violated"),  # B348
        ("lacking_is_400", FASTAPI, "accepted"),
        ("lacking_is_400", SERVED, "not applicable"),
        ("lacking_is_400", NOT_FOUND, "violated"),  # B345
        ("malformed_is_400", refusal(), "accepted"),
        ("malformed_is_400", respond(500, {"error": {"message": "Expecting value"}}), "violated"),  # B320
        ("malformed_is_400", FASTAPI, "violated"),
        ("one_json_text", SERVED, "violated"),
        ("unknown_model_refused", refusal(403), "accepted"),
        ("unknown_model_refused", status(429), "inconclusive"),
        ("unknown_model_refused", SERVED, "violated"),  # B011
        ("unknown_model_refused", UNKNOWN, "violated"),  # B326
        ("unknown_model_refused", BARE, "violated"),  # B327
        ("unknown_model_refused", refusal(500, code="500"), "violated"),  # B328
        ("unknown_model_is_404", refusal(), "violated"),
        ("unknown_model_named", refusal(404, message="The model does not exist."), "violated"),
        ("wrong_type_is_400", FASTAPI, "accepted"),
        ("wrong_type_is_400", NOT_FOUND, "violated"),  # B345
        ("role_refused", FASTAPI, "accepted"),
        ("role_refused", only(lambda each: each.label == "role-unknown", SERVED), "violated"),  # B307
        ("content_required", FASTAPI, "accepted"),
        ("content_required", status(500), "violated"),  # B346
        ("sampling_range", SERVED, "accepted"),
        ("sampling_range", respond(200, {"choices": [{"message": {"content": ""}}]}), "violated"),  # B282
        ("sampling_range_refused", SERVED, "violated"),
        ("param_named", put("error.param", "body.temperature"), "violated"),  # of one parameter only
        ("param_named", SERVED, "not applicable"),
        ("param_named", refusal(message="invalid literal for int() with base 10"), "violated"),  # B351
        ("param_named", refusal(param="input[0].name"), "violated"),  # B300
        ("n_below_one", SERVED, "violated"),  # B275
        ("limit_refused", SERVED, "violated"),
        ("top_logprobs_refused", refusal(code=5001), "accepted"),
        ("streamed_mistake_has_status", STREAMED, "not applicable"),
        ("streamed_mistake_has_status", late, "violated"),  # B318, B357
        ("streamed_mistake_has_status", chain(ROLE_FIRST, EVENTS, status(200)), "violated"),
        ("options_without_stream", SERVED, "accepted"),
        ("options_without_stream", STREAMED, "violated"),
        ("tool_name_refused", FASTAPI, "accepted"),
        ("tool_choice_refused", SERVED, "violated"),
        ("format_refused", SERVED, "violated"),
        ("unasked_result_refused", SERVED, "violated"),
        ("unanswered_call_refused", SERVED, "violated"),
        ("nulls_accepted", refusal(message="type must be number, but is null"), "violated"),  # B244
        ("nulls_accepted", refusal(403), "inconclusive"),
        ("nulls_cost_nothing", put("usage.prompt_tokens", lambda count: count + 3), "accepted"),
        (
            "nulls_cost_nothing",
            only(lambda each: each.label == NULLS.label, put("usage.prompt_tokens", 60)),
            "violated",
        ),
        ("empty_object_taken", only(lambda each: "seed" in each.asked, status(500)), "accepted"),
        ("empty_object_taken", only(biased, refusal(message="logit_bias is not supported")), "violated"),  # B273
        ("empty_object_taken", refusal(401), "inconclusive"),
        ("huge_limit", SERVED, "accepted"),
        ("huge_limit", refusal(message="max_tokens is too large: 10000000.", param="max_tokens"), "accepted"),
        ("huge_limit", refusal(402, message="more credits are needed"), "inconclusive"),
        ("huge_limit", respond(400, {"error": "Range of max_tokens should be [1, 8192]"}), "violated"),  # B268
        ("huge_limit", refusal(message="InvalidParameter"), "violated"),
        ("huge_limit", status(500), "violated"),
        ("context_overflow", LONG, "accepted"),
        ("context_overflow", only(lambda each: each.streams, status(502)), "violated"),  # B340
        ("context_overflow", only(lambda each: each.streams and each.attempt == 1, status(502)), "accepted"),
        ("context_overflow", only(lambda each: not each.streams and len(each.body) > 10**5, status(500)), "violated"),
        ("context_overflow", only(lambda each: each.streams, status(429)), "inconclusive"),
        ("context_overflow", status(502), "inconclusive"),
        ("context_overflow", only(lambda each: each.streams, refusal(message="prompt is too long: 9 > 8")), "accepted"),
        ("context_overflow", only(lambda each: each.streams, STREAMED), "inconclusive"),
        ("context_overflow", late, "violated"),  # B338
        ("context_overflow", only(lambda each: each.streams, SERVED), "violated"),  # cut silently
        ("context_overflow", refusal(message="All target providers failed."), "violated"),  # B340
        ("context_overflow", refusal(404, message="Cannot POST /v1/chat/completions"), "violated"),  # B375
        ("context_overflow", refusal(message="Invalid JSON in request body"), "violated"),  # B376
        ("context_overflow_code", refusal(message="exceeds the context", code=400), "violated"),  # B341
        ("context_overflow_code", late, "not applicable"),
    ],
)
def test_validation(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"validation.{requirement}", change) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (refusal(), "accepted"),
        (refusal(404), "accepted"),
        (late, "violated"),  # B361
        (EVENTS, "violated"),
        (SERVED, "violated"),
        (status(500), "violated"),
    ],
)
def test_refused_before_it_streams(change: Fault, expected: Said) -> None:
    assert asked("streaming.refused_before_it_streams", change) == expected


def test_overflow_is_not_sent_unasked() -> None:
    timid = Model(GPT.name, GPT.family, frozenset({INTRUSIVE}))
    assert asked("validation.context_overflow", model=timid) == "not applicable"
