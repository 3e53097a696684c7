"""Two reports on one endpoint, the earlier and the later: what got worse, what got better, what is no longer known."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from conformance.contract.requirement import Level
from conformance.evidence.archive import recorded
from conformance.judgement.verdict import Verdict
from conformance.policy.baseline import VIOLATED
from conformance.run.folder import read_run

from .drift import Drift, Shapes, shapes
from .drift import drift as drift_of
from .gate import conclude
from .report import Entry, Report

FORMAT = "diff-1"
HOLDS_OR_NOT = (Verdict.PASS, *VIOLATED)


@dataclass(frozen=True)
class Change:
    """One requirement on one model. `before` and `after` are None where a report does not have it, `message` is what
    the later report says of it. What is `uncounted` was added after the revision that the endpoint is held to."""

    requirement: str
    level: Level
    sentence: str
    model: str
    before: Verdict | None
    after: Verdict | None
    message: str = ""
    uncounted: bool = False


@dataclass(frozen=True)
class Side:
    """One of the two reports in a few words; `cost` is the input cost by a price sheet, empty where there is none, and
    `fault` a planted one."""

    base_url: str
    version: str
    started: float
    conclusion: str
    exit_code: int
    requests: int
    input_tokens: int
    output_tokens: int
    cost: str
    fault: str


@dataclass(frozen=True)
class Comparison:
    """What changed from `old` to `new`, of the requirements and models that both know unless said otherwise.

    `violated`: it is violated now, and was not. `lost`: it was judged, and is not any more. `fixed`: it was violated,
    and holds. `judged`: it could not be judged, and holds. `known`: violated since, and accepted in the baseline.
    `added` and `withdrawn` are requirements, `relevelled` those with another level; `violated_anew` is what of the
    added ones, or on added models, is violated. `unjudged` says why there is nothing to compare.
    """

    old: Side
    new: Side
    violated: tuple[Change, ...] = ()
    lost: tuple[Change, ...] = ()
    violated_anew: tuple[Change, ...] = ()
    known: tuple[Change, ...] = ()
    fixed: tuple[Change, ...] = ()
    judged: tuple[Change, ...] = ()
    added: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    relevelled: tuple[str, ...] = ()
    models_added: tuple[str, ...] = ()
    models_gone: tuple[str, ...] = ()
    drift: tuple[Drift, ...] = ()
    unjudged: str = ""

    def worse(self, strict: bool = False) -> tuple[Change, ...]:
        """What got worse: a MUST that is violated now, and one that held and could not be judged any more; strictly,
        any requirement that is violated now. What the later report does not count is not counted here."""
        found = [each for each in self.violated if strict or each.level is Level.MUST]
        found += [each for each in self.lost if lost_measure(each)]
        return tuple(each for each in found if not each.uncounted)

    def exit_code(self, strict: bool = False) -> int:
        """0 where nothing got worse, 1 where something did, 3 where the two cannot be compared."""
        return 3 if self.unjudged else 1 if self.worse(strict) else 0

    def sentence(self, strict: bool = False) -> str:
        """What the comparison comes to."""
        if self.unjudged:
            return f"could not be compared: {self.unjudged}"
        counted = {
            **{f"{level} newly violated": sum(each.level is level for each in self.violated) for level in Level},
            "held and no longer judged": sum(each.before is Verdict.PASS for each in self.lost),
            "known since": len(self.known),
            "fixed": len(self.fixed),
        }
        said = ", ".join(f"{number:,} {name}" for name, number in counted.items() if number)
        return f"{'worse' if self.worse(strict) else 'no worse'}: {said or 'nothing is newly violated'}"


def lost_measure(change: Change) -> bool:
    """Whether a MUST held, and is inconclusive now or was left out: what is no longer seen may be broken. What is not
    applicable any more is said, and no loss: the profile no longer claims it, or nothing of the kind occurred."""
    gone = change.after in (None, Verdict.INCONCLUSIVE)
    return change.level is Level.MUST and change.before is Verdict.PASS and gone


def compare(old: Report, new: Report, catalogue: Collection[str], drift: Iterable[Drift] = ()) -> Comparison:
    """Compare two reports; what the later one lacks was left out if it is in the catalogue, and else withdrawn."""
    sides = _side(old), _side(new)
    models = {each.name for each in old.models} & {each.name for each in new.models}
    if reason := _incomparable(old, new, models):
        return Comparison(*sides, unjudged=reason)
    entries = {each.id: each for each in new.entries}
    before = {each.id: each for each in old.entries}
    changes = [
        change
        for id in {**before, **entries}
        for model in sorted(models)
        if (change := _change(before.get(id), entries.get(id), model))
    ]
    added = tuple(sorted(entries.keys() - before.keys()))
    gone = before.keys() - entries.keys()
    return Comparison(
        *sides,
        violated=_worst_first(each for each in changes if _newly_violated(each)),
        lost=_worst_first(
            each
            for each in changes
            if each.before in HOLDS_OR_NOT
            and each.after not in HOLDS_OR_NOT
            and (each.after or each.requirement in catalogue)
        ),
        violated_anew=_worst_first(_violated_anew(before, new, models)),
        known=_worst_first(
            each for each in changes if each.after is Verdict.KNOWN and each.before not in (None, *VIOLATED)
        ),
        fixed=_worst_first(each for each in changes if each.before in VIOLATED and each.after is Verdict.PASS),
        judged=_worst_first(
            each
            for each in changes
            if each.after is Verdict.PASS and each.before in (Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE)
        ),
        added=added,
        withdrawn=tuple(sorted(id for id in gone if id not in catalogue)),
        relevelled=tuple(
            f"{id} from {before[id].level} to {entries[id].level}"
            for id in sorted(before.keys() & entries.keys())
            if before[id].level is not entries[id].level
        ),
        models_added=tuple(each.name for each in new.models if each.name not in models),
        models_gone=tuple(each.name for each in old.models if each.name not in models),
        drift=tuple(drift),
    )


def _incomparable(old: Report, new: Report, models: set[str]) -> str:
    for name, report in (("earlier", old), ("later", new)):
        if report.unjudged or not report.entries:
            return f"the {name} run {f'judged nothing: {report.unjudged}' if report.unjudged else 'judged nothing'}"
    if not models:
        names = [", ".join(each.name for each in report.models) for report in (old, new)]
        return f"no model is in both: {names[0]}, and {names[1]}"
    return ""


def _side(report: Report) -> Side:
    conclusion = conclude(report)
    cost = f"{report.costs.input.amount} {report.costs.currency}" if report.costs and report.costs.input.amount else ""
    return Side(
        report.base_url, report.version, report.started, conclusion.sentence, conclusion.exit_code,
        **asdict(report.spend), cost=cost, fault=report.fault,
    )  # fmt: skip


def _change(old: Entry | None, new: Entry | None, model: str) -> Change | None:
    """What became of a requirement on a model; None where nothing did."""
    entry = new or old
    before, after = (each.finding(model) if each else None for each in (old, new))
    old_verdict, new_verdict = (each.verdict if each else None for each in (before, after))
    if entry is None or old_verdict is new_verdict:
        return None
    said = after.message if after else "the later run left it out"
    return Change(entry.id, entry.level, entry.sentence, model, old_verdict, new_verdict, said, entry.later)


def _newly_violated(change: Change) -> bool:
    return change.after in (Verdict.FAIL, Verdict.WARN) and change.before not in (None, *VIOLATED)


def _violated_anew(before: dict[str, Entry], new: Report, models: set[str]) -> Iterable[Change]:
    """Of what the earlier report does not have, a requirement or a model, what is violated."""
    for entry in new.entries:
        old = before.get(entry.id)
        for finding in entry.findings:
            if finding.verdict in (Verdict.FAIL, Verdict.WARN) and not (old and old.finding(finding.model)):
                yield Change(
                    entry.id, entry.level, entry.sentence, finding.model, None, finding.verdict, finding.message,
                    entry.later,
                )  # fmt: skip


def _worst_first(changes: Iterable[Change]) -> tuple[Change, ...]:
    levels = list(Level)
    return tuple(
        sorted(changes, key=lambda each: (each.uncounted, levels.index(each.level), each.requirement, each.model))
    )


# --- the shape of replies -----------------------------------------------------------------------------------


def drift_between(old: Path, new: Path, before: Report, after: Report) -> tuple[Drift, ...]:
    """What changed in the shape of the replies, on the models of both: by the exchanges where both reports lie in the
    folders of their runs, else what the later report tells and the earlier does not. Raises RunError and ArchiveError
    where an exchange cannot be read."""
    folders = [path if path.is_dir() else path.parent for path in (old, new)]
    if not all((folder / "run.json").exists() and (folder / "archive").is_dir() for folder in folders):
        return tuple(each for each in after.drift if each not in before.drift)
    then, now = (_shapes(folder) for folder in folders)
    return tuple(each for name in now if name in then for each in drift_of(name, then[name], now[name]))


def _shapes(folder: Path) -> dict[str, Shapes]:
    run = read_run(folder)
    exchanges = {each.request.key: each for each in recorded(folder / "archive")}
    return {model.name: shapes(run, model, exchanges) for model in run.profile.models}


# --- as JSON (schemas/diff.json) ----------------------------------------------------------------------------


def dump_comparison(comparison: Comparison, strict: bool = False) -> dict[str, Any]:
    """With the sentence and the exit code that it comes to."""
    value = asdict(comparison)
    for changes in value.values():
        for change in changes if isinstance(changes, tuple) else ():
            for name in ("before", "after"):
                if isinstance(change, dict) and name in change:
                    change[name] = None if change[name] is None else str(change[name])
    head = {"format": FORMAT, "exit_code": comparison.exit_code(strict), "sentence": comparison.sentence(strict)}
    dumped: dict[str, Any] = json.loads(json.dumps(head | value))  # lists for tuples, as JSON gives it back
    return dumped
