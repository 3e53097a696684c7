"""A run to and from its folder (schemas/run.json), so that it can be judged again and gone on with."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from conformance import __version__
from conformance.contract.profile import Profile
from conformance.evidence.archive import Archive, recorded
from conformance.judgement.judge import EXAMPLES
from conformance.text import write_whole

from .run import Run, RunError

RUN_FORMAT = "run-1"
BASELINE = "baseline.toml"  #: the file in a run's folder that says which violations were known


def write_run(
    folder: Path, profile: Profile, salt: str, fault: str, examples: int = EXAMPLES, **more: Mapping[str, Any]
) -> None:
    """Note in the folder what is judged there, so that it can be judged again and gone on with; `more` is as
    schemas/run.json has it."""
    folder.mkdir(parents=True, exist_ok=True)
    value = {
        "format": RUN_FORMAT, "version": __version__, "versions": versions(), "salt": salt, "fault": fault,
        "examples": examples, "profile": profile.dump(), "finished": False, **more,
    }  # fmt: skip
    _write(folder / "run.json", value)


def versions() -> Mapping[str, str]:
    """Of Python, and of what this package depends on."""
    required = metadata.requires("phanedge-conformance") or []
    names = {re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in required if "extra ==" not in each}
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in sorted(names)}


def _write(path: Path, value: Mapping[str, Any]) -> None:
    write_whole(path, json.dumps(value, indent=1) + "\n")


def finish_run(folder: Path) -> None:
    """Note that all was sent: what is missing from the archive now was not meant to be sent."""
    path = folder / "run.json"
    _write(path, json.loads(path.read_text(encoding="utf-8")) | {"finished": True})


def read_value(folder: Path) -> dict[str, Any]:
    """What is noted there. Raises RunError where it is no run."""
    path = folder / "run.json"
    try:
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        Profile.load(value["profile"]), value["salt"], value["fault"]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(f"{path} is not a run that can be judged again ({error!r})") from None
    return value


def read_run(folder: Path) -> Run:
    """The run that was recorded in a folder, offline. Raises RunError, and ArchiveError where a file is broken."""
    value = read_value(folder)
    if not list(recorded(folder / "archive")):
        raise RunError(f"{folder / 'archive'} holds no exchange: nothing can be judged")
    return Run(
        Profile.load(value["profile"]),
        value["salt"],
        Archive(folder / "archive"),
        fault=value["fault"],
        examples=value.get("examples", EXAMPLES),
        broken_off="" if value.get("finished", True) else "the run was broken off before everything was sent",
        resalted=value.get("resalted", {}),
    )
