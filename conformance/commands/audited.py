"""An audit of recorded traffic: options -> what is asked, and the report that comes of it."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from conformance.language import say, speaking
from conformance.policy.gating import GateError, gate
from conformance.report.gate import conclude
from conformance.report.render.detail import Detail
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.text import nearest_few, reason_of

if TYPE_CHECKING:
    from conformance.audit.auditing import Asked
    from conformance.audit.report import Terms
    from conformance.audit.reporting import MaxRate
    from conformance.contract.requirement import Requirement
    from conformance.report.report import Report

_NEEDED = ("fsspec", "orjson", "pyarrow")


def audit_traffic(sources: Sequence[str], given: Mapping[str, Any], detail: Detail) -> NoReturn:
    """Judge these sources, write the report, print what was found, and leave with its exit code. Raises
    SessionError."""
    if lacking := [name for name in _NEEDED if importlib.util.find_spec(name) is None]:
        raise SessionError(say("audit needs {lacking}: pip install 'phanedge-conformance[audit]'", ", ".join(lacking)))
    report = _report(sources, given, detail)
    _write(report, Path(report.folder), given.get("language"))
    print(_told(report, detail, given.get("language")), end="", flush=True)
    raise typer.Exit(conclude(report).exit_code)


def _report(sources: Sequence[str], given: Mapping[str, Any], detail: Detail) -> Report:
    from conformance.audit.auditing import FolderError, audited
    from conformance.audit.engines import EngineError
    from conformance.audit.report import report_of
    from conformance.audit.sources import SourceError

    from .audit_progress import watching

    started = time.time()
    asked, terms = _asked(sources, given)
    try:
        with speaking(given.get("language")), watching(detail) as watch:
            found = audited(asked, watch)
    except (FolderError, SourceError) as error:
        raise SessionError(str(error)) from None
    except EngineError as error:
        raise SessionError(say("--engine {engine}: {error}", asked.engine, error), NOT_JUDGED) from None
    except OSError as error:
        raise SessionError(say("--out: {filename} ({reason})", error.filename or asked.out, reason_of(error))) from None
    except KeyboardInterrupt:
        raise SessionError(say("interrupted: --resume goes on where it was, in {out}", asked.out), NOT_JUDGED) from None
    return report_of(asked, found, terms, started)


# --- options ------------------------------------------------------------------------------------------------


def _asked(sources: Sequence[str], given: Mapping[str, Any]) -> tuple[Asked, Terms]:
    """What is asked, and what the traffic is held to. Raises SessionError."""
    from conformance.audit.auditing import Asked
    from conformance.audit.kernel import Audit
    from conformance.audit.pool import cores
    from conformance.audit.report import Terms
    from conformance.pytest_plugin.target import selected, sheet_of
    from conformance.runs.passive import passive
    from conformance.settings.settings import Settings

    settings = Settings.of({name: given.get(name) for name in ("select", "deselect", "prices") if given.get(name)})
    chosen = selected(settings)
    passives = passive(chosen.values())
    judged = [each.id for of_scope in passives.of_scopes.values() for each in of_scope]
    judged += [each.id for each in passives.named]
    if not judged:
        raise SessionError(
            say("--select: none of these requirements speaks of a single exchange, so traffic shows none")
        )
    try:
        graded = gate(given.get("gate"), bool(given.get("strict")))
    except GateError as error:
        raise SessionError(say("--gate: {error}", error)) from None
    by = tuple(name.strip() for name in given["by"].split(",") if name.strip())
    audit = Audit(
        tuple(sorted(judged)), by, sheet_of(settings), graded,
        sample=float(_share(given["sample"], "--sample")), seed=given["seed"], show_content=given["show_content"],
    )  # fmt: skip
    workers = cores() if given.get("workers") is None else int(given["workers"])
    out = Path(given.get("out") or "reports/audit")
    catalogue = {id: chosen[id] for id in judged}
    allowed = tuple(_max_rate(each, catalogue) for each in given["max_rate"])
    asked = Asked(
        tuple(sources), audit, out, workers, given["limit"] or None, given["resume"], *_engine(given)
    )  # fmt: skip
    return asked, Terms(catalogue, allowed, _share(given["max_unreadable"], "--max-unreadable"), _bills(given, by))


def _engine(given: Mapping[str, Any]) -> tuple[str, str]:
    """The name of the engine, and its address. Raises SessionError."""
    from conformance.audit.engines import LOCAL, names

    name, address = given["engine"], given["engine_address"]
    if name not in names():
        raise SessionError(say("--engine is {name!r}, which is none of {names}", name, ", ".join(names())))
    if name == LOCAL and address:
        raise SessionError(say("--engine-address is that of a cluster: name it with --engine"))
    if name != LOCAL and given["limit"]:
        raise SessionError(say("--limit judges the first records on this machine: leave out --engine"))
    return name, address


def _bills(given: Mapping[str, Any], by: Sequence[str]) -> Any:
    from conformance.audit.invoice import InvoiceError, read_invoice

    path = given["invoice"]
    if path is None:
        return None
    if given["limit"] or float(given["sample"]) < 1:
        raise SessionError(say("--invoice is about all of the traffic: leave out --sample and --limit"))
    try:
        return read_invoice(path, by)
    except InvoiceError as error:
        raise SessionError(say("--invoice: {error}", error)) from None


def _share(text: object, option: str) -> Decimal:
    """A share between 0 and 1. Raises SessionError."""
    try:
        share = Decimal(str(text))
    except InvalidOperation:
        share = Decimal("nan")
    if not (share.is_finite() and 0 <= share <= 1):
        raise SessionError(say("{option} is {text!r}: give a share from 0 to 1, such as 0.01", option, str(text)[:40]))
    return share


def _max_rate(text: str, catalogue: Mapping[str, Requirement]) -> MaxRate:
    from conformance.audit.reporting import MaxRate

    id, equals, share = text.partition("=")
    if not equals:
        raise SessionError(
            say("--max-rate is {text!r}: give a requirement and a share, such as usage.total_tokens=0.001", text)
        )
    if id not in catalogue:
        raise SessionError(say("--max-rate: {id!r} is not judged{nearest_few}", id, nearest_few(id, catalogue)))
    return MaxRate(id, _share(share, f"--max-rate {id}"))


# --- what is left ---------------------------------------------------------------------------------------------


def _write(report: Report, out: Path, language: str | None) -> None:
    """The report in every form a run has. Raises SessionError."""
    from conformance.pytest_plugin.finish import FILES
    from conformance.report.render import RENDERERS
    from conformance.report.report_json import write_report
    from conformance.text import write_whole

    try:
        write_report(report, out / "report.json")
        with speaking(language):
            for name, file in FILES.items():
                write_whole(out / file, RENDERERS[name](report))
    except OSError as error:
        raise SessionError(
            say("--out: {filename} cannot be written ({reason})", error.filename or out, reason_of(error))
        ) from None


def _told(report: Report, detail: Detail, language: str | None) -> str:
    """What the terminal or the log has, as after a run."""
    from conformance.pytest_plugin.finish import summary
    from conformance.report.render import translated
    from conformance.report.render.log import about, render

    if detail is Detail.USUAL and sys.stdout.isatty():
        return summary(report, Path(report.folder), colour=True, language=language)
    first = "" if detail is Detail.QUIET else f"{about(report)}\n"
    with speaking(language):
        return f"{first}{render(translated(report), detail)}"
