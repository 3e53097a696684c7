"""Messages of a conversation, and content as an array of parts."""

from __future__ import annotations

from typing import Any

Message = dict[str, Any]


def turns(*contents: str, first: str = "user") -> list[Message]:
    """Messages of the user and the assistant by turns."""
    roles = ("user", "assistant") if first == "user" else ("assistant", "user")
    return [{"role": roles[place % 2], "content": content} for place, content in enumerate(contents)]


def parts(*texts: str) -> list[dict[str, str]]:
    """Content as an array of text parts."""
    return [{"type": "text", "text": text} for text in texts]
