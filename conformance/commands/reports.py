"""Reports that were written: read again, compared, and the baseline that follows from one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.evidence.archive import ArchiveError
from conformance.language import say
from conformance.policy.baseline import BaselineError
from conformance.report.baseline_update import list_known
from conformance.report.baseline_update import prune as prune_known
from conformance.report.compare import compare, drift_between
from conformance.report.render import RENDERERS, translated
from conformance.report.render.difference import render
from conformance.report.report import Report
from conformance.report.report_json import read_report
from conformance.runs.run import RunError
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.suite.catalogue import load

if TYPE_CHECKING:
    from conformance.history.metrics import Point


def report_at(path: Path) -> Report:
    """The report in a file or a run's folder. Raises SessionError."""
    file = path / "report.json" if path.is_dir() else path
    try:
        report = read_report(file)
    except ValueError as error:
        raise SessionError(str(error)) from None
    return replace(report, folder=str(file.parent)) if (file.parent / "run.json").exists() else report


def rendered(path: Path, form: str) -> str:
    """The report in a file or a run's folder, in one of its forms. Raises SessionError."""
    return RENDERERS[form](report_at(path))


def compared(old: Path, new: Path, form: str, strict: bool) -> tuple[str, int]:
    """What changed between two reports, rendered, and the exit code. Raises SessionError."""
    before, after = report_at(old), report_at(new)
    try:
        drift = drift_between(old, new, before, after)
    except (RunError, ArchiveError) as error:
        raise SessionError(str(error)) from None
    shown = (before, after) if form == "json" else (translated(before), translated(after))
    comparison = compare(*shown, load(), drift)
    return render(comparison, form, strict), comparison.exit_code(strict)


def earlier(later: Path, against: str) -> tuple[Path, Path]:
    """The folder of the run of a history that `against` names, and that of the later one. Raises SessionError."""
    from conformance.history.choosing import chosen

    return chosen(later, against)


def history_of(folder: Path, form: str) -> str:
    """What the runs in a folder show, in one of the forms. Raises SessionError."""
    from conformance.history.shown import render as shown
    from conformance.history.summary import history_in

    return shown(history_in(folder), form)


def metrics_of(folder: Path) -> list[Point]:
    """The last run of a history as metrics. Raises SessionError."""
    from conformance.history.metrics import points_in

    return points_in(folder, report_at)


def accept(path: Path, out: Path, owner: str, expires: date) -> str:
    """List every violation of a report in the baseline `out`. What was done, in a sentence. Raises SessionError."""
    try:
        return list_known(_judged(path), out, owner, expires)
    except BaselineError as error:
        raise SessionError(str(error)) from None


def prune(path: Path, out: Path) -> str:
    """Remove the entries of the baseline `out` that are stale by a report. What was done. Raises SessionError."""
    try:
        return prune_known(_judged(path), out)
    except BaselineError as error:
        raise SessionError(str(error)) from None


def _judged(path: Path) -> Report:
    report = report_at(path)
    if report.unjudged:
        raise SessionError(
            say("{path} judged nothing ({unjudged}): no baseline follows from it", path, report.unjudged), NOT_JUDGED
        )
    return report
