"""What the text is: structured output, unicode, what leaks into it."""

from __future__ import annotations

import json
from typing import Any

from conformance.evidence.exchange import Request

from .kit import (
    Chunks,
    JSONObject,
    calls,
    each_call,
    each_choice,
    each_text,
    in_completions,
    in_replies,
    in_streams,
    messages,
    misread_body,
    planted,
    rechunk,
    where,
)


def _format(request: Request) -> Any:
    output = request.asked.get("response_format")
    return output.get("type") if isinstance(output, dict) else None


def _structured(request: Request) -> bool:
    return _format(request) in ("json_object", "json_schema")


def _wrapped(text: str) -> str:
    return json.dumps({"response": json.loads(text)}) if text.startswith("{") and text.endswith("}") else text


def _as_call(choice: JSONObject) -> None:
    """The object is the arguments of a call that nobody offered."""
    message = choice.get("message", {})
    function = {"name": "json_tool_call", "arguments": message.get("content") or "{}"}
    message.update(content=None, tool_calls=[{"id": "call_json", "type": "function", "function": function}])
    choice["finish_reason"] = "tool_calls"


def _reddish(text: str) -> str:
    """A member more than the schema has, and the first value of another type."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, dict):
        value[next(iter(value), "color")] = {"value": "reddish"}
        value["extra"] = 1
    return json.dumps(value)


def _prose(text: str) -> str:
    return "Sure! Here is what you asked for."


def _without_format(document: JSONObject) -> None:
    document.pop("response_format", None)


def _without_format_beside_tools(document: JSONObject) -> None:
    if document.get("tools"):
        document.pop("response_format", None)


def _without_calls_beside_format(document: JSONObject) -> None:
    if document.get("response_format"):
        for name in ("tools", "tool_choice", "parallel_tool_calls"):
            document.pop(name, None)


def _fence_stream(chunks: Chunks) -> Chunks:
    """A fence before the first text and after the last."""
    texts = [message for each in chunks for message in messages(each) if message.get("content")]
    if texts:
        texts[0]["content"] = "```json\n" + texts[0]["content"]
        texts[-1]["content"] += "\n```"
    return chunks


def _mangled(text: str) -> str:
    """The first character beyond ASCII is lost."""
    return "".join("\ufffd" if ord(each) > 0x7F else each for each in text)


def _latin(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1") if not text.isascii() else text


def _token_at_the_end(chunks: Chunks) -> Chunks:
    """The model's end token is a delta of its own, before the chunk that ends the choice."""
    texts = [message for each in chunks for message in messages(each) if message.get("content")]
    if texts:
        texts[-1]["content"] += "<|im_end|>"
    return chunks


def _surrogates(chunks: Chunks) -> Chunks:
    """A character beyond the basic plane is split over two chunks."""
    found: Chunks = []
    for document in chunks:
        text = "".join(str(message.get("content") or "") for message in messages(document))
        astral = next((each for each in text if ord(each) > 0xFFFF), None)
        if astral is None:
            found.append(document)
            continue
        at = text.index(astral)
        high, low = (chr(unit) for unit in _halves(ord(astral)))
        for part in (text[:at] + high, low + text[at + 1 :]):
            piece = json.loads(json.dumps(document))
            for message in messages(piece):
                message["content"] = part
            found.append(piece)
    return found


def _halves(point: int) -> tuple[int, int]:
    return 0xD800 + ((point - 0x10000) >> 10), 0xDC00 + ((point - 0x10000) & 0x3FF)


def _escaped(chunks: Chunks) -> Chunks:
    """Where the arguments are not ASCII, they come once more in escapes."""
    pieces = [each for each in chunks if next(calls(each), None)]
    whole = "".join(str(call.get("function", {}).get("arguments") or "") for each in pieces for call in calls(each))
    if not pieces or whole.isascii():
        return chunks
    last = json.loads(json.dumps(pieces[-1]))
    for call in calls(last):
        call["function"] = {"arguments": json.dumps(json.loads(whole)) if whole.endswith("}") else whole}
    at = chunks.index(pieces[-1]) + 1
    return [*chunks[:at], last, *chunks[at:]]


def _escaped_twice(call: JSONObject) -> None:
    function = call.get("function") or {}
    if isinstance(function.get("arguments"), str):
        function["arguments"] = "".join(
            each if each.isascii() else json.dumps(each)[1:-1].replace("\\", "\\\\") for each in function["arguments"]
        )


