"""What the pretended model says: what the reference endpoint's model would, in Anthropic's blocks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from conformance.lab.reference.calls import Call
from conformance.lab.reference.completion import choose
from conformance.lab.reference.refusal import Refusal
from conformance.lab.reference.tokens import count, pieces

from .conversation import conversation
from .messages import AnthropicError

_ANNOUNCEMENT = "I'll look that up."
_PLACES = {"tools": "tools", "response_format": "output_config.format.schema"}


@dataclass(frozen=True)
class Turn:
    """The content of a message, why it ended, and its tokens. `cut` is the JSON that the last block broke off in."""

    content: list[dict[str, Any]]
    stop_reason: str
    stop_sequence: str | None
    tokens: int
    cut: str | None = None

    def written(self, index: int) -> str:
        """The JSON of a call as the model wrote it, which in a stream is all there is."""
        last = index == len(self.content) - 1
        return self.cut if last and self.cut is not None else _json(self.content[index]["input"])


def speak(asked: dict[str, Any]) -> Turn:
    """Answer a checked body, within its limit and up to its first stop sequence. Raises AnthropicError."""
    limit = left = asked["max_tokens"]
    content: list[dict[str, Any]] = []
    for block in _say(asked):
        if block["type"] == "tool_use":
            arguments = pieces(_json(block["input"]))
            left -= count(block["name"])
            if len(arguments) > left:
                begun = [block | {"input": {}}] if left > 0 else []
                return Turn([*content, *begun], "max_tokens", None, limit, "".join(arguments[: max(left, 0)]))
            left -= len(arguments)
            content.append(block)
            continue
        said, sequence = _stopped(block["text"], asked.get("stop_sequences") or [])
        tokens = pieces(said)
        content += [block | {"text": "".join(tokens[:left])}] if said else []
        if len(tokens) > left:
            return Turn(content, "max_tokens", None, limit)
        left -= len(tokens)
        if sequence is not None:
            return Turn(content, "stop_sequence", sequence, limit - left)
    calls = any(block["type"] == "tool_use" for block in content)
    return Turn(content, "tool_use" if calls else "end_turn", None, max(1, limit - left))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _stopped(text: str, sequences: list[str]) -> tuple[str, str | None]:
    """The text before whichever sequence comes first, and that sequence."""
    found = min(((text.find(each), each) for each in sequences if each in text), default=None)
    return (text[: found[0]], found[1]) if found else (text, None)


def _say(asked: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        choice = choose(conversation(asked))
    except Refusal as reason:
        raise AnthropicError(f"{_PLACES.get(reason.param or '', 'body')}: {reason.message}") from None
    if not choice.calls:
        return [{"type": "text", "text": "".join(choice.content or ())}]
    forced = (asked.get("tool_choice") or {}).get("type") in ("any", "tool")
    announced = [] if forced else [{"type": "text", "text": _ANNOUNCEMENT}]
    return [*announced, *map(_use, choice.calls)]


def _use(call: Call) -> dict[str, Any]:
    return {
        "type": "tool_use",
        "id": f"toolu_01{uuid4().hex[:22]}",
        "name": call.name,
        "input": json.loads(call.arguments),
    }
