"""The totals of an audit -> a report, the same as that of a run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from conformance.billing.prices import plain
from conformance.contract.profile import Model, family_of
from conformance.contract.requirement import Requirement
from conformance.judgement.verdict import EVIDENCE_LIMIT, VIOLATIONS, Finding, Verdict
from conformance.language import joined, of_parts, say
from conformance.report.build import entries
from conformance.report.report import Entry
from conformance.report.traffic import Group, Rate

from .totals import Seen, Totals

COLUMNS = 8  #: of a report; groups with fewer exchanges are shown together
_RATES = 10_000  #: that a report has
_VIOLATED = tuple(map(str, VIOLATIONS))


@dataclass(frozen=True)
class MaxRate:
    """The share of the judged exchanges in which a requirement may be violated."""

    requirement: str
    share: Decimal


def label(group: str) -> str:
    """A group for people: its values, with a word for those that are not known."""
    return " / ".join(each or "unknown" for each in json.loads(group)) or "all traffic"


def shown(totals: Totals) -> tuple[Totals, tuple[Model, ...]]:
    """The totals of the groups that are columns of the report, and those groups as models; beyond eight those with most
    exchanges, and all others together."""
    most = [group for group, _ in totals.exchanges.most_common()]
    kept = most if len(most) <= COLUMNS else most[: COLUMNS - 1]
    others = json.dumps([f"{len(most) - len(kept):,} others"], ensure_ascii=False)
    names = {group: group if group in kept else others for group in most}
    models = (label(each) for each in dict.fromkeys(names[group] for group in most))
    return renamed(totals, names), tuple(Model(each, family_of(each)) for each in models)


def renamed(totals: Totals, names: Mapping[str, str]) -> Totals:
    """The totals with other names for the groups; those that get the same are one."""
    made = Totals()
    for group, n in totals.exchanges.items():
        made.exchanges[names[group]] += n
    for (group, id, verdict), n in totals.verdicts.items():
        made.verdicts[names[group], id, verdict] += n
    for (group, id, verdict), seen in totals.seen.items():
        made.seen.setdefault((names[group], id, verdict), Seen()).merge(seen)
    for (group, model, measure, currency), (amount, n) in totals.sums.items():
        made.add_sum((names[group], model, measure, currency), amount, n)
    return made


# --- findings -----------------------------------------------------------------------------------------------


def entries_of(
    totals: Totals, catalogue: Mapping[str, Requirement], allowed: Iterable[MaxRate] = ()
) -> tuple[Entry, ...]:
    """An entry for each requirement, with a finding for each group."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for (group, id, verdict), n in totals.verdicts.items():
        found.setdefault((id, group), Counter())[verdict] += n
    findings = []
    limits = {each.requirement: _kept_within(each, found) for each in allowed}
    for (id, group), counts in sorted(found.items()):
        finding = _finding(id, group, counts, totals)
        if finding.verdict in VIOLATIONS and id in limits:
            finding = replace(finding, verdict=Verdict.WARN if limits[id] else Verdict.FAIL)
        findings.append(finding)
    return entries(catalogue, findings)


def rates_of(totals: Totals) -> tuple[Rate, ...]:
    """How often each requirement is violated in each group, the most frequent violations first."""
    keys = dict.fromkeys((group, id) for group, id, verdict in totals.seen if verdict in _VIOLATED)
    rates = []
    for group, id in keys:
        counts = Counter({str(each): totals.verdicts[group, id, str(each)] for each in (*VIOLATIONS, Verdict.PASS)})
        rates.append(_rate(id, label(group), _violated(counts), _judged(counts), _seen(totals, group, id)))
    return tuple(sorted(rates, key=lambda each: (-each.violated, each.requirement, each.group))[:_RATES])


def _kept_within(limit: MaxRate, found: Mapping[tuple[str, str], Counter[str]]) -> bool:
    """Whether a requirement is violated in no more than the share of all groups together."""
    counts = sum((each for (id, _), each in found.items() if id == limit.requirement), Counter[str]())
    return Decimal(_violated(counts)) <= limit.share * _judged(counts)


def _violated(counts: Counter[str]) -> int:
    return sum(counts[each] for each in _VIOLATED)


def _judged(counts: Counter[str]) -> int:
    return _violated(counts) + counts[str(Verdict.PASS)]


