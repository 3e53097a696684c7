"""An invoice beside what was counted: CSV or Parquet with a group, tokens and an amount in each row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from conformance.billing.prices import plain
from conformance.evidence.parquet import MAGIC
from conformance.language import say
from conformance.report.traffic import Group, Invoiced
from conformance.text import nearest, reason_of

NUMBERS = ("tokens", "amount")


class InvoiceError(Exception):
    """An invoice cannot be used; the message is one sentence that names it."""


@dataclass(frozen=True)
class Bill:
    """What an invoice says of one group: `tokens` and `amount`, each None where it says nothing of it."""

    group: str
    tokens: Decimal | None
    amount: Decimal | None


def read_invoice(path: Path, by: Sequence[str]) -> list[Bill]:
    """The rows of an invoice. A group is in the column `group`, or in columns with the names that are grouped by.
    Raises InvoiceError."""
    columns, rows = _read(path)
    named = ["group"] if "group" in columns else list(by)
    for name in named:
        if name not in columns:
            hint = nearest(name, columns) or say("it has {columns}", ", ".join(columns) or say("none"))
            raise InvoiceError(say("{path} has no column {name!r}: {hint}", path, name, hint))
    if not {*NUMBERS} & {*columns}:
        raise InvoiceError(say("{path} has neither a column 'tokens' nor a column 'amount'", path))
    return [
        Bill(
            " / ".join(str(row[name]) for name in named) or "all traffic",
            *(_number(row.get(each), say("{path}, row {number}: {column}", path, number, each)) for each in NUMBERS),
        )
        for number, row in enumerate(rows, 1)
    ]


def _read(path: Path) -> tuple[list[str], Iterable[Mapping[str, Any]]]:
    try:
        with path.open("rb") as file:
            packed = file.read(len(MAGIC)) == MAGIC
        if not packed:
            with path.open(encoding="utf-8-sig", newline="") as text:
                reader = csv.DictReader(text)
                rows = list(reader)
            return list(reader.fieldnames or ()), rows
    except OSError as error:
        raise InvoiceError(say("{path} cannot be read ({reason})", path, reason_of(error))) from None
    except (csv.Error, UnicodeDecodeError):
        raise InvoiceError(say("{path} is neither CSV in UTF-8 nor Parquet", path)) from None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except pa.ArrowException as error:
        raise InvoiceError(say("{path} is not Parquet that can be read ({kind})", path, type(error).__name__)) from None
    return table.column_names, table.to_pylist()


def _number(value: Any, where: str) -> Decimal | None:
    """The number in a cell, as it is written; None where it is empty. Raises InvoiceError."""
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or isinstance(value, bool):
        raise InvoiceError(say("{where} is {value!r}, which is no number: write 1234.56", where, str(value)[:40]))
    return number


# --- beside what was counted --------------------------------------------------------------------------------


def compared(bills: Iterable[Bill], groups: Sequence[Group]) -> tuple[Invoiced, ...]:
    """Each number of the invoice beside what was counted of the group, and what was counted that it lacks."""
    billed: dict[str, list[Bill]] = {}
    for each in bills:
        billed.setdefault(each.group, []).append(each)
    counted = {each.name: each for each in groups}
    return tuple(
        line
        for name in dict.fromkeys((*billed, *counted))
        for line in _lines(name, billed.get(name), counted.get(name))
    )


def _lines(name: str, bills: list[Bill] | None, group: Group | None) -> Iterator[Invoiced]:
    ours = {"tokens": _tokens(group), "amount": _amount(group)}
    for what in NUMBERS:
        own = [number for each in bills or () if (number := getattr(each, what)) is not None]
        if own:
            yield _line(name, what, own, ours[what])
    if bills is None and ours["tokens"]:
        yield Invoiced(name, "tokens", "", plain(ours["tokens"]), plain(ours["tokens"]), "0", differs=True)


def _line(name: str, what: str, own: list[Decimal], ours: Decimal | None) -> Invoiced:
    """Tokens are compared exactly, an amount as rounded to the digits that the invoice has."""
    total = sum(own, Decimal(0))
    units = [int(each.as_tuple().exponent) for each in own]
    tolerance = sum((Decimal(1).scaleb(unit) / 2 for unit in units), Decimal(0)) if what == "amount" else Decimal(0)
    if ours is None:
        return Invoiced(name, what, plain(total), "", "", plain(tolerance), differs=True)
    difference = total - ours
    differs = abs(difference) > tolerance
    return Invoiced(name, what, plain(total), plain(ours), plain(difference), plain(tolerance), differs)


def _tokens(group: Group | None) -> Decimal:
    tokens = group.tokens if group else {}
    return Decimal(tokens.get("prompt", 0) + tokens.get("output", 0))


def _amount(group: Group | None) -> Decimal | None:
    """What a group costs by the formula, without prices what its replies state; None where not all of them tell it."""
    if group is None:
        return Decimal(0)
    if group.priced == group.counted == group.replies and group.input_cost and group.output_cost:
        return Decimal(group.input_cost) + Decimal(group.output_cost)
    if not group.priced and group.stated and group.stating == group.replies:
        return Decimal(group.stated)
    return None if group.replies else Decimal(0)
