"""Running pytest and the command line as their users do: in a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main

PATIENCE = 300  #: seconds, for machines that have other things to do
#: Variables of the session that runs these tests, which the one that is started is not to have. With the last, it would
#: compile every module anew.
_INHERITED = (
    "PYTEST_ADDOPTS",
    "PYTEST_CURRENT_TEST",
    "PYTEST_XDIST_WORKER",
    "PYTEST_XDIST_WORKER_COUNT",
    "PHANEDGE_API_KEY",
    "COLUMNS",
    "PYTHONDONTWRITEBYTECODE",
)

#: Forks a process that has what a run needs.
FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(["tests.support.preloaded"])

#: What runs the suite with pytest.
SUITE = ("pytest", "--pyargs", "conformance.suite", "-q", "-p", "no:cacheprovider")


@dataclass
class Ended:
    """What a command left behind."""

    exit_code: int
    output: str


def command(*arguments: str | Path, folder: Path, key: str = "", variables: Mapping[str, str] | None = None) -> Ended:
    """`python -m` with these arguments, in a new interpreter, with these environment variables if they are given."""
    ended = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=folder, env=variables or environment(key), text=True, encoding="utf-8", timeout=PATIENCE,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return Ended(ended.returncode, ended.stdout)


def cli(*arguments: str | Path, folder: Path, key: str = "", variables: Mapping[str, str] | None = None) -> Ended:
    """`phanedge-conformance` with these arguments, in a forked process, with these environment variables if they are
    given. That a new interpreter can do the same is tested by `command`."""
    return _forked(main, ["phanedge-conformance", *map(str, arguments)], folder, variables or environment(key))


def script(name: str, folder: Path, variables: Mapping[str, str]) -> Ended:
    """A file of Python that is run in its folder, in a forked process, with these environment variables."""
    return _forked(_run_path, [name], folder, variables)


def _run_path() -> None:
    runpy.run_path(sys.argv[0], run_name="__main__")


def pytest_run(*arguments: str | Path, folder: Path, key: str = "") -> Ended:
    """`pytest --pyargs conformance.suite` with these arguments, in a forked process."""
    return forked_pytest(*SUITE[1:], *arguments, folder=folder, key=key)


def forked_pytest(*arguments: str | Path, folder: Path, key: str = "") -> Ended:
    """`pytest` with these arguments, in a forked process, which has the package loaded."""
    return _forked(pytest.console_main, ["pytest", *map(str, arguments)], folder, environment(key))


def _forked(entry: Callable[[], object], words: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Ended:
    with tempfile.TemporaryDirectory() as held:
        output = Path(held, "output")
        process = FORKING.Process(target=run_here, args=(entry, words, folder, variables, output))
        process.start()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{words} did not end in {PATIENCE} seconds: {output.read_text(encoding='utf-8')}")
        return Ended(process.exitcode, output.read_text(encoding="utf-8"))


def run_here(
    entry: Callable[[], object],
    words: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    output: str | Path,
) -> None:
    """A command in this process, which was forked for it: its entry point and its words, the name included."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    os.environ.clear()
    os.environ.update(variables)
    with open(os.devnull, "rb") as nothing, open(output, "wb") as file:
        os.dup2(nothing.fileno(), 0)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = list(words)
    ended = entry()
    sys.exit(ended if isinstance(ended, int) else 0)


def environment(key: str = "") -> dict[str, str]:
    """The variables of a process that is started, the API key among them if there is one."""
    inherited = {name: value for name, value in os.environ.items() if name not in _INHERITED}
    return inherited | ({"PHANEDGE_API_KEY": key} if key else {})


def report_in(folder: Path) -> dict[str, Any]:
    """The report.json of a run."""
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def verdicts(folder: Path) -> dict[tuple[str, str], str]:
    """The verdict on each requirement and model."""
    findings = [finding for entry in report_in(folder)["entries"] for finding in entry["findings"]]
    return {(each["requirement"], each["model"]): each["verdict"] for each in findings}
