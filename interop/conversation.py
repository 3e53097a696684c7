"""A body of Anthropic's in OpenAI's words, in which the reference endpoint's model reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from conformance.lab.reference.recall import sentences

from .prompt import parts, text_of

_STANDING = re.compile(r"\bevery reply\b", re.IGNORECASE)
_MODES = {"any": "required", "none": "none"}


def conversation(asked: dict[str, Any]) -> dict[str, Any]:
    """The same request to `POST /v1/chat/completions`, without what limits the answer."""
    system = [{"role": "system", "content": text} for part in parts(asked.get("system")) if (text := text_of([part]))]
    said = [each for message in asked["messages"] for each in _turn(message)]
    found: dict[str, Any] = {"model": asked["model"], "messages": [*system, *said]}
    if tools := asked.get("tools"):
        found |= {"tools": [_tool(each) for each in tools]} | _choice(asked.get("tool_choice") or {"type": "auto"})
    output = (asked.get("output_config") or {}).get("format", asked.get("output_format"))
    if output is not None:
        schema = output.get("schema") if isinstance(output, dict) else None
        found["response_format"] = {"type": "json_schema", "json_schema": {"schema": schema}}
    return found


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": {"name": tool["name"], "parameters": tool["input_schema"]}}


def _choice(choice: dict[str, Any]) -> dict[str, Any]:
    named = {"type": "function", "function": {"name": choice.get("name")}}
    chosen = named if choice["type"] == "tool" else _MODES.get(choice["type"], "auto")
    return {"tool_choice": chosen, "parallel_tool_calls": not choice.get("disable_parallel_tool_use")}


def _turn(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The results of tools, each a message, before what else is said in the turn.

    A sentence about every reply is an instruction of its own, in a user's turn too: a gateway may well put a system
    message there that comes in the midst of a conversation, for Anthropic has none.
    """
    found = parts(message.get("content"))
    if message["role"] == "user":
        yield from ({"role": "system", "content": order} for part in found for order in _orders(text_of([part])))
        found = [rest for part in found if (rest := _without_orders(part))]
    for part in found:
        if part["type"] == "tool_result":
            result = text_of(part.get("content"))
            yield {"role": "tool", "tool_call_id": part["tool_use_id"], "content": result}
    said = [each for part in found for each in _part(part)]
    calls = [_call(part) for part in found if part["type"] == "tool_use"]
    if said or calls:
        yield {"role": message["role"], "content": said} | ({"tool_calls": calls} if calls else {})


def _orders(text: str) -> list[str]:
    return [each for each in sentences(text) if _STANDING.search(each)]


def _without_orders(part: dict[str, Any]) -> dict[str, Any] | None:
    """The part as it is, without the orders in it; None where it is nothing else."""
    if not _orders(text_of([part])):
        return part
    rest = " ".join(each for each in sentences(part["text"]) if not _STANDING.search(each))
    return part | {"text": rest} if rest else None


def _part(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if part["type"] == "text":
        yield {"type": "text", "text": part["text"]}
    elif part["type"] == "image":
        source = part["source"]
        yield {"type": "image_url", "image_url": {"url": f"data:{source['media_type']};base64,{source['data']}"}}


def _call(part: dict[str, Any]) -> dict[str, Any]:
    function = {"name": part["name"], "arguments": json.dumps(part["input"], ensure_ascii=False)}
    return {"id": part["id"], "type": "function", "function": function}
