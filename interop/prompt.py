"""The prompt of a body of Anthropic's, as blocks with cache markers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from conformance.lab.reference.prompt import Block
from conformance.lab.reference.tokens import pieces


def parts(content: Any) -> list[dict[str, Any]]:
    """The blocks of a content, one block of text where it is a string."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return list(content or ())


def merged(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The turns: "Consecutive `user` or `assistant` turns in your request will be combined into a single turn."
    (Anthropic, Messages API reference, `messages`)."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if turns and turns[-1]["role"] == message["role"]:
            turns[-1] = turns[-1] | {"content": [*turns[-1]["content"], *parts(message.get("content"))]}
        else:
            turns.append(message | {"content": parts(message.get("content"))})
    return turns


def text_of(content: Any) -> str:
    """The text of a content, its blocks a line each."""
    return "\n".join(part["text"] for part in parts(content) if part["type"] == "text")


def markers(asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cache markers, in the order in which the prompt is read."""
    for holder in (*_holders(asked), asked):
        if isinstance(marker := holder.get("cache_control"), dict):
            yield marker


def render(asked: dict[str, Any]) -> list[Block]:
    """The prompt in blocks: tools, system, messages. Markers cost nothing. A marker of the whole request
    stands at its last block (Anthropic, automatic caching)."""
    blocks = [Block(_pieces(holder), _ttl(holder)) for holder in _holders(asked)]
    if blocks and blocks[-1].ttl is None:
        blocks[-1] = Block(blocks[-1].pieces, _ttl(asked))
    return blocks


def _holders(asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All that can carry a marker."""
    yield from asked.get("tools") or ()
    yield from parts(asked.get("system"))
    for message in asked["messages"]:
        for position, part in enumerate(parts(message.get("content"))):
            yield part | {"role": message["role"]} if not position else part


def _pieces(holder: dict[str, Any]) -> tuple[str, ...]:
    head = (f"<|{holder['role']}|>",) if "role" in holder else ()
    if holder.get("type") == "text":
        return head + pieces(holder["text"])
    rest = {name: value for name, value in holder.items() if name not in ("cache_control", "role")}
    if holder.get("type") == "tool_result":  # its text is read alike as a string and as a block
        rest["content"] = parts(holder.get("content"))
    return head + pieces(json.dumps(rest, ensure_ascii=False, separators=(",", ":")))


def _ttl(holder: dict[str, Any]) -> str | None:
    marker = holder.get("cache_control")
    return str(marker.get("ttl", "5m")) if isinstance(marker, dict) else None
