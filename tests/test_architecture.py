"""Imports point one way, and what the house asks of its files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import conformance

PACKAGE = Path(conformance.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")

#: The rooms from bottom to top; a room imports from those below it only.
ORDER = (
    "strict_json", "sse", "fold", "data", "coding", "dialects", "exchange", "sources", "verdict", "profile",
    "options", "config", "parameters", "prices", "charges", "command", "requirement", "costs", "faults", "families",
    "judge", "requests", "vocabulary", "schema", "strategies", "archive", "scrub", "network", "client", "manners",
    "unanswered", "budget", "traffic", "reference", "suite", "catalogue", "select", "planted", "corpus", "preflight",
    "thinking", "run", "run_file", "plan", "ahead", "shape", "baseline", "report", "report_file", "baseline_file",
    "revisions", "terms", "compare", "upkeep", "render", "sending", "resume", "bundle", "replay", "look", "session",
    "init", "plugin", "cli",
)  # fmt: skip
MOST_LINES = 400
MOST_LINES_OF_AN_AREA = 900  #: a module of suite/ has all requirements of its area


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, by their whole names."""
    inside = ["conformance", *path.relative_to(PACKAGE).with_suffix("").parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = inside[: -node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def rooms_imported(path: Path) -> set[str]:
    """The rooms that a file imports from, its own aside."""
    parts = (module.split(".") for module in imports(path))
    named = {each[1] for each in parts if each[0] == "conformance" and len(each) > 1}
    return (named & {room(path) for path in FILES}) - {room(path)}


def ids(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_every_room_has_its_place() -> None:
    assert {room(path) for path in FILES} == set(ORDER)


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_arrows_point_down(path: Path) -> None:
    above = {each for each in rooms_imported(path) if ORDER.index(each) > ORDER.index(room(path))}
    assert above == set()


def test_only_the_client_sends() -> None:
    senders = {"httpx", "socket", "requests", "urllib.request", "http.client", "aiohttp"}
    found = {ids(path): senders & set(imports(path)) for path in FILES}
    assert {name: modules for name, modules in found.items() if modules} == {
        "client.py": {"httpx", "urllib.request"},  # of the latter, the proxies that the environment names
        "network.py": {"socket"},
        "reference/server.py": {"socket"},
    }


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
