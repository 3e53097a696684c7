"""What every module is held to; which package may import which is declared in pyproject.toml (`lint-imports`)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import conformance
from conformance.contract.requirement import Requirement
from conformance.suite.catalogue import load

PACKAGE = Path(conformance.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")
SUITE = [path for path in FILES if path.is_relative_to(PACKAGE / "suite")]

MOST_LINES = 300
MOST_LINES_OF_KNOWN_FAULTS = 400  #: which are tables
MOST_LINES_IN_THE_SUITE = 200
MOST_LINES_OF_A_CHECK = 8
#: What generates requests: from a strategy, or from a model's answer.
GENERATING = {
    "properties.growing_conversation", "properties.no_server_error", "properties.one_violated_constraint",
    "properties.single_requests", "properties.valid_requests", "tool_use.round_trip",
}  # fmt: skip


def ids(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def lines_allowed(path: Path) -> int:
    if path in SUITE:
        return MOST_LINES_IN_THE_SUITE
    return MOST_LINES_OF_KNOWN_FAULTS if "known_faults" in path.parts else MOST_LINES


def test_no_file_is_long() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {ids(path): number for path, number in lines.items() if number > lines_allowed(path)} == {}


def test_no_area_imports_another() -> None:
    assert {ids(path): areas for path in SUITE if (areas := other_areas(path))} == {}


def other_areas(path: Path) -> set[str]:
    """What a module of the suite imports of other areas."""
    own = path.relative_to(PACKAGE / "suite").parts[0].removesuffix(".py")
    return set(re.findall(r"\bconformance\.suite\.(\w+)", path.read_text(encoding="utf-8"))) - {own, "support"}


def test_no_check_is_long() -> None:
    nodes = ((ids(path), node) for path in SUITE for node in ast.parse(path.read_text(encoding="utf-8")).body)
    checks = [(path, node) for path, node in nodes if isinstance(node, ast.FunctionDef) and _is_check(node)]
    lines = {f"{path}::{check.name}": _lines(check) for path, check in checks}
    assert len(lines) > 200
    assert {name: number for name, number in lines.items() if number > MOST_LINES_OF_A_CHECK} == {}


def _is_check(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and bool(node.decorator_list)


def _lines(check: ast.FunctionDef) -> int:
    """The lines of a check's body without its docstring."""
    body = check.body[1:] if ast.get_docstring(check) else check.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_only_what_generates_requests_sends() -> None:
    sending: dict[str, Requirement] = {id: each for id, each in load().items() if each.sends}
    assert sending.keys() == GENERATING


def undocumented(path: Path) -> Iterator[str]:
    """The public functions and classes of a module that have no docstring. None is needed where something else says
    it: the sentence of a requirement, pytest for its hooks, and a name for a body of one statement."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if _is_check(node) or node.name.startswith("pytest_") or len(node.body) == 1:
            continue
        if not ast.get_docstring(node):
            yield f"{path.name}:{node.lineno} {node.name}"


def test_what_is_public_is_explained() -> None:
    assert [ids(path) for path in FILES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))] == []
    assert [each for path in FILES for each in undocumented(path)] == []
