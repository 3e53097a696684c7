"""The entry of the pytest plugin: options, one test per requirement and model, and the `judge` fixture. Nothing but
this module reads pytest's Config."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.contract.requirement import Requirement
    from conformance.settings.options import Option
    from conformance.settings.settings import Settings

    from .session import Conformance

_SUITE = re.compile(r"conformance[./\\]suite\b")


def pytest_load_initial_conftests(parser: pytest.Parser, args: list[str]) -> None:
    """Options only where the suite or recordings are judged: other projects have a `--model` and an `--out` too."""
    if any(_SUITE.search(each) or each.startswith("--recordings") for each in args):
        _add_options(parser)


def _add_options(parser: pytest.Parser) -> None:
    from conformance.settings.options import OPTIONS

    group = parser.getgroup("conformance", "conformance of a chat-completions endpoint")
    for option in OPTIONS.values():
        if option.foreign:
            continue
        # pytest-base-url has the same --base-url with the same meaning
        with suppress(ValueError) if option.name == "base-url" else nullcontext():
            group.addoption(option.pytest_name, **_as_pytest_has_it(option))


def _as_pytest_has_it(option: Option) -> dict[str, Any]:
    """The arguments of pytest's `addoption`."""
    help = option.help.replace("%", "%%")
    if option.kind is bool:
        return {"action": "store_true", "help": help}
    given = {"metavar": option.metavar, "help": help, "type": option.kind}
    return given | ({"action": "append", "default": []} if option.many else {"default": option.default})


def pytest_configure(config: pytest.Config) -> None:
    for level in ("must", "should", "may"):
        config.addinivalue_line("markers", f"{level}: a {level.upper()} requirement of the contract")
    config.addinivalue_line("markers", "area(name): the area of the contract a requirement belongs to")


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """What cannot be judged is said here, in one sentence, before pytest begins a session."""
    option = config.option
    suite = hasattr(option, "mutants") and any(_SUITE.search(str(each)) for each in config.args)
    if not suite or option.help or option.version:
        return None
    from conformance.settings.errors import SessionError
    from conformance.text import printable

    from .session import PLUGIN, Conformance

    try:
        settings, shared = _settings(config)
        session = Conformance(settings, shared, option.collectonly)
        session.check()
    except SessionError as error:
        print(printable(str(error)), file=sys.stderr)
        return error.exit_code
    if settings.plan:
        from conformance.report.render.plan import table

        from .opening import plan_of

        print(table(plan_of(settings)))
        return 0
    config.pluginmanager.register(session, PLUGIN)
    return None


def _settings(config: pytest.Config) -> tuple[Settings, dict[str, Any] | None]:
    """The settings of this session, and in an xdist worker what the controller shares with it. Raises SessionError."""
    from conformance.run.resume import completed
    from conformance.settings.options import OPTIONS
    from conformance.settings.settings import Settings

    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker:
        shared: dict[str, Any] = worker["conformance"]
        return replace(Settings.of({}).updated(shared["settings"]), workers=worker["workercount"]), shared
    given = {option.key: config.getoption(option.pytest_key, None) for option in OPTIONS.values()}
    settings = completed(Settings.of(given | {"snapshot_update": config.getoption("update_snapshots", False)}))
    return replace(settings, out=settings.folder), None


def _session(config: pytest.Config) -> Conformance:
    """The session. A usage error where a test of the suite is run without naming the suite."""
    from .session import PLUGIN, Conformance

    session = config.pluginmanager.get_plugin(PLUGIN)
    if not isinstance(session, Conformance):
        raise pytest.UsageError("run the suite with: pytest --pyargs conformance.suite")
    return session


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if not hasattr(metafunc.function, "requirements"):
        return
    session = _session(metafunc.config)
    marked = [
        pytest.param(each, marks=[getattr(pytest.mark, each.level.lower()), pytest.mark.area(each.area)], id=each.id)
        for each in map(session.terms.held, session.chosen_of(metafunc.function))
    ]
    metafunc.parametrize("requirement", marked)
    metafunc.parametrize("judge", session.columns, ids=session.columns, indirect=True)


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Callable[[Requirement], None]:
    """Judge a requirement on the model this test is about."""
    session = _session(request.config)
    return lambda requirement: session.judge(requirement, request.param, request.node)
