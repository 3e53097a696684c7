"""The pytest plugin: the options, and one test per requirement and model. Nothing but this module reads pytest's
Config. `phanedge_conformance_plugin` loads it where the suite is named, `-p conformance.pytest_plugin.hooks` always."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from phanedge_conformance_plugin import names_suite

if TYPE_CHECKING:
    from conformance.settings.settings import Settings

GIVEN = pytest.StashKey[dict[str, Any]]()  #: the options of the suite on the command line


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None]:
    """Reads the options before the conftests are looked for, in which their values are no folders of tests; declares
    them when the conftests have declared theirs."""
    from .own_options import declare, read

    early_config.stash[GIVEN], rest = read(args)
    early_config.known_args_namespace.file_or_dir = parser.parse_known_args(rest).file_or_dir
    yield
    declare(parser)


def pytest_configure(config: pytest.Config) -> None:
    for level in ("must", "should", "may"):
        config.addinivalue_line("markers", f"{level}: a {level.upper()} requirement of the contract")
    config.addinivalue_line("markers", "area(name): the area of the contract a requirement belongs to")


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """What cannot be judged is said here, in one sentence, before pytest begins a session."""
    option = config.option
    if option.help or option.version or not names_suite(config.args, pyargs=option.pyargs):
        return None
    from conformance.language import speaking, told
    from conformance.settings.errors import SessionError
    from conformance.text import printable

    from .at_once import AtOnce
    from .beside_pytest import BesidePytest
    from .collecting import Collecting
    from .session import PLUGIN, Conformance

    try:
        settings, shared = _settings(config)
        session = Conformance(settings, shared, option.collectonly)
        session.check()
    except SessionError as error:
        print(told(printable(str(error))), file=sys.stderr)
        return error.exit_code
    if settings.plan:
        from conformance.report.render.plan import table

        from .opening import plan_of

        with speaking(settings.language):
            print(table(plan_of(settings)))
        return 0
    config.pluginmanager.register(session, PLUGIN)
    for plugin in (BesidePytest(session), Collecting(session), AtOnce(session)):
        config.pluginmanager.register(plugin)
    return None


def _settings(config: pytest.Config) -> tuple[Settings, dict[str, Any] | None]:
    """The settings of this session, and in an xdist worker what the controller shares with it. Raises SessionError."""
    from conformance.runs.dated import in_history
    from conformance.runs.resume import completed
    from conformance.settings.options import OPTIONS
    from conformance.settings.settings import Settings

    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker:
        shared: dict[str, Any] = worker["conformance"]
        return replace(Settings.of({}).updated(shared["settings"]), workers=worker["workercount"]), shared
    foreign = {each.key: config.getoption(each.pytest_key, None) for each in OPTIONS.values() if each.foreign}
    given = config.stash[GIVEN] | foreign
    settings = completed(Settings.of(given | {"snapshot_update": config.getoption("update_snapshots", False)}))
    settings = in_history(settings, time.time())
    return replace(settings, out=settings.folder), None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    from .outcomes import requirements_of
    from .session import PLUGIN

    session = metafunc.config.pluginmanager.get_plugin(PLUGIN)
    requirements = requirements_of(metafunc.function)
    if not (session and requirements):
        return
    marked = [
        pytest.param(each, marks=[getattr(pytest.mark, each.level.lower()), pytest.mark.area(each.area)], id=each.id)
        for each in map(session.terms.held, session.chosen_of(requirements))
    ]
    metafunc.fixturenames += ["requirement", "model"]
    metafunc.parametrize("requirement", marked)
    metafunc.parametrize("model", session.columns, ids=session.columns)
