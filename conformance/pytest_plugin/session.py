"""What a pytest session judges and leaves behind: from options to a run, from findings to files."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock, Timeout

from conformance import __version__
from conformance.billing.costs import Costs, costs_of
from conformance.contract.profile import Model, Profile
from conformance.contract.requests import COSTLY, INTRUSIVE, PLAIN
from conformance.contract.requirement import Requirement
from conformance.contract.selection import SelectError, asked_for, chosen
from conformance.evidence.archive import Archive, ArchiveError, remembering
from conformance.evidence.exchange import Exchange, Inconclusive, Request
from conformance.evidence.recordings import RecordingError, recordings
from conformance.judgement.judge import EXAMPLES
from conformance.judgement.unanswered import Unanswered, unanswered
from conformance.judgement.verdict import Finding, Verdict
from conformance.lab.reference import Endpoint
from conformance.policy.baseline import BaselineError
from conformance.policy.policy import Terms, read_terms
from conformance.policy.revisions import RevisionError
from conformance.report.build import entries, evidence_of, spend_of
from conformance.report.drift import Drift, ShapeError, watch
from conformance.report.drift import read as read_shapes
from conformance.report.report import Report
from conformance.report.report_json import write_report
from conformance.run.folder import BASELINE, finish_run, read_run, read_value, write_run
from conformance.run.plan import Plan, planned
from conformance.run.resume import options_of, resalted
from conformance.run.run import Run, RunError, held_run, run_exchanges
from conformance.sending.client import proxy_for
from conformance.sending.stack import (
    SPENT,
    UNSENT,
    SessionError,
    access_of,
    budget_of,
    check_address,
    check_variable,
    key_of,
    prober,
    reference,
    sender,
    sheet_of,
    unsent,
)
from conformance.suite.catalogue import declared, load

REFERENCE_URL = "http://127.0.0.1:8080/v1"
REFERENCE_MODELS = (Model("reference-gpt", "gpt"), Model("reference-claude", "claude"))
REFERENCE_ALSO = (Model("reference-reasoning", "gpt"),)  #: judged where it is named only
FILES = {"html": "report.html", "markdown": "report.md", "junit": "junit.xml"}


def check(config: pytest.Config, base_url: str, out: Path) -> None:
    """Check the options, changing nothing and sending nothing. Raises SessionError."""
    if out.exists() and not out.is_dir():
        raise SessionError(f"--out: {out} is a file, not a folder", 2)
    _check_snapshots(config.getoption("snapshots"))
    sheet_of(config)
    check_variable(config.getoption("api_key_variable"))
    judged(config)
    if not sends(config) or config.getoption("mutants"):
        return
    _profile(config, base_url)
    _check_faults(config, base_url)
    budget_of(config)
    access_of(config)
    if not config.getoption("resume"):
        _check_room(out)
    if base_url:
        key_of(config)


def terms_of(config: pytest.Config, today: date) -> Terms:
    """To what the endpoint is held; a recorded run to what it was held to, where nothing else is said. Raises
    SessionError."""
    kept = config.getoption("archive") and config.getoption("archive") / BASELINE
    baseline = config.getoption("baseline") or (kept if kept and kept.exists() else None)
    try:
        return read_terms(today, config.getoption("revision") or _kept(config).get("revision"), baseline)
    except RevisionError as error:
        raise SessionError(f"--revision: {error}", 2) from None
    except BaselineError as error:
        raise SessionError(f"--baseline: {error}", 2) from None


def check_terms(config: pytest.Config, base_url: str, terms: Terms, run: Run | None) -> None:
    """Refuse a baseline that speaks of nothing that is judged. Raises SessionError."""
    if config.getoption("mutants"):
        return
    profile = run.profile if run else _profile(config, base_url)
    try:
        terms.check([model.name for model in profile.models])
    except BaselineError as error:
        raise SessionError(f"--baseline: {error}", 2) from None


def judged(config: pytest.Config) -> dict[str, Requirement]:
    """The requirements that are judged, by id. Raises SessionError."""
    try:
        return chosen(load(), *_selection(config))
    except SelectError as error:
        raise SessionError(str(error), 2) from None


def _selection(config: pytest.Config) -> tuple[list[str], list[str]]:
    """What is selected and deselected; of a recorded run, what it was made with, where nothing else is said."""
    select, deselect = config.getoption("select"), config.getoption("deselect_requirement")
    if select or deselect:
        return select, deselect
    kept = _kept(config)
    return kept.get("select", []), kept.get("deselect", [])


def _kept(config: pytest.Config) -> Mapping[str, Any]:
    """The options of the recorded run that is judged. Raises SessionError."""
    folder = config.getoption("archive")
    try:
        kept: Mapping[str, Any] = read_value(folder).get("options", {}) if folder else {}
    except RunError as error:
        raise SessionError(str(error), 3) from None
    return kept


def begin(config: pytest.Config, base_url: str, salt: str, out: Path, resources: ExitStack) -> str:
    """Prepare the folder, in the controlling process. The reference endpoint is served over HTTP where several workers
    share it: the address, else an empty string. Raises SessionError where another run is using the folder."""
    if not sends(config) or config.getoption("mutants"):
        return ""
    out.mkdir(parents=True, exist_ok=True)
    try:
        resources.enter_context(FileLock(out / ".lock", timeout=0))
    except Timeout:
        raise SessionError(f"--out: another run is using {out}: wait for its end, or name another folder", 2) from None
    salts: Mapping[str, str] = {}
    if config.getoption("resume"):
        salts = resalted(out, new_salt())
    else:
        shutil.rmtree(out / "archive", ignore_errors=True)
        (out / SPENT).unlink(missing_ok=True)
    (out / UNSENT).unlink(missing_ok=True)
    profile, fault, examples = _profile(config, base_url), _faults(config), config.getoption("examples")
    write_run(out, profile, salt, fault, examples, options=options_of(config), resalted=salts)
    _keep_baseline(config.getoption("baseline"), out / BASELINE)
    if base_url or not config.getoption("numprocesses", None):
        return ""
    from conformance.lab.reference.server import serving

    return resources.enter_context(serving(reference(config)))


def _keep_baseline(given: Path | None, kept: Path) -> None:
    """The baseline goes with the run, so that whoever judges it again accepts the same."""
    if given is None:
        kept.unlink(missing_ok=True)
    elif given.absolute() != kept:
        shutil.copyfile(given, kept)


def new_salt() -> str:
    """Twelve letters; of equal length and of letters only, so that every salt counts the same tokens."""
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(12))


def salt_of(config: pytest.Config, base_url: str) -> str:
    """The salt of the run that is gone on with, or a new one. Raises SessionError where that run is another."""
    folder = config.getoption("resume")
    if not folder:
        return new_salt()
    try:
        value = read_value(folder)
    except RunError as error:
        raise SessionError(f"--resume: {error}", 2) from None
    before = Profile.load(value["profile"]), value["fault"], value.get("examples", EXAMPLES)
    if before != (_profile(config, base_url), _faults(config), config.getoption("examples")):
        raise SessionError(f"--resume: {folder} holds a run with other models or options: repeat those", 2)
    salt: str = value["salt"]
    return salt


def plan_of(config: pytest.Config, base_url: str) -> Plan:
    """What the run that the options describe will send and cost."""
    run = Run(_profile(config, base_url), "", _plans_only, examples=config.getoption("examples"), asked=_asked(config))
    return planned(run, list(judged(config).values()), sheet_of(config))


def _plans_only(request: Request) -> Exchange:
    raise Inconclusive("a plan sends nothing")


def _asked(config: pytest.Config) -> frozenset[Request] | None:
    """The declared requests that are sent, None for all."""
    if not any(_selection(config)):
        return None
    return frozenset((PLAIN, *asked_for(judged(config).values(), declared())))


def open_run(config: pytest.Config, base_url: str, serving: str, salt: str, out: Path, resources: ExitStack) -> Run:
    """The run that the options describe. Raises SessionError."""
    try:
        if folder := config.getoption("recordings"):
            return held_run(folder, ((each.model, each.exchange) for each in recordings(folder)))
        if folder := config.getoption("archive"):
            return replace(read_run(folder), asked=_asked(config))
    except (RunError, RecordingError, ArchiveError) as error:
        raise SessionError(str(error), 3) from None
    profile = _profile(config, base_url)
    if config.getoption("mutants"):
        return Run(profile, salt, remembering(Endpoint().answer))
    archive = Archive(out / "archive", sender(config, base_url, serving, out, resources))
    fault, examples = _faults(config), config.getoption("examples")
    no_key = config.getoption("api_key_variable") if base_url and not key_of(config) else ""
    elsewhere = (lambda url, request: prober(config, url)(request)) if base_url else None
    return Run(
        profile, salt, archive, fault=fault, examples=examples, asked=_asked(config), elsewhere=elsewhere,
        no_key=no_key, proxy=proxy_for(base_url) if base_url else "",
        resalted=read_value(out).get("resalted", {}) if config.getoption("resume") else {},
    )  # fmt: skip


def sends(config: pytest.Config) -> bool:
    """Whether an endpoint is judged, not what was recorded."""
    return not (config.getoption("archive") or config.getoption("recordings"))


def _faults(config: pytest.Config) -> str:
    """The names of the planted faults, as a report gives them."""
    return ", ".join(config.getoption("fault"))


def _check_faults(config: pytest.Config, base_url: str) -> None:
    """Refuse faults that are not known, and those for an endpoint that is not ours to plant them in."""
    if config.getoption("fault") and base_url:
        raise SessionError("--fault is planted in the reference endpoint only: leave out --base-url", 2)
    reference(config)


def _profile(config: pytest.Config, base_url: str) -> Profile:
    without = frozenset(config.getoption("without")) | _left_out(config, base_url)
    try:
        models = tuple(Model.parse(text, without) for text in config.getoption("model"))
    except ValueError as error:
        raise SessionError(f"--model: {error}", 2) from None
    if not base_url:
        served = (*REFERENCE_MODELS, *REFERENCE_ALSO)
        known = {model.name: replace(model, without=without) for model in served}
        if unknown := [model.name for model in models if model.name not in known]:
            names = " and ".join(model.name for model in REFERENCE_MODELS)
            raise SessionError(f"--model: the reference endpoint has no {unknown[0]!r}, only {names}", 2)
        chosen = tuple(replace(known[model.name], without=model.without) for model in models)
        return Profile(REFERENCE_URL, chosen or tuple(known[each.name] for each in REFERENCE_MODELS), "reference")
    check_address(base_url)
    if len({model.name for model in models}) < len(models):
        raise SessionError("--model: a model is named twice", 2)
    if not models:
        raise SessionError("--model is missing: name at least one model of the endpoint to judge", 2)
    return Profile(base_url, models, "live")


def _left_out(config: pytest.Config, base_url: str) -> set[str]:
    """What is not sent: the intrusive, save to the reference endpoint or where asked for; the costly on request."""
    left_out = {COSTLY} if config.getoption("no_costly") else set()
    return left_out | ({INTRUSIVE} if base_url and not config.getoption("intrusive") else set())


def _check_room(out: Path) -> None:
    """An earlier run in the folder gives way; a folder that holds anything else is left alone."""
    if out.is_dir() and any(out.iterdir()) and not (out / "run.json").exists():
        raise SessionError(f"--out: {out} holds files that are no run of this suite: name another folder", 2)


def _check_snapshots(folder: Path | None) -> None:
    """What was kept there must be readable before anything is sent."""
    if folder and folder.exists() and not folder.is_dir():
        raise SessionError(f"--snapshots: {folder} is a file, not a folder", 2)
    try:
        for path in sorted(folder.glob("*.json")) if folder else ():
            read_shapes(path)
    except ShapeError as error:
        raise SessionError(f"--snapshots: {error}", 2) from None


def _drift(config: pytest.Config, run: Run, exchanges: Iterable[Exchange]) -> tuple[Drift, ...]:
    """What changed in the shape of replies, where shapes are kept; accepted with syrupy's `--snapshot-update`."""
    folder = config.getoption("snapshots")
    if not folder or run.unjudged or run.held is not None:
        return ()
    return watch(folder, run, exchanges, update=config.getoption("update_snapshots", False))


