"""Which run of a history a run is compared with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from conformance.language import say
from conformance.runs.dated import began, runs_of
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.text import reason_of

from .index import kept
from .night import Night

LAST_JUDGED, LAST_CONFORMING = "last-judged", "last-conforming"


def chosen(later: Path, against: str) -> tuple[Path, Path]:
    """The folder of the run that `against` names (LAST_JUDGED, LAST_CONFORMING or a day), before the later run, and
    that of the later run, which is the last one with a report where `later` is a history. Raises SessionError."""
    if against not in (LAST_JUDGED, LAST_CONFORMING) and not re.fullmatch(r"\d{4}-\d\d-\d\d", against):
        raise SessionError(say("--against: {given!r} is neither {names} nor a day such as 2026-11-30", against, _NAMES))
    later = _last_of(later) if began(later) is None else later
    try:
        nights = kept(later.absolute().parent, before=later).nights
    except OSError as error:
        raise SessionError(
            say("--against: {folder} cannot be read ({reason})", later.parent, reason_of(error)), NOT_JUDGED
        ) from None
    found = [each for each in nights if each.judged and _is(each, against)]
    if not found:
        raise SessionError(_none(nights, against, later), NOT_JUDGED)
    return later.parent / found[-1].name, later


_NAMES = f"{LAST_JUDGED}, {LAST_CONFORMING}"


def _last_of(history: Path) -> Path:
    """The last run of a history that has a report. Raises SessionError."""
    try:
        runs = [each for each in runs_of(history) if (each / "report.json").exists()]
    except OSError as error:
        raise SessionError(
            say("--against: {folder} cannot be read ({reason})", history, reason_of(error)), NOT_JUDGED
        ) from None
    if not runs:
        raise SessionError(
            say("--against: {folder} is neither a run of a history nor a history with one", history), NOT_JUDGED
        )
    return runs[-1]


def _is(night: Night, against: str) -> bool:
    if against == LAST_JUDGED:
        return True
    return night.exit_code == 0 if against == LAST_CONFORMING else _day(night) == against


def _day(night: Night) -> str:
    return datetime.fromtimestamp(night.at, UTC).date().isoformat()


def _none(nights: Sequence[Night], against: str, later: Path) -> str:
    """That there is no such run, and which days have one."""
    days = list(dict.fromkeys(_day(each) for each in nights if each.judged))
    if against not in (LAST_JUDGED, LAST_CONFORMING) and days:
        return say(
            "--against: no run before {later} could be judged on {day}: the judged days are {first} to {last}",
            later.name, against, days[0], days[-1],
        )  # fmt: skip
    if against == LAST_CONFORMING and days:
        return say("--against: no run before {later} conforms: compare it with {name}", later.name, LAST_JUDGED)
    return say("--against: no run before {later} could be judged", later.name)
