"""The example of CONTRIBUTING.md, executed as written in a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from .pages import ROOT, blocks, examples, page, run

MODULE = re.search(r"^Create `(conformance/suite/[\w/]+\.py)`", page("CONTRIBUTING.md"), re.MULTILINE)
PROOF, *SHOWN = examples("CONTRIBUTING.md")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the package and its data, to which the example was added."""
    for name in ("conformance", "schemas", "fixtures"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (example,) = blocks("CONTRIBUTING.md", "python")
    assert MODULE
    (tmp_path / MODULE[1]).write_text(example, encoding="utf-8")
    return tmp_path


def _environment(folder: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PHANEDGE_", "PYTEST_"))}
    return own | {"PYTHONPATH": str(folder), "COLUMNS": "200"}


def test_the_example_is_proved(copy: Path) -> None:
    for command, expected in (PROOF, *SHOWN):
        done = run(command, copy, _environment(copy))
        for line in expected:
            assert line in done.stdout, f"{command}: {done.stdout}{done.stderr}"


def test_the_proof_rejects_a_check_that_cannot_fail(copy: Path) -> None:
    assert MODULE
    module = copy / MODULE[1]
    written = module.read_text(encoding="utf-8")
    assert "count == 0" in written
    module.write_text(written.replace("count == 0", "count >= 0"), encoding="utf-8")
    done = run(PROOF[0], copy, _environment(copy))
    assert done.returncode, done.stdout
    assert "counterexample is accepted" in done.stdout
