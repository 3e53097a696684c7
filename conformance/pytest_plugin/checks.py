"""Wrong usage that is found before anything is sent or changed."""

from __future__ import annotations

from pathlib import Path

from conformance.contract.sources import SourceError, link
from conformance.language import LANGUAGES, joined, say
from conformance.policy.baseline import BaselineError
from conformance.policy.policy import Terms
from conformance.report.drift import ShapeError
from conformance.report.drift import read as read_shapes
from conformance.runs.dated import runs_of
from conformance.runs.folder import REPORTS, check_links, is_report, is_run, read_value
from conformance.runs.run import Run, RunError
from conformance.sending.access import access, check_open, check_variable, key_in
from conformance.settings.errors import SessionError
from conformance.settings.options import MOST, OPTIONS
from conformance.settings.settings import Settings
from conformance.text import reason_of

from .clients import check_clients
from .opening import budget_of, reference
from .target import profile_of, selected, sheet_of


def check(settings: Settings) -> None:
    """Raise SessionError where the settings cannot be used together, or a file that they name cannot be read."""
    _check_numbers(settings)
    if (settings.repeat or 1) > 1 and not settings.plan:
        raise SessionError(say("--repeat repeats the command `run`: pytest and --resume cannot"))
    _check_language(settings)
    if not settings.mutants:
        _check_folder(settings)
    _check_snapshots(settings.snapshots)
    check_clients(settings)
    sheet_of(settings)
    check_variable(settings.api_key_variable)
    _check_sources(settings)
    if settings.sends and not settings.mutants:
        _check_sending(settings)


def _check_sending(settings: Settings) -> None:
    _check_history(settings)
    if settings.fault and settings.base_url:
        raise SessionError(say("--fault works with the reference endpoint only: leave out --base-url"))
    reference(settings.fault)
    budget_of(settings)
    reached = access(settings.header, settings.authorities, settings.certificate, settings.secret_header)
    if settings.base_url:
        check_open(settings.base_url, settings.model, key_in(settings.api_key_variable), reached)


def _check_history(settings: Settings) -> None:
    """A history is that of one endpoint: what another one does is neither new nor fixed."""
    judged = profile_of(settings).base_url
    if settings.history is None or settings.resume or not settings.history.is_dir():
        return
    try:
        runs = runs_of(settings.history)
    except OSError as error:
        raise SessionError(
            say("--history: {history} cannot be read ({reason})", settings.history, reason_of(error))
        ) from None
    before = next((address for each in reversed(runs) if (address := _address_in(each))), judged)
    if before.rstrip("/") != judged.rstrip("/"):
        raise SessionError(
            say(
                "--history: {history} holds runs of {before}, and this one would be of {judged}: give each endpoint a"
                " history of its own",
                settings.history, before, judged,
            )
        )  # fmt: skip


def _address_in(folder: Path) -> str:
    """The address of the endpoint that the run in a folder is of; empty where it does not say."""
    try:
        return str(read_value(folder)["profile"]["base_url"])
    except RunError:
        return ""


def _check_sources(settings: Settings) -> None:
    """The report links every requirement to the place it comes from."""
    for requirement in selected(settings).values():
        try:
            link(requirement.source)
        except SourceError as error:
            raise SessionError(say("{id}: {error}", requirement.id, error)) from None


def _check_language(settings: Settings) -> None:
    if settings.language not in (None, *LANGUAGES):
        raise SessionError(
            say("--language: there is no {language!r}, only {languages}", settings.language, joined(" and ", LANGUAGES))
        )


def _check_numbers(settings: Settings) -> None:
    """Numbers that no clock and no counter can hold are refused, whoever gives them."""
    for option in OPTIONS.values():
        value = getattr(settings, option.key)
        if isinstance(value, int | float) and not (option.least or 0) <= value <= MOST:
            raise SessionError(
                say(
                    "--{name}: {value} is not between {least:g} and {most:,}",
                    option.name,
                    value,
                    option.least or 0,
                    MOST,
                )
            )


def _check_folder(settings: Settings) -> None:
    """An earlier run in the folder is replaced, and an earlier report; a folder that holds anything else is left
    alone."""
    out = settings.folder
    if _exists("--out", out) and not out.is_dir():
        raise SessionError(say("--out: {out} is a file, not a folder", out))
    try:
        check_links(out)
    except RunError as error:
        raise SessionError(say("--out: {error}", error)) from None
    if not out.is_dir() or settings.resume or is_run(out):
        return
    if settings.sends and any(out.iterdir()):
        raise SessionError(
            say("--out: {out} contains files that are not a run of this suite: name another folder", out)
        )
    if any((out / name).exists() for name in REPORTS) and not is_report(out / REPORTS[0]):
        raise SessionError(say("--out: {out} contains a report that is not of this suite: name another folder", out))


def _exists(option: str, path: Path) -> bool:
    """Raises SessionError where no file can have this name."""
    try:
        return path.exists()
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else error
        raise SessionError(
            say("{option}: {path!r} cannot be a folder: {reason}", option, str(path)[:100], reason)
        ) from None


def _check_snapshots(folder: Path | None) -> None:
    """What was stored there must be readable."""
    if folder and _exists("--snapshots", folder) and not folder.is_dir():
        raise SessionError(say("--snapshots: {folder} is a file, not a folder", folder))
    try:
        for path in sorted(folder.glob("*.json")) if folder else ():
            read_shapes(path)
    except ShapeError as error:
        raise SessionError(say("--snapshots: {error}", error)) from None


def check_terms(settings: Settings, terms: Terms, run: Run | None) -> None:
    """Reject a baseline with an entry about nothing that is judged. `run` is a recorded one. Raises SessionError."""
    if settings.mutants:
        return
    profile = run.profile if run else profile_of(settings)
    try:
        terms.check([model.name for model in profile.models])
    except BaselineError as error:
        raise SessionError(say("--baseline: {error}", error)) from None
