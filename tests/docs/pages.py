"""The pages of the documentation, and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

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


PROGRAMS = {"phanedge-conformance": "conformance", "pytest": "pytest"}


def arguments(line: str) -> list[str]:
    """What runs a command of a page with `python -m`."""
    program, *words = shlex.split(line)
    return [PROGRAMS[program], *words]
