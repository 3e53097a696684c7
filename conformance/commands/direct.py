"""Judging in the process of the caller, without pytest: for those who call the suite from their own code."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime

from conformance.evidence.archive import Archive
from conformance.pytest_plugin.checks import check, check_terms
from conformance.pytest_plugin.finish import finish
from conformance.pytest_plugin.opening import begin, diagnosing, identity_of, open_recorded, open_run
from conformance.pytest_plugin.target import profile_of, selected, sheet_of, terms_of
from conformance.report.report import Report
from conformance.runs.dated import in_history
from conformance.runs.prefetch import NOT_JUDGED, Prefetch, found, late
from conformance.runs.run import priced
from conformance.sending.in_process import Application, InProcess
from conformance.sending.limits import Deadline
from conformance.settings.errors import NOT_JUDGED as UNJUDGED
from conformance.settings.errors import SessionError
from conformance.settings.settings import Settings


def judged(settings: Settings, application: Application | None = None) -> Report:
    """The report of what these settings say, written to their folder; `application` is called in place of the endpoint.
    Raises SessionError."""
    started = time.time()
    settings = in_history(settings, started)
    check(settings)
    ending = Deadline.of(settings.deadline, started)
    with ExitStack() as resources:
        served = None
        if application is not None:
            try:
                served = resources.enter_context(closing(InProcess(application)))
            except RuntimeError as error:
                raise SessionError(str(error), UNJUDGED) from None
        return _judged(settings, started, ending, served, resources)


def _judged(
    settings: Settings, started: float, ending: Deadline, served: InProcess | None, resources: ExitStack
) -> Report:
    terms, sheet = terms_of(settings, datetime.fromtimestamp(started, UTC).date()), sheet_of(settings)
    with ExitStack() as sending:
        if settings.sends:
            profile, identity = profile_of(settings), identity_of(settings)
            check_terms(settings, terms, None)
            begin(settings, profile, identity, resources)
            run = open_run(settings, profile, identity, sheet, "", ending, sending, served)
        else:
            run = open_recorded(settings)
            check_terms(settings, terms, run)
        run = priced(run, sheet)
        run.counts = terms.holds
        run.preflight(diagnosing(settings, served) if settings.sends else None)
        pairs = [(each, model) for each in selected(settings).values() for model in run.profile.models]
        find = run.find
        if settings.base_url and not run.unjudged:
            ahead = Prefetch(run, pairs, settings.concurrency, ending)
            sending.callback(ahead.close)
            find = ahead.find
        findings = [
            terms.judged(each, late(each, model.name, ending) if ending.passed else found(find, each, model))
            for each, model in pairs
        ]
    if any(each.message.startswith(NOT_JUDGED) for each in findings):
        run.broken_off = ending.reason
    sent = run.send.sent if settings.sends and isinstance(run.send, Archive) else None
    return finish(settings, findings, started, run, terms, sheet, sent)


def unfiled(report: Report) -> Report:
    """The report without the folder that it was written to, which is not kept."""
    return replace(report, folder="")
