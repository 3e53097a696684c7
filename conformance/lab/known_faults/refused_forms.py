"""Valid forms of a request that are refused, and mistakes that are refused under a wrong name."""

from __future__ import annotations

from typing import Any

from conformance.contract.faults import header
from conformance.contract.requests import UNKNOWN_TOKEN
from conformance.evidence.exchange import Exchange, Request, list_of

from .kit import (
    JSONObject,
    Wrap,
    answering,
    each_error,
    error,
    if_answer,
    in_errors,
    is_claude,
    lift,
    messages_of,
    planted,
    refusing,
)


def _functions(request: Request) -> list[JSONObject]:
    tools = [each for each in list_of(request.asked.get("tools")) if isinstance(each, dict)]
    return [each["function"] for each in tools if isinstance(each.get("function"), dict)]


def _strict_false(request: Request) -> bool:
    return any(each.get("strict", True) is False for each in _functions(request))


def _empty_beside_calls(request: Request) -> bool:
    return any(each.get("tool_calls") and each.get("content") == "" for each in messages_of(request))


def _detail(request: Request) -> bool:
    return b'"image_url"' in request.body and b'"detail"' in request.body


def _several_streamed(request: Request) -> bool:
    n = request.asked.get("n")
    return request.streams and isinstance(n, int) and n > 1


def _dashes(request: Request) -> bool:
    return any("-" in str(each.get("name")) for each in _functions(request))


def _assistant_marked(request: Request) -> bool:
    marked = [each for each in messages_of(request) if each.get("role") == "assistant"]
    return is_claude(request) and any("cache_control" in str(each) for each in marked)


def _refs(request: Request) -> bool:
    return "$ref" in str(request.asked.get("response_format"))


def _four_stops(request: Request) -> bool:
    return len(list_of(request.asked.get("stop"))) > 3


# --- mistakes -------------------------------------------------------------------------------------------------


def _where_refused(condition: Any, status: int, document: Any) -> Wrap:
    """The refusals of which the condition holds, another one in their place."""
    return lift(if_answer(lambda each: each.status == 400 and condition(each), answering(status, document)))


def _of(exchange: Exchange) -> str:
    """The parameter that an error names."""
    found = exchange.document.get("error") if isinstance(exchange.document, dict) else None
    return str(found.get("param")) if isinstance(found, dict) else ""


def _upstreams_names(error_object: JSONObject) -> None:
    if isinstance(error_object.get("param"), str):
        error_object["param"] = f"generationConfig.{error_object['param']}"


def _telling(words: str) -> Any:
    return each_error(lambda each: each.update(message=f"{each.get('message')}{words}"))


def _unknown_model(exchange: Exchange) -> bool:
    return exchange.status == 404


