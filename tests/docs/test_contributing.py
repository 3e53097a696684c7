"""The examples of CONTRIBUTING.md, executed as written in a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.support.commands import command

from .pages import ROOT, arguments, blocks, examples, page

MODULES = re.findall(r"Create\s`(conformance/suite/[\w/]+\.py)`", page("CONTRIBUTING.md"))
EXAMPLES = list(examples("CONTRIBUTING.md"))
#: By module: the part of its check that measures, and what measures nothing instead.
SPOILT = (("count == 0", "count >= 0"), ("    same_prompt(plain, with_logprobs)", "    assert plain"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the package and its data, to which the examples were added."""
    for name in ("conformance", "schemas", "fixtures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "phanedge_conformance_plugin.py", tmp_path)
    for module, example in zip(MODULES, blocks("CONTRIBUTING.md", "python"), strict=True):
        assert not (tmp_path / module).exists()
        (tmp_path / module).write_text(example, encoding="utf-8")
    return tmp_path


def _environment(folder: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PHANEDGE_", "PYTEST_"))}
    return own | {"PYTHONPATH": str(folder), "COLUMNS": "200"}


def test_the_examples_are_proved(copy: Path) -> None:
    for typed, expected in EXAMPLES:
        ended = command(*arguments(typed), folder=copy, variables=_environment(copy))
        for line in expected:
            assert line in ended.output, f"{typed}: {ended.output}"


@pytest.mark.parametrize(("module", "spoilt"), list(zip(MODULES, SPOILT, strict=True)), ids=MODULES)
def test_the_proof_rejects_a_check_that_cannot_fail(copy: Path, module: str, spoilt: tuple[str, str]) -> None:
    written = (copy / module).read_text(encoding="utf-8")
    assert spoilt[0] in written
    (copy / module).write_text(written.replace(*spoilt), encoding="utf-8")
    (proof,) = [typed for typed, _ in EXAMPLES if " prove " in typed and _function(typed) in written]
    ended = command(*arguments(proof), folder=copy, variables=_environment(copy))
    assert ended.exit_code, ended.output
    assert "counterexample is accepted" in ended.output


def _function(typed: str) -> str:
    """The name of the check that a command names by its id."""
    return f"def test_{typed.rpartition('.')[2]}("
