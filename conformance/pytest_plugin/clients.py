"""Clients as a part of a run's gate: they read its replies when it has ended."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from conformance.clients.listed import UnknownClient, chosen
from conformance.evidence.archive import recorded
from conformance.language import say
from conformance.report.gate import conclude
from conformance.report.report import Report
from conformance.settings.errors import SessionError
from conformance.settings.settings import Settings

if TYPE_CHECKING:
    from conformance.clients.result import Result


def check_clients(settings: Settings) -> None:
    """Raise SessionError where a client is not known, or what judges single exchanges is not installed."""
    if not settings.client:
        return
    try:
        chosen(settings.client)
    except UnknownClient as error:
        raise SessionError(str(error)) from None
    if importlib.util.find_spec("orjson") is None:
        raise SessionError(
            say("{command} needs {lacking}: pip install 'phanedge-conformance[audit]'", "--client", "orjson")
        )


def exit_code(settings: Settings, report: Report, read: Result | None) -> int:
    """The exit code of a report; where it conforms, that of the clients which read the run's replies."""
    return conclude(report).exit_code or (read.exit_code_of(settings.client) if read else 0)


def read_by_clients(settings: Settings, report: Report) -> Result | None:
    """What the clients of the settings make of the exchanges in a run's folder; written there. None where no client is
    named, or nothing was judged. Raises OSError."""
    if not settings.client or report.unjudged:
        return None
    from conformance.clients.installing import default_cache
    from conformance.clients.judging import judged
    from conformance.clients.result import Result
    from conformance.clients.tables import write
    from conformance.clients.taking import asks_for_completion, taken_of

    folder = settings.folder
    every = [(each.request.key, each) for each in recorded(folder / "archive") if asks_for_completion(each)]
    taken, left_out = taken_of(every)
    found = tuple(judged(chosen(settings.client), taken, default_cache(), lambda name: None))
    result = Result(str(folder), len(taken), left_out, found)
    write(result, folder)
    return result
