"""What is in a tool call goes wrong: arguments, names, and calls that nobody made."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from conformance.contract.faults import edit
from conformance.evidence.exchange import Exchange, Request, list_of

from .kit import (
    Chunks,
    JSONObject,
    Wrap,
    choices,
    each_call,
    in_completions,
    in_replies,
    in_streams,
    messages,
    planted,
    rechunk,
)


def _exchanged(chunks: Chunks) -> Chunks:
    """The arguments of the first two calls of a choice change places."""
    texts = _texts(chunks)
    for (choice, index), call in _pieces(chunks):
        other = texts.get((choice, {0: 1, 1: 0}.get(index, index)))
        if call["function"].get("arguments") and other is not None:
            call["function"]["arguments"] = other
            texts[choice, {0: 1, 1: 0}.get(index, index)] = ""
    return chunks


def _texts(chunks: Chunks) -> dict[tuple[Any, Any], str]:
    """The arguments of each call, by the index of its choice and its own."""
    texts: dict[tuple[Any, Any], str] = {}
    for place, call in _pieces(chunks):
        texts[place] = texts.get(place, "") + (call["function"].get("arguments") or "")
    return texts


def _rewritten(change: Callable[[Request, str], str]) -> Wrap:
    """The arguments of each call, which are changed as a whole, in both forms."""

    def fault(exchange: Exchange) -> Exchange:
        request = exchange.request

        def whole(call: JSONObject) -> None:
            call["function"]["arguments"] = change(request, call["function"]["arguments"])

        def pieces(chunks: Chunks) -> Chunks:
            texts = _texts(chunks)
            for index, call in _pieces(chunks):
                if call["function"].get("arguments"):
                    call["function"]["arguments"] = change(request, texts[index]) if texts.get(index) else ""
                    texts[index] = ""
            return chunks

        return rechunk(pieces)(exchange) if exchange.streamed else each_call(whole)(exchange)

    return in_replies(fault)


def _pieces(chunks: Chunks) -> list[tuple[tuple[Any, Any], JSONObject]]:
    return [
        ((choice.get("index"), call.get("index")), call)
        for each in chunks
        for choice in choices(each)
        for call in list_of((choice.get("delta") or {}).get("tool_calls"))
        if isinstance(call.get("function"), dict)
    ]


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {name: _changed(each, change) for name, each in value.items()}
    return [_changed(each, change) for each in value] if isinstance(value, list) else change(value)


def _values(change: Callable[[Request, Any], Any]) -> Wrap:
    """Each value in the arguments, where they are JSON."""

    def rewritten(request: Request, text: str) -> str:
        try:
            return json.dumps(_changed(json.loads(text), lambda value: change(request, value)), ensure_ascii=False)
        except ValueError:
            return text

    return _rewritten(rewritten)


def _enums(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list_of(value.get("enum")) + [found for each in value.values() for found in _enums(each)]
    return [found for each in value for found in _enums(each)] if isinstance(value, list) else []


def _capitals(request: Request, value: Any) -> Any:
    return value.upper() if isinstance(value, str) and value in _enums(request.asked.get("tools")) else value


def _decimal(request: Request, value: Any) -> Any:
    return float(value) if type(value) is int else value


def _camel_case(request: Request, text: str) -> str:
    return re.sub(r'"(\w+)"(?=\s*:)', lambda found: re.sub(r"_([a-z])", lambda each: each[1].upper(), found[0]), text)


def _phantom(document: Any) -> None:
    """Another call, of nothing."""
    for message in messages(document):
        if found := message.get("tool_calls"):
            found.append({"id": "call_0", "type": "function", "function": {"name": "", "arguments": "{}"}})


def _doubled(document: Any) -> None:
    for message in messages(document):
        if found := message.get("tool_calls"):
            message["tool_calls"] = found + [each | {"id": f"{each['id']}_2"} for each in deepcopy(found)]


def _legacy_too(document: Any) -> None:
    for message in messages(document):
        for call in list_of(message.get("tool_calls"))[:1]:
            message["function_call"] = dict(call["function"])


def _namespace(call: JSONObject) -> None:
    if call.get("function", {}).get("name"):
        call["function"]["name"] = f"functions.{call['function']['name']}"


def _long_id(call: JSONObject) -> None:
    if call.get("id"):
        call["id"] = f"{call['id']}__thought__{'Q2xhdWRlIHRoaW5rcw' * 16}"


FAULTS = (
    planted("streamed-arguments-exchanged", "In streams two calls have each other's arguments.", "B197",
        in_streams(rechunk(_exchanged)),
        reason="the calls that are asked for at once take the same arguments, which are right in any order"),
    planted("phantom-call", "Behind the calls of a whole reply stands another, without a name.", "B223",
        in_completions(edit(_phantom)),
        "tool_call.function.name", also=("equivalence.calls", "tool_use.allowed",
        "tools.ids_differ_between_replies", "tools.one_at_most")),
    planted("argument-names-changed", "The names of arguments are written in camel case.", "B232",
        _rewritten(_camel_case),
        "tools.strict_arguments"),
    planted("call-ids-of-300-characters", "Ids of calls have 300 characters more, which hold what was thought.", "B199",
        in_replies(each_call(_long_id)),
        reason="no source limits the length of the ids that an endpoint makes, and takes back"),
    planted("called-in-both-forms", "A call stands in tool_calls and in function_call.", "B184",
        in_completions(edit(_legacy_too)),
        "tools.one_form"),
    planted("arguments-with-a-trailing-comma", "Arguments have a comma before their closing brace.", "B196",
        _rewritten(lambda request, text: re.sub(r"\}$", ",}", text)),
        "tools.arguments_are_json", also=("tool_use.bare", "unicode.arguments_in_every_script")),
    planted("calls-doubled", "Each call of a whole reply comes twice, with ids of their own.", "B170",
        in_completions(edit(_doubled)),
        "equivalence.calls", "tools.one_at_most"),
    planted("enums-in-capitals", "Values of an enumeration are written in capitals.", "B232", _values(_capitals),
        "tools.strict_arguments", "tool_use.schema_keywords"),
    planted("names-with-a-namespace", "The names of functions have their namespace before them.", "B227",
        in_replies(each_call(_namespace)),
        "tools.declared_names", "tools.name_characters", also=("tool_use.allowed", "tools.named_is_called")),
    planted("integers-as-decimals", "Whole numbers in arguments are decimals.", "B232", _values(_decimal),
        reason="3.0 is an integer by JSON Schema", gray=True),
)  # fmt: skip
