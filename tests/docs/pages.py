"""The pages of the documentation, and the commands in them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support.commands import PATIENCE

ROOT = Path(__file__).parents[2]
WRITTEN = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
)


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """The fenced blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page(name), re.DOTALL | re.MULTILINE)


def examples(name: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a page's console blocks with the lines that follow it."""
    for block in blocks(name, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *expected = part.strip().splitlines()
            yield command, expected


PROGRAMS = {"phanedge-conformance": "conformance.cli", "pytest": "pytest"}


def arguments(command: str) -> list[str]:
    """What runs a command of a page in this environment."""
    program, *words = shlex.split(command)
    return [sys.executable, "-m", PROGRAMS[program], *words]


def run(command: str, folder: Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The outcome of a command of a page."""
    return subprocess.run(
        arguments(command), cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8",
        timeout=PATIENCE, check=False,
    )  # fmt: skip
