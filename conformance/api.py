"""The suite as functions, for other people's tests and programs: docs/python.md."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from conformance.clients.result import Result as ClientsResult
from conformance.commands.clients import read_by
from conformance.commands.direct import judged, unfiled
from conformance.commands.judge import recorded_option
from conformance.commands.notify import notified
from conformance.commands.otlp import sent
from conformance.commands.reports import metrics_of
from conformance.contract.requirement import Impact, Level, Requirement
from conformance.history.metrics import text
from conformance.judgement.verdict import Finding, Verdict
from conformance.pytest_plugin.opening import plan_of
from conformance.report.gate import Conclusion, conclude
from conformance.report.render import RENDERERS
from conformance.report.render.found import violations
from conformance.report.report import Entry, Report
from conformance.runs.plan import Plan
from conformance.sending.in_process import Application
from conformance.settings.errors import SessionError
from conformance.settings.settings import Settings
from conformance.suite.catalogue import load

__all__ = [
    "Application", "ClientsResult", "Conclusion", "Entry", "Finding", "Impact", "Level", "Plan", "Report",
    "Requirement", "SessionError", "Verdict", "conclude", "judge", "metrics", "notify", "plan", "read_by_clients",
    "render", "requirements", "run", "send_metrics", "violations",
]  # fmt: skip

IN_PROCESS = "http://testserver/v1"  #: the base URL of an application that is given none


def run(
    *,
    models: Sequence[str] = (),
    base_url: str | None = None,
    app: Application | None = None,
    headers: Mapping[str, str] | None = None,
    api_key_variable: str | None = None,
    without: Sequence[str] = (),
    select: Sequence[str] = (),
    deselect: Sequence[str] = (),
    stub: bool = False,
    costly: bool = True,
    intrusive: bool = False,
    examples: int | None = None,
    gate: str | None = None,
    baseline: Path | None = None,
    revision: str | None = None,
    prices: Path | None = None,
    max_requests: int | None = None,
    max_tokens: int | None = None,
    max_cost: str | None = None,
    concurrency: int | None = None,
    deadline: float | None = None,
    out: Path | None = None,
    history: Path | None = None,
    keep: int | None = None,
) -> Report:
    """Send requests, and judge the responses: of the endpoint at `base_url`, of an ASGI application `app` in this
    process, or, without either, of the built-in reference endpoint. Each argument is the option of the same name
    (docs/configuration.md), with its default where it is None. Without `out` or `history` no file is kept. Raises
    SessionError where nothing can be judged so."""
    given = {
        "model": models, "base_url": base_url or (IN_PROCESS if app else None),
        "header": [f"{name}: {value}" for name, value in (headers or {}).items()],
        "api_key_variable": api_key_variable, "without": without, "select": select, "deselect": deselect,
        "stub": stub, "no_costly": not costly, "intrusive": intrusive, "examples": examples, "gate": gate,
        "baseline": baseline,
        "revision": revision, "prices": prices, "max_requests": max_requests, "max_tokens": max_tokens,
        "max_cost": max_cost, "concurrency": concurrency, "deadline": deadline, "history": history, "keep": keep,
    }  # fmt: skip
    return _judged(given, out, app)


def plan(
    *,
    models: Sequence[str] = (),
    base_url: str | None = None,
    without: Sequence[str] = (),
    select: Sequence[str] = (),
    deselect: Sequence[str] = (),
    stub: bool = False,
    costly: bool = True,
    intrusive: bool = False,
    examples: int | None = None,
    prices: Path | None = None,
) -> Plan:
    """What `run` with the same arguments would send and cost. Sends nothing. Raises SessionError."""
    given = {
        "model": models, "base_url": base_url, "without": without, "select": select, "deselect": deselect,
        "stub": stub, "no_costly": not costly, "intrusive": intrusive, "examples": examples, "prices": prices,
    }  # fmt: skip
    return plan_of(Settings.of(given))


def judge(
    folder: Path,
    *,
    select: Sequence[str] = (),
    deselect: Sequence[str] = (),
    gate: str | None = None,
    baseline: Path | None = None,
    revision: str | None = None,
    prices: Path | None = None,
    out: Path | None = None,
) -> Report:
    """Judge what was recorded: the folder of a run, or recordings made elsewhere. Sends nothing. The arguments are
    those of `run`. Raises SessionError where nothing can be judged so."""
    given = {
        recorded_option(folder): folder, "select": select, "deselect": deselect, "gate": gate, "baseline": baseline,
        "revision": revision, "prices": prices,
    }  # fmt: skip
    return _judged(given, out, None)


def _judged(given: Mapping[str, Any], out: Path | None, app: Application | None) -> Report:
    if out is not None or given.get("history") is not None:
        return judged(Settings.of({**given, "out": out}), app)
    # a request that is still under way after the deadline may note something there
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as held:
        return unfiled(judged(Settings.of({**given, "out": Path(held, "run")}), app))


def read_by_clients(
    folder: Path, *, names: Sequence[str] = (), sample: int = 0, seed: int = 0, cache: Path | None = None
) -> ClientsResult:
    """What real clients make of what was recorded: the folder of a run, a bundle, or recordings. `names` are those of
    docs/clients.md, every client where there is none. The arguments are the options of the command. Raises SessionError
    where nothing can be read so."""
    return read_by(names, folder, sample, seed, cache, lambda name: None)


def notify(folder: Path) -> str:
    """Tell the news of a run of a history, or of its last run, to the addresses in PHANEDGE_CONFORMANCE_NOTIFY. What
    was told, in a sentence. Raises SessionError, also where somebody could not be told."""
    return notified(folder)


def metrics(history: Path) -> str:
    """The last run of a history as metrics: OpenMetrics text. Raises SessionError."""
    return text(metrics_of(history))


def send_metrics(history: Path) -> str:
    """Send the same metrics by OTLP to the receiver in OTEL_EXPORTER_OTLP_ENDPOINT. What was sent, in a sentence.
    Raises SessionError, also where the receiver did not take them."""
    return sent(metrics_of(history))


def render(report: Report, format: Literal["terminal", "html", "markdown", "junit", "json"] = "terminal") -> str:
    """The report as text, in one of the formats of the command `render`."""
    return RENDERERS[format](report)


def requirements() -> tuple[Requirement, ...]:
    """Every requirement, in the order of the ids."""
    return tuple(load().values())