def _finding(id: str, group: str, counts: Counter[str], totals: Totals) -> Finding:
    """The worst of what was found counts. What could not be judged counts where nothing was, and where a check
    crashed."""
    judged, violated = _judged(counts), _violated(counts)
    unjudged = totals.seen.get((group, id, str(Verdict.INCONCLUSIVE)), Seen())
    if violated:
        seen = _seen(totals, group, id)
        rate = _rate(id, label(group), violated, judged, seen)
        verdict = Verdict.FAIL if counts[_VIOLATED[0]] else Verdict.WARN
        return Finding(id, label(group), verdict, _message(rate, seen), judged, rate.examples)
    if unjudged.crashed or (unjudged.n and not judged):
        verdict, message = Verdict.INCONCLUSIVE, _reason(unjudged)
    else:
        verdict, message = (Verdict.PASS if judged else Verdict.NOT_APPLICABLE), ""
    origins = tuple(origin for origin, _, _ in unjudged.examples) if message else ()
    return Finding(id, label(group), verdict, message, judged, origins)


def _seen(totals: Totals, group: str, id: str) -> Seen:
    both = Seen()
    for verdict in _VIOLATED:
        both.merge(totals.seen.get((group, id, verdict), Seen()))
    return both


def _rate(id: str, group: str, violated: int, judged: int, seen: Seen) -> Rate:
    timed = seen.since is not None and seen.until is not None
    first, last = (_time(seen.since), _time(seen.until)) if timed else (seen.first, seen.last)
    origins = tuple(dict.fromkeys(origin for origin, _, _ in seen.examples))[:EVIDENCE_LIMIT]
    return Rate(id, group, violated, judged, per_10000(violated, judged), first, last, origins)


def per_10000(number: int, of: int) -> str:
    """The rate with two significant decimals at most: 0.37."""
    rate = Decimal(10_000) * number / of
    return plain(rate.quantize(Decimal("0.01"))) if rate >= Decimal("0.01") else f"{rate:.1e}"


def _time(time: float | None) -> str:
    return datetime.fromtimestamp(time or 0, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _message(rate: Rate, seen: Seen) -> str:
    """How often, when, the first one as it was said, and where others stand."""
    counted = say(
        "in {violated:,} of {judged:,} exchanges ({rate} in 10,000)", rate.violated, rate.judged, rate.per_10000
    )
    origin, message, said = seen.examples[0]
    parts = [counted, say("{origin}: {message}", origin, of_parts(json.loads(said)) if said else message)]
    if rate.examples[1:]:
        parts.append(say("also {origins}", ", ".join(rate.examples[1:])))
    if rate.first != rate.last and rate.violated > 1:
        parts.append(say("first {first}, last {last}", rate.first, rate.last))
    return joined("; ", parts)


def _reason(seen: Seen) -> str:
    crashed = [each for each in seen.examples if each[1]]
    _, message, said = crashed[0] if crashed else ("", "", "")
    return of_parts(json.loads(said)) if said else message


# --- groups -------------------------------------------------------------------------------------------------

KINDS = ("prompt", "uncached", "read", "write_5m", "write_1h", "output")  #: of tokens
Sums = Mapping[str, tuple[Decimal, int]]  #: of one group, by measure, with the number of exchanges


def groups_of(totals: Totals) -> tuple[Group, ...]:
    """The numbers of each group, in the order of their names. What replies state is taken to be in the currency of the
    price sheet."""
    by_group: dict[str, dict[str, tuple[Decimal, int]]] = {group: {} for group in totals.exchanges}
    for (group, _, measure, _), (amount, n) in totals.sums.items():
        total, number = by_group[group].get(measure, (Decimal(0), 0))
        by_group[group][measure] = total + amount, number + n
    return tuple(_group(group, totals.exchanges[group], by_group[group]) for group in sorted(by_group))


def _group(group: str, exchanges: int, sums: Sums) -> Group:
    def amount(measure: str, of: str = "") -> str:
        """The sum in digits; empty where it is not of as many exchanges as that of another measure."""
        whole = measure in sums and (not of or sums[measure][1] == sums[of][1])
        return plain(sums[measure][0]) if whole else ""

    def number(measure: str) -> int:
        return sums[measure][1] if measure in sums else 0

    return Group(
        name=label(group),
        exchanges=exchanges,
        replies=number("replies"),
        counted=number("prompt"),
        tokens={kind: int(sums[kind][0]) for kind in KINDS if kind in sums},
        priced=number("cost"),
        input_cost=amount("cost"),
        writes_cost=amount("writes_cost"),
        output_cost=amount("output_cost", of="cost") if "cost" in sums else "",
        stating=number("stated"),
        stated=amount("stated"),
        due=amount("due", of="stated"),
        overcharge=amount("overcharge"),
        undercharge=amount("undercharge"),
    )
