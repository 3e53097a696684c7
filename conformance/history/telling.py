"""What people were told of a history, so that nobody is told twice and no news is lost: kept in its folder."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.language import say
from conformance.report.news import News
from conformance.report.report_json import converter
from conformance.runs.dated import began, runs_of
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.text import TextError, read_regular, reason_of, write_whole

FILE = "told.json"
_LARGEST = 10_000_000  #: bytes
_COST = {
    "n": 2**14,
    "r": 8,
    "p": 1,
}  #: of scrypt, as RFC 7914 has it for interactive use; an address may hold a password


@dataclass(frozen=True)
class Run:
    """What was told of a run: which news (`named`), to which targets (`Told.mark`), and whether somebody is still to
    be told."""

    news: str
    told: tuple[str, ...] = ()
    owed: bool = False


@dataclass(frozen=True)
class Told:
    """What was told of the runs of a history, by the name of their folders. `salt` keeps the addresses of targets
    from being guessed by their marks; `since` names the first run of which somebody was to be told."""

    salt: str
    since: str = ""
    runs: Mapping[str, Run] = field(default_factory=dict)

    def mark(self, address: str) -> str:
        """What a target is remembered by."""
        return hashlib.scrypt(os.fsencode(address), salt=self.salt.encode(), dklen=16, **_COST).hex()

    def of(self, name: str, news: News) -> Run:
        """What was told of this news of a run; other news of the same run, which was judged again, is not told yet."""
        found = self.runs.get(name)
        return found if found and found.news == named(news) else Run(named(news))

    def having(self, name: str, run: Run) -> Told:
        return replace(self, since=self.since or name, runs={**self.runs, name: run})


def named(news: News) -> str:
    """What news is told apart by: the requirements and models of each kind."""
    lists = {"new": [each.change for each in news.new], "worse": news.worse, "fixed": news.fixed,
             "flapping": news.flapping, "lost": news.lost}  # fmt: skip
    value = {kind: sorted([one.requirement, one.model] for one in each) for kind, each in lists.items()}
    flags = [news.began, news.recovered, news.outdated]
    return hashlib.sha256(json.dumps([value, flags]).encode()).hexdigest()[:32]


def read(history: Path) -> Told:
    """What was told of a history. Raises SessionError where the file cannot be read: to forget it would be to tell
    everything again."""
    file = history / FILE
    if not file.exists() and not file.is_symlink():
        return Told(secrets.token_hex(16))
    try:
        return converter().structure(json.loads(read_regular(file, _LARGEST)), Told)
    except TextError as error:
        raise SessionError(str(error), NOT_JUDGED) from None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, ExceptionGroup):
        raise SessionError(
            say("{file} is not what notify wrote: remove it, and only the last run is told again", file), NOT_JUDGED
        ) from None


def write(history: Path, told: Told) -> Told:
    """Keep what was told, of the runs that there are, as soon as it was: where this process is killed no news is lost,
    and at most one message is sent twice. Raises SessionError."""
    runs = {name: each for name, each in told.runs.items() if (history / name).is_dir()}
    try:
        write_whole(history / FILE, json.dumps(converter().unstructure(replace(told, runs=runs)), indent=1) + "\n")
    except OSError as error:
        raise SessionError(
            say("{file} cannot be written ({reason})", history / FILE, reason_of(error)), NOT_JUDGED
        ) from None
    return told


def runs_to(folder: Path) -> list[Path]:
    """The runs of a history that have a report, the earliest first, up to that in this folder, or all of them where
    it is the history. Raises SessionError."""
    history = folder.absolute() if began(folder) is None else folder.absolute().parent
    try:
        listed = runs_of(history)
    except OSError as error:
        raise SessionError(say("{folder} cannot be read ({reason})", history, reason_of(error))) from None
    if history != folder.absolute():
        listed = [each for each in listed if listed.index(each) <= _place(listed, folder)]
    runs = [each for each in listed if (each / "report.json").exists()]
    if not runs or (history != folder.absolute() and runs[-1].name != folder.name):
        raise SessionError(
            say("{folder} is neither a run of a history with a report nor a history with one", folder), NOT_JUDGED
        )
    return runs


def _place(runs: Sequence[Path], folder: Path) -> int:
    return next((place for place, each in enumerate(runs) if each.name == folder.name), -1)


def pending(runs: Sequence[Path], told: Told) -> Iterator[Path]:
    """The runs of which somebody may have to be told, the last of them always: also those before it that were not
    told yet, since a delivery failed or `notify` was not called in their night. What came before the first run of
    which somebody was to be told is not."""
    for each in runs:
        kept = told.runs.get(each.name)
        missed = kept is None and told.since and each.name > told.since
        if each is runs[-1] or missed or (kept and kept.owed):
            yield each
