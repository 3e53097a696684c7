"""What a model thinks before it answers: as much as it is asked to, and always the same."""

from __future__ import annotations

from itertools import cycle, islice
from typing import Any

from .models import REASONING
from .refusal import unsupported
from .tokens import pieces

#: Tokens of thought, by reasoning_effort (OpenAPI ReasoningEffort).
EFFORTS = {"none": 0, "minimal": 8, "low": 24, "medium": 48, "high": 240, "xhigh": 480}
_USUAL = "medium"
_THOUGHT = pieces("I read the question again. What is asked for, and what is known of it? ")


def thoughts(asked: dict[str, Any]) -> tuple[str, ...]:
    """The tokens that the model asked thinks; none where it is one that does not. Raises Refusal."""
    if asked["model"] != REASONING:
        return ()
    effort = asked.get("reasoning_effort", _USUAL)
    if effort not in EFFORTS:
        raise unsupported("reasoning_effort", effort, list(EFFORTS))
    return tuple(islice(cycle(_THOUGHT), EFFORTS[effort]))
