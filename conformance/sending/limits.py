"""Bounds of one exchange, and of a whole run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import inf

from conformance.language import say


@dataclass(frozen=True)
class Limits:
    """Bounds of one exchange: seconds to connect, of silence, and in all; bytes of content as transferred."""

    connect: float = 10.0
    read: float = 60.0
    total: float = 180.0
    content: int = 8 * 1024 * 1024


@dataclass(frozen=True)
class Deadline:
    """When a run ends. `seconds` are what was allowed, 0 for no end; `ends` is on the monotonic clock. Sending and
    judging stop earlier, so that there is time left to write the report."""

    seconds: float = 0.0
    ends: float = inf

    @classmethod
    def of(cls, seconds: float, started: float | None = None) -> Deadline:
        """The deadline so many seconds after the run was started, in Unix time: now, where that is not given."""
        if not seconds:
            return cls()
        before = 0.0 if started is None else time.time() - started
        return cls(seconds, time.monotonic() - before + seconds)

    @property
    def reserve(self) -> float:
        """The seconds that are left for the report: a tenth, 5 at least and 30 at most, and never more than half."""
        return min(max(self.seconds / 10, 5.0), 30.0, self.seconds / 2)

    @property
    def left(self) -> float:
        """The seconds until sending and judging stop; not positive where they have."""
        return self.ends - self.reserve - time.monotonic()

    @property
    def passed(self) -> bool:
        """Whether sending and judging have stopped."""
        return self.left <= 0

    @property
    def reason(self) -> str:
        return say("the deadline of {seconds:g} s has passed (--deadline)", self.seconds)
