"""From findings to files: the report of a session, and what the terminal shows of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from conformance import __version__
from conformance.billing.costs import Costs, costs_of
from conformance.billing.prices import Sheet
from conformance.contract.profile import Profile
from conformance.evidence.archive import ArchiveError
from conformance.evidence.exchange import Exchange, Request
from conformance.history.keeping import without_the_oldest
from conformance.history.news import Past, news_of
from conformance.history.reading import past_before
from conformance.judgement.asked_again import asked_again
from conformance.judgement.consequences import folded
from conformance.judgement.unanswered import Unanswered, unanswered
from conformance.judgement.unserved import unserved
from conformance.judgement.verdict import Finding, Verdict
from conformance.language import gettext, say, speaking
from conformance.policy.policy import Terms
from conformance.report.build import entries, evidence_of, latency_of, spend_of
from conformance.report.drift import Drift, since, watch
from conformance.report.report import Report
from conformance.report.report_json import read_report, write_report
from conformance.runs.dated import began
from conformance.runs.folder import SHAPES, finish_run, identity_in, keep_bodies
from conformance.runs.plan import planned
from conformance.runs.resume import header_names
from conformance.runs.run import Run, RunError, run_exchanges
from conformance.runs.unseen import unseen
from conformance.sending.stack import unsent
from conformance.sending.sweep import sweep
from conformance.settings.settings import Settings
from conformance.settings.shown import without_values
from conformance.suite.catalogue import declared, load
from conformance.text import printable, reason_of, typed_path, write_whole

from .opening import secrets_of_run
from .target import selected

_SHOWN = 3  #: files that are named
FILES = {"html": "report.html", "markdown": "report.md", "junit": "junit.xml"}


def finish(
    settings: Settings, findings: Iterable[Finding], started: float, run: Run, terms: Terms, sheet: Sheet | None,
    sent: int | None,
) -> Report:  # fmt: skip
    """The report of these findings, written to the folder in every form. `sent` is how many requests were sent, None
    where nothing was, or that is not known."""
    out = settings.folder
    home = settings.archive or out
    past = past_before(home)
    if settings.sends:
        run.broken_off = run.broken_off or unsent(out)
    found = folded(sorted(findings, key=lambda each: (each.requirement, each.model)), terms.catalogue(), terms.later())
    exchanges = _exchanges(run, settings.archive or out, sent)
    telling = {key for each in found if each.verdict > Verdict.PASS for key in each.evidence[:2]}
    costs = _costs(sheet, run, exchanges, found)
    telling |= {each.exchange for each in costs.charges} if costs else set()
    own = _own(run, exchanges)
    vain = _unanswered(own, found)
    telling |= {each.key for each in vain}
    headers = header_names(settings)
    report = Report(
        base_url=run.profile.base_url,
        source=run.profile.source,
        models=run.profile.models,
        version=__version__,
        started=started,
        seconds=round(time.time() - started, 3),
        spend=spend_of(exchanges, sent),
        entries=entries(terms.catalogue(), found, terms.later()),
        evidence={
            each.request.key: evidence_of(each, run.profile.base_url, settings.api_key_variable, headers)
            for each in exchanges
            if each.request.key in telling
        },
        unjudged=run.unjudged or run.broken_off,
        unanswered=vain,
        unseen=unseen(exchanges) if run.held is not None else "",
        headers=headers,
        unserved=unserved(own, run.profile.models),
        asked_again=asked_again(own) if own else None,
        fault=run.fault,
        gate=terms.gate.words,
        drift=_drift(settings, run, exchanges, past),
        latency=latency_of(exchanges),
        costs=costs.of_exchanges(telling) if costs else None,
        baseline=terms.audited(found),
        revision=terms.revision.name if terms.revision else "",
        folder=typed_path(out) if settings.archive is None or settings.archive.absolute() == out else "",
        plan=str(planned(run, list(selected(settings).values()), sheet)) if settings.sends else "",
    )
    report = replace(report, news=news_of(past, report, began(home))) if past else report
    keep_bodies(out, (each for each in exchanges if each.request.key in telling))
    if settings.sends and not report.unjudged:
        finish_run(out)
    written = _written(report, out, secrets_of_run(settings), settings.language)
    for problem in _retained(settings):
        print(f"{gettext('warning')}{gettext(': ')}{printable(problem)}", file=sys.stderr)
    return written


def _retained(settings: Settings) -> list[str]:
    """Remove the oldest runs of a history, as --keep has it. What went wrong, a sentence each."""
    if not (settings.history and settings.keep):
        return []
    try:
        return without_the_oldest(settings.history, settings.keep, settings.folder)
    except OSError as error:
        return [say("--keep: {history} cannot be read ({reason})", settings.history, reason_of(error))]


def _written(report: Report, out: Path, secrets: Sequence[str], language: str | None) -> Report:
    """The report as it was written, without secrets."""
    write(report, out, language)
    return swept(report, out, secrets, language)


def swept(report: Report, out: Path, secrets: Sequence[str], language: str | None) -> Report:
    """The report in its folder. Where a secret stood there it was removed, and the report says so."""
    if found := sweep(out, secrets):
        files = ", ".join(found[:_SHOWN])
        more = say("{names} and {number} more files", files, len(found) - _SHOWN) if found[_SHOWN:] else files
        reason = say(
            "a secret of this run stood in {files}, and was removed there: report this as a fault of the suite", more
        )
        # what report.html has compressed cannot be searched
        report = replace(report, unjudged=reason, evidence={})
        write(report, out, language)
        sweep(out, secrets)
        report = replace(read_report(out / "report.json"), folder=report.folder)
    return report


def _exchanges(run: Run, folder: Path, sent: int | None) -> list[Exchange]:
    """What the run sent, as its archive has it. Nothing can be judged where that holds anything else."""
    try:
        found = run_exchanges(run, folder / "archive", "" if run.held is not None else identity_in(folder).id)
    except (RunError, ArchiveError) as error:
        run.unjudged = run.unjudged or str(error)
        return []
    if sent is not None and sent != len(found):
        said = say(
            "{folder} holds {number:,} exchanges, and the run sent {sent:,} requests",
            folder / "archive",
            len(found),
            sent,
        )
        run.unjudged = run.unjudged or said
    return found


def write(report: Report, out: Path, language: str | None) -> None:
    """Write the report to the folder of its run in every form."""
    from conformance.report.render import RENDERERS

    write_report(report, out / "report.json")
    with speaking(language):
        for name, file in FILES.items():
            write_whole(out / file, RENDERERS[name](report))


def _drift(settings: Settings, run: Run, exchanges: Iterable[Exchange], past: Past | None) -> tuple[Drift, ...]:
    """What changed in the shape of replies, where shapes are stored; accepted with syrupy's `--snapshot-update`. A run
    of a history stores its own, and is compared with the last run that could be judged."""
    if run.unjudged or run.held is not None:
        return ()
    if settings.snapshots:
        return watch(settings.snapshots, run, exchanges, update=settings.snapshot_update)
    if past is None:
        return ()
    home = settings.archive or settings.folder
    earlier = home.parent / past.last.name / SHAPES if past.last else None
    return since(earlier, home / SHAPES, run, exchanges)


def _costs(sheet: Sheet | None, run: Run, exchanges: Iterable[Exchange], findings: Iterable[Finding]) -> Costs | None:
    """What the run costs, where there is a price sheet."""
    if sheet is None:
        return None
    columns = (run.held or {}).values()
    held = [(model.name, each) for models in columns for model, own in models.items() for each in own]
    priced = held or [(str(each.request.asked.get("model", "")), each) for each in exchanges]
    return costs_of(sheet, priced, findings, load())


def _own(run: Run, exchanges: Sequence[Exchange]) -> list[Exchange]:
    """The exchanges of the requests that this run is about, and of features that their models claim. Recordings made
    elsewhere do not say what was asked again, and what we cut off is not the endpoint's."""
    if run.held is not None or run.unjudged or run.broken_off:
        return []
    others = [request for request in declared() if run.asked is not None and request not in run.asked]
    unasked = {run.filled(request, model).key for request in others for model in run.profile.models}
    left_out = {each.request.key for one in exchanges if one.request.key in unasked for each in one.all}
    return [each for each in exchanges if each.request.key not in left_out and _is_claimed(each.request, run.profile)]


def _is_claimed(request: Request, profile: Profile) -> bool:
    """Whether its model claims all features of a request: an image is shown to one without vision, too."""
    return all(map(profile.model(str(request.asked.get("model"))).claims, request.features))


def _unanswered(exchanges: Iterable[Exchange], findings: Iterable[Finding]) -> tuple[Unanswered, ...]:
    """The valid requests that were never answered, except those of which a violation is known."""
    return unanswered(exchanges, {key for each in findings if each.verdict is Verdict.KNOWN for key in each.evidence})


def summary(report: Report, out: Path, colour: bool, language: str | None = None) -> str:
    """What the terminal shows at the end."""
    from conformance.report.render import translated
    from conformance.report.render.terminal import render

    with speaking(language):
        written = f"{gettext('Report')}{gettext(': ')}{typed_path(out / FILES['html'])}"
        return without_values(f"{render(translated(report), colour=colour)}\n{written}\n")
