"""Tools: calls that are lost or garbled."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.contract.faults import edit
from conformance.evidence.exchange import Exchange, Failure, Request
from conformance.evidence.send import Send

from .kit import (
    Chunks,
    JSONObject,
    asks,
    calls,
    choices,
    each_call,
    each_choice,
    each_message,
    finishes,
    in_completions,
    in_replies,
    in_streams,
    messages,
    planted,
    rechunk,
    where,
)


def _ending_calls(reason: str, otherwise: str) -> Callable[[Chunks], Chunks]:
    """A stream with calls that ends otherwise, where it ends for this reason."""

    def changed(chunks: Chunks) -> Chunks:
        if any(next(calls(each), None) for each in chunks):
            for choice in itertools.chain.from_iterable(map(choices, chunks)):
                if choice.get("finish_reason") == reason:
                    choice["finish_reason"] = otherwise
        return chunks

    return changed


def _stop_beside_calls(choice: JSONObject) -> None:
    if choice.get("message", {}).get("tool_calls"):
        choice["finish_reason"] = "stop"


def _tool_call(choice: JSONObject) -> None:
    if choice.get("finish_reason") == "tool_calls":
        choice["finish_reason"] = "tool_call"


def _not_length(choice: JSONObject) -> None:
    """Calls that the limit cut off end as if they were whole."""
    if choice.get("finish_reason") == "length" and choice.get("message", {}).get("tool_calls"):
        choice["finish_reason"] = "tool_calls"


def _later(change: Callable[[JSONObject], object]) -> Callable[[JSONObject], None]:
    """A change of those pieces of a call that are not its first."""

    def changed(call: JSONObject) -> None:
        if "id" not in call:
            change(call)

    return changed


def _text_again(chunks: Chunks) -> Chunks:
    """Where tools are offered, the chunk that ends a choice has the whole text once more."""
    said = "".join(str(message.get("content") or "") for each in chunks for message in messages(each))
    for document in chunks:
        if finishes(document) and said:
            for message in messages(document):
                message["content"] = said
    return chunks


def _empty_object_first(call: JSONObject) -> None:
    if call.get("id"):
        call["function"]["arguments"] = "{}"


def _name_in_arguments(chunks: Chunks) -> Chunks:
    """The function's name is in the arguments and nowhere else."""
    for call in itertools.chain.from_iterable(map(calls, chunks)):
        function = call.setdefault("function", {})
        if call.get("id"):
            function["arguments"] = '{"function":{"_name":"' + str(function.get("name")) + '"}}'
        call["id"], function["name"] = "", None
    return chunks


def _wrapper_leaks(call: JSONObject) -> None:
    if call.get("id"):
        call["function"]["arguments"] = "[ARGS]" + call["function"]["arguments"]


def _wrapper_in_name(call: JSONObject) -> None:
    if call.get("id"):
        call["function"]["name"] = '"}'
        call["function"]["arguments"] = '[ARGS]{"'


def _as_text(choice: JSONObject) -> None:
    """The call is written out in XML."""
    message = choice.get("message", {})
    if found := message.pop("tool_calls", None):
        function = found[0]["function"]
        message["content"] = (
            f"<tool_call>\n<function={function['name']}>{function['arguments']}</function>\n</tool_call>"
        )
        choice["finish_reason"] = "stop"


def _lost(choice: JSONObject) -> None:
    """The call is lost on its way."""
    if choice.get("message", {}).pop("tool_calls", None):
        choice["message"]["content"] = ""
        choice["finish_reason"] = "stop"


def _as_content(choice: JSONObject) -> None:
    """The arguments are the content."""
    message = choice.get("message", {})
    if message.get("tool_calls"):
        message["content"] = message["tool_calls"][0]["function"]["arguments"]
        message["tool_calls"] = None
        choice["finish_reason"] = "stop"


def _with_last_piece(chunks: Chunks) -> Chunks:
    """The last piece of the last call ends the choice."""
    pieces = [each for each in chunks if next(calls(each), None)]
    ends = [each for each in chunks if finishes(each)]
    if not pieces or len(ends) != 1:
        return chunks
    for choice, end in zip(choices(pieces[-1]), choices(ends[0]), strict=False):
        choice["finish_reason"] = end["finish_reason"]
    return [each for each in chunks if each is not ends[0]]


