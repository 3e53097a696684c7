"""Validation of a body's messages, and views of them."""

from __future__ import annotations

from typing import Any

from .images import check_image
from .refusal import Refusal, missing, unsupported, wrong_type

Message = dict[str, Any]
ROLES = ["system", "assistant", "user", "function", "tool", "developer"]
INSTRUCTING = ("system", "developer")
_PARTS = {"user": ["text", "image_url"], "assistant": ["text", "refusal"]}


def text_of(message: Message) -> str:
    """The text of a message, its parts a line each."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text") or part.get("refusal") or "" for part in content or ())


def images_of(message: Message) -> list[Message]:
    """The parts of a message that are images."""
    content = message.get("content")
    return [part for part in content if part["type"] == "image_url"] if isinstance(content, list) else []


def check_messages(messages: Any) -> None:
    """Refuse messages that OpenAI's schema refuses, and tool calls without results (contract, validation-20
    and -21). Raises Refusal."""
    if not isinstance(messages, list):
        raise wrong_type("messages", "an array of objects", messages)
    if not messages:
        text = "Expected an array with minimum length 1, but got an empty array instead."
        raise Refusal(f"Invalid 'messages': empty array. {text}", "messages", "empty_array")
    for index, message in enumerate(messages):
        _check_message(message, f"messages[{index}]")
    _check_results(messages)


def _check_message(message: Any, where: str) -> None:
    if not isinstance(message, dict):
        raise wrong_type(where, "an object", message)
    role = message.get("role")
    if role is None:
        raise missing(f"{where}.role")
    if role not in ROLES:
        raise unsupported(f"{where}.role", role, ROLES)
    if not isinstance(message.get("name", ""), str | None):
        raise wrong_type(f"{where}.name", "a string", message["name"])
    if role == "assistant":
        _check_calls(message, where)
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise missing(f"{where}.tool_call_id")
    if role == "function" and not message.get("name"):
        raise missing(f"{where}.name")
    _check_content(message, role, f"{where}.content")


def _check_content(message: Message, role: str, where: str) -> None:
    content = message.get("content")
    if isinstance(content, str):
        return
    if content is None:
        if role == "assistant" and any(message.get(name) for name in ("tool_calls", "function_call", "refusal")):
            return
        raise (wrong_type(where, "a string or an array of objects", None) if "content" in message else missing(where))
    if not isinstance(content, list):
        raise wrong_type(where, "a string or an array of objects", content)
    if not content:
        raise Refusal(f"Invalid '{where}': empty array. Expected at least one part.", where, "empty_array")
    for index, part in enumerate(content):
        _check_part(part, role, f"{where}[{index}]")


def _check_part(part: Any, role: str, where: str) -> None:
    if not isinstance(part, dict):
        raise wrong_type(where, "an object", part)
    supported = _PARTS.get(role, ["text"])
    kind = part.get("type")
    if kind not in supported:
        raise missing(f"{where}.type") if kind is None else unsupported(f"{where}.type", kind, supported)
    if kind == "image_url":
        check_image(part.get("image_url"), f"{where}.image_url")
    elif not isinstance(part.get(kind), str):
        raise (
            missing(f"{where}.{kind}") if kind not in part else wrong_type(f"{where}.{kind}", "a string", part[kind])
        )


def _check_calls(message: Message, where: str) -> None:
    calls = message.get("tool_calls")
    if calls is None:
        return
    where = f"{where}.tool_calls"
    if not isinstance(calls, list):
        raise wrong_type(where, "an array of objects", calls)
    if not calls:
        raise Refusal(f"Invalid '{where}': empty array. Expected at least one call.", where, "empty_array")
    for index, call in enumerate(calls):
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(call.get("id"), str):
            raise Refusal(f"'{where}[{index}]' needs an id and a function.", f"{where}[{index}]", "invalid_type")
        for name in ("name", "arguments"):
            if not isinstance(function.get(name), str):
                raise missing(f"{where}[{index}].function.{name}")


def _check_results(messages: list[Message]) -> None:
    """Every call of a tool is answered before anything else is said, and nothing else is answered."""
    open_calls: list[str] = []
    asked: list[str] = []
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in asked:
                text = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
                raise Refusal(f"Invalid parameter: {text}", f"messages[{index}].role")
            open_calls = [each for each in open_calls if each != message["tool_call_id"]]
            continue
        _check_none_open(open_calls, index)
        asked = open_calls = [call["id"] for call in message.get("tool_calls") or ()]
    _check_none_open(open_calls, len(messages))


def _check_none_open(open_calls: list[str], index: int) -> None:
    if open_calls:
        text = "An assistant message with 'tool_calls' must be followed by tool messages responding to each"
        listed = ", ".join(open_calls)
        raise Refusal(
            f"{text} 'tool_call_id'. The following tool_call_ids did not have response messages: {listed}",
            f"messages[{index}].role" if index else "messages",
        )
