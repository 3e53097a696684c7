"""What every module is held to; which may import which is declared in pyproject.toml (`lint-imports`)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import conformance

PACKAGE = Path(conformance.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")

MOST_LINES = 400
MOST_LINES_OF_AN_AREA = 900  #: a module of suite/ has all requirements of its area


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def ids(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_no_file_is_long(path: Path) -> None:
    most = MOST_LINES_OF_AN_AREA if room(path) == "suite" else MOST_LINES
    assert len(path.read_text(encoding="utf-8").splitlines()) <= most


def undocumented(path: Path) -> Iterator[str]:
    """The public functions and classes of a module that have no docstring. None is needed where something else says
    it: the sentence of a requirement, pytest for its hooks, and a name for a body of one statement."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        requirement = node.name.startswith("test_") and node.decorator_list
        if requirement or node.name.startswith("pytest_") or len(node.body) == 1:
            continue
        if not ast.get_docstring(node):
            yield f"{path.name}:{node.lineno} {node.name}"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_what_is_public_is_explained(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert list(undocumented(path)) == []
