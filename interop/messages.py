"""Validation of a body of Anthropic's `POST /v1/messages`."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterable
from typing import Any

from conformance.evidence.strict_json import JSONError, loads

from .prompt import markers, merged

#: The members of the body (Anthropic, Messages API reference); what is not listed is refused, as there.
MEMBERS = frozenset(
    {
        "model", "messages", "max_tokens", "cache_control", "container", "context_management",
        "inference_geo", "metadata", "output_config", "output_format", "service_tier", "speed",
        "stop_sequences", "stream", "system", "temperature", "thinking", "tool_choice", "tools", "top_k",
        "top_p",
    }
)  # fmt: skip
LARGEST_OUTPUT = 64_000
MOST_MARKERS = 4
_TTLS = ("5m", "1h")
_TOOL_NAME = re.compile("[a-zA-Z0-9_-]{1,128}")
#: What images of each media type begin with.
_IMAGES = {
    "image/jpeg": b"\xff\xd8\xff",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}
_EMPTY: tuple[Any, ...] = (None, "", [])
_NAMES = {str: "string", int: "integer", list: "list", dict: "dictionary"}
#: The blocks of messages, each with the members that it must have.
_PARTS: dict[str, dict[str, type]] = {
    "text": {"text": str},
    "image": {"source": dict},
    "document": {"source": dict},
    "tool_use": {"id": str, "name": str, "input": dict},
    "tool_result": {"tool_use_id": str},
}
_PARTS_OF_RESULTS = ("text", "image", "document")


class AnthropicError(Exception):
    """The request is not served: status, `error.type` and `error.message` of the response that says why."""

    def __init__(self, message: str, kind: str = "invalid_request_error", status: int = 400) -> None:
        super().__init__(message)
        self.message, self.kind, self.status = message, kind, status


def read(body: bytes) -> Any:
    """The value of a body in JSON. Raises AnthropicError, for half of a surrogate pair too."""
    try:
        document = loads(body)
        json.dumps(document, ensure_ascii=False).encode()
    except (JSONError, RecursionError) as error:
        raise AnthropicError(f"The request body is not valid JSON: {error}") from None
    except UnicodeEncodeError:
        raise AnthropicError("The request body is not valid JSON: no low surrogate in string") from None
    return document


def check(asked: Any) -> dict[str, Any]:
    """The body, where Anthropic would serve it, its messages merged to turns. Raises AnthropicError."""
    if not isinstance(asked, dict):
        raise AnthropicError("Input should be a valid dictionary")
    _check_scalars(asked)
    if unknown := sorted(set(asked) - MEMBERS):
        raise AnthropicError(f"{unknown[0]}: Extra inputs are not permitted")
    if not asked["model"].startswith("claude-"):
        raise AnthropicError(f"model: {asked['model']}", "not_found_error", 404)
    _check_messages(asked["messages"])
    turns = merged(asked["messages"])
    _check_results(turns)
    _check_tools(asked)
    _check_markers(list(markers(asked)))
    return asked | {"messages": turns}


def _check_scalars(asked: dict[str, Any]) -> None:
    kinds = {"model": str, "max_tokens": int, "messages": list}
    for name, kind in kinds.items():
        if name not in asked:
            raise AnthropicError(f"{name}: Field required")
        if not isinstance(asked[name], kind) or isinstance(asked[name], bool):
            raise AnthropicError(f"{name}: Input should be a valid {_NAMES[kind]}")
    if not isinstance(asked.get("stream", False), bool):
        raise AnthropicError("stream: Input should be a valid boolean")
    if not 1 <= asked["max_tokens"] <= LARGEST_OUTPUT:
        raise AnthropicError(f"max_tokens: {asked['max_tokens']} is not in the range 1 to {LARGEST_OUTPUT}")
    for name in ("temperature", "top_p"):
        value = asked.get(name)
        if value is not None and (not isinstance(value, int | float) or not 0 <= value <= 1):
            raise AnthropicError(f"{name}: range: 0..1")
    if asked.get("temperature") is not None and asked.get("top_p") is not None:
        text = "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
        raise AnthropicError(text)
    for name in ("tool_choice", "metadata", "output_config", "output_format", "cache_control"):
        if not isinstance(asked.get(name) or {}, dict):
            raise AnthropicError(f"{name}: Input should be a valid dictionary or object")
    for name in ("tools", "stop_sequences"):
        if not isinstance(asked.get(name) or [], list):
            raise AnthropicError(f"{name}: Input should be a valid list")
    _check_content(asked.get("system"), "system", ("text",))
    for index, each in enumerate(asked.get("stop_sequences") or ()):
        if not isinstance(each, str) or not each.strip():
            raise AnthropicError(f"stop_sequences.{index}: each stop sequence must contain non-whitespace")


def _check_content(content: Any, where: str, kinds: Iterable[str]) -> None:
    """A string, or a list of blocks of these kinds."""
    if not isinstance(content, str | list | None):
        raise AnthropicError(f"{where}: Input should be a valid list")
    for position, part in enumerate(content if isinstance(content, list) else ()):
        if not isinstance(part, dict):
            raise AnthropicError(f"{where}.{position}: Input should be an object")
        _check_part(part, f"{where}.{position}", kinds)


def _check_messages(messages: list[Any]) -> None:
    if not messages:
        raise AnthropicError("messages: at least one message is required")
    for index, message in enumerate(messages):
        where = f"messages.{index}"
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            raise AnthropicError(f"{where}.role: Input should be 'user' or 'assistant'")
        optional = index == len(messages) - 1 and message["role"] == "assistant"
        if message.get("content") in _EMPTY and not optional:
            text = "all messages must have non-empty content except for the optional final assistant message"
            raise AnthropicError(f"{where}: {text}")
        _check_content(message.get("content"), f"{where}.content", _PARTS)


def _check_results(turns: list[dict[str, Any]]) -> None:
    """Each call is answered in the turn after it, and nothing else is."""
    called: set[str] = set()
    for index, turn in enumerate(turns):
        answered = [part["tool_use_id"] for part in turn["content"] if part["type"] == "tool_result"]
        if strange := [each for each in answered if each not in called]:
            found = f"unexpected `tool_use_id` found in `tool_result` blocks: {strange[0]}"
            text = "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            raise AnthropicError(f"messages.{index}.content: {found}. {text}")
        if open_calls := called.difference(answered):
            text = "`tool_use` ids were found without `tool_result` blocks immediately after"
            raise AnthropicError(f"messages.{index}: {text}: {', '.join(sorted(open_calls))}")
        called = {part["id"] for part in turn["content"] if part["type"] == "tool_use"}


def _check_part(part: dict[str, Any], where: str, kinds: Iterable[str]) -> None:
    kind = part.get("type")
    if kind not in tuple(kinds):
        text = "found using 'type' does not match any of the expected tags"
        raise AnthropicError(f"{where}: Input tag '{kind}' {text}")
    for name, expected in _PARTS[kind].items():
        if name not in part:
            raise AnthropicError(f"{where}.{kind}.{name}: Field required")
        if not isinstance(part[name], expected):
            raise AnthropicError(f"{where}.{kind}.{name}: Input should be a valid {_NAMES[expected]}")
    if kind == "text" and not part["text"]:
        raise AnthropicError(f"{where.split('.')[0]}: text content blocks must be non-empty")
    if kind == "image":
        _check_image(part["source"], f"{where}.image.source")
    if kind == "tool_result":
        _check_content(part.get("content"), f"{where}.tool_result.content", _PARTS_OF_RESULTS)


def _check_image(source: dict[str, Any], where: str) -> None:
    """An image in base64. One by URL is refused: nothing is downloaded here."""
    if source.get("type") != "base64":
        raise AnthropicError(f"{where}: Unable to download the file. Please verify the URL and try again.")
    kind, data = source.get("media_type"), source.get("data")
    if kind not in _IMAGES or not isinstance(data, str):
        expected = ", ".join(f"'{each}'" for each in _IMAGES)
        raise AnthropicError(f"{where}.base64.media_type: Input should be {expected}")
    try:
        found = b64decode(data, validate=True)
    except ValueError:
        raise AnthropicError(f"{where}.base64: invalid base64 data") from None
    if not found.startswith(_IMAGES[kind]):
        raise AnthropicError("Could not process image")


def _check_tools(asked: dict[str, Any]) -> None:
    tools, choice = asked.get("tools") or [], asked.get("tool_choice")
    for index, tool in enumerate(tools):
        if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
            raise AnthropicError(f"tools.{index}.custom.name: Field required")
        if not _TOOL_NAME.fullmatch(tool["name"]):
            text = f"String should match pattern '^{_TOOL_NAME.pattern}$'"
            raise AnthropicError(f"tools.{index}.custom.name: {text}")
        if not isinstance(tool.get("input_schema"), dict):
            raise AnthropicError(f"tools.{index}.custom.input_schema: Field required")
        if tool["input_schema"].get("type") != "object":
            raise AnthropicError(f"tools.{index}.custom.input_schema.type: Input should be 'object'")
    if choice is None:
        return
    if not isinstance(choice, dict):
        raise AnthropicError("tool_choice: Input should be an object")
    if choice.get("type") not in ("auto", "any", "tool", "none"):
        expected = "'any', 'auto', 'none', 'tool'"
        raise AnthropicError(f"tool_choice: Input tag does not match any of the expected tags: {expected}")
    if not tools:
        raise AnthropicError("tool_choice may only be specified while providing tools.")
    if choice["type"] == "tool" and choice.get("name") not in [tool["name"] for tool in tools]:
        raise AnthropicError(f"Tool '{choice.get('name')}' not found in provided tools")


def _check_markers(found: list[dict[str, Any]]) -> None:
    for marker in found:
        if marker.get("type") != "ephemeral":
            raise AnthropicError("cache_control.type: Input should be 'ephemeral'")
        if marker.get("ttl", "5m") not in _TTLS:
            raise AnthropicError("cache_control.ephemeral.ttl: Input should be '5m' or '1h'")
    if len(found) > MOST_MARKERS:
        text = f"A maximum of {MOST_MARKERS} blocks with cache_control may be provided."
        raise AnthropicError(f"{text} Found {len(found)}.")
    ttls = [marker.get("ttl", "5m") for marker in found]
    if ttls != sorted(ttls):  # "1h" sorts before "5m"
        text = "A ttl='1h' cache_control block must not come after a ttl='5m' cache_control block."
        order = "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
        raise AnthropicError(f"{text} {order}")
