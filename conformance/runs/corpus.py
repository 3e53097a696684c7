"""Every requirement judged on every recording of a folder, and what came of it, counted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import reduce
from itertools import islice
from multiprocessing import get_context
from operator import or_
from pathlib import Path
from typing import Any

from conformance.contract.profile import Model, family_of
from conformance.contract.requirement import Requirement
from conformance.evidence.recordings import Recording, recordings
from conformance.judgement.judge import judge
from conformance.judgement.verdict import VIOLATIONS, Verdict
from conformance.suite.catalogue import load

from .passive import passive

EXAMPLES = 3
OFFICIAL = "official"
OFFICIAL_ERRORS = "official errors"

Key = tuple[str, str]  #: id of a requirement, group of exchanges
Examples = Mapping[Any, list[tuple[str, str]]]


@dataclass
class Tally:
    """What judging found: violations by requirement and group (a vendor, `official`, `official errors`), with
    a few examples (origin and message) of each, and checks that crashed."""

    exchanges: int = 0
    checks: int = 0
    violations: Counter[Key] = field(default_factory=Counter)
    examples: dict[Key, list[tuple[str, str]]] = field(default_factory=dict)
    crashes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def __or__(self, other: Tally) -> Tally:
        return Tally(
            self.exchanges + other.exchanges,
            self.checks + other.checks,
            self.violations + other.violations,
            {key: _joined(self.examples, other.examples, key) for key in self.examples | other.examples},
            {key: _joined(self.crashes, other.crashes, key) for key in self.crashes | other.crashes},
        )

    def of(self, requirement: str) -> Counter[str]:
        """Violations of one requirement by group."""
        found = ((group, count) for (each, group), count in self.violations.items() if each == requirement)
        return Counter(dict(found))


def _joined(one: Examples, other: Examples, name: Any) -> list[tuple[str, str]]:
    return (one.get(name, []) + other.get(name, []))[:EXAMPLES]


def judge_folder(folder: Path, processes: int = 0) -> Tally:
    """Judge every recording of a folder, a share in each process. Raises RecordingError.

    The processes are fresh ones: what runs this, pytest say, may have rewritten the checks' assertions.
    """
    shares = processes or os.cpu_count() or 1
    with ProcessPoolExecutor(shares, get_context("spawn")) as pool:
        tallies = pool.map(judge_share, [folder] * shares, range(shares), [shares] * shares)
        return reduce(or_, tallies)


def judge_share(folder: Path, share: int = 0, shares: int = 1) -> Tally:
    """Judge every so many-th recording of a folder; no more than one is in memory."""
    requirements = passive(load().values())
    tally = Tally()
    for recording in islice(recordings(folder), share, None, shares):
        _judge(tally, recording, requirements.about(recording.exchange, recording.model))
    return tally


def _judge(tally: Tally, recording: Recording, requirements: Iterable[Requirement]) -> None:
    model = Model(recording.model, family_of(recording.model))
    group = recording.vendor
    if recording.official:
        group = OFFICIAL if recording.exchange.succeeded else OFFICIAL_ERRORS
    tally.exchanges += 1
    for requirement in requirements:
        finding = judge(requirement, recording.exchange, model)
        tally.checks += finding.judged
        example = (recording.origin, finding.message)
        if finding.verdict in VIOLATIONS:
            tally.violations[requirement.id, group] += 1
            examples = tally.examples.setdefault((requirement.id, group), [])
        elif finding.verdict is Verdict.INCONCLUSIVE and finding.judged:
            examples = tally.crashes.setdefault(requirement.id, [])
        else:
            continue
        if len(examples) < EXAMPLES:
            examples.append(example)
