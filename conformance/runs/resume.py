"""Settings of a recorded run: to resume it, sending only what is not finished, or to judge it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.evidence.archive import reopen
from conformance.language import say
from conformance.settings.address import STRUCK_OUT, public
from conformance.settings.config import ConfigError, value_of
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.settings.options import options_of
from conformance.settings.settings import Settings, plain

from .folder import BASELINE, identity_in, read_value
from .run import RunError
from .seal import check_destination

#: What decides on what is sent and judged: a run that is resumed cannot have others.
_THE_SAME = (
    "base-url",
    "model",
    "without",
    "stub",
    "intrusive",
    "no-costly",
    "examples",
    "fault",
    "select",
    "deselect",
)
_GATE = {"gate", "strict"}
_NOT_KEPT = ("out", "resume")
_SECRET = "header"  #: of which the names are kept, for the values may be secret


def kept_options(settings: Settings) -> dict[str, Any]:
    """The options that differ from their defaults, as run.json keeps them: of headers the names only."""
    kept = {option.name for option in options_of("plan")} - {*_NOT_KEPT}
    given = {name: value for name, value in _shown(settings).items() if name in kept}
    return given | ({_SECRET: _header_names(settings)} if _SECRET in given else {})


def _shown(settings: Settings) -> dict[str, Any]:
    """The options that differ from their defaults, the address without what in it is secret."""
    return settings.dump() | ({"base-url": public(settings.base_url)} if settings.base_url else {})


def completed(settings: Settings) -> Settings:
    """The settings, with those of the recorded run that they name. Raises SessionError."""
    if settings.resume:
        return _resumed(settings, settings.resume)
    return _judged_again(settings, settings.archive) if settings.archive else settings


def _resumed(settings: Settings, folder: Path) -> Settings:
    """With the options of the run where none is given; one that would make it another run is rejected."""
    try:
        noted = noted_options(folder)
    except RunError as error:
        raise SessionError(say("--resume: {error}", error)) from None
    given = _shown(settings)
    if "base-url" not in given and STRUCK_OUT in noted.get("base-url", ""):
        raise SessionError(say("--resume: repeat --base-url, whose secret parts were not stored"))
    for name in _THE_SAME:
        if name in given and given[name] != noted.get(name):
            before = f"with --{name} {_words(noted[name])}".rstrip() if name in noted else f"without --{name}"
            raise SessionError(
                say(
                    "--resume: {folder} holds a run {before}: leave out --{name}, or start a new run in another folder",
                    folder,
                    before,
                    name,
                )
            )
    if lacking := set(noted.get(_SECRET, ())) - set(_header_names(settings)):
        raise SessionError(say("--resume: repeat --header {lacking}, whose value was not stored", min(lacking)))
    whole = settings.updated({name: noted[name] for name in _not_given(noted, given) - {_SECRET}})
    if whole.base_url and not whole.plan:
        named = (given.get(name, "") for name in ("base-url", "api-key-variable"))
        check_destination(whole, identity_in(folder).id, folder, *named)
    return whole


def _judged_again(settings: Settings, folder: Path) -> Settings:
    """With the selection, revision, gate and baseline of the run where none is given."""
    try:
        noted = noted_options(folder)
    except RunError as error:
        raise SessionError(str(error), NOT_JUDGED) from None
    wanted = {
        "revision",
        "stale-after",
        *_GATE,
        *(() if settings.select or settings.deselect else ("select", "deselect")),
    }
    known = settings.updated({name: noted[name] for name in wanted & _not_given(noted, settings.dump())})
    kept = folder / BASELINE
    return replace(known, baseline=kept) if known.baseline is None and kept.exists() else known


def _not_given(noted: Mapping[str, Any], given: Mapping[str, Any]) -> set[str]:
    """The options of the run that are not given. Those of the gate are one: given in part, none is taken over."""
    return noted.keys() - given.keys() - (_GATE if _GATE & given.keys() else set())


def noted_options(folder: Path) -> dict[str, Any]:
    """The options of the run that is recorded there, as `kept_options` made them; what is none is passed over. Raises
    RunError."""
    noted: dict[str, Any] = read_value(folder).get("options", {})
    known = {option.name: option for option in options_of("plan") if option.name not in _NOT_KEPT}
    try:
        return {name: plain(value_of(known[name], value, Path("/"))) for name, value in noted.items() if name in known}
    except ConfigError as error:
        raise RunError(say("{file} has a wrong option: {error}", folder / "run.json", error)) from None


def resalted(folder: Path, id: str, salt: str) -> Mapping[str, str]:
    """Make room in the archive for what is not finished. Which requests are given another cache-busting prefix than the
    run's, and which: one that was under way may have been answered, and its prompt is in a cache. Raises
    ArchiveError."""
    before: dict[str, str] = read_value(folder).get("resalted", {})
    return dict.fromkeys(reopen(folder / "archive", id), salt) | before  # what was given another one before keeps it


def header_names(settings: Settings) -> tuple[str, ...]:
    """The names of the fields that every request is sent with, or was in the run that is judged again. Raises
    RunError."""
    noted = noted_options(settings.archive).get(_SECRET, ()) if settings.archive else _header_names(settings)
    return tuple(noted)


def _header_names(settings: Settings) -> list[str]:
    return sorted({header.partition(":")[0].strip().lower() for header in settings.header})


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is True else str(value)
