"""The workflow of the matrix: the shell of its steps, run as a runner does, on what a pull request may bring."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.commands.test_bundle import sealed, zipped
from tests.packages.steps import COMMAND, ROOT

WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/matrix.yml").read_text(encoding="utf-8"))


def step(name: str, folder: Path) -> tuple[int, str, str]:
    """The exit code of a step, what it prints, and the summary of the job."""
    (script,) = (each["run"] for each in WORKFLOW["jobs"]["build"]["steps"] if each.get("name") == name)
    (folder / "bin").mkdir(exist_ok=True)
    if not (folder / "bin" / COMMAND.name).exists():
        (folder / "bin" / COMMAND.name).symlink_to(COMMAND)
    summary = folder / "summary"
    ended = subprocess.run(
        ["bash", "-e", "-c", script], cwd=folder, text=True, encoding="utf-8", timeout=300, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        env={"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(summary)},
    )  # fmt: skip
    return ended.returncode, ended.stdout, summary.read_text(encoding="utf-8") if summary.exists() else ""


def test_an_edited_bundle_fails_the_job(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "acme"
    folder.mkdir(parents=True)
    zipped(folder / "claude.zip", {**sealed({"run.json": b"{}"}), "run.json": b'{"format": "run-1"}'})
    assert step("Bundles are small", tmp_path)[0] == 0
    code, said, summary = step("Judge and build", tmp_path)
    assert code == 2
    assert "was edited: run.json" in said
    assert "was edited: run.json" in summary


def test_a_large_bundle_fails_the_job(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "a.zip").write_bytes(bytes((1 << 20) + 1))
    code, said, _ = step("Bundles are small", tmp_path)
    assert (code, "a bundle may have 1 MiB: reports/a.zip" in said) == (1, True)


def test_what_a_pull_request_may_do() -> None:
    build, deploy = WORKFLOW["jobs"]["build"], WORKFLOW["jobs"]["deploy"]
    assert (WORKFLOW["permissions"], build["permissions"]) == ({}, {"contents": "read"})
    assert "secrets." not in str(WORKFLOW)
    assert deploy["if"] == "github.event_name == 'push' && github.ref == 'refs/heads/main'"
