"""Conversations that are rejected or lose messages on their way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from conformance.contract.faults import put
from conformance.evidence.exchange import Exchange, Request, list_of

from .kit import (
    JSONObject,
    Wrap,
    answering,
    asks,
    error,
    lift,
    messages_of,
    misread_body,
    planted,
    refusing,
    roles_of,
    stack,
    where,
)

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")


def _parts(request: Request) -> bool:
    return any(isinstance(each.get("content"), list) for each in messages_of(request))


def _text_parts(request: Request) -> bool:
    return any(
        isinstance(each.get("content"), list) and each.get("role") == "user" and "cache_control" not in str(each)
        for each in messages_of(request)
    )


def _null_content(request: Request) -> bool:
    return any(each.get("role") == "assistant" and each.get("content") is None for each in messages_of(request))


def _role(*names: str) -> Callable[[Request], bool]:
    return lambda request: any(each in names for each in roles_of(request))


def _late_system(request: Request) -> bool:
    """A system message that is not the first."""
    return any(each in ("system", "developer") for each in roles_of(request)[1:])


def _leading(document: JSONObject) -> list[JSONObject]:
    return [each for each in list_of(document.get("messages")) if isinstance(each, dict)]


def _last_system_only(document: JSONObject) -> None:
    found = [each for each in _leading(document) if each.get("role") in ("system", "developer")]
    if len(found) > 1:
        document["messages"] = [each for each in document["messages"] if each not in found[:-1]]


def _first_system_only(document: JSONObject) -> None:
    found = [each for each in _leading(document) if each.get("role") in ("system", "developer")]
    if len(found) > 1:
        document["messages"] = [each for each in document["messages"] if each not in found[1:]]


def _no_system(document: JSONObject) -> None:
    kept = [each for each in _leading(document) if each.get("role") not in ("system", "developer")]
    if kept:
        document["messages"] = kept


def _no_developer(document: JSONObject) -> None:
    kept = [each for each in _leading(document) if each.get("role") != "developer"]
    if kept:
        document["messages"] = kept


def _last_message_only(document: JSONObject) -> None:
    found = _leading(document)
    if len(found) > 1 and all(each.get("role") in ("user", "assistant", "system") for each in found):
        document["messages"] = [found[-1]]


def _unknown_roles_dropped(document: JSONObject) -> None:
    kept = [each for each in _leading(document) if each.get("role") in _ROLES]
    if kept:
        document["messages"] = kept


def _first_part_only(document: JSONObject) -> None:
    for message in _leading(document):
        if isinstance(message.get("content"), list) and "cache_control" not in str(message):
            message["content"] = message["content"][:1]


def _images(request: Request) -> list[str]:
    parts = [part for each in messages_of(request) for part in list_of(each.get("content")) if isinstance(part, dict)]
    images = [part["image_url"] for part in parts if isinstance(part.get("image_url"), dict)]
    return [str(each.get("url")) for each in images]


def _empty_text(request: Request) -> bool:
    """An empty text part, or an empty content beside tool calls."""
    contents = [each.get("content") for each in messages_of(request)]
    parts = [part for content in contents for part in list_of(content) if isinstance(part, dict)]
    return any(part.get("text") == "" for part in parts) or any(
        each.get("content") == "" and each.get("tool_calls") for each in messages_of(request)
    )


def _repeated(request: Request) -> bool:
    return any(one == other and one in ("user", "assistant") for one, other in pairwise(roles_of(request)))


def _empty_assistant(request: Request) -> bool:
    return any(each.get("role") == "assistant" and each.get("content") == "" for each in messages_of(request))


def _named(request: Request) -> bool:
    return any(each.get("name") for each in messages_of(request) if each.get("role") != "function")


def _as_text(code: int, text: str) -> Callable[[Exchange], Exchange]:
    def fault(exchange: Exchange) -> Exchange:
        found = answering(code, None)(exchange)
        others = [pair for pair in found.headers if not pair[0].startswith("content-")]
        fields = (("content-type", "text/plain"), ("content-length", str(len(text))), *others)
        return Exchange(found.request, code, fields, ((0.02, text.encode()),), started=exchange.started, seconds=0.02)

    return fault


def _in_text(condition: Callable[[Request], bool], code: int, text: str) -> Wrap:
    """These requests are rejected in plain text, unless they are rejected rightly."""
    refused = _as_text(code, text)
    return where(condition, lift(lambda exchange: refused(exchange) if exchange.succeeded else exchange))


def _unanswerable(document: JSONObject) -> None:
    """An empty conversation is answered all the same."""
    if document.get("messages") == []:
        document["messages"] = [{"role": "user", "content": "Hello."}]


def _any_content(document: JSONObject) -> None:
    for message in _leading(document):
        if message.get("role") == "user" and message.get("content") is None:
            message["content"] = ""


def _no_content(request: Request) -> bool:
    return any(each.get("role") == "user" and each.get("content") is None for each in messages_of(request))


def in_place_of_refusal(condition: Callable[[Request], bool], status: int, document: Any) -> Wrap:
    """These requests are rejected as they should be, but in another way."""

    def fault(exchange: Exchange) -> Exchange:
        return answering(status, document)(exchange) if exchange.refused and exchange.status < 500 else exchange

    return where(lambda request: request.credentials == "valid" and condition(request), lift(fault))


_JSON_TYPE = "[json.exception.type_error.302] type must be string, but is array"
_ROLE = "developer is not one of ['system', 'assistant', 'user', 'tool', 'function']"
_FILTERED = {
    "object": "error",
    "message": "Invalid assistant message",
    "type": "BadRequestError",
    "param": None,
    "code": 400,
}

FAULTS = (
    planted("content-parts-crash", "Content in parts is a 500 in plain text.", "B286", _in_text(_text_parts, 500,
        _JSON_TYPE),
        "served.no_server_error", "roles.parts", "errors.server_error_is_json", "errors.media_type",
        also=("multimodal.", "roles.", "unknown.")),
    planted("content-parts-cut", "Only the first part of a content reaches the model.", "B286",
        misread_body(_first_part_only),
        "roles.parts", also=("caching.mixed_costs_as_unmarked", "multimodal.", "roles.",
        "security.internal_image_refused", "tool_use.several_results")),
    planted("null-content-refused", "An assistant message without content beside tool calls is rejected.", "B287",
        refusing(_null_content, error("Invalid content: content field must be a string or an array of objects")),
        "tool_use.round_trip", also=("tool_use.odd_arguments", "tool_use.several_results",
        "tool_use.user_after_result")),
    planted("developer-refused", "The role developer is rejected.", "B288", refusing(_role("developer"), error(_ROLE)),
        "roles.developer"),
    planted("developer-dropped", "Messages of the developer do not reach the model.", "B288",
        misread_body(_no_developer),
        "roles.developer"),
    planted("second-system-refused", "A system message that is not the first is rejected.", "B289",
        refusing(_late_system, error("System message must be at the beginning.")),
        "roles.every_system"),
    planted("second-system-crashes", "A system message that is not the first is a 500.", "B289",
        refusing(_late_system, error("System message must be at the beginning."), 500),
        "roles.every_system", "served.no_server_error"),
    planted("last-system-only", "Only the last of several system messages reaches the model.", "B290",
        misread_body(_last_system_only),
        "roles.every_system"),
    planted("first-system-only", "Only the first of several system messages reaches the model.", "B290",
        misread_body(_first_system_only),
        "roles.every_system"),
    planted("system-dropped", "System messages do not reach the model.", "B291", misread_body(_no_system),
        "roles.system", "roles.system_streamed", "roles.every_system", also=("usage.whole_prompt", "caching.",
        "tool_use.system_beside_tools")),
    planted("system-dropped-with-tools", "Where there are tools, system messages do not reach the model.", "B291",
        where(asks("tools"), misread_body(_no_system)),
        "tool_use.system_beside_tools", also=("usage.whole_prompt", "caching.",)),
    planted("system-dropped-streamed", "In streams system messages do not reach the model.", "B291",
        where(lambda request: request.streams, misread_body(_no_system)),
        "roles.system_streamed", also=("usage.whole_prompt", "caching.", "roles.")),
    planted("history-dropped", "Only the last message reaches the model.", "B291", misread_body(_last_message_only),
        "roles.conversation",
        also=("usage.whole_prompt", "multimodal.every_image_seen", "roles.", "validation.unanswered_call_refused")),
    planted("image-address-refused", "An image at an address is rejected in plain text.", "B294",
        where(lambda request: any(each.startswith("http") for each in _images(request)),
             lift(_as_text(400, "external image URLs are not supported"))),
        "errors.refusal_is_json", "errors.media_type"),
    planted("images-refused", "Images are rejected in plain text.", "B294",
        _in_text(lambda request: bool(_images(request)), 400, "image URLs are not supported"),
        "errors.refusal_is_json", "errors.media_type"),
    planted("empty-text-refused", "Empty text is rejected.", "B297",
        refusing(_empty_text, error("messages: text content blocks must be non-empty")),
        "roles.empty_contents"),
    planted("alternation-demanded", "Two messages of one role in a row are rejected.", "B298",
        refusing(_repeated, error("roles should be alternating.", code=400, kind="invalid_message")),
        "roles.no_alternation", also=("error.error.code", "multimodal.every_image_seen")),
    planted("message-names-refused", "Names of messages are rejected.", "B299",
        refusing(_named, {"code": "Client specified an invalid argument", "error": "Only role user can have a name."}),
        "roles.names", also=("error.error",)),
    planted("message-names-misread", "Names of messages are rejected, as a parameter that was never sent.", "B300",
        refusing(_named, error("Unknown parameter: 'input[0].name'.", "input[0].name", "unknown_parameter")),
        "roles.names"),
    planted("empty-assistant-refused", "An empty message of the assistant is rejected.", "B305",
        refusing(_empty_assistant, _FILTERED),
        "roles.empty_contents", also=("error.error",)),
    planted("unknown-roles-dropped", "Messages of an unknown role are left out.", "B307",
        misread_body(_unknown_roles_dropped),
        "validation.role_refused"),
    planted("system-demanded", "A conversation without a system message is rejected.", "B308",
        refusing(lambda request: bool(roles_of(request)) and "system" not in roles_of(request),
                {"detail": "Instructions are required"}),
        "sampling.minimal", also=("auth.", "caching.", "error.", "idempotence.", "isolation.", "robust.", "roles.",
        "sampling.", "schemas_followed.", "tool_use.", "transport.", "unknown.", "validation.")),
    planted("empty-conversation-answered", "An empty list of messages is answered.", "B343",
        stack(misread_body(_unanswerable),
             where(lambda request: request.asked.get("messages") == [], lift(put("usage.prompt_tokens", 0)))),
        "validation.messages_not_empty"),
    planted("missing-messages-misreported", "Missing messages are called an unknown model.", "B345",
        in_place_of_refusal(lambda request: not isinstance(request.asked.get("messages"), list) and bool(request.asked),
        404,
                           error("No active credentials for provider", code="model_not_found")),
        "validation.lacking_is_400", also=("validation.wrong_type_is_400",)),
    planted("missing-content-late", "A user message without content fails late, and not with an error object.", "B346",
        in_place_of_refusal(_no_content, 422, {"code": 422, "details": "... list index out of range"}),
        "error.error"),
    planted("missing-content-crashes", "A user message without content is a 500.", "B346",
        in_place_of_refusal(_no_content, 500, error("Internal error")),
        "errors.mistake_is_4xx", "validation.content_required", also=("validation.streamed_mistake_has_status",)),
    planted("missing-content-answered", "A user message without content is answered.", "B346",
        misread_body(_any_content),
        "validation.content_required"),
    planted("body-not-an-object-crashes", "A body that is no object is a 500.", "B348",
        in_place_of_refusal(lambda request: request.document is None or not isinstance(request.document, dict), 500,
                           error("Internal error")),
        "validation.body_is_object", "errors.mistake_is_4xx", also=("robust.", "validation.")),
)  # fmt: skip
