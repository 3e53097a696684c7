"""The folders of a history: one for each run, named by the time at which it began, and written by no other run."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from conformance.language import say
from conformance.settings.errors import SessionError
from conformance.settings.settings import Settings

_FORMAT = "%Y-%m-%dT%H%M%SZ"
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{6}Z)(?:-\d{1,3})?")


def dated(history: Path, began: float) -> Path:
    """The folder of a run that begins at this Unix time: one that there is not yet."""
    name = datetime.fromtimestamp(began, UTC).strftime(_FORMAT)
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(folder for each in names if not (folder := history.absolute() / each).exists())


def began(folder: Path) -> float | None:
    """The Unix time at which a run of a history began, by the name of its folder; None for a folder of another name."""
    found = _NAME.fullmatch(folder.name)
    try:
        return datetime.strptime(found[1], _FORMAT).replace(tzinfo=UTC).timestamp() if found else None
    except ValueError:
        return None


def runs_of(history: Path) -> list[Path]:
    """The folders of a history that are named by a time, the earliest first. Links are none. Raises OSError."""
    named = [each for each in history.iterdir() if began(each) is not None and not each.is_symlink() and each.is_dir()]
    return sorted(named, key=lambda each: (began(each) or 0, len(each.name), each.name))


def in_history(settings: Settings, now: float) -> Settings:
    """The settings with the folder of a new run where a history is named; those that have one stay. Raises
    SessionError."""
    if settings.keep and not settings.history:
        raise SessionError(say("--keep needs --history: name the folder whose runs it removes"))
    if not settings.history or settings.resume or settings.mutants or not settings.sends:
        return settings
    if settings.out and began(settings.out) and settings.out.absolute().parent == settings.history.absolute():
        return settings
    if settings.out:
        raise SessionError(say("give --history or --out, not both: --history names the folder of each run itself"))
    if (settings.history / "run.json").exists():
        raise SessionError(
            say("--history: {folder} is the folder of a run: name one that holds the folders of runs", settings.history)
        )
    return replace(settings, out=dated(settings.history, now))
