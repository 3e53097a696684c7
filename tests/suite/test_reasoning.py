"""What the requirements of models that reason accept, and what they do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.contract.faults import chain, drop, only, put, respond, status
from conformance.contract.for_model import for_model
from conformance.contract.profile import Model
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request
from conformance.suite.reasoning.test_requests import EXHAUSTED, PUZZLE, WITH_EFFORT
from tests.support.builders_asked import GPT, Said, asked
from tests.support.builders_http import choice, chunk, completion, response, said, stream

DETAILS, COUNT = "usage.completion_tokens_details", "usage.completion_tokens_details.reasoning_tokens"
TEXT, FINISH = "choices.*.message.content", "choices.*.finish_reason"
THOUGHT = chain(put("usage.completion_tokens", 500), put(DETAILS, {"reasoning_tokens": 400}))


def lightly(request: Request) -> bool:
    return request.asked.get("reasoning_effort") == "low"


def exhausted(text: str | None, finish: str, written: int, thought: int | None) -> Fault:
    counts = {} if thought is None else {"reasoning_tokens": thought}
    return chain(put(TEXT, text), put(FINISH, finish), put("usage.completion_tokens", written), put(DETAILS, counts))


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("efforts_are_accepted", put("model", "o3-2025"), "accepted"),
        ("efforts_are_accepted", status(503), "inconclusive"),
        (
            "efforts_are_accepted",
            only(lightly, status(400)),
            "violated",
        ),
        ("reasoning_is_counted", THOUGHT, "accepted"),
        ("reasoning_is_counted", chain(THOUGHT, put(COUNT, 0)), "inconclusive"),
        ("reasoning_is_counted", chain(THOUGHT, put(COUNT, None)), "violated"),
        ("reasoning_is_counted", chain(THOUGHT, drop(DETAILS)), "violated"),
        ("reasoning_is_counted", chain(THOUGHT, put(COUNT, 501)), "violated"),  # counted beside completion_tokens
        ("reasoning_is_counted", put(DETAILS, "many"), "violated"),
        ("exhausted_by_reasoning", exhausted("", "length", 64, 64), "accepted"),
        ("exhausted_by_reasoning", exhausted(None, "length", 64, None), "accepted"),
        ("exhausted_by_reasoning", exhausted("First, 47 c", "length", 64, 40), "accepted"),
        ("exhausted_by_reasoning", exhausted("60, 70, 61", "stop", 30, 20), "inconclusive"),
        ("exhausted_by_reasoning", exhausted("", "stop", 60, 60), "violated"),  # B418
        ("exhausted_by_reasoning", exhausted("", "length", 900, 900), "violated"),
        (
            "exhausted_by_reasoning",
            exhausted("[truncated - reasoning incomplete; raise max_tokens]", "length", 64, 64),
            "violated",  # B012
        ),
    ],
)
def test_reasoning(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"reasoning.{requirement}", change) == expected


def counted(thought: Any, **members: Any) -> Exchange:
    usage: dict[str, Any] = {"prompt_tokens": 9, "completion_tokens": 50, "total_tokens": 59}
    if thought is not None:
        usage |= {"completion_tokens_details": {"reasoning_tokens": thought}}
    return response(completion(choices=[choice(members)], usage=usage))


def about_tags(tag: str) -> Exchange:
    """A reply that repeats a tag of its prompt, which was sent as encoders write it that escape markup."""
    body = json.dumps({"messages": [{"role": "user", "content": f"What is {tag}?"}]})
    request = Request(body=body.replace("<", "\\u003c").replace(">", "\\u003e").encode())
    return response(completion(choices=[choice({"content": f"{tag} opens a thought."})]), request=request)


def leaked_before(content: str) -> Exchange:
    """A reply in a conversation whose earlier reply has tags in it."""
    turns = [
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "content": "<think>\nTwo and two.\n</think>\n\n4"},
        {"role": "user", "content": "Again."},
    ]
    request = Request(body=json.dumps({"messages": turns}).encode())
    return response(completion(choices=[choice({"content": content})]), request=request)


def message(**members: Any) -> Exchange:
    return response(completion(choices=[choice(members)]))


@pytest.mark.parametrize(
    ("requirement", "exchange", "expected"),
    [
        ("reasoning_apart", message(content="OK.", reasoning_content="The user wants OK."), "accepted"),
        ("reasoning_apart", message(content="I think> you know"), "accepted"),
        ("reasoning_apart", message(content=None), "not applicable"),
        ("reasoning_apart", message(content="<think>\n\n</think>\n\nOK."), "violated"),
        ("reasoning_apart", message(content="The user wants OK. </think> OK."), "violated"),
        ("reasoning_apart", stream(chunk({"content": "<thi"}), chunk({"content": "nk>"}, "stop")), "violated"),
        (
            "reasoning_apart",
            message(content="R1 writes `<think>` before it answers, `</think>` after."),
            "accepted",
        ),
        ("reasoning_apart", message(content="Strip it:\n```python\ntext.split('</think>')\n```\nDone."), "accepted"),
        ("reasoning_apart", message(content='The tags are called "<think>" and (</think>).'), "accepted"),
        ("reasoning_apart", message(content="<think>\nI use `x`.\n</think>\n\nOK."), "violated"),
        ("reasoning_apart", message(content="`OK` it is.\n</think>\nOK."), "violated"),
        ("reasoning_apart", message(content="<thought>\nTwo and two.\n</thought>\n\n4"), "violated"),
        ("reasoning_apart", message(content="[THINK]Two and two.[/THINK]4"), "violated"),
        ("reasoning_apart", message(content="◁think▷Two and two.◁/think▷4"), "violated"),
        ("reasoning_apart", message(content="<seed:think>Two and two.</seed:think>4"), "violated"),
        ("reasoning_apart", message(content="<Think>\n\n</Think>\n4"), "violated"),
        ("reasoning_apart", message(content="<think>It asks about <think> tags.</think>OK"), "violated"),
        ("reasoning_apart", message(content="R1 uses <think> tags to show how it thinks."), "accepted"),
        ("reasoning_apart", message(content="Its thoughts are between <think> and </think>."), "accepted"),
        ("reasoning_apart", message(content="I thought about it: 4 <b>apples</b>."), "accepted"),
        ("reasoning_apart", leaked_before("<think>\nFour.\n</think>\n\n4"), "violated"),
        ("reasoning_apart", leaked_before("4"), "accepted"),
        ("reasoning_apart", about_tags("<thinking>"), "not applicable"),
        ("reasoning_apart", about_tags("<think>"), "not applicable"),
        ("shown_reasoning_is_counted", counted(40, content="OK", reasoning_content="First, 47."), "accepted"),
        ("shown_reasoning_is_counted", counted(0, content="OK", reasoning_content="First, 47."), "violated"),
        ("shown_reasoning_is_counted", counted(None, reasoning_content="First, 47."), "not applicable"),
        ("shown_reasoning_is_counted", counted(0, content="OK"), "not applicable"),
        ("reasoning_is_text", message(reasoning_content="OK"), "accepted"),
        ("reasoning_is_text", message(reasoning_content=""), "accepted"),
        ("reasoning_is_text", message(reasoning_content=None), "not applicable"),
        ("reasoning_is_text", message(), "not applicable"),
        ("reasoning_is_text", message(reasoning_content=["OK"]), "violated"),
        ("reasoning_is_text", stream(chunk({"reasoning_content": "O"}), chunk({"content": "K"}, "stop")), "accepted"),
        ("reasoning_is_text", stream(chunk({"reasoning_content": {"text": "O"}}, "stop")), "violated"),
        (
            "reasoning_is_text",
            stream(chunk({}, choices=[{"index": 1, "delta": {"reasoning_content": "O"}, "finish_reason": "stop"}])),
            "violated",
        ),
    ],
)
def test_reasoning_text(requirement: str, exchange: Exchange, expected: str) -> None:
    assert said(f"reasoning.{requirement}", exchange) == expected


@pytest.mark.parametrize(
    ("model", "claimed"),
    [
        (Model("o3-mini", "gpt"), True),
        (Model("gpt-5-mini", "gpt"), True),
        (Model("gpt-5-mini", "gpt", frozenset({"reasoning"})), False),
        (GPT, False),
        (Model("claude-sonnet-4-5", "claude"), False),
    ],
)
def test_who_reasons(model: Model, claimed: bool) -> None:
    assert all(map(model.claims, PUZZLE.features - {"costly"})) is claimed


def test_what_is_asked_of_them_stays_as_it_is() -> None:
    model = Model("gpt-5", "gpt")
    assert for_model(EXHAUSTED, model, "").asked["max_completion_tokens"] == 64
    assert [for_model(each, model, "").asked["reasoning_effort"] for each in WITH_EFFORT] == ["low", "medium", "high"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (put(DETAILS, {"reasoning_tokens": 0}), "accepted"),
        (drop(DETAILS), "accepted"),
        (put(COUNT, 5), "violated"),
        (put("choices.*.message.reasoning_content", "The user wants OK."), "violated"),
        (
            respond(400, {"error": {"message": "Unsupported value: 'none'", "type": "invalid_request_error"}}),
            "not applicable",
        ),
        (status(500), "violated"),
    ],
)
def test_no_reasoning_where_the_effort_is_none(change: Fault, expected: Said) -> None:
    assert asked("reasoning.none_is_none", change) == expected


@pytest.mark.parametrize("text", ['<details type="reasoning" done="true">\nHm.\n</details>\nOK.'])
def test_reasoning_as_details_of_a_page(text: str) -> None:
    assert said("reasoning.reasoning_apart", response(completion(choices=[choice({"content": text})]))) == "violated"


def test_other_details_are_text() -> None:
    text = "<details><summary>More</summary>OK.</details>"
    assert said("reasoning.reasoning_apart", response(completion(choices=[choice({"content": text})]))) == "accepted"
