"""What a pytest session judges and leaves behind: from options to a run, from findings to files."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import pytest

from . import __version__
from .archive import Archive, ArchiveError, Send
from .catalogue import load
from .client import Limits, live
from .exchange import Exchange, Request
from .planted import plant
from .profile import Model, Profile
from .reference import Endpoint
from .report import Report, entries, evidence_of, spend_of, write_report
from .requests import COSTLY, INTRUSIVE
from .run import Run, RunError, finish_run, held_run, read_run, run_exchanges, write_run
from .shape import Drift, ShapeError, watch
from .shape import read as read_shapes
from .traffic import RecordingError, recordings
from .verdict import Finding, Verdict

REFERENCE_URL = "http://127.0.0.1:8080/v1"
REFERENCE_KEY = "sk-reference-0123456789abcdefghijklmnopqrstuvwxyz"  #: any token will do there but an unknown one
REFERENCE_MODELS = (Model("reference-gpt", "gpt"), Model("reference-claude", "claude"))
FILES = {"html": "report.html", "markdown": "report.md", "junit": "junit.xml"}


class SessionError(Exception):
    """The session cannot judge anything. `exit_code` is 2 for wrong usage, 3 for nothing to judge."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def begin(config: pytest.Config, base_url: str, salt: str, out: Path, resources: ExitStack) -> str:
    """Check the options and prepare the folder, in the controlling process. The reference endpoint is served over
    HTTP where several workers share it: the address, else an empty string. Raises SessionError."""
    if out.exists() and not out.is_dir():
        raise SessionError(f"--out: {out} is a file, not a folder", 2)
    _check_snapshots(config.getoption("snapshots"))
    if not re.fullmatch(r"[A-Za-z_]\w*", config.getoption("api_key_variable")):
        raise SessionError("--api-key-variable: name an environment variable, not the key itself", 2)
    if not _sends(config) or config.getoption("mutants"):
        return ""
    profile = _profile(config, base_url)
    _check_faults(config, base_url)
    _make_room(out)
    write_run(out, profile, salt, _faults(config), config.getoption("examples"))
    if base_url or not config.getoption("numprocesses", None):
        return ""
    from .reference.server import serving

    return resources.enter_context(serving(_reference(config)))


def open_run(config: pytest.Config, base_url: str, serving: str, salt: str, out: Path) -> Run:
    """The run that the options describe. Raises SessionError."""
    try:
        if folder := config.getoption("recordings"):
            return held_run(folder, ((each.model, each.exchange) for each in recordings(folder)))
        if folder := config.getoption("archive"):
            return read_run(folder)
    except (RunError, RecordingError, ArchiveError) as error:
        raise SessionError(str(error), 3) from None
    if config.getoption("mutants"):
        return Run(_profile(config, ""), salt, _remembering(Endpoint().answer))
    key = _key(config) if base_url else REFERENCE_KEY
    limits = Limits(read=config.getoption("timeout_seconds"))
    address = base_url or serving
    send = live(address, key, limits) if address else _reference(config)
    fault, examples = _faults(config), config.getoption("examples")
    return Run(_profile(config, base_url), salt, Archive(out / "archive", send), fault=fault, examples=examples)


def _key(config: pytest.Config) -> str:
    """The API key of the endpoint; white space around it is not part of it."""
    name = config.getoption("api_key_variable")
    key = os.environ.get(name, "").strip()
    if not re.fullmatch(r"[!-~]*", key):
        raise SessionError(f"the key in {name} holds white space or a character beyond ASCII: set it anew", 2)
    return key


def _sends(config: pytest.Config) -> bool:
    return not (config.getoption("archive") or config.getoption("recordings"))


def _reference(config: pytest.Config) -> Send:
    """The reference endpoint, with the faults that are planted in it."""
    try:
        return plant(Endpoint().answer, config.getoption("fault"))
    except KeyError as error:
        raise SessionError(str(error.args[0]), 2) from None


def _faults(config: pytest.Config) -> str:
    """The names of the planted faults, as a report gives them."""
    return ", ".join(config.getoption("fault"))


def _remembering(send: Send) -> Send:
    known: dict[str, Exchange] = {}

    def remembering(request: Request) -> Exchange:
        if request.key not in known:
            if request.after:
                remembering(request.after)
            known[request.key] = send(request)
        return known[request.key]

    return remembering


