"""Failures that look like answers, now and then, and answers in a shape of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from conformance.contract.faults import content_edit, edit, put
from conformance.contract.requests import PLAIN
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request

from .kit import (
    Chunks,
    JSONObject,
    answering,
    calls,
    choices,
    each_choice,
    each_message,
    each_text,
    error,
    finishes,
    in_completions,
    in_replies,
    in_streams,
    messages,
    planted,
    rechunk,
    where,
)


def _one_in(number: int) -> Callable[[Request], bool]:
    """Some requests, always the same ones, and not those by which a model is judged that cannot even say OK."""
    plain = PLAIN.asked["messages"]
    return lambda request: int(request.key, 16) % number == 0 and request.asked.get("messages") != plain


def _broken_off(finish: str) -> Fault:
    """The second half of a stream is missing, and it ends as if it were whole."""

    def change(chunks: Chunks) -> Chunks:
        texts = [at for at, each in enumerate(chunks) if any(each.get("content") for each in messages(each))]
        if len(texts) < 2:
            return chunks
        end = next((each for each in chunks if finishes(each)), None)
        rest = [each for each in chunks if each.get("usage")]
        for choice in choices(end):
            choice["finish_reason"] = finish
        return [*chunks[: texts[len(texts) // 2]], *([end] if end else []), *rest]

    return rechunk(change)


def _starts_again(chunks: Chunks) -> Chunks:
    """After a while the stream begins once more, as another attempt of the gateway's."""
    half = len(chunks) // 2
    again = deepcopy(chunks)
    for each in again:
        each["id"] = f"{each.get('id')}2"
    return [*chunks[:half], *again] if half > 1 else chunks


def _nothing(document: Any) -> None:
    for message in messages(document):
        if message.get("content") and not message.get("tool_calls"):
            message["content"] = ""
    if isinstance(document, dict) and isinstance(document.get("usage"), dict):
        usage = document["usage"]
        usage.update(completion_tokens=0, total_tokens=usage["prompt_tokens"])


def _length(choice: JSONObject) -> None:
    if choice.get("finish_reason") == "stop":
        choice["finish_reason"] = "length"


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _after_an_error(data: bytes) -> bytes:
    return json.dumps(error("Upstream timed out, trying again", None, None, "server_error")).encode() + data


# --- shapes ---------------------------------------------------------------------------------------------------


def _skips_one(document: Any) -> None:
    for call in calls(document):
        if isinstance(call.get("index"), int):
            call["index"] *= 2


def _from_one(choice: JSONObject) -> None:
    if isinstance(choice.get("index"), int):
        choice["index"] += 1


def _text_alone(choice: JSONObject) -> None:
    if isinstance(choice.get("message"), dict):
        choice["text"] = choice.pop("message").get("content")


def _enveloped(exchange: Exchange) -> Exchange:
    return answering(200, {"code": 0, "msg": "success", "data": exchange.document})(exchange)


def _in_a_list(data: bytes) -> bytes:
    return b"data: [" + data[6:].rstrip(b"\n") + b"]\n\n" if data.startswith(b"data: {") else data


def _in_parts(message: JSONObject) -> None:
    if isinstance(message.get("content"), str) and message["content"]:
        message["content"] = [{"type": "text", "text": message["content"]}]


_BUSY = "The model is currently overloaded. Please try again later."

FAULTS = (
    # failures
    planted("stop-after-a-reset", "One stream in five breaks off in its middle, and ends with stop.", "B147",
        where(_one_in(5), in_streams(_broken_off("stop"))),
        "structured_output.follows_schema_streamed", also=("structured_output.json_object",)),
    planted("empty-now-and-then", "One reply in seven is empty, costs nothing and ends with stop.", "B233",
        where(_one_in(7), in_completions(edit(_nothing))),
        "message.not_empty", also=("choices.tokens_of_all", "idempotence.repeats_are_independent",
        "usage.output_costs_tokens")),
    planted("apology-for-an-answer", "One reply in seven says that the model is overloaded, and is a 200.", "B315",
        where(_one_in(7), in_completions(each_text(lambda text: _BUSY))),
        "errors.no_failure_as_answer", also=("logprobs.bytes_spell_content", "schemas_followed.",
        "structured_output.follows_schema", "usage.output_is_written")),
    planted("length-without-a-limit", "A whole text ends with length, also where there was no limit.", "B178",
        in_replies(each_choice(_length)),
        "sampling.length_is_the_limit", "sampling.end_is_stop", also=("sampling.minimal",
        "stop.reason_is_stop", "stop.streamed_text_ends_before")),
    planted("bodies-cut-now-and-then", "One body in seven ends in its middle, and its length is right.", "B377",
        where(_one_in(7), in_completions(content_edit(_half))),
        "transport.one_json_object", also=("idempotence.sdk_headers",)),
    planted("content-null-now-and-then", "One reply in seven has a null content, and ends with stop.", "B233",
        where(_one_in(7), in_completions(put("choices.*.message.content", None))),
        "message.not_empty", also=("usage.output_is_written",)),
    planted("error-before-the-reply", "One body in seven is the error of a first attempt with the reply behind it.",
        "B121", where(_one_in(7), in_completions(content_edit(_after_an_error))),
        "transport.one_json_object", also=("idempotence.sdk_headers",)),
    planted("stream-starts-again", "One stream in five begins once more in its middle, under another id.", "B173",
        where(_one_in(5), in_streams(rechunk(_starts_again))),
        "streaming.one_id", also=("streaming.role_once", "structured_output.follows_schema_streamed",
        "structured_output.json_object", "tools.arguments_are_json", "tools.named_once",
        "unicode.arguments_in_every_script")),
    planted("streams-cut-as-length", "One stream in five breaks off in its middle, and ends with length.", "B147",
        where(_one_in(5), in_streams(_broken_off("length"))),
        "sampling.length_is_the_limit"),
    # shapes
    planted("call-index-skips-one", "The indices of streamed calls are 0, 2, 4.", "B197",
        in_streams(edit(_skips_one)),
        "tools.indices_from_zero"),
    planted("choices-from-one", "The choices of a reply are numbered from 1.", "B155",
        in_replies(each_choice(_from_one)),
        "envelope.choice_indices", "streaming.index_zero", "choices.as_many_as_asked",
        also=("choices.streamed_apart",)),
    planted("text-in-place-of-a-message", "A choice has a text, as in the old completions, and no message.", "B125",
        in_completions(each_choice(_text_alone)),
        "completion.choices.message", also=("sampling.minimal", "tool_use.allowed", "tools.finish_has_call")),
    planted("reply-in-an-envelope", "A completion is the data of an object of the gateway's own.", "B337",
        in_completions(_enveloped),
        "completion.choices", also=("errors.no_error_in_success", "unknown.")),
    planted("chunks-in-lists", "The data of each event is a list with one chunk.", "B169",
        in_streams(content_edit(_in_a_list)),
        "framing.one_json_object", also=("streaming.done_after_finish",)),
    planted("text-in-parts", "The content of a reply is a list with one part of text.", "B004",
        in_completions(each_message(_in_parts)),
        "message.content", also=("sampling.minimal", "schemas_followed.", "structured_output.follows_schema",
        "structured_output.json_object")),
    planted("empty-object", "A completion is an object without members.", "B377",
        in_completions(lambda exchange: answering(200, {})(exchange)),
        "completion.choices", also=("unknown.",)),
)  # fmt: skip
