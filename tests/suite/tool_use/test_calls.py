"""What the requirements of tools in use accept, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contract.faults import chain, chunk, drop, edit, insert, only, put, respond, status
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Request
from tests.support.builders_asked import Said, asked

CALLS, CONTENT, REASON = "choices.*.message.tool_calls", "choices.*.message.content", "choices.*.finish_reason"
DELTA = "choices.*.delta.content"
ARGUMENTS = f"{CALLS}.*.function.arguments"
REFUSED = respond(400, {"error": {"message": "not supported", "type": "invalid_request_error"}})
NO_CALL = chain(drop(CALLS), put(CONTENT, "It is sunny."), put(REASON, "stop"))
GREETING = respond(200, {"choices": [{"index": 0, "message": {"content": "Hello!"}, "finish_reason": "stop"}]})
AGAIN = [{"id": "call_9", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}]


def said_auto(request: Request) -> bool:
    return request.asked.get("tool_choice") == "auto"


def with_results(request: Request) -> bool:
    return any(each["role"] == "tool" for each in request.asked["messages"])


def first(request: Request) -> bool:
    return request.attempt == 1


def offers(request: Request) -> bool:
    return "tools" in request.asked


def strict(request: Request) -> bool:
    return b'"strict"' in request.body


def answers(*faults: Fault) -> Fault:
    return only(with_results, *faults)


def sequential(document: Any) -> None:
    for choice in document["choices"]:
        if "message" in choice:
            choice["message"]["tool_calls"] = choice["message"]["tool_calls"][:1]


_FAILED = {"error": {"message": "tool call parsing failed", "type": "server_error", "param": None, "code": None}}
cut_fails = insert(1, chunk(_FAILED))
FIRST_STREAMED = put("choices.*.delta.tool_calls", lambda calls: [each for each in calls if each["index"] == 0])


def legacy_as_tools(document: Any) -> None:
    message = document["choices"][0]["message"]
    message["tool_calls"] = [{"id": "call_1", "type": "function", "function": message.pop("function_call")}]


@pytest.mark.parametrize(
    ("requirement", "change", "expected"),
    [
        ("auto", only(first, NO_CALL), "accepted"),
        ("auto", NO_CALL, "inconclusive"),
        ("auto", put(REASON, "stop"), "violated"),
        ("auto", put(REASON, "length"), "inconclusive"),
        ("auto", only(said_auto, NO_CALL), "inconclusive"),
        ("said_auto", NO_CALL, "accepted"),
        ("said_auto", only(said_auto, REFUSED), "violated"),  # B201
        ("said_auto", REFUSED, "inconclusive"),
        ("allowed", REFUSED, "accepted"),
        ("allowed", put(f"{CALLS}.*.function.name", "get_weather"), "violated"),
        ("allowed", NO_CALL, "violated"),
        ("several", put(ARGUMENTS, lambda text: text.replace("Paris", "Paris, France")), "accepted"),
        ("several", only(first, edit(sequential)), "accepted"),
        ("several", chain(edit(sequential), FIRST_STREAMED), "inconclusive"),  # the model's way
        ("several", edit(sequential), "violated"),
        ("several", FIRST_STREAMED, "violated"),
        ("several", only(lambda each: each.attempt < 3, FIRST_STREAMED), "accepted"),
        ("several", only(lambda each: each.streams or each.attempt == 2, NO_CALL, FIRST_STREAMED), "inconclusive"),
        ("several", put(f"{CALLS}.*.id", "call_0"), "violated"),
        ("several", put(ARGUMENTS, '{"city":"Paris and Tokyo"}'), "violated"),
        ("several", NO_CALL, "inconclusive"),
        ("bare", put(ARGUMENTS, " {} "), "accepted"),
        ("bare", put(ARGUMENTS, ""), "violated"),
        ("bare", put(ARGUMENTS, {}), "violated"),
        ("bare", REFUSED, "violated"),  # B212, B230
        ("bare", drop(CALLS), "accepted"),  # the stream has it
        ("round_trip", answers(put(CONTENT, "Minus 37,5 degrees.")), "accepted"),
        ("round_trip", answers(only(first, put(CALLS, AGAIN))), "accepted"),
        ("round_trip", answers(put(CALLS, AGAIN)), "violated"),  # B191
        ("round_trip", answers(REFUSED), "violated"),  # B287
        ("round_trip", answers(put(CONTENT, "I do not know.")), "violated"),
        ("round_trip", answers(put(REASON, "end_turn")), "violated"),
        ("round_trip", NO_CALL, "inconclusive"),
        ("round_trip", put(f"{CALLS}.*.id", None), "not applicable"),
        ("several_results", put(CONTENT, "Paris: QA9026, Tokyo: QB4417, spare: QD6203."), "accepted"),
        ("several_results", put(CONTENT, "QA9026."), "violated"),
        ("several_results", put(CONTENT, "QB4417."), "violated"),
        ("several_results", put(CONTENT, "QA9026 and QB4417."), "violated"),  # a part is lost
        ("several_results", put(CONTENT, "QB4417, QA9026 and QD6203."), "violated"),  # each to the other call
        ("several_results", only(first, put(CONTENT, "QB4417, QA9026 and QD6203.")), "accepted"),
        ("system_beside_tools", put(CONTENT, "QB4417. KIWI7"), "accepted"),
        ("system_beside_tools", put(CONTENT, "QB4417."), "inconclusive"),
        ("system_beside_tools", only(offers, put(CONTENT, "QB4417.")), "violated"),
        ("system_beside_tools", REFUSED, "inconclusive"),
        ("several_results", REFUSED, "violated"),  # B199, B200
        ("text_beside", put(DELTA, lambda text: text and f"{text} "), "accepted"),
        ("text_beside", put(DELTA, lambda text: text and "I mentioned no code."), "violated"),  # D15
        ("text_beside", put(DELTA, ""), "violated"),  # held back, as if it were a call
        ("cut_call_is_no_error", chain(), "accepted"),
        ("cut_call_is_no_error", cut_fails, "violated"),
        ("cut_call_is_no_error", only(first, cut_fails), "accepted"),
        ("cut_call_is_no_error", status(400), "inconclusive"),
        ("strict_taken", only(strict, REFUSED), "violated"),
        ("strict_taken", REFUSED, "not applicable"),
        ("strict_taken", only(strict, NO_CALL), "accepted"),
        ("empty_arguments_taken", put(CONTENT, "I do not know."), "accepted"),
        ("empty_arguments_taken", REFUSED, "violated"),  # B196
        ("odd_arguments", respond(400, {"error": {"message": "arguments must be valid JSON"}}), "accepted"),
        ("odd_arguments", respond(400, {"error": {"message": "unmatched tool_result"}}), "violated"),  # B219
        ("odd_arguments", status(500), "violated"),
        ("odd_arguments", put(CONTENT, "I do not know."), "violated"),
        ("odd_arguments", put(CONTENT, None), "inconclusive"),
        ("no_tools", REFUSED, "accepted"),
        ("no_tools", respond(422, {"detail": [{"type": "extra_forbidden"}]}), "violated"),  # B205
        ("no_tools", GREETING, "accepted"),
        ("no_tools", chain(GREETING, put(CONTENT, '```json\n{"a": 1}\n```')), "violated"),  # B189
        ("cut_call_is_length", put(REASON, lambda reason: reason and "tool_calls"), "violated"),  # B178
        ("cut_call_is_length", put(REASON, lambda reason: reason and "content_filter"), "inconclusive"),
        ("cut_call_is_length", drop(CALLS), "accepted"),  # the stream has it
        ("cut_call_is_length", chain(put(REASON, "stop"), put("usage.completion_tokens", 20)), "inconclusive"),
        ("cut_call_is_length", put(ARGUMENTS, '{"text": "The end."}'), "accepted"),  # the stream has it
        ("schema_keywords", REFUSED, "violated"),  # B231
        ("schema_keywords", put(ARGUMENTS, lambda text: text.replace("KM583", "")), "violated"),  # B232
        ("schema_keywords", only(first, put(ARGUMENTS, "{}")), "accepted"),
        ("schema_keywords", put(ARGUMENTS, lambda text: text.replace("note_wp2", "note_wp3")), "accepted"),
        ("beside_format", REFUSED, "not applicable"),
        ("beside_format", only(first, NO_CALL), "accepted"),
        ("beside_format", NO_CALL, "violated"),  # B240
        ("beside_format", put("choices.*.delta.content", lambda text: text and "Hi. "), "violated"),  # B236
        ("legacy", REFUSED, "accepted"),
        ("legacy", put(REASON, "stop"), "accepted"),
        ("legacy", edit(legacy_as_tools), "violated"),
        ("legacy", put("choices.*.message.function_call.arguments", None), "violated"),
        ("legacy", status(500), "violated"),
        ("legacy", put(REASON, "length"), "inconclusive"),
        ("legacy", put("choices", []), "inconclusive"),
    ],
)
def test_tool_use(requirement: str, change: Fault, expected: Said) -> None:
    assert asked(f"tool_use.{requirement}", change) == expected
