"""How a command ends: with a verdict only where a report of this run has one, whatever pytest, the output or a crash
does."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from conformance.cli import app
from conformance.commands import reports
from conformance.commands.output import _Kept
from conformance.settings.errors import NOT_JUDGED
from tests.support.commands import PATIENCE, cli, command, environment, pytest_run

RUN = ("run", "--model", "reference-gpt", "--select", "usage.total_tokens", "--out", "run")
VIOLATES = (*RUN, "--fault", "usage.total_tokens")


def shell(line: str, folder: Path, **variables: str) -> tuple[int, str]:
    """The exit code and standard error of a line of bash, in which `$SUITE` is the command."""
    known = {name: value for name, value in os.environ.items() if name != "PHANEDGE_API_KEY"}
    suite = f"{sys.executable} -m conformance"
    ended = subprocess.run(
        ["bash", "-c", line], cwd=folder, env={**known, "SUITE": suite, **variables}, text=True, timeout=PATIENCE,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    return ended.returncode, ended.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a run that conforms."""
    folder = tmp_path_factory.mktemp("ending")
    ended = cli(*RUN, folder=folder)
    assert ended.exit_code == 0, ended.output
    return folder


@pytest.mark.parametrize("options", ["--collect-only", "--setup-plan", "--setup-only", "-k nothing", "--version"])
def test_pytest_does_not_decide_what_is_judged(folder: Path, options: str) -> None:
    ended = cli(*VIOLATES, folder=folder, variables=environment() | {"PYTEST_ADDOPTS": options})
    assert ended.exit_code == 1, ended.output


@pytest.mark.parametrize("options", ["--setup-only", "--setup-plan"])
def test_a_session_that_judged_nothing_did_not_pass(tmp_path: Path, options: str) -> None:
    ended = pytest_run(options, "--select", "usage.total_tokens", folder=tmp_path)
    assert ended.exit_code == 3, ended.output


@pytest.mark.parametrize(
    "output", [">/dev/full", ">&-", "| head -c 1 >/dev/null; exit ${PIPESTATUS[0]}", ">/dev/full 2>&1"]
)
def test_a_verdict_outlives_its_output(folder: Path, output: str) -> None:
    code, said = shell(f"$SUITE {' '.join(VIOLATES)} {output}", folder)
    assert code == 1, said
    assert "Traceback" not in said
    assert (folder / "run" / "report.html").exists()


def test_what_was_only_to_be_printed_and_was_not_is_not_done(folder: Path) -> None:
    code, said = shell("$SUITE catalogue >/dev/full", folder)
    assert (code, said.strip()) == (3, "standard output cannot be written: No space left on device")


def test_what_a_stream_does_not_take_is_dropped(tmp_path: Path) -> None:
    with (tmp_path / "read-only").open("wb") as made:
        made.write(b"x")
    descriptor = os.open(tmp_path / "read-only", os.O_RDONLY)
    try:
        kept = _Kept(descriptor)
        assert (kept.write(b"text"), kept.write(b"")) == (4, 0)
        assert kept.lost == "Bad file descriptor"
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("crash", [RecursionError, MemoryError, OverflowError, OSError])
def test_a_crash_is_no_verdict(monkeypatch: pytest.MonkeyPatch, crash: type[Exception]) -> None:
    def fail(*_: Any) -> None:
        raise crash("sk-secret")

    monkeypatch.setattr(reports, "compared", fail)
    ended = CliRunner().invoke(app, ["diff", "a", "b"])
    assert ended.exit_code == 3
    assert f"the suite crashed, and nothing can be judged ({crash.__name__} in test_ending.py" in ended.output
    assert "sk-secret" not in ended.output
    monkeypatch.setenv("PHANEDGE_CONFORMANCE_TRACEBACK", "1")
    assert "Traceback" in CliRunner().invoke(app, ["diff", "a", "b"]).output


def test_a_full_disk_is_told_in_the_words_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "sk-secret", "sk-secret")

    monkeypatch.setattr(reports, "compared", full)
    ended = CliRunner().invoke(app, ["diff", "a", "b"])
    assert ended.exit_code == NOT_JUDGED
    assert f"(OSError: {os.strerror(errno.ENOSPC)} in test_ending.py" in ended.output
    assert "sk-secret" not in ended.output


def test_an_interruption_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reports, "compared", fail)
    assert CliRunner().invoke(app, ["diff", "a", "b"]).exit_code == 3


def test_an_installation_that_cannot_be_loaded_is_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise ImportError('half of it is missing')\n")
    ended = command("conformance", "run", folder=tmp_path)
    assert ended.exit_code == NOT_JUDGED
    assert ended.output == "the suite cannot be loaded (ImportError: half of it is missing): install it again\n"
