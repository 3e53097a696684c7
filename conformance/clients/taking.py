"""Which recorded exchanges can be given to a client, and as which job."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from conformance.evidence.exchange import Exchange
from conformance.evidence.recording import model_of
from conformance.judgement.verdict import Verdict

from .expected import Refused, Reply, expected

Value = TypeVar("Value")


@dataclass(frozen=True)
class Taken:
    """An exchange that clients read. `name` is unique among them; `origin` is its key in a run, or its place in a
    recording; `violated` are the requirements that it violates, with their levels."""

    name: str
    origin: str
    exchange: Exchange
    wanted: Reply | Refused
    violated: Mapping[str, str]

    def job(self, url: str) -> dict[str, Any]:
        """What a driver is told, where the exchanges are served below `url`."""
        return {"id": self.name, "url": f"{url}/{self.name}", "stream": self.streams, "tools": self._tools}

    @property
    def streams(self) -> bool:
        return self.exchange.streamed or self.exchange.request.streams

    @property
    def has_several_choices(self) -> bool:
        """Whether several choices were asked for, as far as the recording tells."""
        if "request" in self.exchange.unrecorded:
            return isinstance(self.wanted, Reply) and len(self.wanted.choices) > 1
        return self.exchange.request.asked.get("n") not in (None, 1)

    @property
    def _tools(self) -> list[str]:
        if isinstance(self.wanted, Refused):
            return []
        return sorted({call.name for choice in self.wanted.choices for call in choice.calls if call.name})


def asks_for_completion(exchange: Exchange) -> bool:
    """Whether it is a request for a completion, as clients send it."""
    request = exchange.request
    return request.method == "POST" and request.path.partition("?")[0].endswith("/chat/completions")


def readable(exchange: Exchange) -> Reply | Refused | None:
    """What is in an exchange that a client can be given; None where no whole response came, or where there is nothing
    to compare with."""
    if exchange.failure or exchange.withheld or exchange.request.hang_up_after is not None:
        return None
    return expected(exchange)


def sample(values: Sequence[Value], number: int, seed: int) -> Sequence[Value]:
    """So many of them, drawn uniformly, in their order; all where the number is 0."""
    if not number or number >= len(values):
        return values
    return [values[place] for place in sorted(random.Random(seed).sample(range(len(values)), number))]


def taken_of(exchanges: Sequence[tuple[str, Exchange]], number: int = 0, seed: int = 0) -> tuple[list[Taken], int]:
    """The exchanges that clients are given, of those with these origins: so many, drawn by a seed, all where the number
    is 0; and how many are left out."""
    shown = [(*each, wanted) for each in exchanges if (wanted := readable(each[1]))]
    taken = [
        Taken(str(place), origin, exchange, wanted, violated(exchange))
        for place, (origin, exchange, wanted) in enumerate(sample(shown, number, seed), 1)
    ]
    return taken, len(exchanges) - len(shown)


def violated(exchange: Exchange) -> dict[str, str]:
    """The requirements on single exchanges that an exchange violates, with their levels. Needs the extra `audit`."""
    from conformance.audit.judging import judge_of

    judge = judge_of(())
    findings = judge.outcome(exchange, judge.model(model_of(exchange), None)).findings
    found = (judge.requirements[place] for place, each in findings if each.verdict in (Verdict.FAIL, Verdict.WARN))
    return {each.id: str(each.level) for each in found}
