"""Wrong usage that is found before anything is sent or changed."""

from __future__ import annotations

from pathlib import Path

from conformance.contract.sources import SourceError, link
from conformance.policy.baseline import BaselineError
from conformance.policy.policy import Terms
from conformance.report.drift import ShapeError
from conformance.report.drift import read as read_shapes
from conformance.run.run import Run
from conformance.sending.access import access, check_variable, key_in
from conformance.settings.errors import SessionError
from conformance.settings.settings import Settings

from .opening import budget_of, reference
from .target import profile_of, selected, sheet_of


def check(settings: Settings) -> None:
    """Raise SessionError where the settings cannot be used together, or a file that they name cannot be read."""
    out = settings.folder
    if out.exists() and not out.is_dir():
        raise SessionError(f"--out: {out} is a file, not a folder")
    _check_snapshots(settings.snapshots)
    sheet_of(settings)
    check_variable(settings.api_key_variable)
    _check_sources(settings)
    if settings.sends and not settings.mutants:
        _check_sending(settings)


def _check_sending(settings: Settings) -> None:
    profile_of(settings)
    if settings.fault and settings.base_url:
        raise SessionError("--fault works with the reference endpoint only: leave out --base-url")
    reference(settings.fault)
    budget_of(settings)
    access(settings.header, settings.authorities, settings.certificate, settings.secret_header)
    if not settings.resume:
        _check_room(settings.folder)
    if settings.base_url:
        key_in(settings.api_key_variable)


def _check_sources(settings: Settings) -> None:
    """The report links every requirement to the place it comes from."""
    for requirement in selected(settings).values():
        try:
            link(requirement.source)
        except SourceError as error:
            raise SessionError(f"{requirement.id}: {error}") from None


def _check_room(out: Path) -> None:
    """An earlier run in the folder is replaced; a folder that holds anything else is left alone."""
    if out.is_dir() and any(out.iterdir()) and not (out / "run.json").exists():
        raise SessionError(f"--out: {out} contains files that are not a run of this suite: name another folder")


def _check_snapshots(folder: Path | None) -> None:
    """What was stored there must be readable."""
    if folder and folder.exists() and not folder.is_dir():
        raise SessionError(f"--snapshots: {folder} is a file, not a folder")
    try:
        for path in sorted(folder.glob("*.json")) if folder else ():
            read_shapes(path)
    except ShapeError as error:
        raise SessionError(f"--snapshots: {error}") from None


def check_terms(settings: Settings, terms: Terms, run: Run | None) -> None:
    """Reject a baseline with an entry about nothing that is judged. `run` is a recorded one. Raises SessionError."""
    if settings.mutants:
        return
    profile = run.profile if run else profile_of(settings)
    try:
        terms.check([model.name for model in profile.models])
    except BaselineError as error:
        raise SessionError(f"--baseline: {error}") from None
