"""What the pretended model says: what it is told to, every time the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from conformance.reference.facts import facts, subjects
from conformance.reference.generate import instance
from conformance.reference.patterns import Unwritable
from conformance.reference.tokens import count, pieces

from .messages import AnthropicError, parts, text_of

_COUNT = re.compile(r"count from (\d+) to (\d+)", re.IGNORECASE)
_ECHO = re.compile(r"\A(?:say|repeat|reply)\b[^:\n]*:\s*(.*)\Z", re.IGNORECASE | re.DOTALL)
_SAY = re.compile(r"\Asay (.+)\Z", re.IGNORECASE | re.DOTALL)
_KEYS = re.compile(r"JSON object with keys (\w+(?:, \w+)* and \w+)", re.IGNORECASE)
_SHELF = re.compile(r"which shelf holds parcel (\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Turn:
    """The content of a message, why it ended, and its tokens."""

    content: list[dict[str, Any]]
    stop_reason: str
    stop_sequence: str | None
    tokens: int


def speak(asked: dict[str, Any]) -> Turn:
    """Answer a checked body, within its limit and up to its first stop sequence."""
    left, content = asked["max_tokens"], []
    for block in _say(asked):
        if block["type"] == "text":
            said, sequence = _stopped(block["text"], asked.get("stop_sequences") or [])
            fitting = pieces(said)[:left]
            left -= len(fitting)
            if fitting:
                content.append(block | {"text": "".join(fitting)})
            if "".join(fitting) != said:
                return Turn(content, "max_tokens", None, asked["max_tokens"])
            if sequence is not None:
                return Turn(content, "stop_sequence", sequence, asked["max_tokens"] - left)
        else:
            cost = count(block["name"]) + count(written(block["input"]))
            if cost > left:
                return Turn(content, "max_tokens", None, asked["max_tokens"])
            left -= cost
            content.append(block)
    calls = any(block["type"] == "tool_use" for block in content)
    return Turn(content, "tool_use" if calls else "end_turn", None, max(1, asked["max_tokens"] - left))


def written(value: Any) -> str:
    """JSON as the model writes it."""
    return json.dumps(value, ensure_ascii=False)


def _stopped(text: str, sequences: list[str]) -> tuple[str, str | None]:
    """The text before whichever sequence comes first, and that sequence."""
    found = min(((text.find(each), each) for each in sequences if each in text), default=None)
    return (text[: found[0]], found[1]) if found else (text, None)


def _say(asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    choice = asked.get("tool_choice") or {"type": "auto"}
    tools = asked.get("tools") or []
    told = text_of(asked["messages"][-1]["content"])
    if results := _results(asked["messages"][-1]["content"]):
        yield {"type": "text", "text": f"The tool says: {results}"}
    elif tools and choice["type"] in ("any", "tool"):
        chosen = [tool for tool in tools if tool["name"] == choice.get("name", tool["name"])]
        yield from _calls(chosen, choice, told)
    elif tools and choice["type"] == "auto" and (wanted := [tool for tool in tools if _fits(tool, told)]):
        yield {"type": "text", "text": "I'll look that up."}
        yield from _calls(wanted, choice, told)
    else:
        yield {"type": "text", "text": _text(asked, told)}


def _fits(tool: dict[str, Any], told: str) -> bool:
    """Whether the text speaks of what the tool is named after, or asks for a tool whatever it is."""
    return "use the tool" in told.lower() or _is_named(tool, told)


def _is_named(tool: dict[str, Any], told: str) -> bool:
    return any(word in told.lower() for word in tool["name"].lower().split("_") if len(word) > 3)


def _calls(tools: list[dict[str, Any]], choice: dict[str, Any], told: str) -> Iterator[dict[str, Any]]:
    """One call for each thing that the text is about, of the tool that fits it best."""
    tool = next((each for each in tools if _is_named(each, told)), tools[0])
    about: list[str | None] = [*subjects(told)] if len(tool["input_schema"].get("required", ())) == 1 else []
    for subject in (about or [None])[: 1 if choice.get("disable_parallel_tool_use") else None]:
        value = _instance(tool["input_schema"], told, subject, f"tools: {tool['name']}.input_schema")
        yield {"type": "tool_use", "id": f"toolu_01{uuid4().hex[:22]}", "name": tool["name"], "input": value}


def _instance(schema: Any, told: str, first: str | None, where: str) -> Any:
    """A value by the schema, with what was told in it."""
    try:
        return instance(schema, facts(told, first=first))
    except (Unwritable, TypeError, AttributeError) as reason:
        raise AnthropicError(f"{where}: {reason}") from None


def _results(content: Any) -> str:
    found = [part.get("content", "") for part in parts(content) if part["type"] == "tool_result"]
    return "; ".join(text_of(each) for each in found)


def _text(asked: dict[str, Any], told: str) -> str:
    output = (asked.get("output_config") or {}).get("format", asked.get("output_format"))
    if output is not None:
        schema = output.get("schema") if isinstance(output, dict) else None
        return written(_instance(schema, told, None, "output_config.format.schema"))
    if found := _COUNT.search(told):
        return "\n".join(str(number) for number in range(int(found[1]), int(found[2]) + 1))
    if found := _KEYS.search(told):
        return written({name: number for number, name in enumerate(re.split(", | and ", found[1]), 1)})
    if found := _ECHO.match(told) or _SAY.match(told):
        return found[1]
    if found := _SHELF.search(told):
        shelf = re.search(rf"parcel {found[1]} under shelf (\d+)", text_of(asked.get("system")))
        return f"Shelf {shelf[1]}." if shelf else "I do not know that parcel."
    return "OK."
