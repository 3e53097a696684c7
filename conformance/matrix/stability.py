"""How steady each requirement is: the verdicts of many runs of the reference endpoint under load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.language import gettext, tell
from conformance.resources import fixture


@dataclass(frozen=True)
class Stability:
    """`measured` is the day, `runs` how many there were; of each requirement how many runs came to each verdict."""

    measured: str
    runs: int
    verdicts: Mapping[str, Mapping[str, int]]

    def told(self, id: str) -> str:
        """The sentence about a requirement; empty where it was not measured."""
        found = self.verdicts.get(id)
        if not found:
            return ""
        parts = (tell("{verdict} in {number}", gettext(name), number) for name, number in found.items())
        return tell(
            "of {runs} runs of the reference endpoint under load on {day}: {verdicts}",
            self.runs,
            self.measured,
            gettext(", ").join(parts),
        )


def stability() -> Stability:
    """What was measured last (`python -m benchmarks.stability`)."""
    value = fixture("stability.json")
    return Stability(value["measured"], value["runs"], value["verdicts"])
