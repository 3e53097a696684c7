"""`run --repeat N`: one run after another in folders of their own, and what they differ in."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import typer

from conformance.billing.budget import spent_in
from conformance.language import gettext, say, speaking, tell, told
from conformance.pytest_plugin.checks import check
from conformance.pytest_plugin.finish import summary, write
from conformance.pytest_plugin.opening import plan_of
from conformance.pytest_plugin.target import profile_of
from conformance.report.gate import conclude
from conformance.report.render import translated
from conformance.report.render.detail import Detail
from conformance.report.render.log import about, render
from conformance.report.render.words import headline
from conformance.report.repeated import repeated
from conformance.report.report import Report, Spend
from conformance.runs.folder import REPEATS
from conformance.sending.stack import SPENT
from conformance.settings.errors import SessionError
from conformance.settings.settings import Settings

from .direct import judged


def run_repeated(given: Mapping[str, Any], detail: Detail) -> NoReturn:
    """Run as often as --repeat says, print what was found, and leave with the exit code. Raises SessionError."""
    settings = replace(Settings.of(given), workers=None)  # which are pytest's
    if settings.resume or settings.snapshots or settings.history:
        raise SessionError(say("--repeat begins new runs: leave out --resume, --snapshots and --history"))
    check(replace(settings, repeat=1))
    settings = replace(settings, out=settings.folder)
    with speaking(settings.language):
        if detail > Detail.QUIET:
            print(gettext(": ").join((about(profile_of(settings)), told(str(plan_of(settings))))), flush=True)
        reports = _each(settings, detail)
        report = _whole(settings, [next(reports), *(replace(each, evidence={}) for each in reports)])
        write(report, settings.folder, settings.language)  # each run has searched its own folder for secrets
        if detail is Detail.USUAL and sys.stdout.isatty():
            print(summary(report, settings.folder, colour=True, language=settings.language), end="")
        else:
            print(render(translated(report), detail), end="")
    raise typer.Exit(conclude(report).exit_code)


def _each(settings: Settings, detail: Detail) -> Iterator[Report]:
    """The report of each run, until one cannot be judged."""
    ends, left = time.monotonic() + settings.deadline, settings
    runs = settings.repeat or 1
    for number in range(1, runs + 1):
        folder = settings.folder if number == 1 else settings.folder / REPEATS / str(number)
        report = judged(replace(left, repeat=1, out=folder))
        yield report
        if detail > Detail.QUIET:
            print(tell("run {number} of {runs}: {said}", number, runs, headline(report).meaning), flush=True)
        if report.unjudged:
            return
        left = _left(left, folder / SPENT, ends)


def _left(settings: Settings, ledger: Path, ends: float) -> Settings:
    """The settings with what a run left of the limits; the least where nothing is left, so that the next run says which
    limit was reached."""
    amount, money = spent_in(ledger)
    return replace(
        settings,
        max_requests=settings.max_requests and max(1, settings.max_requests - amount.requests),
        max_tokens=settings.max_tokens and max(1, settings.max_tokens - amount.tokens),
        max_cost=settings.max_cost and str(max(Decimal(0), Decimal(settings.max_cost) - money)),
        deadline=settings.deadline and max(0.1, ends - time.monotonic()),
    )


def _whole(settings: Settings, reports: Sequence[Report]) -> Report:
    """The first report, with what all runs spent and what they differ in."""
    first, last = reports[0], len(reports)
    findings = [
        (number, [finding for entry in report.entries for finding in entry.findings])
        for number, report in enumerate(reports, 1)
        if not report.unjudged
    ]
    unjudged = reports[-1].unjudged
    if unjudged and last > 1:
        unjudged = say("run {number} of {runs}: {reason}", last, settings.repeat, unjudged)
    return replace(
        first,
        unjudged=unjudged,
        seconds=round(sum(report.seconds for report in reports), 3),
        spend=_sum([report.spend for report in reports]),
        plan=str(plan_of(settings)),
        repeated=repeated(findings),
    )


def _sum(spends: Sequence[Spend]) -> Spend:
    return Spend(
        sum(each.requests for each in spends),
        sum(each.input_tokens for each in spends),
        sum(each.output_tokens for each in spends),
    )
