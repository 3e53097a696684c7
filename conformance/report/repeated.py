"""What a run that is repeated shows, and one cannot: the verdicts that flip, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.judgement.verdict import Finding, Verdict


@dataclass(frozen=True)
class Flip:
    """A requirement whose verdict on a model was not the same in every run: how many runs came to each verdict, the
    worst first, and what the first run with the worst one observed. `run` is its number, from 1."""

    requirement: str
    model: str
    verdicts: Mapping[str, int]
    run: int
    message: str = ""

    @property
    def worst(self) -> Verdict:
        return max(map(Verdict.named, self.verdicts))


@dataclass(frozen=True)
class Repeated:
    """`runs` is how many could be judged: those over which verdicts are compared."""

    runs: int
    flips: tuple[Flip, ...]


Findings = Mapping[tuple[str, str], Finding]  #: of one run, by requirement and model


def repeated(runs: Sequence[tuple[int, Iterable[Finding]]]) -> Repeated:
    """What these runs, each with its number, differ in."""
    found = [(number, {(each.requirement, each.model): each for each in findings}) for number, findings in runs]
    keys = dict.fromkeys(key for _, findings in found for key in findings)
    flips = [flip for key in keys if (flip := _flip(key, found))]
    return Repeated(len(runs), tuple(sorted(flips, key=lambda each: (-each.worst, each.requirement, each.model))))


def _flip(key: tuple[str, str], runs: Sequence[tuple[int, Findings]]) -> Flip | None:
    seen = [(number, findings[key]) for number, findings in runs if key in findings]
    counted = Counter(finding.verdict for _, finding in seen)
    if len(counted) < 2:
        return None
    number, worst = next(each for each in seen if each[1].verdict is max(counted))
    verdicts = {str(verdict): counted[verdict] for verdict in sorted(counted, reverse=True)}
    return Flip(*key, verdicts, number, worst.message)
