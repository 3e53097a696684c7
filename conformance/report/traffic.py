"""What an audit counted, as numbers beside the findings of its report. Amounts are decimals in digits, empty where they
cannot be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """The exchanges of one group: how many there are, how many of them are `replies`, and of these how many are
    `counted`, whose tokens are summed by kind. By the contract's formula `priced` of them cost so much; `stating` say
    themselves what they cost, which is `stated` in sum, and `due` by the formula. `overcharge` and `undercharge` are
    what violations about billing charge."""

    name: str
    exchanges: int
    replies: int
    counted: int
    tokens: Mapping[str, int]
    priced: int = 0
    input_cost: str = ""
    writes_cost: str = ""  #: of it
    output_cost: str = ""
    stating: int = 0
    stated: str = ""
    due: str = ""
    overcharge: str = ""
    undercharge: str = ""


@dataclass(frozen=True)
class Rate:
    """How often a requirement is violated in a group: in so many of those judged. `first` and `last` are times (UTC)
    where they are known, else where the exchanges stand, as `examples` are."""

    requirement: str
    group: str
    violated: int
    judged: int
    per_10000: str
    first: str
    last: str
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Invoiced:
    """One number of an invoice beside what was counted: `tokens` or an `amount`. It `differs` where the difference is
    larger than the tolerance."""

    group: str
    what: str
    invoiced: str
    counted: str
    difference: str
    tolerance: str
    differs: bool


@dataclass(frozen=True)
class Traffic:
    """`by` are the names that the groups are made by, `records` all that were read, `unread` the first ones that could
    not be, of `unreadable` in all. `sample` is the share that was drawn."""

    by: tuple[str, ...]
    records: int
    unreadable: int
    unread: tuple[str, ...]
    sample: float
    seed: int
    currency: str
    groups: tuple[Group, ...]
    rates: tuple[Rate, ...]
    invoice: tuple[Invoiced, ...] = ()

    @property
    def differing(self) -> list[Invoiced]:
        """The numbers of the invoice that are not what was counted."""
        return [each for each in self.invoice if each.differs]
