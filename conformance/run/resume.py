"""Going on with a run that was broken off: with its options, and asking again only for what is not finished."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.evidence.archive import reopen
from conformance.sending.stack import SessionError
from conformance.settings.options import OPTIONS, Option

from .folder import read_value
from .run import RunError

#: What decides on what is sent and judged: a run that goes on cannot have others.
_THE_SAME = ("base-url", "model", "without", "intrusive", "no-costly", "examples", "fault", "select", "deselect")
_NOT_KEPT = ("out", "resume")
_SECRET = "header"  #: of which the names are kept, for the values may be secret


def options_of(config: pytest.Config) -> dict[str, Any]:
    """What a run was told beyond the defaults, as run.json keeps it: of headers the names only."""
    kept = {option.name: _given(config, option) for option in OPTIONS.values() if option.name not in _NOT_KEPT}
    kept[_SECRET] = _header_names(config)
    return {name: str(value.absolute()) if isinstance(value, Path) else value for name, value in kept.items() if value}


def take_up(config: pytest.Config) -> None:
    """Give the session the options of the run that it goes on with, where it was given none. Raises SessionError where
    it was given others that would make it another run."""
    folder = config.getoption("resume")
    try:
        noted = read_value(folder).get("options", {})
    except RunError as error:
        raise SessionError(f"--resume: {error}", 2) from None
    for name in _THE_SAME:
        said = _given(config, OPTIONS[name])
        if said and said != noted.get(name):
            before = f"with --{name} {_shown(noted[name])}".rstrip() if name in noted else f"without --{name}"
            raise SessionError(f"--resume: {folder} holds a run {before}: leave out --{name}, or run anew elsewhere", 2)
    if lacking := set(noted.get(_SECRET, ())) - set(_header_names(config)):
        raise SessionError(f"--resume: say --header {min(lacking)} again, its value is not kept", 2)
    for name in noted.keys() - {_SECRET}:
        option = OPTIONS.get(name)
        if option and not _given(config, option):
            setattr(config.option, _attribute(option), Path(noted[name]) if option.kind is Path else noted[name])


def resalted(folder: Path, salt: str) -> Mapping[str, str]:
    """Make room in the archive for what is not finished. Which requests are given another salt than the run's, and
    which: one that was under way may have been answered, and its prompt is in a cache."""
    before: dict[str, str] = read_value(folder).get("resalted", {})
    return dict.fromkeys(reopen(folder / "archive"), salt) | before  # what was given another one before keeps it


def _given(config: pytest.Config, option: Option) -> Any:
    """What was said beyond the default, None where nothing was."""
    value = getattr(config.option, _attribute(option), None)
    return None if value in (option.default, [], "", False) else value


def _attribute(option: Option) -> str:
    return option.pytest_name.removeprefix("--").replace("-", "_")


def _header_names(config: pytest.Config) -> list[str]:
    return sorted({header.partition(":")[0].strip().lower() for header in config.getoption(_SECRET)})


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is True else str(value)
