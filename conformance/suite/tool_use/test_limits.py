"""Calls that the token limit cuts off."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from conformance.contract.faults import chunk, insert, only, put
from conformance.contract.given import tries
from conformance.contract.requests import chat, streamed
from conformance.contract.requirement import Impact
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable
from conformance.evidence.observed import is_unfinished_object
from conformance.language import say
from conformance.suite.support.calls import JSONObject, called
from conformance.suite.support.limits import ended_early, roomy

from . import AREA

_PARSER = {"error": {"message": "tool call parsing failed", "type": "server_error", "param": None, "code": None}}
_SAVE = {
    "type": "function",
    "function": {
        "name": "save_story",
        "description": "Saves a story.",
        "parameters": {
            "type": "object",
            "properties": {"text": {"type": "string", "minLength": 1000, "description": "All of the story"}},
            "required": ["text"],
        },
    },
}
_LIGHTHOUSE = "Write a story of 300 words about a lighthouse, and save it with the tool."
_CUT: JSONObject = {"tools": [_SAVE], "tool_choice": "required"}
TOOL_CUT = chat(_LIGHTHOUSE, label="tool-cut", max_tokens=48, **_CUT)
#: Under the other name of the limit, which no other stream has.
TOOL_CUT_STREAM = streamed(chat(_LIGHTHOUSE, label="tool-cut", max_tokens=None, max_completion_tokens=48, **_CUT))


def _cut_arguments(exchange: Exchange) -> str:
    """Arguments that were cut off. Raises Inconclusive where there are none, or it is not the limit that ended them."""
    written = [str(each.get("arguments")) for each in called(exchange)]
    if not written or not is_unfinished_object(written[-1]):
        raise Inconclusive(say("no call came that was cut off: {written!r:.160}", written[-1:]))
    reason = exchange.choices[0].get("finish_reason")
    if reason in (None, "", "content_filter") or ended_early(exchange):
        raise Inconclusive(say("it is not the limit that ended the call: finish_reason {reason!r}", reason))
    return written[-1]


@AREA.must(
    "report length for a tool call whose arguments the limit cut off, streamed or not",
    on=(TOOL_CUT, TOOL_CUT_STREAM),
    impact=Impact.DATA,
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["equiv-04", "sampling-03"],
    at="choices.*.finish_reason",
    hint="Prefer the upstream's reason to that of the calls: clients run a call that ends with tool_calls.",
    needs=["request"],
    broken_by={
        "tool_calls": put("choices.*.finish_reason", lambda reason: reason and "tool_calls"),
        "stop": put("choices.*.finish_reason", lambda reason: reason and "stop"),
    },
    after=["sampling.cut_is_length"],
)
def test_cut_call_is_length(exchange: Exchange, asked: JSONObject) -> None:
    if roomy(asked):
        raise NotApplicable(say("the limit is not short, for the model reasons"))
    arguments = _cut_arguments(exchange)
    reason = exchange.choices[0].get("finish_reason")
    assert reason == "length", say(
        "arguments that were cut off, {arguments!r}, end with finish_reason {reason!r}", arguments[-60:], reason
    )


def _error_in_stream(exchange: Exchange) -> Any:
    """The error in a stream; None where there is none."""
    if not exchange.streamed:
        raise Inconclusive(say("“{request}” is {outcome}, and no stream", exchange.request, exchange.outcome))
    documents = [each for each in exchange.stream.documents if isinstance(each, dict)]
    return next((each["error"] for each in documents if each.get("error")), None)


@AREA.should(
    "end a streamed call that the limit cuts off as it ends a plain one, and not with an error",
    on={"plain": TOOL_CUT, "stream": tries(TOOL_CUT_STREAM)},
    source="openai-openapi#CreateChatCompletionResponse.choices.finish_reason",
    contract=["equiv-04", "sampling-03"],
    at="error",
    hint="Send the arguments written so far, and length: a parser that expects all of them must not fail.",
    broken_by=only(lambda request: request.streams, insert(1, chunk(_PARSER))),
)
def test_cut_call_is_no_error(plain: Exchange, stream: Sequence[Exchange]) -> None:
    if not plain.succeeded or not plain.tool_calls:
        raise Inconclusive(say("no plain reply with a call came"))
    errors = list(takewhile(bool, map(_error_in_stream, stream)))
    assert len(errors) < len(stream), say(
        "a call that the limit cuts off fails in each of {number} streams: {dumps}",
        len(errors),
        json.dumps(errors[-1])[:160],
    )