def _check_faults(config: pytest.Config, base_url: str) -> None:
    """Refuse faults that are not known, and those for an endpoint that is not ours to plant them in."""
    if config.getoption("fault") and base_url:
        raise SessionError("--fault is planted in the reference endpoint only: leave out --base-url", 2)
    _reference(config)


def _profile(config: pytest.Config, base_url: str) -> Profile:
    without = frozenset(config.getoption("without")) | _left_out(config, base_url)
    try:
        models = tuple(Model.parse(text, without) for text in config.getoption("model"))
    except ValueError as error:
        raise SessionError(f"--model: {error}", 2) from None
    if not base_url:
        known = {model.name: Model(model.name, model.family, without) for model in REFERENCE_MODELS}
        if unknown := [model.name for model in models if model.name not in known]:
            names = " and ".join(known)
            raise SessionError(f"--model: the reference endpoint has no {unknown[0]!r}, only {names}", 2)
        chosen = tuple(known[model.name] for model in models)
        return Profile(REFERENCE_URL, chosen or tuple(known.values()), "reference")
    if not base_url.startswith(("http://", "https://")):
        raise SessionError(f"--base-url: {base_url!r} does not begin with http:// or https://", 2)
    if "@" in base_url.partition("://")[2].partition("/")[0]:
        raise SessionError(
            "--base-url: put no password in it, it is shown in reports: the key comes from the environment", 2
        )
    if set(base_url) & set("?#"):
        raise SessionError("--base-url: leave out the query and the fragment, the path is put behind it", 2)
    if len({model.name for model in models}) < len(models):
        raise SessionError("--model: a model is named twice", 2)
    if not models:
        raise SessionError("--model is missing: name at least one model of the endpoint to judge", 2)
    return Profile(base_url, models, "live")


def _left_out(config: pytest.Config, base_url: str) -> set[str]:
    """What is not sent: the intrusive, save to the reference endpoint or where asked for; the costly on request."""
    left_out = {COSTLY} if config.getoption("no_costly") else set()
    return left_out | ({INTRUSIVE} if base_url and not config.getoption("intrusive") else set())


def _make_room(out: Path) -> None:
    """An earlier run in the folder gives way; a folder that holds anything else is left alone."""
    if out.is_dir() and any(out.iterdir()) and not (out / "run.json").exists():
        raise SessionError(f"--out: {out} holds files that are no run of this suite: name another folder", 2)
    shutil.rmtree(out / "archive", ignore_errors=True)


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


def finish(config: pytest.Config, findings: Iterable[Finding], started: float, out: Path, run: Run) -> Report:
    """The report of these findings, written to the folder in every form."""
    from .render import RENDERERS

    found = sorted(findings, key=lambda each: (each.requirement, each.model))
    exchanges = run_exchanges(run, (config.getoption("archive") or out) / "archive")
    telling = {key for each in found if each.verdict > Verdict.PASS for key in each.evidence[:2]}
    report = Report(
        base_url=run.profile.base_url,
        source=run.profile.source,
        models=run.profile.models,
        version=__version__,
        started=started,
        seconds=round(time.time() - started, 3),
        spend=spend_of(exchanges),
        entries=entries(load(), found),
        evidence={
            each.request.key: evidence_of(each, run.profile.base_url, config.getoption("api_key_variable"))
            for each in exchanges
            if each.request.key in telling
        },
        unjudged=run.unjudged or run.broken_off,
        fault=run.fault,
        strict=config.getoption("gate_strict"),
        drift=_drift(config, run, exchanges),
    )
    if _sends(config) and not report.unjudged:
        finish_run(out)
    write_report(report, out / "report.json")
    for name, file in FILES.items():
        (out / file).write_text(RENDERERS[name](report), encoding="utf-8")
    return report


def summary(report: Report, out: Path, colour: bool) -> str:
    """What the terminal shows at the end."""
    from .render.terminal import render

    try:
        shown = out.relative_to(Path.cwd())
    except ValueError:
        shown = out
    return f"{render(report, colour=colour)}\nReport: {shown / FILES['html']}\n"
