"""Tools: choices that are ignored, schemas and histories that are rejected or lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.evidence.exchange import Request, list_of

from .kit import (
    JSONObject,
    answering,
    asks,
    error,
    lift,
    messages_of,
    misread_body,
    planted,
    refusing,
    where,
)


def _is_named(request: Request) -> bool:
    return isinstance(request.asked.get("tool_choice"), dict)


def _chosen(*values: str) -> Callable[[Request], bool]:
    return lambda request: request.asked.get("tool_choice") in values


def _not_forced(document: JSONObject) -> None:
    """A choice that forces a call is left to the model, which does not care for tools then."""
    if isinstance(document.get("tool_choice"), dict):
        document.pop("tool_choice")
        document.pop("tools", None)


def _required_ignored(document: JSONObject) -> None:
    if document.get("tool_choice") == "required":
        document["tool_choice"] = "auto"


def _none_ignored(document: JSONObject) -> None:
    if document.get("tool_choice") == "none":
        document["tool_choice"] = "required"


def _first_tool(document: JSONObject) -> None:
    """A named choice calls whichever function comes first."""
    if isinstance(document.get("tool_choice"), dict) and list_of(document.get("tools")):
        name = document["tools"][0].get("function", {}).get("name")
        document["tool_choice"] = {"type": "function", "function": {"name": name}}


def _as_json(document: JSONObject) -> None:
    """Having no tools is taken for the form in which this upstream calls them."""
    if document.get("tools") == []:
        document.pop("tools")
        document["response_format"] = {"type": "json_object"}
        document["messages"] = [{"role": "system", "content": "Answer in JSON."}, *document["messages"]]


def _no_results(document: JSONObject) -> None:
    """What tools returned, and that they were called, does not reach the model."""
    document["messages"] = [
        each
        for each in list_of(document.get("messages"))
        if isinstance(each, dict) and each.get("role") != "tool" and not each.get("tool_calls")
    ] or document.get("messages")


def _empty_results(document: JSONObject) -> None:
    for message in list_of(document.get("messages")):
        if isinstance(message, dict) and message.get("role") == "tool":
            message["content"] = ""


def _history_calls(request: Request) -> list[JSONObject]:
    return [
        call
        for message in messages_of(request)
        for call in list_of(message.get("tool_calls"))
        if isinstance(call, dict) and isinstance(call.get("function"), dict)
    ]


def _parses(arguments: Any) -> bool:
    try:
        return isinstance(json.loads(arguments), dict)
    except (TypeError, ValueError):
        return False


def _malformed_history(request: Request) -> bool:
    return any(not _parses(call["function"].get("arguments")) for call in _history_calls(request))


def _long_ids(request: Request) -> bool:
    return any(
        not (len(str(call.get("id"))) == 9 and str(call.get("id")).isalnum()) for call in _history_calls(request)
    )


def _parameters(request: Request) -> list[Any]:
    tools = [each for each in list_of(request.asked.get("tools")) if isinstance(each, dict)]
    return [each["function"].get("parameters") for each in tools if isinstance(each.get("function"), dict)]


def _keywords(request: Request) -> bool:
    text = json.dumps(_parameters(request))
    return any(f'"{name}"' in text for name in ("$schema", "additionalProperties", "$defs", "anyOf"))


def _without_keywords(schema: Any) -> None:
    """Descriptions, definitions, values and empty objects of properties do not reach the model."""
    if isinstance(schema, dict):
        for name in ("description", "$defs", "enum", "additionalProperties"):
            schema.pop(name, None)
        for each in schema.values():
            _without_keywords(each)
    elif isinstance(schema, list):
        for each in schema:
            _without_keywords(each)


def _converted(document: JSONObject) -> None:
    for tool in list_of(document.get("tools")):
        if isinstance(tool, dict) and isinstance(tool.get("function"), dict):
            _without_keywords(tool["function"].get("parameters"))


def _only_the_first_tool(document: JSONObject) -> None:
    if list_of(document.get("tools")):
        document["tools"] = document["tools"][:1]


def _only_the_last_result(document: JSONObject) -> None:
    results = [each for each in list_of(document.get("messages")) if isinstance(each, dict)]
    for message in [each for each in results if each.get("role") == "tool"][:-1]:
        message["content"] = ""


def _several(document: JSONObject) -> None:
    document.pop("parallel_tool_calls", None)


_FLAT = {"object": "error", "message": "Tool call id must be a-z, A-Z, 0-9, with a length of 9.", "code": "3280"}
_SCHEMA = error("tools.0.custom.input_schema: JSON schema is invalid")

FAULTS = (
    planted("named-choice-ignored", "A named tool_choice is answered with text.", "B185", misread_body(_not_forced),
        "tools.named_is_called",
        also=("usage.whole_prompt", "multimodal.every_image_seen", "tool_use.", "validation.tool_choice_refused")),
    planted("named-choice-calls-the-first", "A named tool_choice calls the first function there is.", "B185",
        misread_body(_first_tool),
        "tools.named_is_called", also=("tool_use.allowed", "validation.tool_choice_refused")),
    planted("required-ignored", "tool_choice required is treated as auto.", "B185", misread_body(_required_ignored),
        "tools.required_is_required"),
    planted("none-ignored", "tool_choice none still calls a tool.", "B186", misread_body(_none_ignored),
        "tools.none_is_none", also=("roles.opaque", "tool_use.beside_format")),
    planted("required-ignored-streamed", "In streams tool_choice required is treated as auto.", "B185",
        where(lambda request: request.streams, misread_body(_required_ignored)),
        "tools.required_is_required"),
    planted("none-ignored-streamed", "In streams tool_choice none still calls a tool.", "B186",
        where(lambda request: request.streams, misread_body(_none_ignored)),
        "tools.none_is_none", also=("tool_use.beside_format",)),
    planted("first-tool-only", "Only the first tool is read: the choice of another one is rejected.", "B185",
        misread_body(_only_the_first_tool), "served.tool_choice", also=("tool_use.bare",)),
    planted("last-result-only", "The model sees an empty result of all calls but the last.", "B191",
        misread_body(_only_the_last_result),
        "tool_use.several_results"),
    planted("parallel-not-switched-off", "parallel_tool_calls false is ignored.", "B186", misread_body(_several),
        "tools.one_at_most"),
    planted("empty-tools-force-json", "An empty list of tools makes the answer JSON.", "B189", misread_body(_as_json),
        "tool_use.no_tools"),
    planted("tool-result-ignored", "What a tool returned does not reach the model.", "B191", misread_body(_no_results),
        "tool_use.round_trip", "tool_use.several_results", also=("caching.shared_prefix_is_read", "tool_use.",
        "validation.")),
    planted("tool-result-emptied", "The model sees an empty result of each tool.", "B191", misread_body(_empty_results),
        "tool_use.round_trip", "tool_use.several_results", also=("caching.shared_prefix_is_read",
        "tool_use.odd_arguments")),
    planted("malformed-arguments-in-history-refused", "A history with empty arguments is rejected.", "B196",
        refusing(lambda request: any(call["function"].get("arguments") == "" for call in _history_calls(request)),
                error("arguments must be valid JSON")),
        gray=True, reason="a 400 that says so is as good as an answer; that {} is rejected is a fault of its own"),
    planted("empty-object-arguments-in-history-refused", "A history with the arguments {} is rejected.", "B196",
        refusing(lambda request: any(call["function"].get("arguments") == "{}" for call in _history_calls(request)),
                error("arguments must be valid JSON")),
        "tool_use.empty_arguments_taken", also=("tool_use.text_beside",)),
    planted("foreign-call-ids-refused", "Ids of calls in the history must be nine letters and digits.", "B199",
        refusing(_long_ids, _FLAT),
        "tool_use.round_trip", also=("error.error", "roles.empty_contents", "tool_use.")),
    planted("tool-choice-refused", "tool_choice is rejected.", "B201",
        refusing(asks("tool_choice"), error("fireworks_ai does not support parameters: ['tool_choice']")),
        "served.tool_choice", "tool_use.said_auto",
        also=("validation.tool_defaults_accepted", "roles.opaque", "tool_use.bare", "tool_use.schema_keywords")),
    planted("auto-choice-refused", "tool_choice auto is rejected.", "B201",
        refusing(_chosen("auto"), error("fireworks_ai does not support parameters: ['tool_choice']")),
        "tool_use.said_auto",
        also=("validation.tool_defaults_accepted",)),
    planted("empty-tools-refused", "An empty list of tools is rejected with 422.", "B205",
        where(lambda request: request.asked.get("tools") == [],
             lift(answering(422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "tools"]}]}))),
        "tool_use.no_tools", "error.error"),
    planted("named-choice-refused", "A tool_choice that is an object is rejected.", "B212",
        refusing(_is_named, {"error": "Invalid tool_choice type: object."}),
        "served.tool_choice", also=("error.error", "tool_use.bare", "tool_use.schema_keywords")),
    planted("malformed-history-dropped", "A history with malformed arguments is rejected as unmatched.", "B219",
        refusing(_malformed_history, error("tool_result without a tool_use"), 500),
        "tool_use.odd_arguments"),
    planted("tool-without-parameters-refused", "A function without parameters is rejected.", "B230",
        refusing(lambda request: any(not each for each in _parameters(request)),
                error("tools.0.custom.input_schema: Field required")),
        "tool_use.bare"),
    planted("schema-keywords-refused", "Usual keywords of JSON Schema in a function are rejected.", "B231",
        refusing(_keywords, _SCHEMA),
        "tool_use.schema_keywords", also=("tool_use.strict_taken",)),
    planted("schema-keywords-dropped", "Definitions and values of a function's schema do not reach the model.", "B232",
        misread_body(_converted),
        "tool_use.schema_keywords", also=("multimodal.every_image_seen", "tool_use.strict_taken")),
)  # fmt: skip
