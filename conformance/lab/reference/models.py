"""The models that the endpoint serves."""

from __future__ import annotations

from typing import Any

from .refusal import Refusal

REASONING = "reference-reasoning"  #: thinks before it answers
FAMILIES = {"reference-gpt": "gpt", "reference-claude": "claude", REASONING: "gpt"}  #: by name
CONTEXT = 128_000  #: tokens of the longest prompt
_CREATED = 1_767_225_600  #: Unix time


def listing(name: str = "") -> dict[str, Any]:
    """The list of models, or the one named. Raises Refusal."""
    listed = [{"id": each, "object": "model", "created": _CREATED, "owned_by": "reference"} for each in FAMILIES]
    if not name:
        return {"object": "list", "data": listed}
    check_model(name)
    return next(each for each in listed if each["id"] == name)


def check_model(name: str) -> None:
    """Refuse a model that is not served, by name (contract, validation-07). Raises Refusal."""
    if name not in FAMILIES:
        message = f"The model '{name[:200]}' does not exist or you do not have access to it."
        raise Refusal(message, None, "model_not_found", status=404)


def check_size(tokens: int) -> None:
    """Refuse a prompt beyond the context (contract, validation-23). Raises Refusal."""
    if tokens > CONTEXT:
        message = (
            f"This model's maximum context length is {CONTEXT} tokens. However, your messages resulted in"
            f" {tokens} tokens. Please reduce the length of the messages."
        )
        raise Refusal(message, "messages", "context_length_exceeded")