def _in_one_piece(chunks: Chunks) -> Chunks:
    """All arguments of a call come in one piece."""
    found: dict[tuple[Any, Any], JSONObject] = {}
    kept: Chunks = []
    for document in chunks:
        place = next(
            ((choice.get("index"), call) for choice in choices(document) for call in calls({"choices": [choice]})), None
        )
        if place is None or (key := (place[0], place[1].get("index"))) not in found:
            kept.append(document)
            if place is not None:
                found[place[0], place[1].get("index")] = place[1]
        else:
            found[key]["function"]["arguments"] += place[1].get("function", {}).get("arguments") or ""
    return kept


def _arguments_cut(chunks: Chunks) -> Chunks:
    """The last piece of a call's arguments is lost, and the finish_reason is stop."""
    last = next((each for each in reversed(chunks) if next(calls(each), None)), None)
    for choice in itertools.chain.from_iterable(map(choices, chunks)) if last else ():
        choice["finish_reason"] = "stop" if choice.get("finish_reason") else None
    return [each for each in chunks if each is not last]


def _without_a_piece(chunks: Chunks) -> Chunks:
    """The second piece of a call is lost, where it is not its last."""
    pieces = [each for each in chunks if next(calls(each), None)]
    return [each for each in chunks if len(pieces) < 3 or each is not pieces[1]]


def _a_piece_twice(chunks: Chunks) -> Chunks:
    """Likewise it comes twice."""
    pieces = [each for each in chunks if next(calls(each), None)]
    return [each for one in chunks for each in ([one, one] if len(pieces) > 2 and one is pieces[1] else [one])]


def _piece_after_the_end(chunks: Chunks) -> Chunks:
    """The last piece of a call comes after the end of the choice."""
    pieces = [each for each in chunks if next(calls(each), None)]
    ends = [each for each in chunks if finishes(each)]
    if len(pieces) < 2 or len(ends) != 1:
        return chunks
    rest = [each for each in chunks if each is not pieces[-1]]
    return [each for one in rest for each in ([one, pieces[-1]] if one is ends[0] else [one])]


def _as_objects(chunks: Chunks) -> Chunks:
    """The first piece of a call has all arguments as an object, and the others have none."""
    whole: dict[Any, str] = {}
    found = [
        ((choice.get("index"), call["index"]), call)
        for choice in itertools.chain.from_iterable(map(choices, chunks))
        for call in calls({"choices": [choice]})
    ]
    for key, call in found:
        whole[key] = whole.get(key, "") + (call["function"].get("arguments") or "")
    for key, call in found:
        told = whole.pop(key, None)
        call["function"]["arguments"] = json.loads(told) if told and told.endswith("}") else None
    return chunks


def _first_call(holder: JSONObject) -> None:
    """Of several calls the first is there."""
    if found := holder.get("tool_calls"):
        holder["tool_calls"] = [each for at, each in enumerate(found) if not each.get("index", at)]


def _unnamed(call: JSONObject) -> None:
    """A call that is not the first has neither id nor name."""
    if call.get("index"):
        call.pop("id", None)
        call.get("function", {}).pop("name", None)


def _same_ids(chunks_or_document: Any) -> None:
    for call in calls(chunks_or_document):
        if call.get("id"):
            call["id"] = "call_0"


def _numbered_ids(document: Any) -> None:
    """Ids count from call_0 in every reply."""
    for number, call in enumerate(calls(document)):
        if call.get("id"):
            call["id"] = f"call_{call.get('index', number)}"


def _cut_ids(document: Any) -> None:
    """The ids of one reply are cut to what they have in common."""
    for call in calls(document):
        if call.get("id"):
            call["id"] = call["id"][:5]


def _dies(send: Send) -> Send:
    """A stream with calls breaks off at the second piece."""

    def faulty(request: Request) -> Exchange:
        exchange = send(request)
        if not exchange.streamed or b'"tool_calls"' not in exchange.content:
            return exchange
        return replace(exchange, reads=exchange.reads[:3], failure=Failure("truncated", "the connection was closed"))

    return faulty


def _dies_quietly(chunks: Chunks) -> Chunks:
    first = next((number for number, each in enumerate(chunks) if next(calls(each), None)), None)
    return chunks if first is None else chunks[: first + 1]


_LEGAL = "OpenAI's description allows it, and what the benign session holds to be free of violations"

