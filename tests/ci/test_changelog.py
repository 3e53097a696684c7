"""A release has a section in the changelog."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.packages.steps import ROOT

SCRIPT = ROOT / ".github" / "changelog.py"
CHANGELOG = """# Changelog

## 2026.12.0 — unreleased

Soon.

## 2026.11.1 — 2026-12-01

## 2026.11.0 — 2026-11-30

The first version.

### Commands

- `run`
"""


def notes(tag: str, changelog: str = CHANGELOG) -> tuple[int, str]:
    """The exit code and what is printed for a tag."""
    script = f"import runpy, sys; section = runpy.run_path({str(SCRIPT)!r})['section']; print(section(*sys.argv[1:]))"
    ended = subprocess.run([sys.executable, "-c", script, changelog, tag], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def test_the_notes_of_a_release() -> None:
    assert notes("v2026.11.0") == (0, "The first version.\n\n### Commands\n\n- `run`\n\n")


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("v2026.12.0", "has no date: write “## 2026.12.0 — 2026-11-30”"),
        ("v2026.11.1", "is empty"),
        ("v2026.11", "CHANGELOG.md has no section “## 2026.11 — DATE” for the tag v2026.11"),
        ("v2026.11.2", "has no section"),
    ],
)
def test_a_tag_without_a_section_is_not_released(tag: str, said: str) -> None:
    code, printed = notes(tag)
    assert code
    assert said in printed


def test_the_script_reads_our_changelog() -> None:
    ended = subprocess.run([sys.executable, SCRIPT, "v1999.1.0"], capture_output=True, text=True, check=False)
    assert (ended.returncode, "no section" in ended.stderr) == (1, True)
