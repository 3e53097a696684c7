"""Two reports on one endpoint, the earlier and the later: what got worse, what got better, what is no longer known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from pathlib import Path

from conformance.contract.requirement import order
from conformance.judgement.verdict import VIOLATIONS, Verdict
from conformance.language import joined, say
from conformance.policy.baseline import VIOLATED
from conformance.runs.folder import exchanges_in, read_run

from .comparison import Change, Comparison, Side
from .drift import Drift, Shapes, shapes
from .drift import drift as drift_of
from .gate import conclude
from .report import Entry, Report

HOLDS_OR_NOT = (Verdict.PASS, *VIOLATED)


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
        violated=worst_first(each for each in changes if _newly_violated(each)),
        lost=worst_first(
            each
            for each in changes
            if each.before in HOLDS_OR_NOT
            and each.after not in HOLDS_OR_NOT
            and (each.after or each.requirement in catalogue)
        ),
        violated_anew=worst_first(_violated_anew(before, new, models)),
        known=worst_first(
            each for each in changes if each.after is Verdict.KNOWN and each.before not in (None, *VIOLATED)
        ),
        fixed=worst_first(each for each in changes if each.before in VIOLATED and each.after is Verdict.PASS),
        judged=worst_first(
            each
            for each in changes
            if each.after is Verdict.PASS and each.before in (Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE)
        ),
        added=added,
        withdrawn=tuple(sorted(id for id in gone if id not in catalogue)),
        relevelled=tuple(
            say("{id} from {before} to {after}", id, before[id].level, entries[id].level)
            for id in sorted(before.keys() & entries.keys())
            if before[id].level is not entries[id].level
        ),
        models_added=tuple(each.name for each in new.models if each.name not in models),
        models_gone=tuple(each.name for each in old.models if each.name not in models),
        drift=tuple(drift),
    )


def _incomparable(old: Report, new: Report, models: set[str]) -> str:
    for name, report in ((say("earlier"), old), (say("later"), new)):
        if report.unjudged or not report.entries:
            nothing = say("the {which} run judged nothing", name)
            return joined(": ", (nothing, report.unjudged)) if report.unjudged else nothing
    if not models:
        names = [", ".join(each.name for each in report.models) for report in (old, new)]
        return say("no model is in both: {names}, and {others}", names[0], names[1])
    return ""


def _side(report: Report) -> Side:
    conclusion = conclude(report)
    cost = f"{report.costs.input.amount} {report.costs.currency}" if report.costs and report.costs.input.amount else ""
    return Side(
        report.base_url, report.version, report.started, conclusion.sentence, conclusion.exit_code,
        **asdict(report.spend), cost=cost, fault=report.fault, asked_again=report.asked_again,
    )  # fmt: skip


def _change(old: Entry | None, new: Entry | None, model: str) -> Change | None:
    """What became of a requirement on a model; None where nothing did."""
    entry = new or old
    before, after = (each.finding(model) if each else None for each in (old, new))
    old_verdict, new_verdict = (each.verdict if each else None for each in (before, after))
    if entry is None or old_verdict is new_verdict or (after and after.follows):
        return None  # what follows from a violation is told with that
    said = after.message if after else say("the later run left it out")
    return changed(entry, model, old_verdict, new_verdict, said)


def changed(entry: Entry, model: str, before: Verdict | None, after: Verdict | None, said: str) -> Change:
    return Change(entry.id, entry.level, entry.impact, entry.sentence, model, before, after, said, entry.later)


def _newly_violated(change: Change) -> bool:
    return change.after in VIOLATIONS and change.before not in (None, *VIOLATED)


def _violated_anew(before: dict[str, Entry], new: Report, models: set[str]) -> Iterable[Change]:
    """Of what the earlier report does not have, a requirement or a model, what is violated."""
    for entry in new.entries:
        old = before.get(entry.id)
        for finding in entry.findings:
            if finding.verdict in VIOLATIONS and not (old and old.finding(finding.model)):
                yield changed(entry, finding.model, None, finding.verdict, finding.message)


def worst_first(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes, what matters most first."""

    def key(each: Change) -> tuple[object, ...]:
        return each.uncounted, not each.fails, *order(each.level, each.impact), each.requirement, each.model

    return tuple(sorted(changes, key=key))


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
    exchanges = {each.request.key: each for each in exchanges_in(folder)}
    return {model.name: shapes(run, model, exchanges) for model in run.profile.models}
