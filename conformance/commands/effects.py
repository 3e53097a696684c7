"""Whether a feature that was asked for shows in what came back: it may have been ignored in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from conformance.contract.requests import STOP
from conformance.evidence.exchange import Exchange, list_of
from conformance.evidence.observed import json_object
from conformance.evidence.strict_json import JSONError, loads
from conformance.language import say
from conformance.suite.support.structured import problem


def texts(exchange: Exchange) -> list[str]:
    """The text of each choice that has a message."""
    return _contents(exchange.choices)


def _texts(exchange: Exchange) -> list[str]:
    """The text of each choice that was not cut at its limit."""
    return _contents(each for each in exchange.choices if each.get("finish_reason") != "length")


def _contents(choices: Iterable[dict[str, Any]]) -> list[str]:
    messages = [each["message"] for each in choices if isinstance(each.get("message"), dict)]
    return [str(message.get("content") or "") for message in messages]


def _number(exchange: Exchange) -> str:
    asked, came = exchange.request.asked["n"], len(exchange.choices)
    return (
        "" if came == asked else say("{asked} choices were asked for, and the number that came is {came}", asked, came)
    )


def _log_probabilities(exchange: Exchange) -> str:
    found = [each.get("logprobs") for each in exchange.choices]
    told = found and all(isinstance(each, dict) and list_of(each.get("content")) for each in found)
    return "" if told else say("no log probability came")


def _streamed(exchange: Exchange) -> str:
    return "" if exchange.streamed else say("one document came, and no event stream")


def _usage(exchange: Exchange) -> str:
    return "" if isinstance(exchange.reply.get("usage"), dict) else say("the stream has no usage")


def _stopped(exchange: Exchange) -> str:
    sequence = STOP.asked["stop"]
    return say("{sequence} is in the reply", sequence) if any(sequence in each for each in _texts(exchange)) else ""


def _bounded(exchange: Exchange) -> str:
    limit = exchange.request.asked.get("max_completion_tokens", 0)
    words = max((len(each.split()) for each in _texts(exchange)), default=0)
    return say("{words} words came within a limit of {limit} tokens", words, limit) if words > limit else ""


def _called(exchange: Exchange) -> str:
    return "" if exchange.tool_calls else say("no tool was called")


def _one_call(exchange: Exchange) -> str:
    number = len(exchange.tool_calls)
    return say("{number} tools were called at once", number) if number > 1 else ""


def _an_object(exchange: Exchange) -> str:
    return (
        "" if all(json_object(each) is not None for each in _texts(exchange)) else say("the content is no JSON object")
    )


def _by_schema(exchange: Exchange) -> str:
    schema = exchange.request.asked["response_format"]["json_schema"]["schema"]
    try:
        departs = [found for each in _texts(exchange) if (found := problem(loads(each), schema))]
    except JSONError:
        return say("the content is not JSON")
    return say("the content departs from the schema at {departs}", departs[0]) if departs else ""


#: By feature, what came back instead of its effect; empty where the effect shows, or the reply is too short to tell.
#: Each raises Inconclusive where no completion came.
EFFECTS: Mapping[str, Callable[[Exchange], str]] = {
    "chat.stream": _streamed,
    "chat.stream_options": _usage,
    "chat.n": _number,
    "chat.stop": _stopped,
    "chat.logprobs": _log_probabilities,
    "chat.max_completion_tokens": _bounded,
    "chat.tools": _called,
    "chat.tool_choice": _called,
    "chat.parallel_tool_calls": _one_call,
    "chat.response_format.json_object": _an_object,
    "chat.response_format.json_schema": _by_schema,
}
