"""Parameters that are ignored, refused or answered in another form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.evidence.exchange import Request, list_of

from .kit import (
    Chunks,
    JSONObject,
    Wrap,
    answering,
    asks,
    each_choice,
    each_error,
    error,
    finishes,
    ignoring,
    in_completions,
    in_errors,
    in_streams,
    is_claude,
    lift,
    messages,
    misread_body,
    planted,
    rechunk,
    refusing,
    where,
)


def refuses(name: str, document: Any = None, status: int = 400) -> Wrap:
    """Whatever has this member is rejected."""
    return refusing(asks(name), document or error(f"property '{name}' is unsupported"), status)


def _has_null(request: Request) -> bool:
    return any(value is None for value in request.asked.values())


def _is(name: str, *values: Any) -> Callable[[Request], bool]:
    return lambda request: any(
        request.asked.get(name) == each and request.asked.get(name) is not None for each in values
    )


def _number(request: Request, name: str) -> float:
    value = request.asked.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _stops(request_body: JSONObject) -> list[str]:
    stop = request_body.get("stop")
    return [each for each in ([stop] if isinstance(stop, str) else list_of(stop)) if isinstance(each, str)]


def _streamed_several_words(document: JSONObject) -> None:
    """A stop sequence of several words is not found in a stream."""
    if document.get("stream") and any(" " in each for each in _stops(document)):
        document.pop("stop")


def _streamed_stop_ignored(document: JSONObject) -> None:
    if document.get("stream"):
        document.pop("stop", None)


def _first_stop_only(document: JSONObject) -> None:
    if len(stops := _stops(document)) > 1:
        document["stop"] = stops[:1]


def _stop_in_text(choice: JSONObject) -> None:
    """The stop sequence itself ends the text."""
    message = choice.get("message", {})
    if choice.get("finish_reason") == "stop" and isinstance(message.get("content"), str):
        message["content"] += "STOPHERE"


def _half_a_stop(chunks: Chunks) -> Chunks:
    """The beginning of the stop sequence is sent before it is recognised."""
    texts = [message for each in chunks for message in messages(each) if message.get("content")]
    if texts and any(finishes(each) for each in chunks):
        texts[-1]["content"] += "STOP"
    return chunks


def _legacy_logprobs(choice: JSONObject) -> None:
    logprobs = choice.get("logprobs")
    if isinstance(logprobs, dict) and logprobs.get("content"):
        tokens = logprobs["content"]
        choice["logprobs"] = {
            "tokens": [each["token"] for each in tokens],
            "token_logprobs": [each["logprob"] for each in tokens],
            "top_logprobs": [{each["token"]: each["logprob"]} for each in tokens],
            "text_offset": list(range(len(tokens))),
        }


def _one_float(choice: JSONObject) -> None:
    if choice.get("logprobs"):
        choice["logprobs"] = -0.31


def _null_logprob(choice: JSONObject) -> None:
    for entry in (choice.get("logprobs") or {}).get("content") or []:
        entry.update(logprob=None, top_logprobs=[])


def _zero_as_one(document: JSONObject) -> None:
    if document.get("n") == 0:
        document["n"] = 1


def _no_bounds(document: JSONObject) -> None:
    """What is out of bounds is silently set right."""
    for name in ("max_tokens", "max_completion_tokens", "n", "temperature"):
        value = document.get(name)
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and value < (0 if name == "temperature" else 1)
        ):
            document[name] = 1


def _clamped(document: JSONObject) -> None:
    """Every bound of a number is taken for a suggestion."""
    for name, high in (("temperature", 2), ("top_p", 1), ("presence_penalty", 2), ("frequency_penalty", 2)):
        if isinstance(document.get(name), int | float) and not isinstance(document[name], bool):
            document[name] = max(0, min(high, document[name]))


def _wrong_types_dropped(document: JSONObject) -> None:
    for name in ("temperature", "top_p", "max_tokens", "n", "seed", "stop", "stream", "logit_bias", "tools"):
        if isinstance(document.get(name), str) and name != "stop":
            document.pop(name)


def _out_of_bounds(request: Request) -> bool:
    low = {"max_tokens": 1, "max_completion_tokens": 1, "n": 1, "temperature": 0}
    return any(
        name in request.asked and asks(name)(request) and _number(request, name) < least for name, least in low.items()
    )


def _badly(error_object: JSONObject) -> None:
    error_object.update(message="upstream: RequestParamInvalid", type="upstream_error", param=None, code="400")


_VENDOR = "<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]"
_FLAT = {"message": "When n > 1, temperature must be greater than 0.", "type": "Bad Request", "code": 400}
_SERDE = "Failed to deserialize the JSON body: logit_bias: invalid type: map, expected a sequence"

FAULTS = (
    planted("stream-options-without-stream",
        "A request with stream false is rejected for stream_options it does not have.",
        "B243",
        refusing(_is("stream", False), error("stream_options should be set along with stream = true")),
        "served.streamed_or_not", "transport.no_stream_unasked", also=("unknown.both_limits",)),
    planted("null-parameters-refused", "A parameter that is null is rejected.", "B244",
        refusing(_has_null, error("type must be number, but is null")),
        "validation.nulls_accepted"),
    planted("minimal-request-crashes", "A request without optional parameters is a 500.", "B245",
        refusing(lambda request: set(request.asked) == {"model", "messages"}, error("assertion failed"), 500),
        "sampling.minimal", "served.no_server_error"),
    planted("missing-stop-crashes", "A request without stop is a 500.", "B245",
        refusing(lambda request: "stop" not in request.asked, error("Internal error"), 500),
        "served.no_server_error", "sampling.minimal", also=("auth.", "caching.", "choices.", "errors.", "idempotence.",
        "isolation.", "logprobs.", "multimodal.", "robust.", "roles.", "sampling.", "schemas_followed.", "security.",
        "seed.", "tool_use.", "transport.", "unicode.", "unknown.", "validation.defaults_accepted",
        "validation.empty_object_taken")),
    planted("max-tokens-refused", "max_tokens is rejected, in an error that does not name it.", "B248",
        refusing(lambda request: asks("max_tokens")(request) and not is_claude(request),
                {"error": "Unsupported parameter: max_tokens"}),
        "unknown.both_limits", "error.error", also=("auth.", "caching.", "idempotence.", "isolation.", "robust.",
        "roles.", "schemas_followed.", "tool_use.", "transport.", "unknown.", "validation.")),
    planted("max-completion-tokens-refused", "max_completion_tokens is rejected.", "B248",
        refuses("max_completion_tokens"),
        "unknown.both_limits"),
    planted("max-tokens-ignored", "max_tokens is ignored.", "B282", ignoring("max_tokens"),
        "sampling.max_tokens", "sampling.cut_is_length", "unknown.both_limits", also=("equivalence.length",
        "schemas_followed.cut_is_length", "validation.limit_refused")),
    planted("max-completion-tokens-ignored", "max_completion_tokens is ignored.", "B282",
        ignoring("max_completion_tokens"),
        "sampling.max_completion_tokens", "sampling.completion_cut_is_length", "unknown.both_limits",
        also=("validation.limit_refused",)),
    planted("stop-ignored", "stop is ignored.", "B249", ignoring("stop"),
        "stop.text_ends_before", "stop.streamed_text_ends_before", "stop.up_to_four",
        also=("tool_use.stop_beside_tools", "sampling.line_end_stops",)),
    planted("streamed-stop-ignored", "stop is ignored in streams.", "B249 B252", misread_body(_streamed_stop_ignored),
        "stop.streamed_text_ends_before", also=("equivalence.text",)),
    planted("stop-as-array-half-read", "Only the first of several stop sequences is heeded.", "B249",
        misread_body(_first_stop_only),
        "stop.up_to_four"),
    planted("stop-in-text", "The text ends with the stop sequence.", "B251",
        where(asks("stop"), in_completions(each_choice(_stop_in_text))),
        "stop.text_ends_before", also=("tool_use.stop_beside_tools", "equivalence.text",)),
    planted("half-a-stop-streamed", "The beginning of the stop sequence is streamed.", "B251 B124",
        where(asks("stop"), in_streams(rechunk(_half_a_stop))),
        "stop.streamed_text_ends_before", also=("equivalence.text",)),
    planted("stop-of-several-words-missed", "A stop sequence of several words is not found in streams.", "B252",
        misread_body(_streamed_several_words),
        "stop.streamed_text_ends_before"),
    planted("logprobs-in-the-legacy-form", "logprobs have the form of the old completions.", "B255",
        in_completions(each_choice(_legacy_logprobs)),
        "logprobs.content", "logprobs.given", also=("logprobs.refusal.present",)),
    planted("logprobs-alone-crash", "logprobs without top_logprobs are a 500.", "B256",
        refusing(lambda request: _is("logprobs", True)(request) and not asks("top_logprobs")(request),
                error("Internal error"), 500),
        "logprobs.alone", "served.no_server_error", also=("logprobs.given",)),
    planted("logprob-null", "A logprob is null.", "B258", in_completions(each_choice(_null_logprob)),
        "logprobs.content.logprob", also=("logprobs.alternatives_given",)),
    planted("logprobs-ignored", "logprobs are ignored.", "B258", ignoring("logprobs", "top_logprobs"),
        "logprobs.given", also=("validation.top_logprobs_refused",)),
    planted("n-ignored", "n is ignored.", "B282", ignoring("n"),
        "choices.as_many_as_asked", "envelope.choices_as_asked", also=("validation.n_below_one",)),
    planted("seed-and-extras-dropped", "Members that only some upstreams have are dropped on the way.", "B261",
        ignoring("seed", "reasoning_effort", "thinking", "prompt_cache_key", "cache_control"),
        reason="what is dropped has no effect that a reply must show: a model need not reason, nor a cache engage"),
    planted("stream-options-refused", "stream_options are rejected.", "B263", refuses("stream_options"),
        "served.streamed_or_not", also=("roles.opaque", "tool_use.bare", "tool_use.empty_arguments_taken",
        "tool_use.text_beside")),
    planted("stream-options-ignored", "stream_options are ignored.", "B072", ignoring("stream_options"),
        "streaming.usage_once", also=("streaming.usage_null_elsewhere",)),
    planted("user-and-store-refused", "user and store are rejected.", "B265",
        refusing(lambda request: asks("user")(request) or asks("store")(request), error("Unsupported parameter")),
        "unknown.options_of_openai"),
    planted("metadata-refused", "metadata and service_tier are rejected.", "B265",
        refusing(lambda request: asks("metadata")(request) or asks("service_tier")(request),
        error("Unsupported parameter")),
        "unknown.options_of_openai"),
    planted("seed-refused", "seed is rejected.", "B265", refuses("seed"),
        "unknown.options_of_openai", also=("seed.range",)),
    planted("vendor-limit-leaks", "A large max_tokens is rejected in the words of the upstream.", "B268",
        where(lambda request: max(_number(request, "max_tokens"), _number(request, "max_completion_tokens")) > 8192,
             lift(answering(400, {"error": _VENDOR}))),
        "validation.huge_limit", "error.error"),
    planted("logit-bias-as-a-list", "logit_bias must be a list.", "B272",
        refusing(asks("logit_bias"), {"error": "GatewayError", "message": _SERDE}),
        "unknown.options_of_openai", also=("error.error", "validation.empty_object_taken")),
    planted("empty-logit-bias-refused", "An empty logit_bias is rejected.", "B273",
        refusing(_is("logit_bias", {}), error("logit_bias is not currently supported")),
        "validation.empty_object_taken"),
    planted("streamed-logprobs-are-numbers", "Streamed logprobs are one number a chunk.", "B274",
        in_streams(each_choice(_one_float)),
        "chunk.choices.logprobs", also=("logprobs.given",)),
    planted("n-zero-is-one", "n of 0 is treated as 1.", "B275", misread_body(_zero_as_one),
        "validation.n_below_one",
        gray=True),
    planted("stop-string-refused", "stop must be a list.", "B276",
        refusing(lambda request: isinstance(request.asked.get("stop"), str),
                {"detail": [{"loc": ["body", "stop"], "msg": "Input should be a valid list"}]}, 422),
        "stop.up_to_four", also=("error.error",)),
    planted("stop-array-refused", "stop must be a string.", "B276",
        refusing(lambda request: isinstance(request.asked.get("stop"), list), error("stop must be a string")),
        "stop.up_to_four"),
    planted("temperature-with-top-p-refused", "temperature together with top_p is rejected for Claude.", "B279",
        refusing(lambda request: is_claude(request) and asks("temperature")(request) and asks("top_p")(request),
                error('{"type":"error","error":{"message":"temperature and top_p"}}')),
        "usage.sampling_costs_no_prompt",
        gray=True, reason="Anthropic's own API rejects them together, so that no request asks for both"),
    planted("n-without-chance-refused", "n above 1 with temperature 0 is rejected in a flat error.", "B280",
        refusing(lambda request: _number(request, "n") > 1 and request.asked.get("temperature") == 0, _FLAT),
        "error.error"),
    planted("bounds-ignored", "Numbers below their bounds are silently set right.", "B282", misread_body(_no_bounds),
        "validation.limit_refused", "validation.n_below_one"),
    planted("bounds-clamped", "Numbers out of bounds are clamped.", "B282", misread_body(_clamped),
        "validation.sampling_range_refused"),
    planted("wrong-types-passed-over", "Numbers and lists given as strings are passed over.", "B282",
        misread_body(_wrong_types_dropped),
        "validation.wrong_type_is_400"),
    planted("bounds-explained-badly",
        "A value out of range is rejected without naming the parameter, in the upstream's words.", "B282",
        where(_out_of_bounds, in_errors(each_error(_badly))),
        "validation.param_named"),
    planted("unknown-effort-crashes", "An unknown reasoning_effort is a 500.", "B284",
        refusing(lambda request: asks("reasoning_effort")(request)
                and request.asked["reasoning_effort"] not in ("none", "minimal", "low", "medium", "high", "xhigh"),
                error("Internal error"), 500),
        gray=True,
        thinking=True,
        reason="what an unknown effort is answered no row of the contract says; no request asks for one"),
    planted("effort-refused", "reasoning_effort is rejected.", "B265", refuses("reasoning_effort"),
        "reasoning.efforts_are_accepted", also=("reasoning.results_after_thoughts",),
        thinking=True),
)  # fmt: skip
