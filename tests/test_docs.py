"""The documentation is true: generated pages follow the code, examples run, and links lead somewhere."""

from __future__ import annotations

import html
import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.catalogue import load
from conformance.planted import PLANTED, UNSEEN

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _generator() -> object:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES = _generator().PAGES  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PAGES)
def test_generated_page_is_up_to_date(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == PAGES[name](load()), "run: python docs/generate.py"


def test_every_planted_fault_is_in_the_table_of_faults() -> None:
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)`(?: \*gray\*)? \| (.*?) \| ", page, re.MULTILINE)
    written = [(name, html.unescape(re.sub(r"\\([|*])", r"\1", sentence))) for name, sentence in rows]
    planted = [(each.name, each.sentence) for each in PLANTED.values()]
    assert sorted(written) == sorted(planted), "run: nox -s faults -- --write-docs"
    assert not [name for name in UNSEEN if f"\n| {name} | " not in page], "run: nox -s faults -- --write-docs"


def examples() -> Iterator[tuple[str, list[str]]]:
    """Each command of the README's console blocks with the lines that its output must hold."""
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for part in block.split("$ ")[1:]:
            command, *expected = part.strip().splitlines()
            yield command, expected


def test_examples_of_the_readme_run(tmp_path: Path) -> None:
    for command, expected in examples():
        words = shlex.split(command)
        assert words[0] == "phanedge-conformance"
        done = subprocess.run(
            [sys.executable, "-m", "conformance.cli", *words[1:]],
            cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        for line in expected:
            assert line in done.stdout, f"{command}: {done.stdout}{done.stderr}"


def test_options_named_in_the_readme_exist() -> None:
    commands = re.findall(r"phanedge-conformance (\w+)((?: (?!&&)\S+)*)", README)
    for command, rest in commands:
        shown = subprocess.run(
            [sys.executable, "-m", "conformance.cli", command, "--help"],
            capture_output=True, text=True, timeout=60, check=True, env={"COLUMNS": "200", "TERM": "dumb"},
        ).stdout  # fmt: skip
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in shown, f"{command} has no {option}"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_to_files(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
