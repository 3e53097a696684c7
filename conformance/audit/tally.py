"""Verdicts of many exchanges, counted by group without an object for each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from conformance.judgement.verdict import Verdict

from .judging import Judge, Outcome, Plan


@dataclass
class Tally:
    """The outcomes of one group. `called` counts exchanges by plan and by the clauses that they gave something to be
    judged on, `silent` the requirements that were not applicable otherwise than by plan, `others` the findings."""

    exchanges: int = 0
    called: Counter[tuple[Plan, int]] = field(default_factory=Counter)
    named: Counter[int] = field(default_factory=Counter)
    silent: Counter[int] = field(default_factory=Counter)
    others: Counter[tuple[int, Verdict]] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Count an outcome; its findings are counted apart, since they are graded."""
        self.exchanges += 1
        self.called[outcome.plan, outcome.present] += 1
        self.silent.update(outcome.silent)
        if outcome.named:
            self.named.update(outcome.named)

    def verdicts(self, judge: Judge) -> Iterator[tuple[str, Verdict, int]]:
        """How many exchanges got which verdict from which requirement, by its id."""
        passed, silent = Counter(self.named), Counter(self.silent)
        for (plan, present), number in self.called.items():
            for call in plan.calls:
                passed[call.place] += number
            for place in plan.passing:
                passed[place] += number
            for place in plan.silent:
                silent[place] += number
            _add_clauses(judge.bits, plan.shapes & present, passed, number)
            _add_clauses(judge.bits, plan.shapes & ~present, silent, number)
        for place, number in self.silent.items():
            passed[place] -= number
        for (place, _), number in self.others.items():
            passed[place] -= number
        for verdict, counted in ((Verdict.PASS, passed), (Verdict.NOT_APPLICABLE, silent)):
            yield from ((judge.requirements[place].id, verdict, n) for place, n in counted.items() if n)
        yield from ((judge.requirements[place].id, verdict, n) for (place, verdict), n in self.others.items())


def _add_clauses(bits: Mapping[int, int], clauses: int, counted: Counter[int], number: int) -> None:
    while clauses:
        bit = clauses & -clauses
        clauses ^= bit
        counted[bits[bit]] += number
