"""What the requirements on valid requests accept of an endpoint, and what they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.contract.faults import only, respond, status
from conformance.contract.profile import Model
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Failure, Request
from tests.support.builders_asked import GPT, Said, asked
from tests.support.builders_http import EVENTS, asking, completion, refusal, response, said

WITH_TOOLS = asking(tools=[{"type": "function"}], stream=True)
MISTAKEN = replace(asking(messages=[]), expect="error")
AGAIN = replace(asking(), attempt=-1)
RESET = Exchange(asking(), 0, failure=Failure("reset", "by peer"))


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        (response(completion()), "accepted"),
        (refusal(422), "accepted"),
        (refusal(500), "violated"),
        (refusal(501), "violated"),
        (refusal(503), "not applicable"),  # away for a while
        (refusal(500, request=AGAIN), "not applicable"),  # answered when it was asked again
        (refusal(500, request=MISTAKEN), "not applicable"),
        (refusal(500, request=asking("unknown")), "not applicable"),
        (RESET, "not applicable"),
    ],
)
def test_no_server_error(exchange: Exchange, expected: str) -> None:
    assert said("served.no_server_error", exchange, response(completion())) == expected


@pytest.mark.parametrize(
    "reason",
    [
        "Unsupported parameter: 'logprobs' is not supported with this model.",
        "This model does not support images.",
        "tool use is not supported",
        "Function calling is not enabled for this model",
        "Streaming is not supported.",
        "This model does not support JSON mode.",
        "response_format is unavailable",
        "each stop sequence must contain non-whitespace",
        "only one candidate can be generated",
        "`temperature` and `top_p` cannot both be specified",
        "Vision is not supported by gpt-4o",
        "Prompt caching is not available",
        "The request was rejected by our safety system.",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "Budget has been exceeded",
        "unsupportedParameter: topLogprobs",
        "不支持图片",
    ],
)
def test_a_reason_is_one_in_many_words(reason: str) -> None:
    assert said("served.refusal_says_why", refusal(400, message=reason)) == "accepted"


@pytest.mark.parametrize(
    ("message", "members"),
    [
        ("", {}),
        ("Bad request.", {}),
        ("This is not supported.", {"code": "unsupported_value"}),
        ("Provider returned error", {"code": "upstream_error"}),
        ("gpt-4o: 400 Bad Request", {}),
        ("Something went wrong. Please try again later.", {}),
        ("Invalid request", {"param": ""}),
        (None, {"code": 400}),
    ],
)
def test_words_that_are_no_reason(message: str | None, members: dict[str, Any]) -> None:
    assert said("served.refusal_says_why", refusal(400, message=message, **members)) == "violated"


@pytest.mark.parametrize(
    "exchange",
    [
        response(completion()),
        refusal(402, message="Bad request."),
        refusal(429, message="Bad request."),
        refusal(500, message="Bad request."),
        refusal(400, message="Bad request.", request=MISTAKEN),
    ],
)
def test_no_reason_is_asked_for(exchange: Exchange) -> None:
    assert said("served.refusal_says_why", exchange) == "not applicable"


def test_a_parameter_is_a_reason() -> None:
    assert said("served.refusal_says_why", refusal(400, message="Invalid value", param="n")) == "accepted"


PLAIN, STREAM = asking(n=2), asking(n=2, stream=True, stream_options={"include_usage": True})
SERVED = response(completion(), request=PLAIN)
STREAMED = response(b"data: [DONE]\n\n", EVENTS, request=STREAM)


@pytest.mark.parametrize(
    ("exchanges", "expected"),
    [
        ((SERVED, STREAMED), "accepted"),
        ((SERVED, refusal(400, request=STREAM)), "violated"),
        ((refusal(422, request=PLAIN), STREAMED), "violated"),
        ((refusal(400, request=PLAIN), refusal(400, request=STREAM)), "accepted"),
        ((SERVED, refusal(402, request=STREAM)), "accepted"),
        ((SERVED, refusal(400, request=asking(n=3, stream=True))), "accepted"),
        ((SERVED, STREAMED, refusal(400, request=replace(STREAM, attempt=2))), "accepted"),  # now and then
    ],
)
def test_streamed_or_not(exchanges: tuple[Exchange, ...], expected: str) -> None:
    assert said("served.streamed_or_not", *exchanges) == expected


def choosing(*choices: str) -> Fault:
    """What has such a tool_choice is refused by name."""

    def chosen(request: Request) -> bool:
        choice = request.asked.get("tool_choice")
        return ("named" if isinstance(choice, dict) else choice) in choices

    return only(chosen, respond(400, {"error": {"message": "tool_choice is not supported", "param": "tool_choice"}}))


def with_tools(request: Request) -> bool:
    return bool(request.asked.get("tools"))


def with_choice(request: Request) -> bool:
    return bool(request.asked.get("tool_choice", "none") != "none")


THINKING, CLAUDE = Model("reference-reasoning", "gpt"), Model("reference-claude", "claude")
NOT_FORCED = {"error": {"message": "Thinking may not be enabled when tool_choice forces tool use."}}


@pytest.mark.parametrize(
    ("change", "model", "expected"),
    [
        (status(200), GPT, "accepted"),
        (choosing("none"), GPT, "violated"),
        (choosing("required"), GPT, "violated"),  # B201
        (choosing("named"), GPT, "violated"),  # B212
        (choosing("required", "named"), THINKING, "violated"),
        (choosing("required", "named"), replace(CLAUDE, thinking="room"), "accepted"),
        (only(with_choice, respond(400, NOT_FORCED)), CLAUDE, "accepted"),
        (choosing("none"), THINKING, "violated"),
        (only(with_tools, status(400)), GPT, "inconclusive"),
        (only(lambda each: "tool_choice" in each.asked, status(402)), GPT, "accepted"),
    ],
)
def test_tool_choice(change: Fault, model: Model, expected: Said) -> None:
    assert asked("served.tool_choice", change, model=model) == expected
