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
from conformance.settings.typer_options import arguments

#: pytest's own exit codes for wrong usage and for no tests, as ours.
_EXIT_CODES = {4: USAGE_ERROR, 5: NOT_JUDGED}
_CONFIGURATION = ("-c", str(PACKAGE / "suite" / "pytest.ini"), "--rootdir", str(PACKAGE), "--noconftest")


def run_suite(words: list[str]) -> NoReturn:
    """Run the suite with its own pytest configuration, and leave with the exit code of the report."""
    import pytest

    try:
        code = int(pytest.main(["--pyargs", "conformance.suite", *_CONFIGURATION, *words]))
    except Exception:  # a crash of ours is no verdict on the endpoint, and must not look like one
        traceback.print_exc()
        code = NOT_JUDGED
    raise typer.Exit(_EXIT_CODES.get(code, code))


def recorded(folder: Path) -> list[str]:
    """The option by which pytest judges a run's folder, or recordings made elsewhere. Raises SessionError."""
    if not folder.exists():
        raise SessionError(f"{folder} does not exist: name a run's folder, or one with recordings", NOT_JUDGED)
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
            run_suite(["--archive", held, *arguments({**given, "out": out})])
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
