"""A run to and from its folder (schemas/run.json), so that it can be judged again and gone on with. A folder is that of
a run by its run.json. Whatever is read from it may have been written by others, and is checked before it is used."""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from conformance import __version__
from conformance.contract.profile import Profile
from conformance.evidence.archive import Archive, recorded
from conformance.evidence.exchange import Exchange
from conformance.evidence.strict_json import JSONError, loads
from conformance.judgement.judge import EXAMPLES
from conformance.language import say
from conformance.resources import mistake
from conformance.sending.curl import BODIES, LONGEST
from conformance.sending.stack import SPENT, UNSENT
from conformance.text import TextError, read_regular, reason_of, write_whole

from .run import Run, RunError

RUN_FORMAT = "run-1"
BASELINE = "baseline.toml"  #: the file in a run's folder that says which violations were known
SEAL = "sealed.txt"  #: the file in a run's folder that proves where its key was sent
REPORTS = ("report.json", "report.html", "report.md", "junit.xml")  #: what judging writes to a folder
_FILES = ("run.json", BASELINE, SEAL, SPENT, f"{SPENT}.lock", UNSENT, ".lock", *REPORTS)
SHAPES = "shapes"  #: the folder in it that holds the shapes of its replies, where it is a run of a history
REPEATS = "repeats"  #: the folder in it that holds those of the runs that repeat it
_FOLDERS = ("archive", BODIES, SHAPES, REPEATS)
_LARGEST = 1 << 24  #: bytes of run.json


@dataclass(frozen=True)
class Identity:
    """What tells a run from others: its id, and the cache-busting prefix of its requests."""

    id: str
    salt: str


def new_identity() -> Identity:
    return Identity(secrets.token_hex(16), new_salt())


def new_salt() -> str:
    """Twelve letters; of equal length and of letters only, so that every prefix counts the same tokens."""
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(12))


# --- the folder ---------------------------------------------------------------------------------------------


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a run, by its run.json."""
    try:
        return bool(read_value(folder))
    except RunError:
        return False


def is_report(path: Path) -> bool:
    """Whether a file begins as a report of ours does."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return re.match(rb'\{\s*"format":\s*"report-1"', file.read(100)) is not None
    except OSError:
        return False


def check_links(folder: Path) -> None:
    """Raise RunError where the folder is a symbolic link, or something in it that a run writes or removes: no link is
    followed. Of the folders that it lies in, those below the working directory are checked, too."""
    whole, here = folder.absolute(), Path.cwd()
    above = [each for each in whole.parents if each.is_relative_to(here) and each != here]
    below = (each for name in _FOLDERS for each in _below(whole / name))
    for path in (whole, *above, *(whole / name for name in _FILES), *below):
        if path.is_symlink():
            raise RunError(
                say("{path} is a symbolic link, which is not followed: remove it, or name another folder", path)
            )


def _below(folder: Path) -> Iterator[Path]:
    yield folder
    if not folder.is_symlink():
        for path, folders, files in os.walk(folder):
            yield from (Path(path, name) for name in (*folders, *files))


def empty(folder: Path) -> None:
    """Remove what an earlier run left in its folder, and make a new archive. Raises RunError where that fails."""
    try:
        for name in (*REPORTS, SEAL, SPENT, UNSENT):
            (folder / name).unlink(missing_ok=True)
        for name in _FOLDERS:
            if (folder / name).exists():
                shutil.rmtree(folder / name)
        (folder / "archive").mkdir()
    except OSError as error:
        raise RunError(
            say(
                "{folder} cannot be emptied of an earlier run ({reason}: {file}): remove it, or name another folder",
                folder,
                reason_of(error),
                error.filename,
            )
        ) from None


def remove(folder: Path) -> None:
    """Remove what a run wrote to its folder, and the folder where nothing else is in it: what others put there stays.
    Raises RunError where a link is in it, and OSError."""
    check_links(folder)
    for name in _FOLDERS:
        if (folder / name).exists():
            shutil.rmtree(folder / name)
    for name in sorted(_FILES, key=lambda each: each == "run.json"):  # by which it is known as ours until the end
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


# --- run.json -----------------------------------------------------------------------------------------------


def write_run(
    folder: Path, profile: Profile, identity: Identity, fault: str, examples: int = EXAMPLES, **more: Mapping[str, Any]
) -> None:
    """Note in the folder what is judged there, so that it can be judged again and gone on with; `more` is as
    schemas/run.json has it."""
    folder.mkdir(parents=True, exist_ok=True)
    value = {
        "format": RUN_FORMAT, "version": __version__, "versions": versions(),
        **({"id": identity.id} if identity.id else {}), "salt": identity.salt, "fault": fault,
        "examples": examples, "profile": profile.dump(), "finished": False, **more,
    }  # fmt: skip
    _write(folder / "run.json", value)


@cache
def versions() -> Mapping[str, str]:
    """Of Python, and of what this package depends on."""
    required = metadata.requires("phanedge-conformance") or []
    names = {re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in required if "extra ==" not in each}
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in sorted(names)}


def _write(path: Path, value: Mapping[str, Any]) -> None:
    write_whole(path, json.dumps(value, indent=1) + "\n")


def keep_bodies(folder: Path, exchanges: Iterable[Exchange]) -> None:
    """Write each body that is too long for a command line to a file, from which curl sends it."""
    for request in (each.request for each in exchanges if len(each.request.body) > LONGEST):
        (folder / BODIES).mkdir(parents=True, exist_ok=True)
        write_whole(folder / BODIES / request.key, request.body)


def finish_run(folder: Path) -> None:
    """Note that all was sent: what is missing from the archive now was not meant to be sent."""
    path = folder / "run.json"
    _write(path, json.loads(path.read_text(encoding="utf-8")) | {"finished": True})


def read_value(folder: Path) -> dict[str, Any]:
    """What is noted there, as schemas/run.json has it. Raises RunError where it is no run."""
    path = folder / "run.json"
    try:
        value: dict[str, Any] = loads(read_regular(path, _LARGEST))
        wrong = mistake(value, "run")
    except (TextError, JSONError) as error:
        wrong = str(error)
    if wrong:
        raise RunError(say("{path} is not a run that can be judged again ({wrong})", path, wrong))
    return value


def identity_in(folder: Path) -> Identity:
    """That of the run in a folder. Raises RunError."""
    value = read_value(folder)
    return Identity(value.get("id", ""), value["salt"])


def exchanges_in(folder: Path) -> list[Exchange]:
    """Every exchange of the run in a folder, in the order they were started. Raises RunError, and ArchiveError where a
    file is broken, or of another run."""
    return list(recorded(folder / "archive", identity_in(folder).id))


def read_run(folder: Path) -> Run:
    """The run that was recorded in a folder, offline. Raises RunError, and ArchiveError where a file is broken, or of
    another run."""
    value = read_value(folder)
    if not exchanges_in(folder):
        raise RunError(say("{file} holds no exchange: nothing can be judged", folder / "archive"))
    return Run(
        Profile.load(value["profile"]),
        value["salt"],
        Archive(folder / "archive", run=value.get("id", "")),
        fault=value["fault"],
        examples=value.get("examples", EXAMPLES),
        broken_off="" if value.get("finished", True) else say("the run was broken off before everything was sent"),
        resalted=value.get("resalted", {}),
    )
