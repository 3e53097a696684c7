"""Conversations with tool calls, and with images: what of them is rejected or lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from conformance.evidence.exchange import Request, list_of

from .kit import (
    JSONObject,
    asks,
    error,
    ignoring,
    is_claude,
    messages_of,
    misread_body,
    planted,
    refusing,
    roles_of,
    said,
    where,
)

Test = Callable[[Request], bool]
Change = Callable[[Any], Any]


def _both(*tests: Test) -> Test:
    return lambda request: all(test(request) for test in tests)


def _messages(document: JSONObject) -> list[JSONObject]:
    return [each for each in list_of(document.get("messages")) if isinstance(each, dict)]


def _array(*roles: str) -> Callable[[JSONObject], bool]:
    return lambda message: message.get("role") in roles and isinstance(message.get("content"), list)


def _arrays(*roles: str) -> Test:
    return lambda request: any(map(_array(*roles), messages_of(request)))


def _content(test: Callable[[JSONObject], bool], change: Change) -> Callable[[JSONObject], None]:
    """The content of messages of a kind changed before the model reads it."""

    def changed(document: JSONObject) -> None:
        for message in _messages(document):
            if test(message):
                message["content"] = change(message.get("content"))

    return changed


def _beside_calls(kind: type) -> Callable[[JSONObject], bool]:
    return lambda message: bool(message.get("tool_calls")) and isinstance(message.get("content"), kind)


def _assistant_parts(message: JSONObject) -> bool:
    return _array("assistant")(message) and not message.get("tool_calls")


def _by_position(document: JSONObject) -> None:
    """Results go to the calls in the order in which they come, whatever their ids."""
    pending: list[Any] = []
    for message in _messages(document):
        if message.get("role") == "assistant":
            pending = [each.get("id") for each in list_of(message.get("tool_calls"))]
        elif message.get("role") == "tool" and pending:
            message["tool_call_id"] = pending.pop(0)


def _orphans_as_text(document: JSONObject) -> None:
    known: set[Any] = set()
    for message in _messages(document):
        known |= {each.get("id") for each in list_of(message.get("tool_calls")) if isinstance(each, dict)}
        if message.get("role") == "tool" and message.get("tool_call_id") not in known:
            message["role"] = "user"
            del message["tool_call_id"]


def _follows(one: str, other: str) -> Test:
    return lambda request: (one, other) in pairwise(roles_of(request))


def _calls_without_tools(request: Request) -> bool:
    calling = any(each.get("tool_calls") or each.get("role") == "tool" for each in messages_of(request))
    return calling and not request.asked.get("tools")


def _without_content(request: Request) -> bool:
    return any(each.get("tool_calls") and "content" not in each for each in messages_of(request))


def _echoes(*names: str, null: bool = False) -> Test:
    """An assistant's message with one of these members, as it came in a reply."""
    return lambda request: any(
        name in each and (not null or each[name] is None)
        for each in messages_of(request)
        if each.get("role") == "assistant"
        for name in names
    )


def _system_parts(request: Request) -> bool:
    return _arrays("system")(request) and "cache_control" not in said(request)


# --- images -------------------------------------------------------------------------------------------------


def _parts(message: JSONObject) -> list[JSONObject]:
    return [each for each in list_of(message.get("content")) if isinstance(each, dict)]


def _images(message: JSONObject) -> int:
    return sum("image_url" in part for part in _parts(message))


def _with_image(request: Request) -> bool:
    return any(map(_images, messages_of(request)))


def _without_images(message: JSONObject) -> None:
    if _images(message):
        message["content"] = [each for each in _parts(message) if "image_url" not in each] or ""


def _lost_in_runs(document: JSONObject) -> None:
    """Images are lost where the user speaks twice in a row."""
    found = _messages(document)
    for one, other in pairwise(found):
        if one.get("role") == other.get("role") == "user":
            _without_images(one)
            _without_images(other)


def _earlier_lost(document: JSONObject) -> None:
    for message in _messages(document)[:-1]:
        _without_images(message)


def _all_but_the_last_lost(document: JSONObject) -> None:
    for message in [each for each in _messages(document) if _images(each)][:-1]:
        _without_images(message)


def _all_lost(document: JSONObject) -> None:
    for message in _messages(document):
        _without_images(message)


def _several(request: Request) -> bool:
    return sum(map(_images, messages_of(request))) > 1


def _earlier(request: Request) -> bool:
    return any(map(_images, messages_of(request)[:-1]))


def _alone(request: Request) -> bool:
    return any(_images(each) and not any("text" in part for part in _parts(each)) for each in messages_of(request))


