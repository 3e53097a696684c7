"""Every requirement judged on every recording of a folder, and what came of it, counted."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from itertools import chain, islice
from multiprocessing import get_context
from operator import or_
from pathlib import Path
from typing import Any

from conformance.contract.profile import Model, family_of
from conformance.contract.requirement import Requirement, Scope
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.recordings import Recording, recordings
from conformance.judgement.judge import judge
from conformance.judgement.verdict import VIOLATIONS, Verdict
from conformance.suite.catalogue import load

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
    requirements = [each for each in load().values() if not each.whole_run]
    by_family: dict[Scope, list[Requirement]] = defaultdict(list)
    named: list[Requirement] = []
    for requirement in requirements:
        if isinstance(requirement.on, Scope):
            by_family[requirement.on].append(requirement)
        else:
            named.append(requirement)
    tally = Tally()
    for recording in islice(recordings(folder), share, None, shares):
        exchange = recording.exchange
        about = [members for family, members in by_family.items() if family.contains(exchange)]
        _judge(tally, recording, chain(*about, _naming(named, exchange, recording.model)))
    return tally


def _naming(requirements: list[Requirement], exchange: Exchange, model: str) -> list[Requirement]:
    """The requirements on this very request: such are only in recordings of our own."""
    if exchange.unrecorded & {"request", "bytes"}:
        return []
    key = exchange.request.key
    return [each for each in requirements if not each.given and key in _keys(each.named, model)]


@lru_cache(maxsize=4096)
def _keys(on: tuple[Request, ...], model: str) -> frozenset[str]:
    return frozenset(request.to(model).key for request in on)


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
