"""That two requests are answered alike, apart from chance and routing."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from conformance.contract.requests import (
    again,
)
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send


def agree(
    send: Send,
    one: Request,
    other: Request,
    view: Callable[[Exchange], Any],
    same: Callable[[Any, Any], bool] = operator.eq,
) -> None:
    """Hold that two requests are answered the same, as far as `view` shows it. Both are sent once more where they
    differ, for a difference that chance or routing makes does not last."""
    first: list[Any] = []
    second: list[Any] = []
    for attempt in (1, 2):
        for found, request in ((first, one), (second, other)):
            found.append(view(send(request if attempt == 1 else again(request))))
        if any(same(value, others) for value in first for others in second):
            return
    raise AssertionError(f"“{one}” gives {first[0]!r:.300}, “{other}” gives {second[0]!r:.300}; so do repetitions")
