"""What an audit counted, as lines and tables for all report formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.language import gettext, tell, told
from conformance.report.report import Report
from conformance.report.traffic import Group, Invoiced, Traffic

from .words import plural

_LINES = 5  #: groups and differences that are told in a few lines
_ROWS = 200  #: of a table; report.json has all
KINDS = {
    "prompt": "Input tokens", "read": "of which hits", "write_5m": "writes, 5 minutes", "write_1h": "writes, 1 hour",
    "output": "Output tokens",
}  # fmt: skip
MONEY = {
    "input_cost": "Input cost", "output_cost": "Output cost", "stated": "Cost as reported", "due": "by the formula",
    "overcharge": "Overcharge", "undercharge": "Undercharge",
}  # fmt: skip
GROUPS = ("Group", "Exchanges", "Replies", "with counts")
RATES = ("Requirement", "Group", "Violated", "Judged", "in 10,000", "First", "Last", "Examples")
INVOICE = ("", "Group", "Number", "Invoiced", "Counted", "Difference", "Tolerance")


@dataclass(frozen=True)
class Table:
    """Cells of text below their titles; `more` rows are left out."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int = 0


def lines(report: Report) -> Iterator[str]:
    """What was read, the groups with most exchanges, and where an invoice differs; nothing for other reports."""
    traffic = report.traffic
    if traffic is None:
        return
    yield read(traffic)
    most = sorted(traffic.groups, key=lambda each: -each.exchanges)
    yield from (_said(each, traffic) for each in most[:_LINES])
    if len(most) > _LINES:
        yield tell("… and {number:,} more groups in report.html", len(most) - _LINES)
    yield from (difference(each, traffic) for each in traffic.differing[:_LINES])
    if len(traffic.differing) > _LINES:
        yield tell("… and {number:,} more differences in report.html", len(traffic.differing) - _LINES)


def read(traffic: Traffic) -> str:
    """How many records were read, and which could not be."""
    said = tell("{records}, {unreadable:,} of them unreadable", plural(traffic.records, "record"), traffic.unreadable)
    if traffic.sample < 1:
        said += tell("; a sample of {sample} with the seed {seed}", traffic.sample, traffic.seed)
    if not traffic.unread:
        return said
    return f"{said}{gettext(': ')}{gettext('; ').join(map(told, traffic.unread))}"


def _said(group: Group, traffic: Traffic) -> str:
    """A group in one line."""
    parts = [plural(group.exchanges, "exchange")]
    if group.counted:
        read, written = group.tokens.get("prompt", 0), group.tokens.get("output", 0)
        parts.append(tell("{input:,} input and {output:,} output tokens", read, written))
    parts += [f"{title.lower()} {amount}" for title, amount in _amounts(group, traffic)]
    return f"{group.name}{gettext(': ')}{gettext(', ').join(parts)}"


def _amounts(group: Group, traffic: Traffic) -> list[tuple[str, str]]:
    found = [(title, getattr(group, name)) for name, title in MONEY.items()]
    return [(gettext(title), f"{amount} {traffic.currency}".rstrip()) for title, amount in found if amount]


def difference(each: Invoiced, traffic: Traffic) -> str:
    """A number of an invoice beside what was counted."""
    unit = traffic.currency if each.what == "amount" else gettext("tokens")
    if not each.counted:
        return tell("invoice of {group}: {invoiced} {unit} cannot be compared", each.group, each.invoiced, unit)
    if not each.invoiced:
        return tell("not on the invoice: {group} with {counted} {unit}", each.group, each.counted, unit)
    return tell(
        "invoice of {group}: {invoiced} {unit}, counted {counted}, difference {difference} (tolerance {tolerance})",
        each.group, each.invoiced, unit, each.counted, each.difference, each.tolerance,
    )  # fmt: skip


# --- tables -------------------------------------------------------------------------------------------------


def tables(report: Report) -> list[Table]:
    """The groups, the rates and the invoice; none for other reports."""
    traffic = report.traffic
    if traffic is None:
        return []
    return [each for each in (_invoice(traffic), _groups(traffic), _rates(traffic)) if each.rows]


def _groups(traffic: Traffic) -> Table:
    kinds = [kind for kind in KINDS if any(kind in each.tokens for each in traffic.groups)]
    money = [name for name in MONEY if any(getattr(each, name) for each in traffic.groups)]
    titles = [*(KINDS[kind] for kind in kinds), *(MONEY[name] for name in money)]
    rows = [
        (
            each.name, f"{each.exchanges:,}", f"{each.replies:,}", f"{each.counted:,}",
            *(f"{each.tokens.get(kind, 0):,}" for kind in kinds), *(getattr(each, name) or "–" for name in money),
        )
        for each in traffic.groups
    ]  # fmt: skip
    unit = f", {traffic.currency}" if traffic.currency else ""
    title = tell("Traffic by {by}", ", ".join(traffic.by) or "–")
    return _table(title + unit, (*GROUPS, *titles), rows)


def _rates(traffic: Traffic) -> Table:
    rows = [
        (
            each.requirement, each.group, f"{each.violated:,}", f"{each.judged:,}", each.per_10000, each.first,
            each.last, ", ".join(each.examples),
        )
        for each in traffic.rates
    ]  # fmt: skip
    return _table(gettext("How often requirements are violated"), RATES, rows)


def _invoice(traffic: Traffic) -> Table:
    rows = [
        (
            "✗" if each.differs else "✓", each.group, gettext(each.what), each.invoiced or "–", each.counted or "–",
            each.difference or "–", each.tolerance,
        )
        for each in sorted(traffic.invoice, key=lambda each: not each.differs)
    ]  # fmt: skip
    return _table(gettext("Invoice"), INVOICE, rows)


def _table(title: str, head: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Table:
    titles = tuple(gettext(each) if each else "" for each in head)
    return Table(title, titles, tuple(rows[:_ROWS]), max(len(rows) - _ROWS, 0))
