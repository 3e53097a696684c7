"""The limits that the runs of several endpoints have together, in a folder that all of their processes know."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from filelock import FileLock

from conformance.billing.budget import Budget
from conformance.evidence.strict_json import JSONError, loads
from conformance.language import say
from conformance.resources import mistake
from conformance.text import TextError, read_regular, write_whole

SHARED = "shared.json"  #: the file in the folder that says what the limits are
SLOT = "slot.txt"  #: the file in it with the time at which the next request may be sent, on the monotonic clock
_LARGEST = 1 << 12  #: bytes of either


class SharedError(Exception):
    """The folder does not say what the limits are; the message is one sentence."""


@dataclass(frozen=True)
class Shared:
    """`per_minute` requests of all runs together, 0 for no bound, and what they may cost together."""

    folder: Path
    per_minute: float = 0.0
    budget: Budget = field(default_factory=Budget)


def write_shared(shared: Shared) -> None:
    """Write the limits into their folder, where no request has a time yet. Raises OSError."""
    budget = shared.budget
    value = {
        "format": "shared-1", "per_minute": shared.per_minute, "requests": budget.requests, "tokens": budget.tokens,
        "cost": None if budget.cost is None else str(budget.cost),
    }  # fmt: skip
    (shared.folder / SLOT).unlink(missing_ok=True)
    write_whole(shared.folder / SHARED, json.dumps(value, indent=1) + "\n")


def read_shared(folder: Path) -> Shared:
    """The limits in a folder. Raises SharedError."""
    try:
        value = loads(read_regular(folder / SHARED, _LARGEST))
        wrong = mistake(value, "shared")
    except (TextError, JSONError) as error:
        wrong = str(error)
    if wrong:
        raise SharedError(say("{file} does not say which limits runs have together ({mistake})", folder, wrong))
    cost = value["cost"] and Decimal(value["cost"])
    return Shared(folder, value["per_minute"], Budget(value["requests"], value["tokens"], cost, shared=True))


def slots(shared: Shared) -> Callable[[], float] | None:
    """What takes the next time at which one of the runs may send, on the monotonic clock, which all processes of a
    machine have together; None where their rate has no bound."""
    if not shared.per_minute:
        return None
    path, gap = shared.folder / SLOT, 60.0 / shared.per_minute
    lock = FileLock(f"{path}.lock")

    def slot() -> float:
        with lock:
            free = float(read_regular(path, _LARGEST)) if path.exists() else 0.0
            start = max(free, time.monotonic())
            write_whole(path, repr(start + gap))
        return start

    return slot
