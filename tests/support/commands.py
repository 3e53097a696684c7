"""Running pytest and the command line as their users do: in a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


@dataclass
class Ended:
    """What a command left behind."""

    exit_code: int
    output: str


def command(*arguments: str | Path, folder: Path, key: str = "") -> Ended:
    """`python -m` with these arguments."""
    environment = {name: value for name, value in os.environ.items() if name not in _INHERITED}
    if key:
        environment["PHANEDGE_API_KEY"] = key
    ended = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=folder, env=environment, text=True, encoding="utf-8", timeout=PATIENCE,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return Ended(ended.returncode, ended.stdout)


def pytest_run(*arguments: str | Path, folder: Path, key: str = "") -> Ended:
    """`pytest --pyargs conformance.suite` with these arguments."""
    own = ("pytest", "--pyargs", "conformance.suite", "-q", "-p", "no:cacheprovider")
    return command(*own, *arguments, folder=folder, key=key)


def report_in(folder: Path) -> dict[str, Any]:
    """The report.json of a run."""
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def verdicts(folder: Path) -> dict[tuple[str, str], str]:
    """The verdict on each requirement and model."""
    findings = [finding for entry in report_in(folder)["entries"] for finding in entry["findings"]]
    return {(each["requirement"], each["model"]): each["verdict"] for each in findings}
