"""Upkeep of the baseline's file: the violations of a report are listed in it, and stale entries removed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from conformance.contract.requirement import Level
from conformance.language import say, tell
from conformance.policy.baseline import Baseline, BaselineError, Known, State, audit
from conformance.policy.baseline_file import dump, extended, read_baseline, without
from conformance.suite.catalogue import load
from conformance.text import reason_of, write_whole

from .report import Report


def list_known(report: Report, path: Path, owner: str, expires: date) -> str:
    """Write an entry for each violated MUST and SHOULD that the file does not list yet, except those that rest on time;
    what is stale goes, all else stays. A MAY never fails the gate. What was done, in a sentence. Raises
    BaselineError."""
    before = read_baseline(path) if path.exists() else Baseline(str(path))
    kept = without(before, _stale(report, before))
    catalogue = load()
    timed = {entry.id for entry in report.counting if entry.id in catalogue and catalogue[entry.id].timed}
    told = [entry for entry in report.counting if entry.level is not Level.MAY and entry.id not in timed]
    left_out = sorted(entry.id for entry in report.counting if entry.id in timed and entry.violated)
    sentences = {entry.id: f"The endpoint {entry.level} {entry.sentence} ({entry.impact})." for entry in told}
    findings = [finding for entry in told for finding in entry.findings]
    after = extended(kept, findings, sentences, owner, expires)
    if not after.known and not before.known:
        nothing = "nothing is violated that a baseline is for" if left_out else "nothing is violated"
        return f"{nothing}: no baseline is needed{_left_out(left_out)}"
    _write(after, path)
    new = len(after.known) - len(kept.known)
    return tell(
        "{file}: {number} known, {new} of them new: state why each is accepted, and who owns it",
        path, len(after.known), new,
    ) + _left_out(left_out)  # fmt: skip


def _left_out(ids: Sequence[str]) -> str:
    """That what rests on time is not listed, and how it can be; empty where there is nothing of the kind."""
    if not ids:
        return ""
    return "\n" + tell(
        "left out, since they rest on time and may not show again: {ids}; to accept one that comes and goes, list it "
        "with a rate",
        ", ".join(ids),
    )


def prune(report: Report, path: Path) -> str:
    """Remove the stale entries from the file. What was done, a line each. Raises BaselineError."""
    before = read_baseline(path)
    stale = _stale(report, before)
    if stale:
        _write(without(before, stale), path)
    removed = [f"removed: {entry.requirement} on {entry.model} (line {entry.line})" for entry in stale]
    return "\n".join([*removed, f"{path}: {len(stale)} stale, {len(before.known) - len(stale)} known"])


def _write(known: Baseline, path: Path) -> None:
    text = dump(known)
    try:
        write_whole(path, text)
    except OSError as error:
        raise BaselineError(say("{path} cannot be written ({reason})", path, reason_of(error))) from None


def _stale(report: Report, known: Baseline) -> list[Known]:
    """The entries that are stale by a report."""
    findings = [finding for entry in report.entries for finding in entry.findings]
    standings = audit(known, findings, load(), date.min).standings
    told = report.baseline.standings if report.baseline else ()  # of a flaky one only the run's own history knows
    stale = [each for each in (*standings, *told) if each.state in (State.STALE, State.OVERDUE)]
    gone = {(each.requirement, each.model) for each in stale}
    return [entry for entry in known.known if (entry.requirement, entry.model) in gone]
