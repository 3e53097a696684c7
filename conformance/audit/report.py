"""The report of an audit: the same as that of a run, with numbers in place of single cases."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from conformance import __version__
from conformance.billing.charges import UNCLEAR
from conformance.billing.costs import NO_PRICE, Charge, Costs, ModelCosts, Sum
from conformance.billing.prices import plain
from conformance.contract.requirement import Requirement
from conformance.judgement.verdict import VIOLATIONS
from conformance.language import joined, say
from conformance.report.gate import too_few
from conformance.report.report import Report, Spend
from conformance.report.traffic import Group, Traffic
from conformance.text import typed_path

from .auditing import Asked, Audited
from .invoice import Bill, compared
from .reporting import MaxRate, entries_of, groups_of, label, rates_of, renamed, shown
from .stores import public
from .totals import Totals

_NAMED = 3  #: sources, and shards that failed


@dataclass(frozen=True)
class Terms:
    """What the traffic is held to: these requirements, by id; the shares in which some may be violated; the share of
    the records that may be unreadable; an invoice, None without one."""

    catalogue: Mapping[str, Requirement]
    allowed: tuple[MaxRate, ...] = ()
    unreadable: Decimal = Decimal("0.01")
    bills: Sequence[Bill] | None = None


def report_of(asked: Asked, found: Audited, terms: Terms, started: float) -> Report:
    """The report of what an audit came to."""
    totals, sheet = found.totals, asked.audit.sheet
    columns, models = shown(totals)
    entries = entries_of(columns, terms.catalogue, terms.allowed)
    groups = groups_of(totals)
    report = Report(
        base_url=_some(map(public, asked.sources)),
        source="recording",
        models=models,
        version=__version__,
        started=started,
        seconds=round(time.time() - started, 3),
        spend=Spend(totals.judged, _tokens(groups, "prompt"), _tokens(groups, "output")),
        entries=entries,
        gate=asked.audit.gate.words,
        costs=_costs(columns, groups_of(columns), sheet.currency) if sheet else None,
        traffic=Traffic(
            by=asked.audit.by,
            records=totals.judged + totals.unreadable,
            unreadable=totals.unreadable,
            unread=tuple(_unread(origin, reason) for origin, reason in totals.unread),
            sample=asked.audit.sample,
            seed=asked.audit.seed,
            currency=sheet.currency if sheet else "",
            groups=groups,
            rates=rates_of(totals),
            invoice=() if terms.bills is None else compared(terms.bills, groups),
        ),
        folder=typed_path(asked.out),
    )
    return replace(report, unjudged=_unjudged(report, found, terms))


def _unread(origin: str, reason: str) -> str:
    return reason if reason.startswith(f"{origin} ") else joined(": ", (origin, reason))


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f", … (+{len(listed) - _NAMED:,})" if len(listed) > _NAMED else ""
    return ", ".join(listed[:_NAMED]) + more


def _tokens(groups: Iterable[Group], kind: str) -> int:
    return sum(each.tokens.get(kind, 0) for each in groups)


def _unjudged(report: Report, found: Audited, terms: Terms) -> str:
    """Why nothing was judged, or not all that should have been; empty where all was."""
    totals = found.totals
    if found.failed:
        number, each = len(found.failed), found.failed[0]
        return say(
            "{number:,} of the shards could not be judged: {shard}: {why}", number, each.task.shard.name, each.failed
        )
    records = totals.judged + totals.unreadable
    if records and totals.unreadable > terms.unreadable * records:
        return say(
            "{unreadable:,} of {records:,} records could not be read, more than --max-unreadable allows",
            totals.unreadable,
            records,
        )
    if not totals.judged:
        return say("no record was judged")
    return _too_few(report, totals, terms)


def _too_few(report: Report, totals: Totals, terms: Terms) -> str:
    """Why too little was judged on all groups together, by the rule for a run; empty where enough was."""
    every = renamed(totals, dict.fromkeys(totals.exchanges, "[]"))
    _, models = shown(every)
    entries = entries_of(every, terms.catalogue)
    return too_few(replace(report, models=models, entries=entries, traffic=None))


# --- money --------------------------------------------------------------------------------------------------


def _costs(columns: Totals, groups: Sequence[Group], currency: str) -> Costs:
    """The costs of the groups that are columns of the report, and what violations charge."""
    models = tuple(_of_group(each, currency) for each in groups if each.replies)
    told = [Decimal(each.input_cost) for each in groups if each.input_cost]
    writes = sum((Decimal(each.writes_cost) for each in groups if each.writes_cost), Decimal(0))
    whole = Sum(plain(sum(told, Decimal(0))) if told else "", plain(writes), _said(told, currency))
    return Costs(currency, whole, models, charges=tuple(_charges(columns, currency)))


def _of_group(group: Group, currency: str) -> ModelCosts:
    untold = {
        UNCLEAR: group.replies - group.counted,
        NO_PRICE: group.counted - group.priced,
    }
    said = say("no reply has a price")
    if group.input_cost:
        said = say("{priced:,} replies: {cost} {currency}", group.priced, group.input_cost, currency)
    return ModelCosts(
        group.name,
        group.priced,
        Sum(group.input_cost, group.writes_cost, said),
        group.output_cost,
        {reason: number for reason, number in untold.items() if number > 0},
    )


def _said(told: Sequence[Decimal], currency: str) -> str:
    if not told:
        return say("no reply of a model with a price reports its counts")
    return f"{plain(sum(told, Decimal(0)))} {currency}"


def _charges(columns: Totals, currency: str) -> Iterable[Charge]:
    """What the violations of each requirement charge in each group."""
    for (group, id, verdict), seen in columns.seen.items():
        if verdict in map(str, VIOLATIONS) and (amount := seen.charges.get(currency)):
            whole = plain(abs(amount))
            said = say("undercharge {amount} {currency} in {number:,} exchanges", whole, currency, seen.n)
            if amount > 0:
                said = say("overcharge {amount} {currency} in {number:,} exchanges", whole, currency, seen.n)
            yield Charge(id, label(group), seen.first, plain(amount), said)