FAULTS = (
    planted("json-in-a-fence", "JSON comes in a Markdown fence.", "B235",
        where(_structured, in_completions(each_text(lambda text: f"```json\n{text}\n```"))),
        "structured_output.json_object", "structured_output.follows_schema", also=("schemas_followed.",)),
    planted("json-in-a-fence-streamed", "Streamed JSON comes in a Markdown fence.", "B235",
        where(_structured, in_streams(rechunk(_fence_stream))),
        "structured_output.json_object", "structured_output.follows_schema_streamed", also=("tool_use.beside_format",)),
    planted("format-ignored-beside-tools", "response_format is ignored where tools are offered.", "B236",
        misread_body(_without_format_beside_tools),
        "tool_use.beside_format", also=("structured_output.follows_schema",
        "structured_output.follows_schema_streamed")),
    planted("format-ignored", "response_format is ignored.", "B236 B242", misread_body(_without_format),
        "structured_output.follows_schema", "structured_output.follows_schema_streamed", "schemas_followed.json_unsaid",
        also=("schemas_followed.", "tool_use.", "validation.")),
    planted("json-as-a-call", "JSON comes as a call of a tool that was not offered.", "B238",
        where(_structured, in_completions(each_choice(_as_call))),
        "tools.declared_names", "structured_output.json_object", "structured_output.follows_schema",
        also=("schemas_followed.", "tools.")),
    planted("json-in-a-response-key", "The JSON object is wrapped in another.", "B239",
        where(lambda request: _format(request) == "json_schema", in_completions(each_text(_wrapped))),
        "structured_output.follows_schema", also=("schemas_followed.",)),
    planted("calls-dropped-beside-format", "Tools are ignored where response_format is given.", "B240",
        misread_body(_without_calls_beside_format),
        "tool_use.beside_format", also=("usage.whole_prompt", "caching.written_beside", "tools.required_is_required")),
    planted("schema-as-a-hint", "A strict schema is a hint: the content does not follow it.", "B241",
        where(lambda request: _format(request) == "json_schema", in_completions(each_text(_reddish))),
        "structured_output.follows_schema", also=("schemas_followed.",)),
    planted("prose-in-json-mode", "JSON mode falls back to prose.", "B242",
        where(_structured, in_completions(each_text(_prose))),
        "structured_output.json_object", also=("schemas_followed.", "structured_output.", "usage.output_is_written")),
    planted("end-token-in-text", "The end token of the model is in the text.", "B390",
        in_completions(each_text(lambda text: text + "<|im_end|>")),
        "message.no_template_tokens", also=("equivalence.", "logprobs.", "schemas_followed.", "structured_output.")),
    planted("end-token-in-streamed-text", "The end token of the model is in the streamed text.", "B390",
        in_streams(rechunk(_token_at_the_end)),
        "message.no_template_tokens", also=("equivalence.text", "logprobs.streamed_tokens_add_up",
        "structured_output.follows_schema_streamed", "structured_output.json_object", "tool_use.beside_format")),
    planted("sentence-end-token-in-text", "The text ends with </s>.", "B390",
        in_completions(each_text(lambda text: text + "</s>")),
        "message.no_template_tokens", also=("equivalence.", "logprobs.", "schemas_followed.", "structured_output.")),
    planted("replacement-characters-streamed", "Characters cut by a read of the gateway's are replaced.", "B391 B393",
        in_streams(each_text(_mangled)),
        "unicode.no_replacement_character", "unicode.text_survives", also=("equivalence.text",)),
    planted("replacement-characters", "Characters beyond ASCII are replaced.", "B393",
        in_completions(each_text(_mangled)),
        "unicode.no_replacement_character", "unicode.text_survives", also=("equivalence.text",
        "logprobs.bytes_spell_content", "schemas_followed.letters", "schemas_followed.names")),
    planted("lone-surrogates", "A character is split over two chunks as half surrogate pairs.", "B394",
        in_streams(rechunk(_surrogates)),
        "unicode.no_lone_surrogate", "unicode.text_survives", also=("equivalence.text",)),
    planted("arguments-again-in-escapes", "Streamed arguments come once more in escapes.", "B395",
        in_streams(rechunk(_escaped)),
        "tools.pieces_add_up", "tools.arguments_are_json", also=("unicode.arguments_in_every_script",)),
    planted("arguments-escaped-twice", "Arguments beyond ASCII are escaped twice.", "B396",
        in_replies(each_call(_escaped_twice)),
        "unicode.arguments_in_every_script"),
    planted("mojibake", "UTF-8 is read as Latin-1, in streams.", "B397", in_streams(each_text(_latin)),
        "unicode.text_survives", also=("equivalence.text",)),
    planted("mojibake-in-replies", "UTF-8 is read as Latin-1, in plain replies.", "B397",
        in_completions(each_text(_latin)),
        "unicode.text_survives", also=("equivalence.text", "logprobs.bytes_spell_content", "schemas_followed.letters",
        "schemas_followed.names")),
)  # fmt: skip
