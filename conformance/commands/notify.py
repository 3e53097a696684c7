"""What is behind `notify`: one message about the news of a run to each target, by apprise."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from conformance.history.telling import pending, read, runs_to, write
from conformance.language import joined, say
from conformance.report.gate import conclude
from conformance.report.render import translated
from conformance.report.render.news import message, subject
from conformance.report.report import Report
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.settings.options import VARIABLES
from conformance.text import reason_of

from .reports import report_at

LOCK = ".told.lock"
VARIABLE = f"{VARIABLES}_NOTIFY"  #: holds the targets' addresses, which hold secrets


@dataclass(frozen=True)
class Target:
    """Where a message goes. `name` is what is shown of it; `sender` is apprise's."""

    name: str
    address: str
    sender: Any


def notified(folder: Path) -> str:
    """Tell what a run of a history has to tell, or its last run; what was told, in a sentence. Raises SessionError,
    also where a target did not take it: it is told that with the next call."""
    if re.match(r"[\w+.-]{2,}:/", str(folder)):  # a path of Path has one slash
        raise SessionError(say("an address is not given on the command line: {variable} holds it", VARIABLE))
    targets = _targets(os.environ.get(VARIABLE, ""))
    runs = runs_to(folder)
    history = runs[-1].parent
    try:
        with FileLock(history / LOCK), _quiet():
            return _told(history, runs, targets)
    except OSError as error:
        raise SessionError(
            say("{folder} cannot be written ({reason})", history, reason_of(error)), NOT_JUDGED
        ) from None


def _told(history: Path, runs: Sequence[Path], targets: Sequence[Target]) -> str:
    told, sent = read(history), 0
    failed: dict[str, str] = {}  # a target that did not take one message is not given the next
    for folder in pending(runs, told):
        report = _report(folder, required=folder == runs[-1])
        if report is None or report.news is None:
            continue
        run = told.of(folder.name, report.news)
        owing = targets if report.news.tells else ()
        missing = {told.mark(each.address): each for each in owing if told.mark(each.address) not in run.told}
        told = write(history, told.having(folder.name, replace(run, owed=bool(missing))))
        for mark, target in list(missing.items()):
            if target.name in failed:
                continue
            if why := _sent(target, report):
                failed[target.name] = why
                continue
            sent += 1
            del missing[mark]
            run = replace(run, told=(*run.told, mark), owed=bool(missing))
            told = write(history, told.having(folder.name, run))
    if failed:
        raise SessionError(_failure(failed), NOT_JUDGED)
    return say("{number} message{_s} sent", sent, "s" * (sent != 1)) if sent else say("nothing to tell")


def _report(folder: Path, required: bool) -> Report | None:
    """The report of a run; None for an earlier one that cannot be read. Raises SessionError."""
    try:
        report = report_at(folder)
    except SessionError:
        if required:
            raise
        return None
    if required and report.news is None:
        raise SessionError(
            say(
                "{folder} has no news: it was not run with --history, so that nothing is known of earlier runs", folder
            ),
            NOT_JUDGED,
        )
    return translated(report)


def _failure(failed: dict[str, str]) -> str:
    """Which targets did not take a message, and what happens next."""
    named = joined("; ", [say("{target}: {why}", name, why) for name, why in failed.items()])
    return say("not delivered ({targets}): run notify again, and only who was not told is told", named)


# --- targets ------------------------------------------------------------------------------------------------


def _targets(given: str) -> list[Target]:
    """The targets whose addresses stand in a text, apart by space. What is wrong with one is said without it."""
    addresses = list(dict.fromkeys(given.split()))
    if not addresses:
        raise SessionError(
            say("{variable} is not set: it holds the addresses of those who are told (docs/nightly.md)", VARIABLE)
        )
    try:
        import apprise
    except ImportError:
        raise SessionError(say("to notify, apprise is needed: pip install 'phanedge-conformance[notify]'")) from None
    found, total = [], len(addresses)
    for number, address in enumerate(addresses, 1):
        with _quiet():
            service = apprise.Apprise.instantiate(address, suppress_exceptions=True)
        if service is None:
            raise SessionError(
                say("{variable}: address {number} of {total} is none that apprise knows", VARIABLE, number, total)
            )
        sender = apprise.Apprise()
        sender.add(service)  # it brings plain text into the form of the service; a service itself does not
        found.append(Target(say("target {number} ({service})", number, str(service.service_name)), address, sender))
    return found


class _Statuses(logging.Handler):
    """Of what apprise logs, which names addresses, the HTTP status of the last failure."""

    status = ""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(Exception):
            if found := re.search(r"error=(\d{3})\b", record.getMessage()):
                self.status = found[1]


_STATUSES = _Statuses()


@contextmanager
def _quiet() -> Iterator[None]:
    """Let apprise and what it stands on log to nobody else while this is entered: their lines name addresses."""
    loggers = [logging.getLogger(name) for name in ("apprise", "requests", "urllib3")]
    before = [(each.propagate, each.handlers) for each in loggers]
    for each in loggers:
        each.propagate, each.handlers = False, [_STATUSES]
    try:
        yield
    finally:
        for each, was in zip(loggers, before, strict=True):
            each.propagate, each.handlers = was


def _sent(target: Target, report: Report) -> str:
    """Send the message about a run. Why that failed; empty where it did not."""
    _STATUSES.status = ""
    try:
        taken = target.sender.notify(
            body=message(report), title=subject(report), body_format="text", notify_type=_kind(report)
        )
    except Exception as error:  # of a plugin of apprise; its text may hold the address
        return say("{kind} in apprise", type(error).__name__)
    if taken:
        return ""
    return say("HTTP {status}", _STATUSES.status) if _STATUSES.status else say("it could not be reached, or refused")


def _kind(report: Report) -> str:
    """What apprise calls a message about such a run, which services show as a colour."""
    return {0: "success", NOT_JUDGED: "warning"}.get(conclude(report).exit_code, "failure")