FAULTS = (
    planted("streamed-calls-end-with-stop", "A stream with tool calls ends with stop.", "B151 B175",
        in_streams(rechunk(_ending_calls("tool_calls", "stop"))),
        "tools.streamed_finish", "equivalence.call_finish_reason"),
    planted("calls-end-with-stop", "A plain reply with tool calls ends with stop.", "B188",
        in_completions(each_choice(_stop_beside_calls)),
        "tools.plain_finish", "tool_use.auto", "equivalence.call_finish_reason", also=("tool_use.cut_call_is_length",
        "tools.arguments_are_json")),
    planted("cut-calls-end-as-whole", "Calls that the limit cut off end with tool_calls.", "B178",
        in_streams(rechunk(_ending_calls("length", "tool_calls"))),
        "tool_use.cut_call_is_length", also=("tools.arguments_are_json", "tools.pieces_add_up")),
    planted("cut-calls-end-as-whole-plain",
        "Calls that the limit cut off end with tool_calls, in plain replies.", "B178",
        in_completions(each_choice(_not_length)),
        "tool_use.cut_call_is_length", also=("tools.arguments_are_json",)),
    planted("later-ids-empty", "Later deltas of a call have an empty id.", "B182",
        in_streams(each_call(_later(lambda call: call.update(id="", type="function")))),
        "tools.no_empty_names", also=("tools.type_once",)),
    planted("text-again-at-the-end", "The last chunk has the whole text once more.", "B184",
        where(asks("tools"), in_streams(rechunk(_text_again))),
        "streaming.text_not_again", also=("logprobs.streamed_tokens_add_up",
        "structured_output.follows_schema_streamed", "tool_use.beside_format")),
    planted("finish-reason-tool-call", "finish_reason is tool_call.", "B187", in_replies(each_choice(_tool_call)),
        "completion.choices.finish_reason", "chunk.choices.finish_reason", "tools.streamed_finish",
        also=("tool_use.auto", "tools.")),
    planted("arguments-after-empty-object", "Streamed arguments begin with an extra {}.", "B195",
        in_streams(each_call(_empty_object_first)),
        "tools.pieces_add_up", "equivalence.arguments", also=("tool_use.bare", "tools.",
        "unicode.arguments_in_every_script")),
    planted("call-ids-equal", "All calls of a reply have the id call_0.", "B197", in_replies(edit(_same_ids)),
        "tools.ids_differ", "tools.ids_differ_between_replies", also=("tool_use.several",)),
    planted("call-ids-start-again", "Ids of calls count from call_0 in each reply.", "B198",
        in_replies(edit(_numbered_ids)),
        "tools.ids_differ_between_replies", also=("tools.ids_differ",)),
    planted("call-ids-cut", "Ids of calls are cut to their common beginning.", "B200", in_replies(edit(_cut_ids)),
        "tools.ids_differ", "tools.ids_differ_between_replies", also=("tool_use.several",)),
    planted("name-in-the-arguments", "Streamed calls have their name in the arguments only.", "B207",
        in_streams(rechunk(_name_in_arguments)),
        "tool_call.function.name", "tools.first_piece", also=("equivalence.", "tool_call.", "tool_use.", "tools.",
        "unicode.arguments_in_every_script")),
    planted("later-names-empty", "Later deltas of a call have an empty name.", "B211",
        in_streams(each_call(_later(lambda call: call["function"].update(name="")))),
        "tools.no_empty_names"),
    planted("later-names-repeated", "Later deltas of a call repeat its name.", "B211",
        in_streams(each_call(_later(lambda call: call["function"].update(name="get_weather")))),
        "tools.named_once", also=("equivalence.calls", "tools.")),
    planted("call-written-out", "A call is written out in the content.", "B213", in_completions(each_choice(_as_text)),
        "tools.call_not_in_text", also=("tool_use.", "tools.")),
    planted("finish-with-the-last-piece", "The last delta of a call ends the choice.", "B216",
        in_streams(rechunk(_with_last_piece)),
        gray=True, reason=_LEGAL),
    planted("arguments-in-one-piece", "All arguments of a call come at once.", "B217",
        in_streams(rechunk(_in_one_piece)),
        "framing.incremental",
        gray=True, reason=_LEGAL),
    planted("call-name-empty", "A call's function has an empty name.", "B223",
        in_replies(each_call(lambda call: call["function"].update(name="") if call.get("id") else None)),
        "tool_call.function.name", "tools.first_piece", also=("tool_use.allowed",)),
    planted("arguments-end-early", "Streamed arguments lack their last delta, and end with stop.", "B224",
        in_streams(rechunk(_arguments_cut)),
        "equivalence.arguments", "tools.arguments_are_json", "tools.streamed_finish",
        also=("equivalence.call_finish_reason", "tool_use.", "unicode.arguments_in_every_script")),
    planted("wrapper-in-arguments", "A control token of the model precedes the arguments.", "B227",
        in_streams(each_call(_wrapper_leaks)),
        "tools.pieces_add_up", "tools.arguments_are_json", "equivalence.arguments", also=("tool_use.bare",
        "unicode.arguments_in_every_script")),
    planted("wrapper-in-name", "The name of a call is a part of its wrapper.", "B227",
        in_streams(each_call(_wrapper_in_name)),
        "tools.declared_names", "tools.name_characters", also=("equivalence.", "tool_use.bare", "tools.",
        "unicode.arguments_in_every_script")),
    planted("streamed-call-dies", "The connection is closed at the second delta of a call.", "B228", _dies,
        "transport.whole_body"),
    planted("streamed-call-ends-at-once", "A stream ends after the first delta of a call.", "B228",
        in_streams(rechunk(_dies_quietly)),
        "streaming.finish_once", "streaming.done_after_finish", "equivalence.arguments", "tools.arguments_are_json",
        also=("choices.streamed_apart", "equivalence.whole_message", "streaming.", "tool_use.",
        "unicode.arguments_in_every_script")),
    planted("call-lost", "A call is lost: an empty message, and stop.", "B233", in_completions(each_choice(_lost)),
        "message.not_empty", also=("usage.output_is_written", "multimodal.every_image_seen", "tool_use.")),
    planted("calls-share-an-index", "All streamed calls of a reply have the index 0.", "B155",
        in_streams(each_call(lambda call: call.update(index=0))),
        "tools.one_call_per_index", also=("tool_use.several", "tools.")),
    planted("later-ids-differ", "Each delta of a call has an id of its own.", "B182",
        in_streams(each_call(_later(lambda call: call.update(id=f"call_{id(call)}")))),
        "tools.one_call_per_index"),
    planted("later-calls-unnamed", "Of several streamed calls only the first has an id and a name.", "B223",
        in_streams(each_call(_unnamed)),
        "tools.first_piece", "tool_call.id", "tool_call.function.name", also=("tool_use.several",)),
    planted("second-call-lost", "Of several calls a plain reply has the first.", "B233",
        in_completions(each_message(_first_call)),
        "tool_use.several"),
    planted("second-call-lost-streamed", "Of several calls a stream has the first.", "B233",
        in_streams(each_message(_first_call)),
        "tool_use.several", also=("chunk.",)),
    planted("streamed-arguments-an-object", "Streamed arguments are an object.", "B217",
        in_streams(rechunk(_as_objects)),
        "chunk.choices.delta.tool_calls.function.arguments", also=("equivalence.arguments", "tool_call.", "tool_use.",
        "tools.")),
    planted("arguments-piece-lost", "A delta in the middle of streamed arguments is lost.", "B224",
        in_streams(rechunk(_without_a_piece)),
        "equivalence.arguments", "tools.arguments_are_json", also=("tool_call.", "tools.",
        "unicode.arguments_in_every_script")),
    planted("arguments-piece-twice", "A delta of streamed arguments comes twice.", "B395",
        in_streams(rechunk(_a_piece_twice)),
        "tools.pieces_add_up", "tools.arguments_are_json", "equivalence.arguments", also=("tools.",
        "unicode.arguments_in_every_script")),
    planted("piece-after-the-end", "The last delta of a call comes after the finish_reason.", "B170",
        in_streams(rechunk(_piece_after_the_end)),
        "streaming.nothing_after_finish"),
    planted("streamed-call-type-of-the-vendor", "The type of a streamed call is tool_use.", "B227",
        in_streams(each_call(lambda call: call.update(type="tool_use") if call.get("type") else None)),
        "chunk.choices.delta.tool_calls.type", "tool_call.type"),
    planted("call-as-content", "A call's arguments are the content.", "B240", in_completions(each_choice(_as_content)),
        "tools.named_is_called", "tools.required_is_required", also=("message.tool_calls", "tool_use.")),
)  # fmt: skip
