"""Valid requests that are rejected, or that make the server fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.evidence.exchange import Exchange, Request, list_of

from .kit import (
    JSONObject,
    answering,
    asks,
    error,
    if_answer,
    is_claude,
    lift,
    messages_of,
    misread_body,
    planted,
    refusing,
    where,
)

Condition = Callable[[Request], bool]
FAILURE = error("Internal server error", kind="server_error")


def both(*conditions: Condition) -> Condition:
    """Whether all of them hold."""
    return lambda request: all(each(request) for each in conditions)


def streaming(request: Request) -> bool:
    """Whether a stream is asked for."""
    return request.streams


def format_of(*kinds: str) -> Condition:
    """Whether output of one of these types is asked for."""

    def asked(request: Request) -> bool:
        found = request.asked.get("response_format")
        return isinstance(found, dict) and found.get("type") in kinds

    return asked


def _is(name: str, *values: Any) -> Condition:
    return lambda request: name in request.asked and request.asked[name] in values


def _warm(request: Request) -> bool:
    """Whether a temperature is given, and is 0."""
    return request.asked.get("temperature") == 0


def _top_p_at_an_end(request: Request) -> bool:
    return request.asked.get("top_p") in (0, 1)


def _blank_stop(request: Request) -> bool:
    stop = request.asked.get("stop")
    found = [stop] if isinstance(stop, str) else list_of(stop)
    return any(isinstance(each, str) and not each.strip() for each in found)


def _penalised(request: Request) -> bool:
    return any(request.asked.get(f"{name}_penalty") for name in ("presence", "frequency"))


def _bare_tools(request: Request) -> bool:
    tools = [each.get("function") for each in list_of(request.asked.get("tools")) if isinstance(each, dict)]
    return any("properties" not in ((each or {}).get("parameters") or {}) for each in tools)


def _empty_part(request: Request) -> bool:
    parts = [part for each in messages_of(request) for part in list_of(each.get("content"))]
    return any(isinstance(part, dict) and part.get("type") == "text" and part.get("text") == "" for part in parts)


def _charset(request: Request) -> bool:
    return any(name.lower() == "content-type" and "charset" in value for name, value in request.headers)


def _cut_json(exchange: Exchange) -> bool:
    formatted = format_of("json_object", "json_schema")(exchange.request)
    return formatted and exchange.succeeded and any(each.get("finish_reason") == "length" for each in exchange.choices)


def _default_limit(document: JSONObject) -> None:
    """Without a limit sixteen tokens are written."""
    if document.get("max_tokens") is None and document.get("max_completion_tokens") is None:
        document.pop("max_completion_tokens", None)
        document["max_tokens"] = 16


def _higher_limit(document: JSONObject) -> None:
    if isinstance(document.get("max_tokens"), int):
        document["max_tokens"] += 1000


_tools_streamed = both(streaming, asks("tools"))
_NO_TOOLS = {"error": {"code": 500, "message": "Cannot use tools with stream", "type": "server_error"}}
_GENERATED = error("Failed to generate JSON. Please adjust your prompt.", code="json_validate_failed")
_ARRAY = [{"error": {"code": 400, "message": "Penalty is not enabled for this model", "status": "INVALID_ARGUMENT"}}]

FAULTS = (
    planted("temperature-zero-refused", "temperature 0 is rejected.", "B282",
        refusing(_warm, {"status": 422, "message": "temperature must be in range (0, +inf)"}, 422),
        "sampling.boundaries", also=("auth.", "caching.", "error.", "idempotence.", "isolation.", "logprobs.",
        "robust.", "roles.", "tool_use.", "transport.", "unknown.")),
    planted("streamed-temperature-zero-crashes", "A stream with temperature 0 is a 500.", "B282",
        refusing(both(streaming, _warm), error("Temperature must be positive", kind="server_error"), 500),
        "served.no_server_error", also=("choices.", "logprobs.", "roles.", "tool_use.")),
    planted("top-p-at-its-ends-refused", "top_p of 0 or 1 is rejected.", "B282",
        refusing(_top_p_at_an_end, {"error": "`top_p` must be > 0.0 and < 1.0", "error_type": "validation"}, 422),
        "sampling.boundaries"),
    planted("stream-demanded", "Requests without stream are rejected.", "B263",
        refusing(lambda request: not request.streams, {"detail": "Stream must be set to true"}),
        "served.streamed_or_not", "transport.no_stream_unasked", "sampling.minimal", also=("auth.", "caching.",
        "error.", "idempotence.", "isolation.", "robust.", "roles.", "sampling.", "schemas_followed.", "tool_use.",
        "transport.", "unknown.", "validation.")),
    planted("null-limit-crashes", "max_tokens of null is a 500.", "B244",
        refusing(_is("max_tokens", None), error("unsupported operand type(s)"), 500),
        "validation.nulls_accepted", "served.no_server_error"),
    planted("limit-1000-more", "max_tokens is raised by 1000.", "B003", misread_body(_higher_limit),
        "sampling.max_tokens", "sampling.cut_is_length", "unknown.both_limits", also=("equivalence.length",
        "schemas_followed.cut_is_length")),
    planted("default-limit-16", "Without a limit 16 tokens are written.", "B003", misread_body(_default_limit),
        "sampling.minimal", also=("sampling.end_is_stop",)),
    planted("penalties-refused-claude", "On Claude penalties are rejected.", "B279",
        refusing(both(is_claude, _penalised), error("frequency_penalty: Extra inputs are not permitted")),
        "sampling.boundaries"),
    planted("penalties-refused-in-an-array", "Penalties are rejected in an array of one error.", "B335",
        refusing(_penalised, _ARRAY),
        "sampling.boundaries"),
    planted("stop-refused", "stop is rejected.", "B276",
        refusing(asks("stop"), error("Unsupported parameter: stop", "stop", "unsupported_parameter")),
        "stop.up_to_four"),
    planted("blank-stop-ignored-claude", "On Claude stop is ignored where a sequence is white space.", "B249",
        where(both(is_claude, _blank_stop), misread_body(lambda document: document.pop("stop", None))),
        "sampling.line_end_stops", also=("stop.up_to_four",)),
    planted("bare-parameters-refused", "Tools whose parameters have no properties are rejected.", "B230",
        refusing(_bare_tools, {"error": '[{"code": "invalid_type", "message": "Required"}]'}),
        "tool_use.bare", also=("error.error",)),
    planted("no-choice-refused", "tool_choice none is rejected by name.", "B201",
        refusing(_is("tool_choice", "none"), error("tool_choice 'none' is not supported", "tool_choice")),
        "served.tool_choice", also=("roles.opaque",)),
    planted("required-choice-refused", "tool_choice required is rejected by name.", "B201",
        refusing(_is("tool_choice", "required"), error("tool_choice 'required' is not supported", "tool_choice")),
        "served.tool_choice"),
    planted("required-choice-crashes", "tool_choice required is a 500.", "B201",
        refusing(_is("tool_choice", "required"), FAILURE, 500),
        "served.no_server_error", also=("choices.as_many_as_asked", "tool_use.beside_format")),
    planted("streams-with-tools-crash", "A stream with tools is a 500 whose code is a number.", "B228",
        refusing(_tools_streamed, _NO_TOOLS, 500),
        "served.no_server_error", "error.error.code", also=("choices.", "error.", "logprobs.", "tool_use.")),
    planted("streams-with-tools-crash-well-told", "A stream with tools is a well-formed 500.", "B228",
        refusing(_tools_streamed, FAILURE, 500),
        "served.no_server_error", also=("choices.as_many_as_asked", "logprobs.given", "tool_use.bare",
        "tool_use.beside_format", "tool_use.empty_arguments_taken", "tool_use.text_beside")),
    planted("streamed-schema-refused", "A stream with a schema is rejected.", "B241",
        refusing(both(streaming, format_of("json_schema")), error("no response_format in streams")),
        "served.streamed_or_not"),
    planted("json-mode-crashes", "JSON mode is a 500.", "B242",
        refusing(format_of("json_object"), FAILURE, 500),
        "served.no_server_error"),
    planted("json-mode-refused-without-a-word", "JSON mode is a bad request, and no more is said.", "B336",
        refusing(format_of("json_object"), error("Bad request.")),
        "served.refusal_says_why"),
    planted("cut-json-refused", "JSON that the limit cut off is rejected.", "B242",
        lift(if_answer(_cut_json, answering(400, _GENERATED))),
        "schemas_followed.cut_is_given"),
    planted("empty-part-refused-claude", "On Claude an empty text part is rejected.", "B297",
        refusing(both(is_claude, _empty_part), error("cache_control cannot be set for empty text blocks")),
        "roles.empty_contents"),
    planted("charset-refused", "A media type with a charset is rejected.", "B376",
        refusing(_charset, error("Unsupported content type: 'application/json; charset=utf-8'."), 415),
        "idempotence.sdk_headers"),
    planted("not-parallel-beside-none-refused-claude",
        "On Claude tool_choice none is rejected beside parallel_tool_calls.",
        "B201",
        refusing(both(is_claude, _is("tool_choice", "none"), _is("parallel_tool_calls", False)),
            error("tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted")),
        reason="no request has both: an endpoint that does not accept parallel_tool_calls would be blamed for that"),
)  # fmt: skip