def _costs(config: pytest.Config, run: Run, exchanges: Iterable[Exchange], findings: Iterable[Finding]) -> Costs | None:
    """What the run costs, where there is a price sheet."""
    sheet = sheet_of(config)
    if sheet is None:
        return None
    columns = (run.held or {}).values()
    held = [(model.name, each) for models in columns for model, own in models.items() for each in own]
    asked = held or [(str(each.request.asked.get("model", "")), each) for each in exchanges]
    return costs_of(sheet, asked, findings, load())


def _unanswered(run: Run, exchanges: Iterable[Exchange], findings: Iterable[Finding]) -> tuple[Unanswered, ...]:
    """The valid requests that were never answered, of those that this run is about, save those of which a violation is
    known. Recordings made elsewhere do not say what was asked again, and what we cut off is not the endpoint's."""
    if run.held is not None or run.unjudged or run.broken_off:
        return ()
    left_out = {key for each in findings if each.verdict is Verdict.KNOWN for key in each.evidence}
    others = [request for request in declared() if run.asked is not None and request not in run.asked]
    left_out |= {run.filled(request, model).key for request in others for model in run.profile.models}
    return unanswered(exchanges, left_out)


def finish(
    config: pytest.Config, findings: Iterable[Finding], started: float, out: Path, run: Run, terms: Terms
) -> Report:
    """The report of these findings, written to the folder in every form."""
    from conformance.report.render import RENDERERS

    if sends(config):
        run.broken_off = run.broken_off or unsent(out)
    found = sorted(findings, key=lambda each: (each.requirement, each.model))
    exchanges = run_exchanges(run, (config.getoption("archive") or out) / "archive")
    telling = {key for each in found if each.verdict > Verdict.PASS for key in each.evidence[:2]}
    costs = _costs(config, run, exchanges, found)
    telling |= {each.exchange for each in costs.charges} if costs else set()
    vain = _unanswered(run, exchanges, found)
    telling |= {each.key for each in vain}
    report = Report(
        base_url=run.profile.base_url,
        source=run.profile.source,
        models=run.profile.models,
        version=__version__,
        started=started,
        seconds=round(time.time() - started, 3),
        spend=spend_of(exchanges),
        entries=entries(terms.catalogue(), found, terms.later()),
        evidence={
            each.request.key: evidence_of(each, run.profile.base_url, config.getoption("api_key_variable"))
            for each in exchanges
            if each.request.key in telling
        },
        unjudged=run.unjudged or run.broken_off,
        unanswered=vain,
        fault=run.fault,
        strict=config.getoption("gate_strict"),
        drift=_drift(config, run, exchanges),
        costs=costs.of_exchanges(telling) if costs else None,
        baseline=terms.audited(found),
        revision=terms.revision.name if terms.revision else "",
        plan=str(planned(run, list(judged(config).values()), sheet_of(config))) if sends(config) else "",
    )
    if sends(config) and not report.unjudged:
        finish_run(out)
    write_report(report, out / "report.json")
    for name, file in FILES.items():
        (out / file).write_text(RENDERERS[name](report), encoding="utf-8")
    return report


def summary(report: Report, out: Path, colour: bool) -> str:
    """What the terminal shows at the end."""
    from conformance.report.render.terminal import render

    try:
        shown = out.relative_to(Path.cwd())
    except ValueError:
        shown = out
    return f"{render(report, colour=colour)}\nReport: {shown / FILES['html']}\n"
