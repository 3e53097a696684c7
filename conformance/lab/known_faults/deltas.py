"""Tools: pieces of calls and texts beside them that are lost, doubled or taken for each other; arguments of another
type; schemas that are rejected."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from conformance.contract.faults import put
from conformance.evidence.exchange import Request, list_of

from .kit import (
    Chunks,
    JSONObject,
    asks,
    calls,
    choices,
    each_call,
    each_choice,
    each_message,
    each_usage,
    error,
    finishes,
    in_completions,
    in_replies,
    in_streams,
    is_claude,
    messages,
    planted,
    rechunk,
    refusing,
    roles_of,
    where,
)

Key = tuple[Any, Any]  #: a choice's index, a call's

_tools = asks("tools")


def _auto(request: Request) -> bool:
    return _tools(request) and request.asked.get("tool_choice", "auto") == "auto"


def _chosen(value: Any) -> Callable[[Request], bool]:
    return lambda request: request.asked.get("tool_choice") == value


def _text(document: JSONObject) -> str:
    return "".join(str(message.get("content") or "") for message in messages(document))


def _calling(chunks: Chunks) -> list[JSONObject]:
    return [each for each in chunks if next(calls(each), None)]


def _keyed(document: JSONObject) -> Iterator[tuple[Key, JSONObject]]:
    for choice in choices(document):
        for call in calls({"choices": [choice]}):
            yield (choice.get("index"), call.get("index")), call


def _arguments(chunks: Chunks) -> dict[Key, str]:
    """What the pieces of each call add up to."""
    whole: dict[Key, str] = {}
    for document in chunks:
        for key, call in _keyed(document):
            whole[key] = whole.get(key, "") + (call.get("function", {}).get("arguments") or "")
    return whole


def _null_at_the_end(chunks: Chunks) -> Chunks:
    """After the pieces of a call one more with null arguments."""
    if not (pieces := _calling(chunks)):
        return chunks
    extra = deepcopy(pieces[-1])
    for call in calls(extra):
        call.pop("id", None)
        call.pop("type", None)
        call["function"] = {"arguments": None}
    at = chunks.index(pieces[-1]) + 1
    return [*chunks[:at], extra, *chunks[at:]]


def _null_first(call: JSONObject) -> None:
    if call.get("id"):
        call["function"]["arguments"] = None


def _null_in_words(call: JSONObject) -> None:
    call["type"] = "FUNCTION"
    if not call.get("id"):
        call["function"]["name"] = "null"


def _bare_unsent(chunks: Chunks) -> Chunks:
    """The {} of a call without arguments is not sent."""
    whole = _arguments(chunks)
    for document in chunks:
        for key, call in _keyed(document):
            if whole[key].strip() == "{}":
                call["function"]["arguments"] = ""
    return chunks


def _bare_absent(call: JSONObject) -> None:
    if call["function"].get("arguments") == "{}":
        call["function"].pop("arguments")


def _required_unmet(choice: JSONObject) -> None:
    """No call is parsed where one is required: an empty list, with the finish_reason of calls."""
    if choice["message"].get("tool_calls"):
        choice["message"] |= {"content": "Hello! How can I help you?", "tool_calls": []}
        choice["finish_reason"] = "tool_calls"


def _empty_beside_text(choice: JSONObject) -> None:
    if not choice["message"].get("tool_calls"):
        choice["message"]["tool_calls"] = []
        choice["finish_reason"] = "tool_calls"


def _texts_lost(chunks: Chunks) -> Chunks:
    """Text without a call is held back as if it were one, and never sent."""
    return chunks if _calling(chunks) else [each for each in chunks if not _text(each)]


def _braced_texts_lost(chunks: Chunks) -> Chunks:
    braced = "".join(map(_text, chunks)).lstrip().startswith("{")
    return _texts_lost(chunks) if braced else chunks


def _texts_before_calls_lost(chunks: Chunks) -> Chunks:
    return [each for each in chunks if not _text(each)] if _calling(chunks) else chunks


def _blanks_lost(chunks: Chunks) -> Chunks:
    return [each for each in chunks if not _text(each) or _text(each).strip()]


def _again(chunks: Chunks) -> Chunks:
    """The last piece of each call is followed by all of its arguments."""
    whole = _arguments(chunks)
    last = {key: number for number, document in enumerate(chunks) for key, _ in _keyed(document)}
    found: Chunks = []
    for number, document in enumerate(chunks):
        found.append(document)
        for index, place in [key for key, at in last.items() if at == number]:
            piece = {"index": place, "function": {"arguments": whole[index, place]}}
            choice = {"index": index, "delta": {"tool_calls": [piece]}, "finish_reason": None}
            found.append(document | {"choices": [choice]})
    return found


def _under_the_next_index(chunks: Chunks) -> Chunks:
    """The first call comes once more, whole, under another index and with the same id."""
    first = next((call for each in chunks for call in calls(each) if call.get("id")), None)
    end = next((number for number, each in enumerate(chunks) if finishes(each)), None)
    if first is None or end is None:
        return chunks
    most = max(call.get("index") or 0 for each in chunks for call in calls(each))
    said = next(text for (_, index), text in _arguments(chunks).items() if index == first.get("index"))
    again = deepcopy(first) | {"index": most + 1, "function": {"name": first["function"]["name"], "arguments": said}}
    choice = {"index": 0, "delta": {"tool_calls": [again]}, "finish_reason": None}
    return [*chunks[:end], chunks[end] | {"choices": [choice]}, *chunks[end:]]


def _values_as_text(chunks: Chunks) -> Chunks:
    """The values of arguments are sent as text, too."""
    if not (pieces := _calling(chunks)):
        return chunks
    text = deepcopy(pieces[0])
    for choice in choices(text):
        choice["delta"] = {"content": " ".join(re.findall(r'"([^"]*)"(?!\s*:)', "".join(_arguments(chunks).values())))}
    at = chunks.index(pieces[0]) + 1
    return [*chunks[:at], text, *chunks[at:]]


def _call_shaped_lost(text: str) -> str:
    return re.sub(r"<tool_call>.*?(</tool_call>|$)", "", text, flags=re.DOTALL)


def _call_shaped(message: JSONObject) -> None:
    if isinstance(message.get("content"), str):
        message["content"] = _call_shaped_lost(message["content"])


def _call_shaped_in_streams(chunks: Chunks) -> Chunks:
    """What is left of the text without what looks like a call comes in the first delta that had any."""
    texts = [message for each in chunks for message in messages(each) if message.get("content")]
    whole = "".join(message["content"] for message in texts)
    if "<tool_call>" in whole:
        for message in texts:
            message["content"] = ""
        texts[0]["content"] = _call_shaped_lost(whole)
    return chunks


def _failure(chunks: Chunks) -> Chunks:
    """A call that the limit cut off becomes the failure of the stream."""
    cut = any(choice.get("finish_reason") == "length" for each in chunks for choice in choices(each))
    if not cut or not (pieces := _calling(chunks)):
        return chunks
    told = {"error": {"message": "tool call parsing failed", "type": "server_error", "param": None, "code": None}}
    return [*chunks[: chunks.index(pieces[0])], told]


# --- arguments ------------------------------------------------------------------------------------------------


def _values(change: Callable[[Any], Any]) -> Callable[[JSONObject], None]:
    """A change of every value of whole arguments."""

    def changed(call: JSONObject) -> None:
        if call["function"]["arguments"].endswith("}"):
            given = json.loads(call["function"]["arguments"])
            call["function"]["arguments"] = json.dumps({name: change(each) for name, each in given.items()})

    return changed


def _quoted(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _nested_quoted(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _object(call: JSONObject) -> None:
    if call["function"]["arguments"].endswith("}"):
        call["function"]["arguments"] = json.loads(call["function"]["arguments"])


# --- schemas --------------------------------------------------------------------------------------------------


def _functions(request: Request) -> list[JSONObject]:
    functions = [each.get("function") for each in list_of(request.asked.get("tools")) if isinstance(each, dict)]
    return [each for each in functions if isinstance(each, dict)]


def _objects(value: Any) -> Iterator[JSONObject]:
    """Every object within a schema."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else list_of(value):
        yield from _objects(each)


