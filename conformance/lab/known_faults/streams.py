"""Streams whose chunks do not add up to a reply: finish, deltas, ids, choices."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from conformance.contract.faults import drop, edit, put

from .kit import (
    Chunks,
    JSONObject,
    calls,
    choices,
    each_message,
    each_text,
    finishes,
    in_replies,
    in_streams,
    is_claude,
    messages,
    planted,
    rechunk,
    where,
)


def _text(document: JSONObject) -> str:
    return "".join(str(message.get("content") or "") for message in messages(document))


def _never_finished(chunks: Chunks) -> Chunks:
    for document in chunks:
        for choice in choices(document):
            choice["finish_reason"] = None
    return chunks


def _calls_never_finished(chunks: Chunks) -> Chunks:
    return (
        [each for each in chunks if not finishes(each)] if any(next(calls(each), None) for each in chunks) else chunks
    )


def _whole_messages(document: JSONObject) -> None:
    """Each chunk has a message in place of the delta."""
    for choice in choices(document):
        choice["message"] = choice.pop("delta", {})
        choice["finish_reason"] = choice.get("finish_reason") or ""


def _so_far(chunks: Chunks) -> Chunks:
    """Each chunk has beside the delta all that was said so far."""
    said = ""
    for document in chunks:
        said += _text(document)
        for choice in choices(document):
            choice["message"] = {"role": "assistant", "content": said}
    return chunks


def _all_text_again(chunks: Chunks) -> Chunks:
    """One delta in the middle is the whole text instead of its piece."""
    texts = [each for each in chunks if _text(each)]
    if len(texts) > 2:
        whole = "".join(map(_text, texts))
        for message in messages(texts[len(texts) // 2]):
            message["content"] = whole
    return chunks


def _ids_apart(chunks: Chunks) -> Chunks:
    return [each | {"id": f"{each['id']}-{number}"} for number, each in enumerate(chunks)]


def _created_apart(chunks: Chunks) -> Chunks:
    return [each | {"created": each["created"] + number} for number, each in enumerate(chunks)]


def _finish_with_text(chunks: Chunks) -> Chunks:
    """The last piece of text has the finish_reason already, which comes once more."""
    texts = [number for number, each in enumerate(chunks) if _text(each)]
    ends = [each for each in chunks if finishes(each)]
    if texts and ends:
        for choice, end in zip(choices(chunks[texts[-1]]), choices(ends[-1]), strict=False):
            choice["finish_reason"] = end["finish_reason"]
    return chunks


def _lost_start(chunks: Chunks) -> Chunks:
    """The first words are lost."""
    texts = [each for each in chunks if _text(each)]
    return [each for each in chunks if each not in texts[:2]] if len(texts) > 4 else chunks


def _lost_end(chunks: Chunks) -> Chunks:
    """What comes after the middle is lost, the end of the stream too."""
    return chunks[: len(chunks) // 2] if len(chunks) > 6 else chunks


def _lost_middle(chunks: Chunks) -> Chunks:
    """One piece of text in the middle is lost."""
    texts = [each for each in chunks if _text(each)]
    return [each for each in chunks if each is not texts[len(texts) // 2]] if len(texts) > 3 else chunks


def _stop_everywhere(chunks: Chunks) -> Chunks:
    for document in chunks:
        if _text(document):
            for choice in choices(document):
                choice["finish_reason"] = "stop"
    return chunks


def _null_role_and_stop(chunks: Chunks) -> Chunks:
    for document in chunks:
        for choice in choices(document):
            choice["delta"] = choice.get("delta", {}) | {"role": None}
            choice["finish_reason"] = "stop"
    return chunks


def _filter_result(chunks: Chunks) -> Chunks:
    """After each piece of text a chunk without one, with an Azure filter's failure in the choice."""
    found: Chunks = []
    for document in chunks:
        found.append(document)
        if _text(document):
            empty = deepcopy(document)
            for choice in choices(empty):
                failed = {"code": "content_filter_error", "message": "The contents are not filtered"}
                choice.update(delta={"role": "assistant"}, logprobs=None, content_filter_result={"error": failed})
            found.append(empty | {"system_fingerprint": ""})
    return found


def _bare(document: JSONObject) -> None:
    for name in ("id", "created"):
        document.pop(name, None)
    for choice in choices(document):
        choice.pop("index", None)
    document["usage"] = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def _no_choices_beside_usage(document: JSONObject) -> None:
    if document.get("usage"):
        document.pop("choices", None)


def _preamble(chunks: Chunks) -> Chunks:
    first = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": []}
    return [first, *chunks]