_TOGETHER = error("This model requires all tool results to be in one message")
_EXTRA = {"detail": [{"type": "extra_forbidden", "loc": ["body", "messages", 1, "assistant"], "msg": "Extra inputs"}]}
FAULTS = (
    planted("results-by-position", "Tool results belong to calls by their order, not by their ids.", "B200",
        misread_body(_by_position), "tool_use.several_results"),
    planted("results-in-a-row-refused-claude", "On Claude two tool results in a row are rejected.", "B219 B298",
        refusing(_both(is_claude, _follows("tool", "tool")), _TOGETHER),
        "tool_use.several_results", also=("tool_use.empty_arguments_taken", "tool_use.odd_arguments",
        "tool_use.text_beside")),
    planted("result-parts-refused", "A tool result in parts is rejected.", "B286",
        refusing(_arrays("tool"), error("tool messages must contain string content")),
        "tool_use.several_results", "roles.text_as_parts"),
    planted("result-parts-blanked", "A tool result in parts reaches the model empty.", "B286",
        misread_body(_content(_array("tool"), lambda _: "")),
        "tool_use.several_results", also=("caching.shared_prefix_is_read", "roles.parts_cost_what_text_costs")),
    planted("result-parts-as-json", "A tool result in parts reaches the model as JSON.", "B286",
        misread_body(_content(_array("tool"), json.dumps)),
        "tool_use.several_results", also=("caching.last_breakpoint_reaches_the_end", "caching.mixed_costs_as_unmarked",
        "caching.shared_prefix_is_read", "roles.parts_cost_what_text_costs")),
    planted("result-last-part-only", "Of a tool result in parts the last reaches the model.", "B286",
        misread_body(_content(_array("tool"), lambda parts: parts[-1:])), "tool_use.several_results"),
    planted("result-first-part-only", "Of a tool result in parts the first reaches the model.", "B286",
        misread_body(_content(_array("tool"), lambda parts: parts[:1])), "tool_use.several_results"),
    planted("assistant-parts-blanked", "Parts of the assistant reach the model empty.", "B286",
        misread_body(_content(_assistant_parts, lambda _: "")), "roles.parts"),
    planted("parts-beside-calls-lost", "Parts beside tool calls are lost, text is kept.", "B286 B291",
        misread_body(_content(_beside_calls(list), lambda _: None)), "tool_use.text_beside"),
    planted("text-beside-calls-lost", "Text beside tool calls is lost.", "B291",
        misread_body(_content(_beside_calls(str), lambda _: None)), "tool_use.text_beside"),
    planted("orphan-result-taken", "A tool result without a call is treated as a user message.", "B307",
        misread_body(_orphans_as_text), "validation.unasked_result_refused"),
    planted("calls-need-tools-claude", "On Claude a history with calls is rejected where no tools are offered.", "B219",
        refusing(_both(is_claude, _calls_without_tools), error("tool calling without tools= is not supported")),
        "roles.calls_without_tools"),
    planted("content-demanded-beside-calls", "An assistant's message of calls without the member content is a 500.",
        "B287", refusing(_without_content, error("'content'", kind="internal_error"), 500),
        "served.no_server_error", also=("tool_use.several_results",)),
    planted("null-refusal-refused", "A null refusal in a message that is sent back is rejected.", "B287",
        refusing(_echoes("refusal", null=True), error("Value is not a string: null")),
        "roles.sent_back_whole"),
    planted("echoed-members-refused", "refusal and annotations in a message that is sent back are rejected.", "B299",
        refusing(_echoes("refusal", "annotations"), _EXTRA, 422),
        "roles.sent_back_whole", also=("error.error",)),
    planted("user-after-tool-refused", "A message of the user right after a tool result is rejected.", "B298",
        refusing(_follows("tool", "user"), error("Unexpected role 'user' after role 'tool'")),
        "tool_use.user_after_result", also=("tool_use.empty_arguments_taken", "tool_use.odd_arguments",
        "tool_use.several_results", "tool_use.text_beside")),
    planted("system-parts-as-object", "A system message in parts reaches the model as [object Object].", "B286",
        misread_body(_content(_array("system"), lambda parts: ",".join("[object Object]" for _ in parts))),
        "roles.parts", also=("usage.whole_prompt", "caching.",)),
    planted("system-parts-refused", "A system message in parts is rejected.", "B286",
        refusing(_system_parts, error("expected string, received array")), "roles.parts", "roles.text_as_parts"),
    planted("last-assistant-refused", "A conversation that ends with the assistant is rejected.", "B298",
        refusing(lambda request: roles_of(request)[-1:] == ["assistant"], error("The last message must be the user's")),
        gray=True, reason="no row asks for it, and models without prefill reject it"),
    planted("empty-calls-in-history-refused", "An empty list of calls in the history is rejected.", "B205",
        refusing(lambda request: any(each.get("tool_calls") == [] for each in messages_of(request)),
                 error("Empty tool_calls is not supported in message")),
        gray=True, reason="OpenAI rejects it, too"),
    planted("images-in-runs-lost", "Images are lost where two messages of the user follow each other.", "B298",
        misread_body(_lost_in_runs), "multimodal.every_image_seen"),
    planted("earlier-images-lost", "Images of earlier turns do not reach the model.", "B291",
        misread_body(_earlier_lost), "multimodal.every_image_seen"),
    planted("earlier-image-crashes", "An image of an earlier turn is a 500.",
        "B294",
        refusing(_earlier, error("Image features and image tokens do not match"), 500),
        "multimodal.every_image_seen", "served.no_server_error"),
    planted("last-image-only", "Of several images the last reaches the model.", "B290",
        misread_body(_all_but_the_last_lost), "multimodal.every_image_seen"),
    planted("several-images-refused", "More than one image is rejected.", "B294",
        refusing(_several, error("At most 1 image(s) may be provided in one request.")), "multimodal.every_image_seen"),
    planted("image-with-system-refused", "An image beside a system message is rejected.", "B294",
        refusing(lambda request: _with_image(request) and "system" in roles_of(request),
                 error("prompting with images is incompatible with system messages")), "multimodal.every_image_seen"),
    planted("image-takes-tools", "Beside an image the tools are left out.", "B240",
        where(_both(_with_image, asks("tools")), ignoring("tools", "tool_choice", "parallel_tool_calls")),
        "tools.named_is_called", "multimodal.every_image_seen", also=("caching.shared_prefix_is_read",)),
    planted("tools-take-image", "Beside tools the image is left out.", "B236",
        where(_both(_with_image, asks("tools")), misread_body(_all_lost)),
        "multimodal.every_image_seen", also=("caching.shared_prefix_is_read",)),
    planted("image-alone-refused", "A message of nothing but an image is rejected.", "B297",
        refusing(_alone, error("a text part is required")), "multimodal.every_image_seen"),
)  # fmt: skip
