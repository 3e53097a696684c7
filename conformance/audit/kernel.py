"""`judge_batch`: records in, findings and counts out, as Arrow batches. A pure function, for any engine to hand around.

RECORDS and RESULTS are the two schemas. Nothing of what an exchange contains is in RESULTS unless the audit shows
content: a finding's message keeps its template, and what stood in its places is told by kind and length.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import pyarrow as pa

from conformance.billing.prices import Sheet
from conformance.contract.requirement import Requirement
from conformance.evidence.recording import Recording
from conformance.judgement.verdict import Finding
from conformance.language import Said, parts_of
from conformance.policy.gating import DEFAULT, Gate

from .grouping import group_of, time_of
from .judging import Judge, judge_of
from .money import charge, measures
from .reading import Unreadable, recordings_of
from .records import RECORDS as RECORDS
from .tally import Tally
from .withheld import without_content

#: What comes of a batch. `kind` says what a row is; members that are not named for its kind are null.
#:
#: - `finding`: a violation (`fail`, `warn`), or a check that could not be made (`inconclusive`): group, origin, model,
#:   requirement, verdict, message, said, time; amount and currency where it bears on the price of the input.
#: - `count`: how many exchanges (n) of a group got a verdict from a requirement.
#: - `tokens`: of a group and a model the sum (amount) of a measure over n exchanges (money.py); those of money have a
#:   currency where there is a price sheet.
#: - `exchanges`: how many exchanges (n) of a group were judged.
#: - `unreadable`: origin, and the reason as message; n is 1.
RESULTS = pa.schema(
    [
        ("kind", pa.string()),
        ("group", pa.string()),  # a JSON array of the values by which is grouped, in the order of `Audit.by`
        ("origin", pa.string()),
        ("model", pa.string()),
        ("requirement", pa.string()),
        ("verdict", pa.string()),  # as `str(Verdict)`
        ("message", pa.string()),  # in English
        ("said", pa.string()),  # the message as `language.parts_of` has it, in JSON, to be translated; null without
        ("time", pa.float64()),  # when the request was sent, in Unix time; null where that is not known
        ("measure", pa.string()),
        ("amount", pa.string()),  # a decimal in digits
        ("currency", pa.string()),
        ("n", pa.int64()),
    ]
)
_SHARE = 1 << 32


@dataclass(frozen=True)
class Audit:
    """What is asked of an audit. `requirements` are ids, none for all that speak of single exchanges. `by` are the
    names to group by (grouping.py). `sample` is the share of the records that is judged, drawn by their origins and the
    `seed`."""

    requirements: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    sheet: Sheet | None = field(default=None, hash=False)
    gate: Gate = DEFAULT
    sample: float = 1.0
    seed: int = 0
    show_content: bool = False


@dataclass
class _Results:
    """The rows of a batch that is being judged."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    groups: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    sums: dict[tuple[str, str, str, str], tuple[Any, int]] = field(default_factory=dict)

    def batch(self, judge: Judge) -> pa.RecordBatch:
        rows = list(self.rows)
        for group, tally in self.groups.items():
            rows.append({"kind": "exchanges", "group": group, "n": tally.exchanges})
            rows += (
                {"kind": "count", "group": group, "requirement": id, "verdict": str(verdict), "n": n}
                for id, verdict, n in tally.verdicts(judge)
            )
        for (group, model, measure, currency), (amount, n) in self.sums.items():
            about = {"kind": "tokens", "group": group, "model": model, "measure": measure, "currency": currency or None}
            rows.append(about | {"amount": str(amount) if isinstance(amount, int) else f"{amount:f}", "n": n})
        return pa.RecordBatch.from_pylist(rows, schema=RESULTS)


def judge_batch(batch: pa.RecordBatch, audit: Audit) -> pa.RecordBatch:
    """The results of a batch of RECORDS."""
    judge, found = judge_of(audit.requirements), _Results()
    for origin, adapter, record in zip(*(batch.column(name).to_pylist() for name in RECORDS.names), strict=True):
        if not is_drawn(origin, audit):
            continue
        try:
            for row, recording in recordings_of(adapter, record, origin):
                _judge(judge, audit, row, recording, recording.origin if audit.show_content else origin, found)
        except Unreadable as reason:
            said = str(reason)
            found.rows.append({"kind": "unreadable", "origin": origin, "message": said, "said": _parts(said), "n": 1})
    return found.batch(judge)


def is_drawn(origin: str, audit: Audit) -> bool:
    """Whether a record is in the sample."""
    return audit.sample >= 1 or crc32(f"{audit.seed} {origin}".encode()) < audit.sample * _SHARE


def _judge(
    judge: Judge, audit: Audit, row: Mapping[str, Any], recording: Recording, origin: str, found: _Results
) -> None:
    model = judge.model(recording.model, audit.sheet)
    group = group_of(audit.by, row, recording)
    outcome, tally = judge.outcome(recording.exchange, model), found.groups[group]
    tally.add(outcome)
    charged: tuple[str, str] | None = None
    for place, ungraded in outcome.findings:
        requirement = judge.requirements[place]
        finding = audit.gate.graded(requirement, ungraded)
        tally.others[place, finding.verdict] += 1
        made = _row(finding, requirement, recording, origin, group, audit, model)
        found.rows.append(made)
        if made["amount"]:
            charged = made["amount"], made["currency"]
    for (measure, currency), amount in measures(recording.exchange, model, charged).items():
        key = (group, recording.model, measure, currency)
        total, n = found.sums.get(key, (0, 0))
        found.sums[key] = total + amount, n + 1


def _row(
    finding: Finding, requirement: Requirement, recording: Recording, origin: str, group: str, audit: Audit, model: Any
) -> dict[str, Any]:
    message = finding.message
    if not audit.show_content:
        message = without_content(message, origin)
    amount, currency = charge(requirement, finding, recording.exchange, model)
    return {
        "kind": "finding",
        "group": group,
        "origin": origin,
        "model": recording.model,
        "requirement": requirement.id,
        "verdict": str(finding.verdict),
        "message": message,
        "said": _parts(message),
        "time": time_of(recording),
        "amount": amount,
        "currency": currency,
        "n": 1,
    }


def _parts(message: str) -> str | None:
    return json.dumps(parts_of(message), ensure_ascii=False) if isinstance(message, Said) else None


def findings(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """The rows of RESULTS that are findings."""
    return (row for row in batch.to_pylist() if row["kind"] == "finding")
