"""A request rendered to the blocks that the model reads, with the cache markers between them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from .images import DETAILS
from .messages import INSTRUCTING, Message
from .refusal import Refusal, unsupported, wrong_type
from .tokens import pieces

TTLS = ("5m", "1h")
MOST_MARKERS = 4
ReadMarker = Callable[[dict[str, Any], str], str | None]
_START, _SEPARATOR, _END = "<|start|>", "<|content|>", "<|end|>"


@dataclass(frozen=True)
class Block:
    """A run of tokens; `ttl` where a cache marker stands at its end."""

    pieces: tuple[str, ...]
    ttl: str | None = None


def render(asked: dict[str, Any], *, marked: bool) -> list[Block]:
    """The prompt: tools, output format, system messages, other messages, as Anthropic orders them.

    What the body has beyond that costs nothing. Without `marked`, markers are passed over. Raises Refusal.
    """
    messages = asked["messages"]
    ttl_of = _ttl if marked else _unmarked
    numbered = sorted(enumerate(messages), key=lambda pair: pair[1]["role"] not in INSTRUCTING)
    blocks = [
        *_tool_blocks(asked, ttl_of),
        *_format_blocks(asked.get("response_format")),
        *(block for index, message in numbered for block in _message_blocks(message, f"messages[{index}].", ttl_of)),
    ]
    if blocks[-1].ttl is None:
        blocks[-1] = replace(blocks[-1], ttl=ttl_of(asked, ""))
    _check_markers([block.ttl for block in blocks if block.ttl])
    return [*blocks, Block((_START, "assistant", _SEPARATOR))]


def size(blocks: list[Block]) -> int:
    """Tokens of these blocks together."""
    return sum(len(block.pieces) for block in blocks)


def _tool_blocks(asked: dict[str, Any], ttl_of: ReadMarker) -> Iterator[Block]:
    for index, tool in enumerate(asked.get("tools", ())):
        yield Block(("<|tool|>", *pieces(_compact(tool["function"])), _END), ttl_of(tool, f"tools[{index}]."))
    for function in asked.get("functions", ()):
        yield Block(("<|tool|>", *pieces(_compact(function)), _END))


def _format_blocks(output: dict[str, Any] | None) -> Iterator[Block]:
    if output and output["type"] == "json_schema":
        yield Block(("<|format|>", *pieces(_compact(output["json_schema"])), _END))
    elif output and output["type"] == "json_object":
        yield Block(("<|format|>", "json", _END))


def _message_blocks(message: Message, where: str, ttl_of: ReadMarker) -> list[Block]:
    content = message.get("content")
    parts = [{"type": "text", "text": content or ""}] if content is None or isinstance(content, str) else content
    blocks = [Block(_part_pieces(part), ttl_of(part, f"{where}content[{index}].")) for index, part in enumerate(parts)]
    head = (_START, message["role"], *pieces(message.get("name") or ""), _SEPARATOR)
    blocks[0] = replace(blocks[0], pieces=head + blocks[0].pieces)
    tail = tuple(piece for text in _call_texts(message) for piece in pieces(text))
    own = ttl_of(message, where)
    blocks[-1] = Block(blocks[-1].pieces + tail, blocks[-1].ttl or own)
    return blocks


def _part_pieces(part: dict[str, Any]) -> tuple[str, ...]:
    if part["type"] == "image_url":
        image = part["image_url"]
        name = hashlib.sha256(image["url"].encode()).hexdigest()
        return (f"<|image {name}|>",) * DETAILS[image.get("detail") or "auto"]
    return pieces(part[part["type"]])


def _call_texts(message: Message) -> Iterator[str]:
    legacy = message.get("function_call")
    for function in [
        *(call["function"] for call in message.get("tool_calls") or ()),
        *([legacy] if legacy else []),
    ]:
        yield f"{function['name']}({function['arguments']})"
    if message.get("refusal"):
        yield str(message["refusal"])


def _ttl(holder: dict[str, Any], where: str) -> str | None:
    """The lifetime that a cache marker asks for, 5m where it leaves it open; None without a marker."""
    marker = holder.get("cache_control")
    where += "cache_control"
    if marker is None:
        return None
    if not isinstance(marker, dict):
        raise wrong_type(where, "an object", marker)
    if marker.get("type") != "ephemeral":
        raise unsupported(f"{where}.type", marker.get("type"), ["ephemeral"])
    ttl = marker.get("ttl") or "5m"
    if ttl not in TTLS:
        raise unsupported(f"{where}.ttl", ttl, list(TTLS))
    return str(ttl)


def _unmarked(holder: dict[str, Any], where: str) -> str | None:
    return None


def _check_markers(ttls: list[str]) -> None:
    if len(ttls) > MOST_MARKERS:
        message = f"A maximum of {MOST_MARKERS} blocks with cache_control may be provided. Found {len(ttls)}."
        raise Refusal(message, "cache_control")
    if "5m" in ttls and "1h" in ttls[ttls.index("5m") :]:
        message = (
            "A ttl='1h' cache_control block must not come after a ttl='5m' cache_control block; the order"
            " is tools, system, messages."
        )
        raise Refusal(message, "cache_control.ttl")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