def _plain_deltas(document: JSONObject) -> None:
    for choice in choices(document):
        choice["delta"] = str(choice.get("delta", {}).get("content") or "")
    for name in ("id", "created", "model"):
        document.pop(name, None)


def _call_after_stop(chunks: Chunks) -> Chunks:
    """A choice ends with stop before its calls come, and again after them."""
    first = next((number for number, each in enumerate(chunks) if next(calls(each), None)), None)
    if first is None:
        return chunks
    early = deepcopy(chunks[first])
    for choice in choices(early):
        choice.update(delta={}, finish_reason="stop")
    return [*chunks[:first], early, *chunks[first:]]


def _twice(chunks: Chunks) -> Chunks:
    return [each for document in chunks for each in ([document] * (2 if _text(document) else 1))]


def _swapped(chunks: Chunks) -> Chunks:
    """Two neighbouring pieces of text come in the wrong order."""
    texts = [number for number, each in enumerate(chunks) if _text(each)]
    if len(texts) > 2 and texts[2] == texts[1] + 1:
        chunks[texts[1]], chunks[texts[2]] = chunks[texts[2]], chunks[texts[1]]
    return chunks


def _no_role_in_calls(chunks: Chunks) -> Chunks:
    if any(next(calls(each), None) for each in chunks):
        for message in [message for each in chunks for message in messages(each)]:
            message.pop("role", None)
    return chunks


def _roles_empty(chunks: Chunks) -> Chunks:
    """Deltas that have no role have an empty one."""
    for message in [message for each in chunks for message in messages(each)]:
        message.setdefault("role", "")
    return chunks


def _calls_without_finish_reason(document: JSONObject) -> None:
    for choice in choices(document) if next(calls(document), None) else ():
        if choice.get("finish_reason") is None:
            choice.pop("finish_reason", None)


def _finish_beside_usage(chunks: Chunks) -> Chunks:
    """The chunk with usage has the choice and its finish_reason once more."""
    ends = [each for each in chunks if finishes(each)]
    for document in chunks:
        if isinstance(document.get("usage"), dict) and ends and not finishes(document):
            document["choices"] = [deepcopy(each) | {"delta": {}} for each in ends[-1]["choices"]]
    return chunks


def _usage_so_far(chunks: Chunks) -> Chunks:
    """Every chunk has the usage so far."""
    last = next((each["usage"] for each in chunks if isinstance(each.get("usage"), dict)), None)
    for number, document in enumerate(chunks if last else ()):
        if last and document.get("usage") is None:
            written = min(number, last["completion_tokens"])
            total = {"completion_tokens": written, "total_tokens": last["prompt_tokens"] + written}
            document["usage"] = {"prompt_tokens": last["prompt_tokens"]} | total
    return chunks


def _led_by_lines(chunks: Chunks) -> Chunks:
    first = next((message for each in chunks for message in messages(each) if message.get("content")), None)
    if first is not None:
        first["content"] = "\n\n" + first["content"]
    return chunks


def _at_the_end(change: Callable[[JSONObject], object]) -> Callable[[JSONObject], None]:
    """A change of the choices of the chunk that ends them."""

    def changed(document: JSONObject) -> None:
        for choice in choices(document):
            if choice.get("finish_reason"):
                change(choice)

    return changed


def _call_stub(choice: JSONObject) -> None:
    if choice["finish_reason"] == "tool_calls":
        choice["delta"] = choice.get("delta", {}) | {"function_call": {"name": "", "arguments": ""}}


def _no_finish_chunk(chunks: Chunks) -> Chunks:
    return [each for each in chunks if not finishes(each)]


