"""Tool calls in messages, and the deltas of which streamed ones consist."""

from __future__ import annotations

import json
from typing import Any

from conformance.contract.scopes import (
    broken_off,
    cut_short,
    streamed_choices,
)
from conformance.evidence.exchange import Exchange, Inconclusive, NotApplicable, list_of
from conformance.evidence.strict_json import JSONError, loads

JSONObject = dict[str, Any]


Pieces = dict[tuple[int, int], list[JSONObject]]


def declared(asked: JSONObject) -> dict[str, JSONObject]:
    """The functions and custom tools that a request offers, by name."""
    tools = [tool for tool in list_of(asked.get("tools")) if isinstance(tool, dict)]
    found = [tool.get("custom" if tool.get("type") == "custom" else "function") for tool in tools]
    return {each["name"]: each for each in found if isinstance(each, dict) and isinstance(each.get("name"), str)}


def check_whole(exchange: Exchange) -> None:
    """Raises Inconclusive for a stream that broke off."""
    if broken_off(exchange):
        raise Inconclusive("the stream broke off")


def deltas_of(chunks: list[JSONObject]) -> Pieces:
    """The pieces of each call by the indices of choice and call; a missing index is another requirement."""
    found: Pieces = {}
    for choice in streamed_choices(chunks):
        delta = choice.get("delta")
        for piece in list_of(delta.get("tool_calls")) if isinstance(delta, dict) else ():
            where = choice.get("index"), piece.get("index") if isinstance(piece, dict) else None
            if type(where[0]) is int and type(where[1]) is int:
                found.setdefault((where[0], where[1]), []).append(piece)
    if not found:
        raise NotApplicable("no piece of a tool call has an index")
    return found


def of_function(piece: JSONObject, name: str) -> Any:
    """A member of the function, or custom tool, in a piece of a call."""
    tool = piece.get("custom" if piece.get("type") == "custom" else "function")
    return tool.get(name) if isinstance(tool, dict) else None


def call_ids(pieces: list[JSONObject]) -> list[str]:
    """The different ids among the pieces of one call."""
    return list(dict.fromkeys(piece["id"] for piece in pieces if isinstance(piece.get("id"), str) and piece["id"]))


def _unlimited(chunks: list[JSONObject]) -> Pieces:
    """The pieces of calls that neither the token limit nor a filter may have cut, nor what nobody knows."""
    cut = [choice.get("index") for choice in streamed_choices(chunks) if cut_short(choice.get("finish_reason"))]
    found = {where: pieces for where, pieces in deltas_of(chunks).items() if where[0] not in cut}
    if not found:
        raise NotApplicable("the calls were cut off")
    return found


def texts_in_pieces(exchange: Exchange) -> list[list[str]]:
    """The arguments of each whole call of a stream, piece by piece. Raises NotApplicable where there are none."""
    check_whole(exchange)
    names, found = declared(exchange.request.asked), []
    for pieces in _unlimited(exchange.chunks).values():
        given = [of_function(piece, "arguments") for piece in pieces if piece.get("type") != "custom"]
        texts = [text for text in given if isinstance(text, str)]
        bare = not any(texts) and not names.get(str(of_function(pieces[0], "name")), {}).get("parameters")
        if len(call_ids(pieces)) > 1 or bare or not given:
            continue  # calls that share an index, no parameters, custom tools: other requirements
        found.append(texts)
    if not found:
        raise NotApplicable("no call in pieces has arguments of its own")
    return found


def is_object(text: str) -> bool:
    try:
        return isinstance(loads(text), dict)
    except JSONError:
        return False


def call(id: str, city: str, name: str = "get_weather") -> JSONObject:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": json.dumps({"city": city})}}


def result(id: str, content: Any) -> JSONObject:
    return {"role": "tool", "tool_call_id": id, "content": content}
