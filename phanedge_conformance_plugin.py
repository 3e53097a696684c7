"""The entry point for pytest, which every pytest in the environment loads: it imports nothing of the suite, and does
nothing until the suite is named. A module of its own, since other projects have a package `conformance`, too."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest

_PACKAGE = Path(__file__).resolve().with_name("conformance")
_PLUGIN = "conformance.pytest_plugin.hooks"  #: what is loaded then


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None]:
    """Loads the plugin where the suite is named; where `-p` has loaded it, it does this itself."""
    plugins, known = early_config.pluginmanager, early_config.known_args_namespace
    words = [each for each in args if not each.startswith("-")] or early_config.getini("testpaths")
    if plugins.has_plugin(_PLUGIN) or not names_suite(words, pyargs=known.pyargs):
        yield
        return
    plugins.import_plugin(_PLUGIN)
    from conformance.pytest_plugin import hooks

    yield from hooks.pytest_load_initial_conftests(early_config, parser, args)


def names_suite(words: Iterable[str], *, pyargs: bool) -> bool:
    """Whether one of these arguments of pytest is the suite, or a part of it: by its name in Python, or by its path."""
    return any(_is_suite(str(each).partition("::")[0], pyargs) for each in words)


def _is_suite(word: str, pyargs: bool) -> bool:
    if pyargs and re.fullmatch(r"conformance\.suite(\.[\w.]+)?", word):
        found = find_spec("conformance")
        return bool(found and found.origin and Path(found.origin).resolve().parent == _PACKAGE)
    return Path(word).resolve().is_relative_to(_PACKAGE / "suite")
