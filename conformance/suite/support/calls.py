"""Tool calls in messages, and the deltas of which streamed ones consist."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from conformance.contract.scopes import cut_short, streamed_choices
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, list_of
from conformance.evidence.observed import json_object
from conformance.language import say

from .replies import check_whole

JSONObject = dict[str, Any]
#: The deltas of each streamed call, by the index of the choice and the index of the call.
CallDeltas = dict[tuple[int, int], list[JSONObject]]


def call(id: str, city: str, name: str = "get_weather") -> JSONObject:
    """A call in a message of the assistant."""
    return {"id": id, "type": "function", "function": {"name": name, "arguments": json.dumps({"city": city})}}


def result(id: str, content: Any) -> JSONObject:
    """The message that gives the result of a call."""
    return {"role": "tool", "tool_call_id": id, "content": content}


def declared(asked: JSONObject) -> dict[str, JSONObject]:
    """The functions and custom tools that a request offers, by name."""
    tools = [tool for tool in list_of(asked.get("tools")) if isinstance(tool, dict)]
    found = [tool.get("custom" if tool.get("type") == "custom" else "function") for tool in tools]
    return {each["name"]: each for each in found if isinstance(each, dict) and isinstance(each.get("name"), str)}


def called(exchange: Exchange) -> list[JSONObject]:
    """The function of each call in a reply, where it is an object. Raises Inconclusive for a stream that broke off."""
    check_whole(exchange)
    functions = [each.get("function") for each in exchange.tool_calls]
    return [each for each in functions if isinstance(each, dict)]


def first_with_calls(answers: Iterable[Exchange], number: int) -> Exchange:
    """The first answer with at least so many calls. Raises Inconclusive where there is none."""
    labels, counts = [], []
    for exchange in answers:
        labels.append(str(exchange.request))
        counts.append(len(called(exchange)))
        if counts[-1] >= number:
            return exchange
    raise Inconclusive(
        say(
            "“{labels}”: {number} answers have at most {most_counts} calls, expected {number2}",
            labels[0],
            len(counts),
            max(counts),
            number,
        )
    )


def is_object(text: str) -> bool:
    """Whether a text is a JSON object."""
    return json_object(text) is not None


def call_deltas(chunks: list[JSONObject]) -> list[tuple[Any, JSONObject]]:
    """The deltas of all calls in order, each with the index of its choice."""
    choices = [each for each in streamed_choices(chunks) if isinstance(each.get("delta"), dict)]
    found = [(each.get("index"), delta) for each in choices for delta in list_of(each["delta"].get("tool_calls"))]
    return [(index, delta) for index, delta in found if isinstance(delta, dict)]


def deltas_of(chunks: list[JSONObject]) -> CallDeltas:
    """The deltas of each call. Those without an integer index are left out; other requirements cover them."""
    found: CallDeltas = {}
    for choice, delta in call_deltas(chunks):
        index = delta.get("index")
        if type(choice) is int and type(index) is int:
            found.setdefault((choice, index), []).append(delta)
    if not found:
        raise NotApplicable(say("no delta of a tool call has an index"))
    return found


def of_function(delta: JSONObject, name: str) -> Any:
    """A member of the function, or the custom tool, in a delta of a call."""
    tool = delta.get("custom" if delta.get("type") == "custom" else "function")
    return tool.get(name) if isinstance(tool, dict) else None


def call_ids(deltas: list[JSONObject]) -> list[str]:
    """The different ids in the deltas of one call."""
    return list(dict.fromkeys(delta["id"] for delta in deltas if isinstance(delta.get("id"), str) and delta["id"]))


def _unlimited(chunks: list[JSONObject]) -> CallDeltas:
    """The deltas of calls in choices that were not cut short."""
    cut = [choice.get("index") for choice in streamed_choices(chunks) if cut_short(choice.get("finish_reason"))]
    found = {where: deltas for where, deltas in deltas_of(chunks).items() if where[0] not in cut}
    if not found:
        raise NotApplicable(say("the calls were cut off"))
    return found


def argument_deltas(exchange: Exchange) -> list[list[str]]:
    """The arguments in the deltas of each whole call of a stream. Raises NotApplicable where there are none."""
    check_whole(exchange)
    names, found = declared(exchange.request.asked), []
    for deltas in _unlimited(exchange.chunks).values():
        given = [of_function(delta, "arguments") for delta in deltas if delta.get("type") != "custom"]
        texts = [text for text in given if isinstance(text, str)]
        bare = not any(texts) and not names.get(str(of_function(deltas[0], "name")), {}).get("parameters")
        if len(call_ids(deltas)) > 1 or bare or not given:
            continue  # calls that share an index, no parameters, custom tools: covered by other requirements
        found.append(texts)
    if not found:
        raise NotApplicable(say("no streamed call has arguments of its own"))
    return found
