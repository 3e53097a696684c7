"""Members and parts of a request that are accepted and not obeyed, and valid variants that are rejected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from conformance.contract.faults import content, header, status
from conformance.evidence.exchange import Exchange, Request, list_of
from conformance.evidence.send import Send

from .kit import (
    LARGE,
    JSONObject,
    Wrap,
    answering,
    asks,
    each_choice,
    error,
    in_errors,
    is_claude,
    lift,
    messages_of,
    misread,
    misread_body,
    planted,
    refusing,
    where,
)
from .refusals import both, format_of, streaming

Condition = Callable[[Request], bool]

# --- members that are not obeyed ----------------------------------------------------------------------------------


def _blank_stops_dropped(document: JSONObject) -> None:
    stop = document.get("stop")
    kept = [each for each in ([stop] if isinstance(stop, str) else list_of(stop)) if str(each).strip()]
    document["stop"] = kept or None


def _stops_stripped(document: JSONObject) -> None:
    stop = document.get("stop")
    if stop is not None:
        kept = [each.strip() for each in ([stop] if isinstance(stop, str) else list_of(stop)) if isinstance(each, str)]
        document["stop"] = [each for each in kept if each] or None


def _unlikely(choice: JSONObject) -> None:
    """Another token was likelier than the one that was taken."""
    logprobs = choice.get("logprobs")
    for entry in list_of(logprobs.get("content")) if isinstance(logprobs, dict) else []:
        if entry.get("top_logprobs"):
            likelier = entry["top_logprobs"][0] | {"token": " other", "bytes": list(b" other"), "logprob": -0.2}
            entry.update(logprob=-2.5, top_logprobs=[likelier, *entry["top_logprobs"][1:]])


def _no_alternatives(choice: JSONObject) -> None:
    logprobs = choice.get("logprobs")
    for entry in list_of(logprobs.get("content")) if isinstance(logprobs, dict) else []:
        entry["top_logprobs"] = []


def capped(limit: int, name: str = "max_tokens") -> Callable[[JSONObject], None]:
    """No more than this is written, whatever was asked for."""

    def change(document: JSONObject) -> None:
        given = [document[each] for each in ("max_tokens", "max_completion_tokens") if document.get(each) is not None]
        if all(isinstance(each, int) and not isinstance(each, bool) and each > limit for each in given):
            document.pop("max_completion_tokens", None)
            document[name] = limit

    return change


def _if_streamed(change: Callable[[JSONObject], object]) -> Callable[[JSONObject], None]:
    def changed(document: JSONObject) -> None:
        if document.get("stream") is True:
            change(document)

    return changed


def without(*names: str) -> Callable[[JSONObject], None]:
    """Members that are passed over."""

    def change(document: JSONObject) -> None:
        for name in names:
            document.pop(name, None)

    return change


# --- parts that are dropped ---------------------------------------------------------------------------------------


def keeping(condition: Callable[[JSONObject], bool]) -> Callable[[JSONObject], None]:
    """Parts of which the condition does not hold are left out, unless none is left."""

    def change(document: JSONObject) -> None:
        for message in list_of(document.get("messages")):
            parts = message.get("content") if isinstance(message, dict) else None
            if isinstance(parts, list):
                kept = [each for each in parts if not isinstance(each, dict) or condition(each)]
                message["content"] = kept or parts

    return change


def _is_known(part: JSONObject) -> bool:
    return part.get("type") in ("text", "image_url", "refusal", "input_audio", "file")


def _has_text(part: JSONObject) -> bool:
    return part.get("type") != "text" or isinstance(part.get("text"), str)


def _is_no_image(part: JSONObject) -> bool:
    return part.get("type") != "image_url"


def _is_sound(part: JSONObject) -> bool:
    image = part.get("image_url")
    return _is_no_image(part) or str(image.get("url") if isinstance(image, dict) else "")[-4:] != "AAAA"


def _of_claude(change: Callable[[JSONObject], object]) -> Callable[[JSONObject], None]:
    def changed(document: JSONObject) -> None:
        if "claude" in str(document.get("model")):
            change(document)

    return changed


# --- prompts that are too long ------------------------------------------------------------------------------------


def _is_long(request: Request) -> bool:
    return len(request.body) > LARGE // 4 and request.asked.get("messages") is not None


def _cut(request: Request) -> Request:
    """The end of a prompt that is too long is cut off."""
    if not _is_long(request):
        return request
    words = b"a " * 200_000
    return replace(request, body=request.body.replace(words, b"", 1))


def overflowing(change: Callable[[Exchange], Exchange]) -> Wrap:
    """What a prompt that is too long is answered."""
    return where(_is_long, lift(change))


def _emptied(exchange: Exchange) -> Exchange:
    return header("content-length", "0")(content(b"")(status(200)(exchange)))


# --- variants that are rejected -----------------------------------------------------------------------------------


def _given(name: str, value: Any) -> Condition:
    """Whether a member is given with this value, and not with one that is equal to it, as 0 is to false."""

    def given(request: Request) -> bool:
        found = request.asked.get(name)
        return type(found) in (type(value), float) and found == value

    return given


def _null(name: str) -> Condition:
    return lambda request: name in request.asked and request.asked[name] is None


def _parts_of(*roles: str) -> Condition:
    return lambda request: any(
        each.get("role") in roles and isinstance(each.get("content"), list) for each in messages_of(request)
    )


def _marked(*roles: str) -> Condition:
    """Whether a cache breakpoint stands in a message of these roles."""
    return lambda request: any(
        each.get("role") in roles and "'cache_control'" in str(each) for each in messages_of(request)
    )


def _marked_tool(request: Request) -> bool:
    return any("cache_control" in each for each in list_of(request.asked.get("tools")) if isinstance(each, dict))


def _ttl(*values: Any) -> Condition:
    return lambda request: any(f"'ttl': {each!r}" in str(request.asked) for each in values)


def _anywhere(request: Request) -> bool:
    return b'"cache_control"' in request.body


def _part_overhead(document: JSONObject) -> None:
    """Each part becomes a message of its own."""
    found: list[JSONObject] = []
    for message in list_of(document.get("messages")):
        parts = message.get("content") if isinstance(message, dict) else None
        if isinstance(parts, list) and message.get("role") in ("user", "system"):
            found += [{"role": message["role"], "content": "part of a message: text"}]
        found.append(message)
    document["messages"] = found


# --- errors under another name, and other routes ------------------------------------------------------------------

_QUOTA = error(
    "You exceeded your current quota, please check your plan and billing details.", kind="insufficient_quota"
)
_UPSTREAM = error("bad response status code 400: invalid_request_error: max_tokens is wrong", kind="upstream_error")


def _passed_on(exchange: Exchange) -> Exchange:
    return answering(502, _UPSTREAM)(exchange) if exchange.status == 400 else exchange


def _alias(send: Send) -> Send:
    """A route of an older API leads to the model and past the key."""

    def faulty(request: Request) -> Exchange:
        if not request.path.startswith("/engines/"):
            return send(request)
        understood = replace(request, path="/chat/completions", credentials="valid")
        return replace(send(understood), request=request)

    return faulty


def _query_wins(request: Request) -> Request:
    """A model in the query of the URL takes the place of that of the body."""
    path, _, query = request.path.partition("?")
    if path != "/chat/completions" or "model=" not in query or not request.asked:
        return request
    return replace(
        request,
        path=path,
        body=request.body.replace(b"no-such-model-phanedge-conformance", unquote(query[6:]).encode()),
    )


FAULTS = (
    planted("blank-stops-dropped", "Stop sequences of white space are passed over.", "B249",
        misread_body(_blank_stops_dropped),
        "sampling.line_end_stops"),
    planted("stops-stripped", "White space around stop sequences is stripped.", "B249",
        misread_body(_stops_stripped),
        "sampling.line_end_stops"),
    planted("temperature-zero-taken-for-absent", "A temperature of 0 is passed over, so that any token is taken.",
        "B282",
        where(both(_given("temperature", 0), asks("top_logprobs")), lift(each_choice(_unlikely))),
        "sampling.zero_takes_the_likeliest"),
    planted("temperature-never-passed-on", "The temperature is passed over in streams.", "B282",
        where(both(_given("temperature", 0), asks("top_logprobs"), streaming), lift(each_choice(_unlikely))),
        "sampling.zero_takes_the_likeliest"),
    planted("top-logprobs-dropped", "Log probabilities come without alternatives.", "B258",
        where(asks("top_logprobs"), lift(each_choice(_no_alternatives))),
        "logprobs.alternatives_given"),
    planted("n-dropped-in-streams", "n is ignored in streams.", "B282", misread_body(_if_streamed(without("n"))),
        "choices.as_many_as_asked"),
    planted("default-limit-of-256", "Without a limit 256 tokens are written.", "B282",
        misread_body(lambda document: None if any(document.get(each) is not None for each in
            ("max_tokens", "max_completion_tokens")) else document.update(max_tokens=256)),
        "sampling.minimal", also=("sampling.end_is_stop",)),
    planted("larger-limits-lowered", "No more than 128 tokens are written, whatever the limit is.", "B282",
        misread_body(capped(128)),
        "sampling.length_is_the_limit", also=("sampling.",)),
    planted("larger-limits-lowered-in-streams", "In streams no more than 128 tokens are written.", "B282",
        misread_body(_if_streamed(capped(128))),
        "sampling.length_is_the_limit", also=("equivalence.",)),
    planted("json-schema-dropped-in-streams", "A schema for the output is passed over in streams.", "B242",
        where(both(streaming, format_of("json_schema")), misread_body(without("response_format"))),
        "structured_output.follows_schema_streamed", also=("caching.automatic_beside_is_constant",
        "caching.choices_share_the_cache", "caching.prompt_beside_is_constant",
        "caching.read_beside_is_what_was_written", "equivalence.", "tool_use.beside_format")),
    planted("json-mode-dropped", "JSON mode is passed over.", "B242",
        where(format_of("json_object"), misread_body(without("response_format"))),
        "schemas_followed.json_unsaid"),
    planted("tool-choice-dropped-in-streams", "tool_choice is passed over in streams.", "B185",
        misread_body(_if_streamed(without("tool_choice"))),
        "tools.named_is_called", "tools.none_is_none", "tools.required_is_required", also=("equivalence.",
        "tool_use.")),
    planted("foreign-parts-dropped", "A content part of an unknown type is left out.", "B307",
        misread_body(keeping(_is_known)),
        "roles.no_part_dropped"),
    planted("foreign-parts-dropped-claude", "On Claude a content part of an unknown type is left out.", "B307",
        misread_body(_of_claude(keeping(_is_known))),
        "roles.no_part_dropped"),
    planted("parts-without-text-dropped", "A text part whose text stands under another name is left out.", "B307",
        misread_body(keeping(_has_text)),
        "roles.no_part_dropped"),
    planted("images-dropped", "Images are left out.", "B307", misread_body(keeping(_is_no_image)),
        "multimodal.no_image_dropped", also=("caching.shared_prefix_is_read", "multimodal.", "security.")),
    planted("images-dropped-claude", "On Claude images are left out.", "B307",
        misread_body(_of_claude(keeping(_is_no_image))),
        "multimodal.no_image_dropped", also=("caching.shared_prefix_is_read", "multimodal.", "security.")),
    planted("broken-images-dropped", "An image that cannot be read is left out.", "B307",
        misread_body(keeping(_is_sound)),
        "multimodal.broken_image_refused"),
    planted("long-prompts-cut", "What does not fit the context is cut off.", "B338", misread(_cut),
        "validation.overflow_refused", also=("robust.huge_body",)),
    planted("overflow-empty", "A prompt that is too long is a 200 without content.", "B338", overflowing(_emptied),
        "validation.overflow_refused", also=("robust.huge_body",)),
    planted("overflow-crashes", "A prompt that is too long is a 500.", "B340",
        overflowing(answering(500, error("Internal server error", kind="server_error"))),
        "validation.overflow_refused", also=("robust.huge_body",)),
    planted("overflow-bad-gateway", "A prompt that is too long is a 502.", "B340",
        overflowing(answering(502, _UPSTREAM)),
        "validation.overflow_refused", also=("robust.huge_body",)),
    planted("default-n-refused", "n of 1 is rejected.", "B282", refusing(_given("n", 1), error("n is not supported")),
        "validation.defaults_accepted", also=("unknown.options_of_openai",)),
    planted("default-penalties-refused", "Penalties of 0 are rejected.", "B282",
        refusing(lambda request: any(_given(f"{each}_penalty", 0)(request) for each in ("presence", "frequency")),
            error("Penalty is not enabled for this model")),
        "validation.defaults_accepted", also=("unknown.options_of_openai",)),
    planted("default-logprobs-refused", "logprobs of false is rejected.", "B282",
        refusing(_given("logprobs", False), error("logprobs is not supported")),
        "validation.defaults_accepted", also=("unknown.options_of_openai",)),
    planted("default-format-refused", "A response_format of text is rejected.", "B282",
        refusing(format_of("text"), error("response_format: expected json_object")),
        "validation.defaults_accepted", "schemas_followed.text_is_default", also=("unknown.options_of_openai",)),
    planted("default-modalities-refused", "modalities of text alone is rejected.", "B282",
        refusing(lambda request: request.asked.get("modalities") == ["text"], error("modalities: unknown")),
        "validation.defaults_accepted", also=("unknown.options_of_openai",)),
    planted("null-modalities-refused", "modalities of null is rejected.", "B244",
        refusing(_null("modalities"), error("modalities must be an array")),
        "validation.nulls_accepted"),
    planted("null-seed-crashes", "seed of null is a 500.", "B244",
        refusing(_null("seed"), error("Internal error"), 500),
        "validation.nulls_accepted", "served.no_server_error"),
    planted("assistant-parts-refused", "Parts are rejected in messages of the assistant.", "B282",
        refusing(_parts_of("assistant"), error("messages[2].content must be a string")),
        "roles.text_as_parts", also=("roles.parts", "tool_use.")),
    planted("developer-parts-refused", "Parts are rejected in messages of the developer.", "B282",
        refusing(_parts_of("developer"), error("messages[0].content must be a string")),
        "roles.text_as_parts"),
    planted("tool-parts-refused", "Parts are rejected in the results of tools.", "B282",
        refusing(_parts_of("tool"), error("messages[3].content must be a string")),
        "roles.text_as_parts", also=("tool_use.",)),
    planted("parts-counted-as-messages", "Each message with parts counts more than one with the same text.", "B048",
        misread_body(_part_overhead),
        "roles.parts_cost_what_text_costs"),
    planted("breakpoints-refused-claude", "On Claude cache_control is rejected everywhere.", "B433",
        refusing(both(is_claude, _anywhere), error("cache_control: Extra inputs are not permitted")),
        "caching.marked_places", also=("caching.",)),
    planted("breakpoints-of-tools-refused-claude", "On Claude cache_control is rejected on tools.", "B433",
        refusing(both(is_claude, _marked_tool), error("tools[0].cache_control: Extra inputs are not permitted")),
        "caching.marked_places"),
    planted("breakpoints-of-users-refused-claude", "On Claude cache_control is rejected in user messages.", "B433",
        refusing(both(is_claude, _marked("user")), error("cache_control: Extra inputs are not permitted")),
        "caching.marked_places", also=("caching.",)),
    planted("breakpoints-of-results-refused-claude", "On Claude cache_control is rejected in results of tools.", "B433",
        refusing(both(is_claude, _marked("tool")), error("cache_control: Extra inputs are not permitted")),
        "caching.marked_places"),
    planted("ttl-of-5m-refused-claude", "On Claude a ttl of 5m is rejected.", "B427",
        refusing(both(is_claude, _ttl("5m")), error("cache_control.ttl: Extra inputs are not permitted")),
        "caching.marked_places"),
    planted("ttl-of-1h-refused-claude", "On Claude a ttl of 1h is rejected.", "B427",
        refusing(both(is_claude, _ttl("1h")), error("cache_control.ttl: Extra inputs are not permitted")),
        "caching.marked_places"),
    planted("ttl-null-free-refused-claude", "On Claude cache_control without a ttl is rejected.", "B427",
        refusing(both(is_claude, _anywhere, lambda request: b'{"type": "ephemeral"}' in request.body),
            error("cache_control.ttl: Field required")),
        "caching.marked_places", also=("caching.",)),
    planted("mistakes-found-upstream-are-502", "What the upstream rejects as a mistake is a 502.", "B336",
        in_errors(_passed_on),
        "errors.refusal_keeps_its_class", "errors.mistake_is_4xx", also=("caching.", "choices.", "equivalence.",
        "errors.", "multimodal.", "ratelimit.", "robust.", "schemas_followed.", "security.", "stop.", "streaming.",
        "tools.", "unknown.", "validation.")),
    planted("quota-as-a-wrong-key", "An exhausted quota is answered as a wrong key is.", "B354",
        refusing(both(_given("n", 2), lambda request: not request.streams), _QUOTA, 401),
        "errors.quota_is_no_401",
        also=("errors.accepted_key_is_no_401",)),
    planted("older-route-without-a-key", "A route of an older API answers without a key.", "B375", _alias,
        "security.aliases_need_the_key"),
    planted("model-in-the-query", "The model of the body gives way to one in the query of the URL.", "B019",
        misread(_query_wins),
        "security.body_names_the_model"),
)  # fmt: skip