def _schema(test: Callable[[JSONObject], bool]) -> Callable[[Request], bool]:
    return lambda request: any(
        test(each) for function in _functions(request) for each in _objects(function.get("parameters"))
    )


def _keyword(*names: str) -> Callable[[Request], bool]:
    return _schema(lambda schema: any(name in schema and not isinstance(schema[name], dict) for name in names))


def _known_format(schema: JSONObject) -> bool:
    return not isinstance(schema.get("format"), str) or schema["format"] in ("enum", "date-time")


_FIELD = error("Invalid JSON payload received. Unknown name in function_declarations[0].parameters: Cannot find field.")

FAULTS = (
    planted("null-arguments-at-the-end", "A streamed call has one more delta, with null arguments.", "B223",
        in_streams(rechunk(_null_at_the_end)), "tools.no_null_arguments"),
    planted("first-arguments-null-claude", "On Claude the first delta of a streamed call has null arguments.", "B223",
        where(is_claude, in_streams(each_call(_null_first))), "tools.no_null_arguments"),
    planted("later-names-null-in-words", "Later deltas have the name null as a word, and the type FUNCTION.", "B211",
        in_streams(each_call(_null_in_words)),
        "tools.named_once", "chunk.choices.delta.tool_calls.type", also=("equivalence.calls", "tool_call.type",
        "tools.")),
    planted("bare-arguments-unsent", "The {} of a streamed call without arguments is not sent.", "B230",
        in_streams(rechunk(_bare_unsent)), "tool_use.bare", also=("tools.arguments_are_json",)),
    planted("bare-arguments-absent-claude", "On Claude a call without arguments has no member arguments.", "B230",
        where(is_claude, in_completions(each_call(_bare_absent))), "tool_use.bare", "tool_call.function.arguments"),
    planted("call-index-from-one-claude", "On Claude the indices of streamed calls begin with 1.", "B155",
        where(is_claude, in_streams(each_call(lambda call: call.update(index=call["index"] + 1)))),
        "tools.indices_from_zero", also=("equivalence.calls", "tool_use.bare", "unicode.arguments_in_every_script")),
    planted("call-index-missing", "Streamed calls have no index.", "B155",
        in_streams(each_call(lambda call: call.pop("index", None))),
        "chunk.choices.delta.tool_calls.index", also=("equivalence.accumulates",)),
    planted("required-unmet", "Where a call is required: text, an empty list of calls, and tool_calls.", "B213",
        where(_chosen("required"), in_completions(each_choice(_required_unmet))),
        "tools.required_is_required", "tools.finish_has_call", "message.tool_calls.not_empty",
        also=("tool_use.beside_format",)),
    planted("empty-calls-beside-text", "Text that calls nothing has an empty list of calls, and ends so.", "B139",
        where(_tools, in_completions(each_choice(_empty_beside_text))),
        "message.tool_calls.not_empty", "tools.finish_has_call", also=("tool_use.round_trip",)),
    planted("texts-lost-with-tools-streamed", "In streams with tools text without a call is lost.", "B233",
        where(_tools, in_streams(rechunk(_texts_lost))),
        "message.stream_not_empty", also=("logprobs.given", "tool_use.beside_format", "tool_use.text_beside")),
    planted("texts-lost-where-tools-may-be", "In streams text is lost where a tool might be called.", "B233",
        where(_auto, in_streams(rechunk(_texts_lost))),
        "message.stream_not_empty", also=("logprobs.given", "tool_use.text_beside")),
    planted("braced-texts-lost", "Streamed text that begins with a brace is lost where a tool might be called.", "B233",
        where(_auto, in_streams(rechunk(_braced_texts_lost))),
        "message.stream_not_empty", also=("tool_use.text_beside",)),
    planted("texts-before-calls-lost", "Text before streamed calls is lost.", "B233",
        in_streams(rechunk(_texts_before_calls_lost)),
        reason="nothing makes a model write text beside a call, and the reference does not"),
    planted("blanks-lost-streamed", "Deltas of nothing but white space are lost.", "B147",
        in_streams(rechunk(_blanks_lost)), "equivalence.text"),
    planted("blanks-lost-with-tools-streamed", "Likewise where tools are offered only.", "B147",
        where(_tools, in_streams(rechunk(_blanks_lost))),
        reason="no text is compared in both forms where tools are offered, which would need one more request"),
    planted("arguments-again-at-the-end", "Streamed arguments come once more, whole.", "B395",
        in_streams(rechunk(_again)),
        "tools.pieces_add_up", "tools.arguments_are_json", "equivalence.arguments", also=("tool_use.bare",
        "unicode.arguments_in_every_script")),
    planted("call-again-under-the-next-index", "A streamed call comes again under another index, with the same id.",
        "B197", in_streams(rechunk(_under_the_next_index)),
        "tools.ids_differ", "equivalence.calls",
        also=("tools.one_at_most", "tool_use.several", "tools.arguments_are_json")),
    planted("values-as-text", "In streams the values of arguments are sent as text, too.", "B240",
        in_streams(rechunk(_values_as_text)), "equivalence.calls"),
    planted("values-as-text-after-results", "Likewise where the conversation has results of tools.", "B240",
        where(lambda request: "tool" in roles_of(request), in_streams(rechunk(_values_as_text))),
        reason="no stream after results wants a call, which would need one more request"),
    planted("usage-zero-with-tools-streamed", "In streams with tools usage is zero.", "B060",
        where(_tools, in_streams(each_usage(lambda usage: usage.update(
            prompt_tokens=0, completion_tokens=0, total_tokens=0)))),
        "usage.prompt_tokens", "usage.output_costs_tokens", "equivalence.prompt_tokens_with_tools", also=("usage.",)),
    planted("first-type-missing", "The first delta of a streamed call has no type.", "B207",
        in_streams(each_call(lambda call: call.pop("type", None))), "tools.first_piece", "tool_call.type"),
    planted("types-empty", "The type of a streamed call is empty.", "B182",
        in_streams(each_call(lambda call: call.update(type=""))),
        "chunk.choices.delta.tool_calls.type", "tool_call.type", "tools.first_piece"),
    planted("call-ids-empty", "Ids of calls are empty.", "B018",
        in_replies(each_call(lambda call: call.update(id="") if call.get("id") else None)),
        "tool_call.id", "tools.first_piece", also=("tool_use.several",)),
    planted("call-ids-null", "Ids of calls are null in whole replies.", "B018",
        in_completions(each_call(lambda call: call.update(id=None))),
        "tool_call.id", also=("tool_use.several", "tools.first_piece")),
    planted("call-index-in-whole-replies", "Calls of whole replies have an index.", "B197",
        in_completions(put("choices.*.message.tool_calls.*.index", 0)),
        gray=True, reason="a member that OpenAI does not have is legal"),
    planted("arguments-an-object", "Arguments of whole replies are an object.", "B395",
        in_completions(each_call(_object)),
        "tool_call.function.arguments", also=("tool_use.bare", "tool_use.round_trip")),
    planted("arguments-encoded-twice", "Arguments of whole replies are JSON in a JSON string.", "B396",
        in_completions(each_call(lambda call: call["function"].update(
            arguments=json.dumps(call["function"]["arguments"])))),
        "tools.arguments_once", also=("tool_use.bare", "tools.arguments_are_json")),
    planted("numbers-quoted", "Numbers and booleans of arguments are strings.", "B241",
        in_completions(each_call(_values(_quoted))), "tools.strict_arguments"),
    planted("digits-unquoted", "Strings of digits in arguments are numbers.", "B241",
        in_completions(each_call(_values(_number))), "tools.strict_arguments"),
    planted("nested-arguments-quoted", "Objects and arrays within arguments are strings.", "B241",
        in_completions(each_call(_values(_nested_quoted))), "tools.strict_arguments"),
    planted("cut-call-fails-streamed", "A streamed call that the limit cuts off is an error.", "B178",
        in_streams(rechunk(_failure)), "tool_use.cut_call_is_no_error"),
    planted("call-shaped-text-lost", "Text that looks like a call is lost where none may be made.", "B390",
        where(_chosen("none"), in_completions(each_message(_call_shaped))), "roles.opaque"),
    planted("call-shaped-text-lost-streamed", "Likewise in streams, where no tools are offered.", "B390",
        where(lambda request: not _tools(request), in_streams(rechunk(_call_shaped_in_streams))), "roles.opaque"),
    planted("empty-description-crashes", "A tool with an empty description is a 500.", "B230",
        refusing(lambda request: any(each.get("description") == "" for each in _functions(request)),
                 error("Invalid length for parameter toolSpec.description, value: 0"), 500),
        "served.no_server_error", also=("tool_use.empty_arguments_taken", "tool_use.text_beside")),
    planted("type-lists-refused", "A list of types in a function's schema is rejected.", "B231",
        refusing(_schema(lambda schema: isinstance(schema.get("type"), list)), _FIELD), "tool_use.schema_keywords"),
    planted("integer-enum-refused", "An enum of integers in a function's schema is rejected.", "B231",
        refusing(_schema(lambda schema: any(type(each) is int for each in list_of(schema.get("enum")))),
                 error("enum: only allowed for STRING type")), "tool_use.schema_keywords"),
    planted("exclusive-bounds-refused", "exclusiveMinimum in a function's schema is rejected.", "B231",
        refusing(_keyword("exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _FIELD), "tool_use.schema_keywords"),
    planted("formats-refused", "A format in a function's schema is rejected.", "B231",
        refusing(_schema(lambda schema: not _known_format(schema)), error("format: not supported")),
        "tool_use.schema_keywords"),
    planted("const-refused", "const in a function's schema is rejected.", "B231",
        refusing(_keyword("const"), _FIELD), "tool_use.schema_keywords"),
    planted("items-demanded", "An array without items in a function's schema is rejected.", "B231",
        refusing(_schema(lambda schema: schema.get("type") == "array" and "items" not in schema),
                 error("items: missing field.")),
        gray=True, reason="OpenAI rejects it, too"),
    planted("digits-in-names-refused", "A function whose name begins with a digit is rejected.", "B230",
        refusing(lambda request: any(str(each.get("name"))[:1].isdigit() for each in _functions(request)),
                 error("Invalid function name. Must start with a letter or an underscore.")),
        gray=True, reason="no row asks for such names"),
    planted("strict-refused-claude", "On Claude strict functions are rejected.", "B231",
        refusing(lambda request: is_claude(request) and any("strict" in each for each in _functions(request)),
                 error("tools.0.custom.strict: Extra inputs are not permitted")),
        "tool_use.strict_taken",
        also=("validation.tool_defaults_accepted",)),
)  # fmt: skip
