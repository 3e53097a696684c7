"""The suite run under pytest: on an endpoint, or on what was recorded."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import typer

from conformance.resources import PACKAGE
from conformance.settings.errors import NOT_JUDGED, USAGE_ERROR, SessionError
from conformance.settings.options import OPTIONS

#: pytest's own exit codes for wrong usage and for no tests, as ours.
_EXIT_CODES = {4: USAGE_ERROR, 5: NOT_JUDGED}
_CONFIGURATION = ("-c", str(PACKAGE / "suite" / "pytest.ini"), "--rootdir", str(PACKAGE), "--noconftest")


def run_suite(given: Mapping[str, Any], *more: str) -> NoReturn:
    """Run the suite with these options, by key, and `more` arguments for pytest, under its own pytest configuration;
    leave with the exit code of the report."""
    import pytest

    try:
        code = int(pytest.main(["--pyargs", "conformance.suite", *_CONFIGURATION, *more, *arguments(given)]))
    except Exception:  # a crash of ours is no verdict on the endpoint, and must not look like one
        traceback.print_exc()
        code = NOT_JUDGED
    raise typer.Exit(_EXIT_CODES.get(code, code))


def arguments(given: Mapping[str, Any]) -> list[str]:
    """What a command was given, as the arguments of pytest."""
    words: list[str] = []
    for option in OPTIONS.values():
        value = given.get(option.key)
        for each in value if isinstance(value, list) else [value]:
            if each is True:
                words.append(option.pytest_name)
            elif each is not None and each is not False and each != "":
                words.append(f"{option.pytest_name}={each}")
    return words


def recorded(folder: Path) -> list[str]:
    """The option by which pytest judges a run's folder, or recordings made elsewhere. Raises SessionError."""
    if not folder.exists():
        raise SessionError(f"{folder} does not exist: name the folder of a run, or recordings", NOT_JUDGED)
    return ["--archive" if (folder / "run.json").exists() else "--recordings", str(folder)]


def judge_bundle(bundle: Path, given: Mapping[str, Any]) -> NoReturn:
    """Judge the run in a bundle, and print the verdicts that differ from its report. Raises SessionError."""
    from conformance.run.folder import read_value
    from conformance.run.run import RunError

    from .bundle import BundleError, unpack

    out = given.get("out") or Path("reports") / bundle.stem
    with tempfile.TemporaryDirectory() as held:
        try:
            unpack(bundle, Path(held))
            read_value(Path(held))
        except (BundleError, RunError) as error:
            raise SessionError(str(error)) from None
        try:
            run_suite({**given, "out": out}, "--archive", held)
        except typer.Exit as ended:
            if ended.exit_code != USAGE_ERROR:
                typer.echo("\n".join(_differences(Path(held), out)))
            raise


def _differences(before: Path, after: Path) -> list[str]:
    from .bundle import changes

    try:
        return changes(before, after) or ["every verdict is that of the bundled report"]
    except ValueError as error:
        return [f"the verdicts are not compared: {error}"]
