"""Rows of RESULTS, added up: verdicts by group and requirement, tokens and money, and what could not be read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from conformance.judgement.judge import CRASHED
from conformance.judgement.verdict import EVIDENCE_LIMIT
from conformance.language import as_sentence, of_parts, parts_of

NAMED = 10  #: unreadable records that are named
MOST_GROUPS = 10_000  #: beyond which further ones are counted together
OTHERS = "…"  #: the only value of the group of those


@dataclass
class Seen:
    """What was found of a requirement in a group with one verdict: so many findings, of which `crashed` are checks that
    could not read the exchange; the first and last by where they stand, and by time where that is known; the first
    ones, each with where it stands and its message. Money is by currency."""

    n: int = 0
    crashed: int = 0
    first: str = ""
    last: str = ""
    since: float | None = None
    until: float | None = None
    examples: list[tuple[str, str, str]] = field(default_factory=list)  #: origin, message, its parts in JSON
    charges: dict[str, Decimal] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any]) -> None:
        """Add one finding."""
        self.n += 1
        self.crashed += row["message"].startswith(CRASHED)
        self.first, self.last = self.first or row["origin"], row["origin"]
        self._time(row["time"])
        if len(self.examples) < EVIDENCE_LIMIT:
            self.examples.append((row["origin"], row["message"], row["said"] or ""))
        if row["amount"]:
            self.charges[row["currency"]] = self.charges.get(row["currency"], Decimal(0)) + Decimal(row["amount"])

    def merge(self, other: Seen) -> None:
        """Add what was found after this."""
        self.n += other.n
        self.crashed += other.crashed
        self.first, self.last = self.first or other.first, other.last or self.last
        self._time(other.since)
        self._time(other.until)
        self.examples = [*self.examples, *other.examples][:EVIDENCE_LIMIT]
        for currency, amount in other.charges.items():
            self.charges[currency] = self.charges.get(currency, Decimal(0)) + amount

    def _time(self, time: float | None) -> None:
        if time is not None:
            self.since = time if self.since is None else min(self.since, time)
            self.until = time if self.until is None else max(self.until, time)


@dataclass
class Totals:
    """The sums. Keys are: a group; group, requirement and verdict; group, model, measure and currency, the latter empty
    for tokens. A sum has the number of exchanges that it was made of."""

    exchanges: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    seen: dict[tuple[str, str, str], Seen] = field(default_factory=dict)
    sums: dict[tuple[str, str, str, str], tuple[Decimal, int]] = field(default_factory=dict)
    unreadable: int = 0
    unread: list[tuple[str, str]] = field(default_factory=list)  #: the first ones: where, and why

    @property
    def judged(self) -> int:
        """How many exchanges were judged."""
        return self.exchanges.total()

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add the rows of one batch of results."""
        for row in rows:
            kind, group = row["kind"], row["group"]
            if kind == "finding":
                self.seen.setdefault((group, row["requirement"], row["verdict"]), Seen()).add(row)
            elif kind == "count":
                self.verdicts[group, row["requirement"], row["verdict"]] += row["n"]
            elif kind == "tokens":
                key = group, row["model"], row["measure"], row["currency"] or ""
                self.add_sum(key, Decimal(row["amount"]), row["n"])
            elif kind == "exchanges":
                self.exchanges[group] += row["n"]
            else:
                self.unreadable += row["n"]
                said = of_parts(json.loads(row["said"])) if row["said"] else row["message"]
                self.unread = [*self.unread, (row["origin"], said)][:NAMED]

    def merge(self, other: Totals) -> None:
        """Add the totals of what stands after this."""
        named = {group: self._kept(group) for group in other.exchanges}
        for group, n in other.exchanges.items():
            self.exchanges[named[group]] += n
        for (group, requirement, verdict), n in other.verdicts.items():
            self.verdicts[named[group], requirement, verdict] += n
        for (group, requirement, verdict), seen in other.seen.items():
            self.seen.setdefault((named[group], requirement, verdict), Seen()).merge(seen)
        for (group, model, measure, currency), (amount, n) in other.sums.items():
            self.add_sum((named[group], model, measure, currency), amount, n)
        self.unreadable += other.unreadable
        self.unread = [*self.unread, *other.unread][:NAMED]

    def _kept(self, group: str) -> str:
        """The group, or that of all others where there are too many: what is kept is bounded."""
        return group if group in self.exchanges or len(self.exchanges) < MOST_GROUPS else f'["{OTHERS}"]'

    def add_sum(self, key: tuple[str, str, str, str], amount: Decimal, n: int) -> None:
        """Add to the sum of a measure."""
        total, number = self.sums.get(key, (Decimal(0), 0))
        self.sums[key] = total + amount, number + n


# --- as JSON ------------------------------------------------------------------------------------------------


def dump(totals: Totals) -> dict[str, Any]:
    """As a file of a shard has them."""
    seen = [
        [*key, {**each.__dict__, "charges": {name: str(amount) for name, amount in each.charges.items()}}]
        for key, each in totals.seen.items()
    ]
    return {
        "exchanges": list(totals.exchanges.items()),
        "verdicts": [[*key, n] for key, n in totals.verdicts.items()],
        "seen": seen,
        "sums": [[*key, f"{amount:f}", n] for key, (amount, n) in totals.sums.items()],
        "unreadable": totals.unreadable,
        "unread": [(origin, parts_of(as_sentence(reason))) for origin, reason in totals.unread],
    }


def load(value: Mapping[str, Any]) -> Totals:
    """The totals that `dump` gave."""
    unread = [(origin, of_parts(reason)) for origin, reason in value["unread"]]
    made = Totals(unreadable=value["unreadable"], unread=list(unread))
    made.exchanges.update(dict(value["exchanges"]))
    made.verdicts.update({(group, id, verdict): n for group, id, verdict, n in value["verdicts"]})
    for group, id, verdict, seen in value["seen"]:
        charges = {name: Decimal(amount) for name, amount in seen["charges"].items()}
        examples = [(origin, message, said) for origin, message, said in seen["examples"]]
        made.seen[group, id, verdict] = Seen(**{**seen, "charges": charges, "examples": examples})
    for group, model, measure, currency, amount, n in value["sums"]:
        made.sums[group, model, measure, currency] = Decimal(amount), n
    return made