FAULTS = (
    planted("finish-reason-null-to-the-end", "finish_reason is null in every chunk.", "B122",
        in_streams(rechunk(_never_finished)),
        "streaming.finish_once", "streaming.done_after_finish", also=("choices.", "equivalence.", "sampling.", "stop.",
        "tools.")),
    planted("finish-chunk-missing", "A stream ends with [DONE] and no finish_reason.", "B122 B148",
        in_streams(rechunk(_no_finish_chunk)),
        "streaming.finish_once", "streaming.done_after_finish", also=("choices.", "equivalence.", "sampling.", "stop.",
        "tools.")),
    planted("calls-never-finished", "A stream with tool calls never gets a finish_reason.", "B148",
        in_streams(rechunk(_calls_never_finished)),
        "streaming.finish_once", "streaming.done_after_finish", also=("choices.streamed_apart", "tools.")),
    planted("messages-in-place-of-deltas", "Chunks have a message where the delta should be.", "B125",
        in_streams(edit(_whole_messages)),
        "chunk.choices.delta", also=("chunk.", "equivalence.whole_message", "message.stream_not_empty",
        "streaming.role_first", "tools.finish_has_call", "usage.output_is_written")),
    planted("message-beside-delta", "Each chunk repeats all that was said so far in a message.", "B127",
        in_streams(rechunk(_so_far)),
        "streaming.delta_alone"),
    planted("chunk-ids-differ", "Each chunk of a stream has an id of its own.", "B134",
        in_streams(rechunk(_ids_apart)),
        "streaming.one_id"),
    planted("chunk-created-differs", "Each chunk of a stream has a created time of its own.", "B134",
        in_streams(rechunk(_created_apart)),
        "streaming.one_created"),
    planted("empty-calls-in-deltas", "Each delta has an empty list of tool calls.", "B139",
        in_streams(each_message(lambda message: message.setdefault("tool_calls", []))),
        "chunk.choices.delta.tool_calls.not_empty", also=("message.tool_calls.not_empty",),
        gray=True),
    planted("finish-reason-empty-in-chunks", "finish_reason is an empty string until the end.", "B140",
        in_streams(put("choices.*.finish_reason", lambda old: old or "")),
        "chunk.choices.finish_reason"),
    planted("finish-reason-null-in-quotes", "finish_reason is the string null until the end.", "B141",
        in_streams(put("choices.*.finish_reason", lambda old: old or "null")),
        "chunk.choices.finish_reason", also=("choices.streamed_apart", "streaming.", "tools.streamed_finish")),
    planted("chunk-id-missing", "Chunks have no id.", "B143", in_streams(drop("id")),
        "chunk.id"),
    planted("finish-with-text-and-again", "The last text has the finish_reason, and an empty chunk once more.", "B146",
        in_streams(rechunk(_finish_with_text)),
        "streaming.finish_once", also=("choices.streamed_apart",)),
    planted("first-words-lost", "The first words of a stream are lost.", "B147", in_streams(rechunk(_lost_start)),
        "equivalence.text", also=("structured_output.follows_schema_streamed", "tool_use.beside_format")),
    planted("a-word-lost", "A delta in the middle of a stream is lost.", "B147", in_streams(rechunk(_lost_middle)),
        "equivalence.text", also=("structured_output.follows_schema_streamed", "tool_use.beside_format",
        "tool_use.text_beside")),
    planted("end-lost", "The second half of a stream is lost, and [DONE] follows.", "B147",
        in_streams(rechunk(_lost_end)),
        "equivalence.text", "streaming.finish_once", "streaming.done_after_finish", also=("choices.", "equivalence.",
        "roles.", "streaming.", "structured_output.", "tool_use.", "tools.")),
    planted("stop-on-every-text", "Each chunk with text has the finish_reason stop.", "B149",
        in_streams(rechunk(_stop_everywhere)),
        "streaming.finish_once", "streaming.nothing_after_finish", also=("choices.streamed_apart",)),
    planted("filter-failure-in-choice",
        "Chunks without text name the role again, and carry the failure of a content filter.", "B152",
        in_streams(rechunk(_filter_result)), "streaming.role_once"),
    planted("chunks-bare", "Chunks have no id, no created time and no index.", "B153",
        in_streams(edit(_bare)),
        "chunk.id", "chunk.created", "chunk.choices.index", also=("equivalence.accumulates", "streaming.")),
    planted("usage-chunk-without-choices", "The chunk with usage has no choices member.", "B154",
        in_streams(edit(_no_choices_beside_usage)),
        "streaming.usage_without_choices", "chunk.choices.present"),
    planted("all-choices-index-zero", "All choices of a stream have the index 0.", "B155",
        in_streams(put("choices.*.index", 0)),
        "choices.streamed_apart", also=("choices.", "streaming.", "structured_output.follows_schema_streamed",
        "tools.arguments_are_json", "tools.one_call_per_index")),
    planted("role-null-and-stop", "Each chunk has a null role and the finish_reason stop.", "B162",
        in_streams(rechunk(_null_role_and_stop)),
        "streaming.role_first", "streaming.finish_once", "streaming.nothing_after_finish",
        also=("choices.streamed_apart", "equivalence.call_finish_reason", "equivalence.length",
        "tool_use.cut_call_is_length", "tools.")),
    planted("preamble-chunk-empty", "A stream begins with a chunk of empty members.", "B163",
        in_streams(rechunk(_preamble)),
        "chunk.id", "chunk.created", "chunk.model", "chunk.object", also=("envelope.model_same_streamed",
        "ids.created_in_order", "isolation.forms_not_mixed_up", "streaming.usage_null_elsewhere")),
    planted("whole-text-in-a-delta", "One delta is the whole text so far.", "B165",
        in_streams(rechunk(_all_text_again)),
        "equivalence.text", also=("logprobs.streamed_tokens_add_up", "structured_output.follows_schema_streamed",
        "structured_output.json_object", "tool_use.beside_format")),
    planted("chunks-say-completion", "Chunks have the object chat.completion.", "B168",
        in_streams(put("object", "chat.completion")),
        "chunk.object"),
    planted("deltas-are-strings", "A delta is a string.", "B169",
        in_streams(edit(_plain_deltas)),
        "chunk.choices.delta", also=("chunk.", "equivalence.accumulates", "streaming.role_first")),
    planted("calls-after-stop", "Tool calls come after a first finish_reason stop.", "B170",
        in_streams(rechunk(_call_after_stop)),
        "streaming.nothing_after_finish", "streaming.finish_once", "tools.streamed_finish",
        also=("choices.streamed_apart",)),
    planted("texts-twice", "Each delta of text comes twice.", "B173", in_streams(rechunk(_twice)),
        "equivalence.text", also=("roles.opaque", "structured_output.follows_schema_streamed",
        "structured_output.json_object", "tool_use.beside_format")),
    planted("role-missing-claude", "On Claude no chunk has a role.", "B162",
        where(is_claude, in_streams(drop("choices.*.delta.role"))),
        "streaming.role_first"),
    planted("role-missing-where-called", "No chunk has a role where a tool is called.", "B162",
        in_streams(rechunk(_no_role_in_calls)),
        "streaming.role_first"),
    planted("roles-null", "All roles of deltas are null.", "B162",
        in_streams(each_message(lambda message: message.update(role=None))),
        "streaming.role_first"),
    planted("roles-empty", "Deltas after the first have an empty role.", "B182",
        in_streams(rechunk(_roles_empty)),
        gray=True, reason="streaming-08 lets a role be empty, which joins to nothing"),
    planted("finish-reason-missing-from-calls", "Chunks with deltas of calls have no finish_reason.", "B122",
        in_streams(edit(_calls_without_finish_reason)),
        "chunk.choices.finish_reason.present"),
    planted("finish-again-beside-usage", "The chunk with usage ends the choice once more.", "B057 B170",
        in_streams(rechunk(_finish_beside_usage)),
        "streaming.finish_once", "streaming.usage_without_choices", also=("choices.streamed_apart",)),
    planted("usage-so-far-in-chunks", "Every chunk has the usage so far.", "B058",
        in_streams(rechunk(_usage_so_far)),
        "streaming.usage_once"),
    planted("created-in-milliseconds", "created is in milliseconds, in streams.", "B005",
        in_streams(put("created", lambda old: old * 1000)),
        "chunk.created", also=("ids.created_in_order",)),
    planted("created-a-decimal", "created is a decimal.", "B005",
        in_replies(put("created", lambda old: old + 0.123)),
        "completion.created", "chunk.created"),
    planted("null-calls-in-deltas", "Deltas have null tool_calls.", "B139",
        in_streams(each_message(lambda message: message.setdefault("tool_calls", None))),
        "chunk.choices.delta.tool_calls.not_empty",
        gray=True),
    planted("led-by-lines-streamed", "Streamed text begins with empty lines, whole text does not.", "B147",
        in_streams(rechunk(_led_by_lines)),
        gray=True, reason="equiv-03 compares texts without the white space around them"),
    planted("last-delta-null", "The delta of the chunk that ends a choice is null.", "B152",
        in_streams(edit(_at_the_end(lambda choice: choice.update(delta=None)))),
        "chunk.choices.delta"),
    planted("last-delta-missing", "The chunk that ends a choice has no delta.", "B152",
        in_streams(edit(_at_the_end(lambda choice: choice.pop("delta", None)))),
        "chunk.choices.delta"),
    planted("call-stub-at-the-end", "The chunk that ends calls has an empty function_call.", "B223",
        in_streams(edit(_at_the_end(_call_stub))),
        "message.function_call.name",
        also=("tools.one_form",)),
    planted("blanks-stripped", "Deltas lose the white space around them.", "B147",
        in_streams(each_text(str.strip)),
        "equivalence.text", also=("usage.output_is_written", "logprobs.streamed_tokens_add_up",)),
    planted("texts-swapped", "Two deltas of text come in the wrong order.", "B173",
        in_streams(rechunk(_swapped)),
        "equivalence.text", also=("structured_output.follows_schema_streamed", "structured_output.json_object",
        "tool_use.beside_format")),
)  # fmt: skip
