"""What clients made of some exchanges, as a value: counts, findings, and where the members of billing survive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from conformance.language import joined, phrase, say

from .listed import Client
from .read import Finding, How
from .taking import Taken

SHOWN = 3  #: exchanges that are named as examples


@dataclass(frozen=True)
class Reading:
    """What one client made of one exchange; `members` as `read.members` has them."""

    taken: Taken
    finding: Finding
    members: Mapping[str, tuple[How, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """A client with its readings, or with the reason why it was not run."""

    client: Client
    readings: tuple[Reading, ...] = ()
    skipped: str = ""


@dataclass(frozen=True)
class Result:
    """What came of the exchanges in `source`: so many were given to clients, and so many left out, since they show no
    reply to compare with."""

    source: str
    exchanges: int
    left_out: int
    judged: tuple[Judged, ...]

    def __str__(self) -> str:
        """The tables for a terminal, and the conclusion last."""
        from .tables import as_text

        return as_text(self)

    def exit_code_of(self, named: Sequence[str]) -> int:
        """The exit code where these clients were asked for by name: 3 also where all is right, but one was not run."""
        skipped = named and any(each.skipped for each in self.judged)
        return self.exit_code or (3 if skipped else 0)

    @property
    def exit_code(self) -> int:
        """0 where every client that was run read all right, 1 where one did not, 3 where none was run."""
        read = [each for each in self.judged if not each.skipped]
        if not read or not self.exchanges:
            return 3
        return int(any(each.finding.outcome != "right" for judged in read for each in judged.readings))


@dataclass(frozen=True)
class Kind:
    """The same finding of a client in several exchanges. `clean` counts those of them that violate no requirement that
    is judged on a single exchange; `violated` are the requirements that most of the others violate."""

    client: str
    what: str
    message: str
    number: int
    clean: int
    examples: tuple[str, ...]
    violated: tuple[str, ...]


def counted(judged: Judged) -> Counter[str]:
    """How many exchanges a client read right, lost something of, and raised on."""
    return Counter(each.finding.outcome for each in judged.readings)


def parts_lost(judged: Judged) -> Counter[str]:
    """How many exchanges lost each part."""
    return Counter(part for each in judged.readings for part in each.finding.parts)


def what(finding: Finding) -> str:
    """A finding in a few words, the same for all of its kind."""
    if finding.outcome == "raised":
        return say("raised {error}", finding.error)
    return say("lost {parts}", joined(", ", map(phrase, finding.parts)))


def kinds(judged: Iterable[Judged]) -> list[Kind]:
    """The findings, those first that the suite does not explain, then by their number."""
    found = [kind for each in judged for kind in _kinds(each)]
    return sorted(found, key=lambda each: (-each.clean, -each.number, each.client, each.what))


def _kinds(judged: Judged) -> Iterator[Kind]:
    groups: dict[str, list[Reading]] = {}
    for each in judged.readings:
        if each.finding.outcome != "right":
            groups.setdefault(what(each.finding), []).append(each)
    for name, readings in groups.items():
        clean = [each for each in readings if not each.taken.violated]
        shown = sorted(readings, key=lambda each: len(each.taken.violated))[:SHOWN]
        violated = Counter(id for each in readings for id in each.taken.violated)
        yield Kind(
            judged.client.name, name, shown[0].finding.message, len(readings), len(clean),
            tuple(each.taken.origin for each in shown), tuple(id for id, _ in violated.most_common(SHOWN)),
        )  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where a member of usage survives in a client: of so many exchanges that had it, how often, and how to read it."""

    client: str
    member: str
    how: Mapping[How, int]
    reads: tuple[str, ...]


def dump(result: Result) -> dict[str, Any]:
    """The result as a JSON object, with every finding."""
    return {
        "format": "clients-1",
        "source": result.source,
        "exchanges": result.exchanges,
        "left_out": result.left_out,
        "clients": [_dumped(each) for each in result.judged],
        "findings": [asdict(each) for each in kinds(result.judged)],
        "members": [asdict(each) | {"streamed": way} for way in (False, True) for each in places(result.judged, way)],
        "requirements": [asdict(each) for each in forgiven(result.judged)],
    }


def _dumped(judged: Judged) -> dict[str, Any]:
    about = {"name": judged.client.name, "packages": dict(judged.client.packages)}
    if judged.skipped:
        return about | {"skipped": judged.skipped}
    numbers = counted(judged)
    counts = {name: numbers[name] for name in ("right", "lost", "raised")}
    return about | counts | {"parts_lost": dict(parts_lost(judged))}


def places(judged: Iterable[Judged], streamed: bool | None = None) -> list[Place]:
    """Where each member survives in each client, in exchanges that were or were not streamed."""
    found = []
    for each in judged:
        held: dict[str, Counter[How]] = {}
        reads: dict[str, dict[str, None]] = {}
        for reading in each.readings:
            if streamed is not None and reading.taken.streams != streamed:
                continue
            for member, (how, expression) in reading.members.items():
                held.setdefault(member, Counter())[how] += 1
                if expression:
                    reads.setdefault(member, {})[expression] = None
        found += [
            Place(each.client.name, member, dict(how), tuple(reads.get(member, ()))) for member, how in held.items()
        ]
    return found


@dataclass(frozen=True)
class Forgiven:
    """A requirement that some exchanges violate, and no other, and the clients that mind it there."""

    requirement: str
    level: str
    number: int
    minded_by: tuple[str, ...]


def forgiven(judged: Sequence[Judged]) -> list[Forgiven]:
    """For each requirement that is the only one which some exchanges violate, the clients that do not read these right.
    What a client makes of exchanges that violate nothing, too, is laid to the requirement only where it is made of most
    that violate it, and of few others."""
    alone = {name: each.taken for one in judged for each in one.readings if (name := _only(each.taken))}
    minding: dict[str, set[str]] = {}
    for one in judged:
        clean = [each for each in one.readings if not each.taken.violated]
        for id in alone:
            violating = [each for each in one.readings if _only(each.taken) == id]
            if any(
                _is_laid(kind, violating, clean) for kind in {what(each.finding) for each in violating if _wrong(each)}
            ):
                minding.setdefault(id, set()).add(one.client.name)
    number = Counter(
        id for id, _ in {(_only(each.taken), each.taken.name) for one in judged for each in one.readings} if id
    )
    return [
        Forgiven(id, taken.violated[id], number[id], tuple(sorted(minding.get(id, ()))))
        for id, taken in sorted(alone.items())
    ]


def _only(taken: Taken) -> str:
    """The only requirement that an exchange violates; empty where there is none, or more."""
    return next(iter(taken.violated)) if len(taken.violated) == 1 else ""


def _wrong(reading: Reading) -> bool:
    return reading.finding.outcome != "right"


def _is_laid(kind: str, violating: Sequence[Reading], clean: Sequence[Reading]) -> bool:
    there, elsewhere = (_share(kind, readings) for readings in (violating, clean))
    return elsewhere == 0 or there > 0.5 > elsewhere


def _share(kind: str, readings: Sequence[Reading]) -> float:
    return sum(_wrong(each) and what(each.finding) == kind for each in readings) / (len(readings) or 1)
