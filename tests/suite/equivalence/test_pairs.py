"""What the requirements that ask in both forms accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.faults import (
    chain,
    chunk,
    content_edit,
    drop,
    edit,
    events,
    failing,
    insert,
    late,
    only,
    put,
    respond,
    status,
)
from conformance.contract.profile import Model
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.suite.equivalence.pairs import ERROR_PAIRS, OUTPUT_PAIRS, TEXT_PAIRS, TOOL_PAIRS, WORDS_PAIR
from conformance.suite.support.failing_streams import failing as break_off
from tests.support.builders_asked import Said, asked

PROMPT, WRITTEN, DETAILS = "usage.prompt_tokens", "usage.completion_tokens", "usage.prompt_tokens_details"
CACHED = f"{DETAILS}.cached_tokens"
TEXT = "choices.*.delta.content"
ARGUMENTS = "choices.*.delta.tool_calls.*.function.arguments"
WHOLE_ARGUMENTS = "choices.*.message.tool_calls.*.function.arguments"
REASON = "choices.*.finish_reason"
FILTERED = chain(
    put("choices.*.message.content", ""),
    put(TEXT, ""),
    put(REASON, lambda reason: reason and "content_filter"),
)
#: A stream that fails, and counts nothing.
BROKEN = chain(break_off, insert(-1, chunk({"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": 0}})))
NAMES = "choices.*.delta.tool_calls.*.function.name"


THOUGHT, OTHER = "choices.*.delta.reasoning_content", "choices.*.delta.reasoning"
THINKING = chain(put("choices.*.message.reasoning_content", "It wants OK."), put(THOUGHT, "It wants OK."))
COUNTED = put("usage.completion_tokens_details", {"reasoning_tokens": 1})


def streams(request: Request) -> bool:
    return request.streams


def whole(request: Request) -> bool:
    return not request.streams


def first_time(request: Request) -> bool:
    return request.streams and request.attempt == 1


def parallel(request: Request) -> bool:
    return request.streams and request.label.startswith("tool-parallel")


def unquoted(text: str) -> str:
    return text.replace('"', "'")


def second_time(request: Request) -> bool:
    return request.streams and request.attempt <= 2


def by_turns(*more: int) -> Fault:
    """So many more prompt_tokens in a stream the first, the second and the third time."""

    def fault(exchange: Exchange) -> Exchange:
        attempt = exchange.request.attempt
        if not exchange.request.streams or attempt > len(more):
            return exchange
        return put(PROMPT, lambda count: count + more[attempt - 1])(exchange)

    return fault


def in_streams(*faults: Fault) -> Fault:
    return only(streams, *faults)


def estimated(exchange: Exchange) -> Exchange:
    """B093: the gateway's own count of what it was sent, in streams."""
    return put(PROMPT, len(exchange.request.body) // 4)(exchange)


def cumulative(exchange: Exchange) -> Exchange:
    """B165: every delta holds the text so far."""
    text = ""

    def change(document: Any) -> None:
        nonlocal text
        for choice in document["choices"]:
            if choice["delta"].get("content"):
                text += choice["delta"]["content"]
                choice["delta"]["content"] = text

    return edit(change)(exchange) if exchange.streamed else exchange


TWICE = events(lambda before: [block for block in before for _ in (1, 2)])
DAMAGED = content_edit(lambda block: block.replace("你".encode(), "�".encode()))
WRAPPED = edit(lambda document: document.update(x_groq={"usage": document.pop("usage", None)}))
SENT_AGAIN = edit(  # B184: the last chunk holds the whole text once more
    lambda document: [each["delta"].update(content="OK") for each in document["choices"] if each["finish_reason"]]
)


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("prompt_tokens", put(PROMPT, lambda count: count + 50), "accepted"),
        ("prompt_tokens", only(first_time, put(PROMPT, lambda count: count + 1)), "accepted"),  # routed elsewhere
        ("prompt_tokens", only(second_time, put(PROMPT, lambda count: count + 1)), "accepted"),
        ("prompt_tokens", in_streams(put(PROMPT, lambda count: count + 1)), "violated"),  # each time, so for money
        ("prompt_tokens", in_streams(put(PROMPT, lambda count: count - 1)), "violated"),
        ("prompt_tokens", by_turns(1, -1, 1), "inconclusive"),
        ("prompt_tokens", by_turns(30, -20, 20), "violated"),  # more than the time explains
        ("prompt_tokens", by_turns(1, 0, 1), "accepted"),
        ("prompt_tokens", in_streams(estimated), "violated"),
        ("prompt_tokens", in_streams(put(PROMPT, 0)), "violated"),  # D4, D6: lost on the way
        ("prompt_tokens", in_streams(WRAPPED), "inconclusive"),  # B059: no usage, which is another requirement
        ("prompt_tokens", in_streams(status(503)), "inconclusive"),
        ("prompt_tokens", put(PROMPT, "9"), "not applicable"),
        ("prompt_tokens_with_tools", put(PROMPT, lambda count: count + 50), "accepted"),
        ("prompt_tokens_with_tools", in_streams(put(PROMPT, lambda count: count - 30)), "violated"),
        ("prompt_tokens_with_output", put(PROMPT, lambda count: count + 50), "accepted"),
        ("prompt_tokens_with_output", in_streams(put(PROMPT, lambda count: count - 30)), "violated"),
        ("text", only(first_time, put(TEXT, lambda text: text and "O")), "accepted"),  # the model, once
        ("text", only(whole, put("choices.*.message.content", lambda text: text and f" {text}\n")), "accepted"),
        ("text", TWICE, "violated"),  # B173
        ("text", cumulative, "violated"),
        ("text", in_streams(DAMAGED), "violated"),  # B391
        ("text", in_streams(SENT_AGAIN), "violated"),
        ("text", put(TEXT, None), "inconclusive"),
        ("text", put("choices.*.message.content", [{"type": "text"}]), "inconclusive"),
        ("finish_reason", put(REASON, lambda reason: reason and "end_turn"), "accepted"),  # another requirement
        ("finish_reason", in_streams(put(REASON, lambda reason: reason and "end_turn")), "violated"),
        ("completion_tokens", in_streams(put(WRITTEN, lambda count: count + 2)), "accepted"),
        ("completion_tokens", in_streams(put(WRITTEN, lambda count: count * 2 + 3)), "violated"),  # B068
        ("completion_tokens", in_streams(TWICE), "not applicable"),
        ("calls", put("choices.*.message.tool_calls.*.function.arguments", "{}"), "accepted"),
        ("calls", in_streams(put(NAMES, lambda name: name and name * 2)), "violated"),
        ("calls", in_streams(drop("choices.*.delta.tool_calls")), "inconclusive"),
        ("calls", put("choices.*.message.content", ""), "accepted"),
        ("calls", in_streams(put("choices.*.delta.content", "Paris")), "violated"),
        ("arguments", put(ARGUMENTS, lambda text: text and f" {text}"), "accepted"),
        ("arguments", in_streams(put(ARGUMENTS, lambda text: text.rstrip("}"))), "violated"),
        ("arguments", only(first_time, put(ARGUMENTS, lambda text: text.rstrip("}"))), "inconclusive"),  # the model
        ("arguments", chain(put(ARGUMENTS, unquoted), put(WHOLE_ARGUMENTS, unquoted)), "inconclusive"),  # as well
        ("arguments", only(parallel, put(ARGUMENTS, unquoted)), "violated"),
        ("arguments", drop("choices.*.delta.tool_calls"), "not applicable"),
        ("length", put("usage", None), "accepted"),
        ("length", in_streams(put(REASON, lambda reason: reason and "stop")), "violated"),
        ("length", only(whole, put(REASON, "max_tokens")), "violated"),
        ("length", in_streams(put(REASON, "stop")), "inconclusive"),  # in every chunk: covered by streaming.finish_once
        ("length", put("choices", []), "inconclusive"),
        ("length", BROKEN, "inconclusive"),
        ("length", FILTERED, "inconclusive"),
        ("length", put(REASON, lambda reason: reason and "content_filter"), "violated"),  # nothing was taken away
        ("finish_reason", in_streams(FILTERED), "inconclusive"),
        ("finish_reason", BROKEN, "inconclusive"),
        ("prompt_tokens", BROKEN, "inconclusive"),
        ("prompt_tokens_with_tools", BROKEN, "inconclusive"),
        ("length", chain(put(REASON, "stop"), put("usage.completion_tokens", 7)), "inconclusive"),  # it ended early
        ("call_finish_reason", put(REASON, lambda reason: reason and "stop"), "accepted"),  # as older models do
        ("call_finish_reason", in_streams(put(REASON, lambda reason: reason and "stop")), "violated"),
        ("call_finish_reason", only(first_time, put(REASON, lambda reason: reason and "stop")), "accepted"),
        ("call_finish_reason", only(whole, put(REASON, "length")), "inconclusive"),
        ("reasoning_place", put("id", "chatcmpl-2"), "not applicable"),
        ("reasoning_place", THINKING, "accepted"),
        ("reasoning_place", chain(THINKING, in_streams(drop(THOUGHT), put(OTHER, "OK."))), "violated"),
        ("reasoning_place", chain(THINKING, in_streams(drop(THOUGHT))), "not applicable"),  # it need not reason
        ("reasoning_place", chain(THINKING, in_streams(drop(THOUGHT), COUNTED)), "violated"),
        ("usage_details", drop(DETAILS), "accepted"),  # absent in both
        ("usage_details", only(whole, put(CACHED, 1024)), "accepted"),
        ("usage_details", chain(drop(CACHED), only(whole, put(CACHED, 1024))), "accepted"),  # a zero left out
        ("usage_details", in_streams(drop(DETAILS)), "violated"),  # B036
        ("usage_details", only(whole, drop(CACHED)), "violated"),  # B091
        ("usage_details", in_streams(drop("usage")), "inconclusive"),
        ("errors", put("error.message", "other words"), "accepted"),
        ("errors", in_streams(late), "violated"),  # B361
        ("errors", in_streams(respond(500, {"error": {"message": "m"}})), "violated"),
        ("errors", in_streams(put("error.code", 404)), "violated"),
        ("errors", respond(200, {"choices": []}), "not applicable"),
        ("errors", in_streams(failing(Failure("reset", "closed"))), "inconclusive"),
    ],
)  # fmt: skip
def test_equivalence(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"equivalence.{requirement}", change) == expected


def test_a_model_that_reasons_is_not_held_to_the_limit() -> None:
    thinker = Model("gpt-5-nano", "gpt")
    named = put("choices", [])  # whatever it answers
    assert asked("equivalence.length", named, model=thinker) == "not applicable"


@pytest.mark.parametrize(
    "pair", [*TEXT_PAIRS, WORDS_PAIR, *TOOL_PAIRS, *OUTPUT_PAIRS, *ERROR_PAIRS], ids=lambda pair: pair[0].label
)
def test_a_pair_differs_in_stream_alone(pair: tuple[Request, Request]) -> None:
    one, other = (each.asked for each in pair)
    assert {name: value for name, value in other.items() if not name.startswith("stream")} == one