FAULTS = (
    # valid forms
    planted("strict-false-refused", "A function with strict false is rejected.", "B282",
        refusing(_strict_false, error("Unknown parameter: 'tools[0].function.strict'.", "tools")),
        "validation.tool_defaults_accepted"),
    planted("empty-text-beside-calls-refused", "An assistant's empty text beside calls is rejected.", "B297",
        refusing(_empty_beside_calls, error("messages: text content blocks must be non-empty", "messages")),
        "roles.empty_contents"),
    planted("image-detail-refused", "The detail of an image is rejected.", "B282",
        refusing(_detail, error("Unknown parameter: image_url.detail", "messages")),
        "multimodal.detail_taken"),
    planted("several-choices-streamed-refused", "n above 1 is rejected in streams.", "B280",
        refusing(_several_streamed, error("n > 1 is not supported with streaming", "n")),
        "served.streamed_or_not"),
    planted("dashes-in-names-refused", "A function whose name has a dash is rejected.", "B230",
        refusing(_dashes, error("Invalid function name: only letters, digits and underscores", "tools")),
        "validation.tool_defaults_accepted"),
    planted("breakpoints-of-assistants-refused-claude", "On Claude cache_control is rejected in assistants' messages.",
        "B433", refusing(_assistant_marked, error("Extra inputs are not permitted: cache_control")),
        "caching.marked_assistant"),
    planted("references-in-a-format-refused", "A schema for the output that has references is rejected.", "B231",
        refusing(_refs, error("Schema $ref is not supported", "response_format")),
        reason="a schema with references may be rejected: not every upstream follows them"),
    planted("four-stops-refused", "More than three stop sequences are rejected.", "B282",
        refusing(_four_stops, error("Too many stop sequences", "stop")),
        "stop.up_to_four"),
    planted("default-parallel-refused", "parallel_tool_calls of true is rejected.", "B282",
        refusing(lambda each: each.asked.get("parallel_tool_calls") is True,
            error("parallel_tool_calls is not supported by this model", "parallel_tool_calls")),
        "validation.tool_defaults_accepted"),
    # mistakes
    planted("bad-values-throttled", "A value that is out of range is a 429.", "B336",
        _where_refused(lambda each: "below" in each.text or "above" in each.text, 429,
            error("All channels of this model are busy", None, "rate_limit_exceeded", "rate_limit_error")),
        reason="a 429 may always be a true one, and is never treated as a violation (decisions, transients)"),
    planted("wrong-key-invalid", "An unknown key is a 400.", "B354",
        lift(if_answer(lambda each: each.status == 401, answering(400, error("invalid token")))),
        "auth.unknown_token_401", also=("auth.malformed_credentials_401", "auth.no_credentials_401",
        "auth.streamed_401_is_json")),
    planted("unknown-model-unauthorized", "An unknown model is a 401.", "B326",
        lift(if_answer(_unknown_model, answering(401,
            error("This token has no access to the model", None, "invalid_api_key")))),
        "errors.accepted_key_is_no_401", "validation.unknown_model_is_404",
        also=("validation.unknown_model_named",)),
    planted("broken-images-unavailable", "An image that cannot be read is a 503.", "B336",
        _where_refused(lambda each: b'"image_url"' in each.request.body, 503,
            error("No available channel for this model", None, "model_unavailable", "server_error")),
        "errors.mistake_is_4xx"),
    planted("bad-format-crashes", "A response_format that is invalid is a 500.", "B336",
        _where_refused(lambda each: "response_format" in _of(each), 500,
            error("Internal server error", None, None, "server_error")),
        "errors.mistake_is_4xx", "validation.format_refused", also=("schemas_followed.unsupported",)),
    planted("bad-tools-crash", "Tools that are invalid are a 500.", "B336",
        _where_refused(lambda each: "tools" in _of(each), 500,
            error("Internal server error", None, None, "server_error")),
        "errors.mistake_is_4xx", also=("tool_use.no_tools", "validation.tool_name_refused")),
    planted("errors-called-html", "Errors are JSON declared as text/html.", "B372",
        in_errors(header("content-type", "text/html; charset=utf-8")),
        "errors.media_type", also=("auth.streamed_401_is_json",)),
    planted("mistakes-say-retry", "A 400 tells the SDK to send the request again.", "B367",
        in_errors(header("x-should-retry", "true"), status=400),
        "errors.mistakes_are_not_retried"),
    planted("param-in-the-upstreams-name", "param names the parameter as the upstream calls it.", "B351",
        in_errors(each_error(_upstreams_names)),
        "validation.param_named"),
    planted("overflow-too-large", "A prompt that is too long is a 413.", "B340",
        _where_refused(lambda each: "context_length" in each.text, 413,
            error("Request Entity Too Large", None, "request_too_large")),
        "validation.context_overflow_code"),
    planted("organization-told", "Errors name the operator's organization and mail address at the upstream.", "B401",
        in_errors(_telling(" (organization org-9hXk2LmQvT4rBn8sDw3yAe7u, account billing@operator.example)")),
        "security.no_upstream_account"),
    planted("whole-key-echoed", "A 401 repeats the whole key that it refuses.", "B401",
        in_errors(_telling(f" You sent: {UNKNOWN_TOKEN}"), status=401),
        "security.token_not_echoed"),
)  # fmt: skip
