"""JSON that was asked for and is none, or is another."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.contract.faults import edit, only
from conformance.contract.requirement import Fault
from conformance.evidence.exchange import Exchange, Request

from .kit import (
    Chunks,
    JSONObject,
    choices,
    each_choice,
    each_message,
    each_text,
    in_completions,
    in_replies,
    in_streams,
    messages,
    misread,
    misread_body,
    planted,
    rechunk,
    where,
)
from .refusals import both, format_of, streaming

_SCHEMA, _JSON_MODE = format_of("json_schema"), format_of("json_object")


def _brace_twice(chunks: Chunks) -> Chunks:
    """The first text begins with one brace more."""
    texts = [message for chunk in chunks for message in messages(chunk) if message.get("content")]
    for message in texts[:1]:
        message["content"] = "{" + message["content"]
    return chunks


def _between(prefix: str, suffix: str = "") -> Fault:
    """A stream whose text stands between these."""

    def change(chunks: Chunks) -> Chunks:
        texts = [message for chunk in chunks for message in messages(chunk) if message.get("content")]
        if texts:
            texts[0]["content"] = prefix + texts[0]["content"]
            texts[-1]["content"] += suffix
        return chunks

    return rechunk(change)


def _without_accents(text: str) -> str:
    """ASCII letters in place of those with accents; what else there is beyond ASCII is lost."""
    return "".join(each for each in unicodedata.normalize("NFKD", text) if each.isascii())


def _in_values(change: Callable[[str], str]) -> Callable[[str], str]:
    """A change of all strings within JSON that are no names of members."""

    def changed(value: Any) -> Any:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, list):
            return [changed(each) for each in value]
        return {name: changed(each) for name, each in value.items()} if isinstance(value, dict) else value

    def rewritten(text: str) -> str:
        try:
            document = json.loads(text)
        except ValueError:
            return text
        after = changed(document)
        return text if after == document else json.dumps(after, ensure_ascii=False)

    return rewritten


def _number_emptied(text: str) -> str:
    """An enumeration of whole numbers has become an empty string."""
    try:
        document = json.loads(text)
    except ValueError:
        return text
    if isinstance(document, dict) and {"size", "kind"} <= document.keys():
        document["size"] = ""
    return json.dumps(document)


def _escapes_lost(request: Request) -> Request:
    if not _SCHEMA(request) or b"\\u" not in request.body:
        return request
    return replace(request, body=re.sub(rb"\\u[0-9a-fA-F]{4}", b"?", request.body))


def _into_white_space(exchange: Exchange) -> Exchange:
    """Half of the text, and white space up to the limit."""
    asked = exchange.request.asked
    limit = asked.get("max_tokens") or asked.get("max_completion_tokens") or 300

    def change(document: Any) -> None:
        for choice in choices(document):
            message = choice.get("message") or {}
            if isinstance(message.get("content"), str):
                message["content"] = message["content"][: len(message["content"]) // 2] + " \n" * 100
                choice["finish_reason"] = "length"
        usage = document.get("usage") if isinstance(document, dict) else None
        if isinstance(usage, dict):
            usage.update(completion_tokens=limit, total_tokens=usage["prompt_tokens"] + limit)

    return edit(change)(exchange)


def _constraint_complete(choice: JSONObject) -> None:
    if choice.get("finish_reason") == "stop":
        choice["finish_reason"] = "constraint_complete"


def _emptied(message: JSONObject) -> None:
    if message.get("content"):
        message["content"] = ""


def _left_open(text: str) -> str:
    return text if text.isascii() else text.removesuffix("}")


FAULTS = (
    planted("streamed-schema-brace-twice", "A streamed structured reply begins with two braces.", "B235",
        in_streams(only(_SCHEMA, rechunk(_brace_twice))),
        "structured_output.follows_schema_streamed", also=("tool_use.beside_format",)),
    planted("streamed-json-in-a-fence", "In JSON mode a stream is in a fence.", "B235",
        in_streams(only(_JSON_MODE, _between("```json\n", "\n```"))),
        "structured_output.json_object"),
    planted("streamed-json-after-thoughts", "In JSON mode a stream begins with reasoning.", "B235",
        in_streams(only(_JSON_MODE, _between("Let me think about the keys.\n</think>\n"))),
        "structured_output.json_object", "reasoning.reasoning_apart"),
    planted("streamed-json-mode-ignored", "JSON mode is ignored in streams.", "B242",
        where(both(streaming, _JSON_MODE), misread_body(lambda document: document.pop("response_format"))),
        "structured_output.json_object",
        reason="the prompt asks for JSON in words, too, as it must, so that a model may write it all the same"),
    planted("number-among-values-emptied", "An enumeration of whole numbers becomes an empty string.", "B241",
        in_completions(only(_SCHEMA, each_text(_number_emptied))),
        "schemas_followed.enums", also=("structured_output.follows_schema",)),
    planted("structured-without-accents", "In structured output letters lose their accents.", "B395",
        in_replies(only(_SCHEMA, each_text(_without_accents))),
        "schemas_followed.names", also=("schemas_followed.letters",)),
    planted("values-without-accents", "In structured output values, not names, lose their accents.", "B395",
        in_replies(only(_SCHEMA, each_text(_in_values(_without_accents)))),
        "schemas_followed.letters",
        reason="models leave out accents themselves; what no model does, letters that are damaged or lost, is caught"),
    planted("escapes-in-a-schema-lost", "An escape in a schema is read as a question mark.", "B396",
        misread(_escapes_lost),
        "schemas_followed.names"),
    planted("white-space-to-the-limit", "Structured output runs into white space until the limit.", "B242",
        in_completions(only(_SCHEMA, _into_white_space)),
        "structured_output.no_white_space_run", also=("usage.output_is_written",)),
    planted("constraint-complete", "Structured output ends with constraint_complete.", "B017",
        in_replies(only(_SCHEMA, each_choice(_constraint_complete))),
        "completion.choices.finish_reason", "chunk.choices.finish_reason"),
    planted("json-mode-empty", "JSON mode yields an empty text.", "B012",
        in_replies(only(_JSON_MODE, each_message(_emptied))),
        "message.not_empty", "message.stream_not_empty"),
    planted("schema-left-open", "What is not ASCII lacks its closing brace, and ends with stop.", "B241",
        in_replies(only(_SCHEMA, each_text(_left_open))),
        "structured_output.follows_schema", also=("schemas_followed.key_order", "schemas_followed.letters",
        "schemas_followed.names")),
)  # fmt: skip
