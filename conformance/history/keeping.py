"""Which runs of a history are kept, and the removal of the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from conformance.language import say
from conformance.runs.dated import runs_of
from conformance.runs.folder import is_run, remove
from conformance.runs.run import RunError
from conformance.text import reason_of

from .index import kept
from .night import Night


def without_the_oldest(history: Path, most: int, present: Path) -> list[str]:
    """Remove the oldest runs of a history beyond so many. Only folders that are runs of ours go, none that a run is
    using, and never the present one, the last judged or the last conforming one. Why one could not be removed, a
    sentence each. Raises OSError where the history cannot be read."""
    nights = kept(history).nights
    spared = {present.name, *last_of(nights)}
    problems = []
    for folder in [each for each in runs_of(history) if is_run(each)][:-most]:
        if folder.name not in spared and (problem := _removed(folder)):
            problems.append(problem)
    return problems


def last_of(nights: Sequence[Night]) -> list[str]:
    """The names of the last judged and of the last conforming run."""
    judged = [each.name for each in nights if each.judged]
    conforming = [each.name for each in nights if each.exit_code == 0]
    return [*judged[-1:], *conforming[-1:]]


def _removed(folder: Path) -> str:
    """Remove the run in a folder. Why that could not be done; empty where it was."""
    try:
        with FileLock(folder / ".lock", timeout=0):
            remove(folder)
    except Timeout:
        return ""  # a run is using it
    except RunError as error:
        return say("{folder} was not removed: {reason}", folder, error)
    except OSError as error:
        return say("{folder} was not removed: {reason}", folder, reason_of(error))
    return ""
