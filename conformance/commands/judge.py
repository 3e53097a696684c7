"""The suite run under pytest: on an endpoint, or on what was recorded."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from conformance.language import gettext, say, speaking, tell, told
from conformance.report.render.detail import Detail
from conformance.resources import PACKAGE
from conformance.settings.errors import NO_MODEL, NOT_JUDGED, USAGE_ERROR, SessionError
from conformance.settings.options import OPTIONS
from conformance.text import harmless, printable, typed_path

if TYPE_CHECKING:
    import pytest

    from conformance.clients.result import Result
    from conformance.pytest_plugin.session import Conformance
    from conformance.report.report import Report
    from conformance.settings.settings import Settings

#: pytest's own exit codes where no session judged anything, as ours: wrong usage (ours, its own), a crash, no tests.
_EXIT_CODES = {2: USAGE_ERROR, 3: NOT_JUDGED, 4: USAGE_ERROR, 5: NOT_JUDGED}
#: The plugins of a run. Others that an environment has are not loaded: they could change what is judged, and take time.
_PLUGINS = ("-p", "xdist", "-p", "syrupy", "-p", "conformance.pytest_plugin.hooks")
_CONFIGURATION = (
    "-p",
    "no:terminalreporter",
    "-c",
    str(PACKAGE / "suite" / "pytest.ini"),
    "--rootdir",
    str(PACKAGE),
    "--noconftest",
)
_OF_PYTEST = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")  #: variables that would change what is judged


def run_suite(given: Mapping[str, Any], *more: str, detail: Detail = Detail.USUAL) -> NoReturn:
    """Run the suite with these options, by key, and `more` arguments for pytest, under its own pytest configuration;
    print what was found, and leave with the exit code of the report. What the environment adds to pytest's command line
    is left out, and so is what pytest prints. Raises SessionError where pytest ends without a report on all that was
    selected."""
    if given.get("base_url") and not given.get("model") and not given.get("resume"):
        raise SessionError(NO_MODEL)  # at once: pytest and the catalogue take longer to load
    if (given.get("repeat") or 1) > 1 and "--plan" not in more:
        from .repeating import run_repeated

        run_repeated(given, detail)
    import pytest

    for name in _OF_PYTEST:
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # which workers inherit
    seen = _Seen(detail)
    words = ["--pyargs", "conformance.suite", *_PLUGINS, *_CONFIGURATION, *more, *arguments(given)]
    code = int(pytest.main(words, plugins=[seen]))
    if seen.session is not None and seen.session.report is not None:
        print(seen.told(seen.session.report, seen.session.settings), end="", flush=True)
        if seen.session.read:
            _print_clients(seen.session.read, detail, seen.session.settings.language)
        raise typer.Exit(_concluded(seen.session))
    if seen.interrupted:
        raise SessionError(say("the run was interrupted before anything was judged"), NOT_JUDGED)
    if "--plan" not in more and code not in _EXIT_CODES:
        raise SessionError(
            say("pytest ended with {code} and without a report of this run: nothing was judged", code), NOT_JUDGED
        )
    raise typer.Exit(_EXIT_CODES.get(code, code))


def _print_clients(read: Result, detail: Detail, language: str | None) -> None:
    from conformance.clients.tables import as_text, conclusion

    with speaking(language):
        said = f"{conclusion(read)}\n" if detail is Detail.QUIET else f"\n{as_text(read)}"
    print(printable(said), end="", flush=True)


def _concluded(session: Conformance) -> int:
    """The exit code of the session's report; what conforms has judged all that was selected."""
    from conformance.pytest_plugin.clients import exit_code
    from conformance.pytest_plugin.target import selected

    if session.report is None:
        return NOT_JUDGED
    code = exit_code(session.settings, session.report, session.read)
    unjudged = selected(session.settings).keys() - {each.id for each in session.report.entries}
    return code or (NOT_JUDGED if unjudged else 0)


class _Seen:
    """A plugin of pytest, which sees the session and how it ended, and says what pytest would have said. On a terminal
    it draws while the session goes on."""

    def __init__(self, detail: Detail) -> None:
        self.session: Conformance | None = None
        self.interrupted = False
        self.detail = detail
        self.drawn = detail is Detail.USUAL and sys.stdout.isatty()

    def pytest_plugin_registered(self, plugin: object, manager: pytest.PytestPluginManager) -> None:
        from conformance.pytest_plugin.session import Conformance

        if isinstance(plugin, Conformance):
            self.session = plugin
            if self.drawn:
                from .progress import Live

                manager.register(Live(plugin, sys.stdout.fileno()))

    @property
    def _first(self) -> str:
        """What is said before anything is sent to an endpoint: what it is, and the plan; else empty."""
        from conformance.pytest_plugin.opening import plan_of
        from conformance.report.render.log import about

        session = self.session
        if not session or not session.settings.sends or not session.settings.base_url or self.detail is Detail.QUIET:
            return ""
        return gettext(": ").join((about(session.profile), told(str(plan_of(session.settings)))))

    def pytest_sessionstart(self) -> None:
        if first := self._first:
            print(first, flush=True)

    def told(self, report: Report, settings: Settings) -> str:
        """What was found, as the terminal or the log has it."""
        from conformance.pytest_plugin.finish import summary
        from conformance.report.render import translated
        from conformance.report.render.log import about, render

        if self.drawn:
            return summary(report, settings.folder, colour=True, language=settings.language)
        first = "" if self._first or self.detail is Detail.QUIET else f"{about(report)}\n"
        with speaking(settings.language):
            return f"{first}{render(translated(report), self.detail, typed_path(settings.folder))}"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            print(report.longreprtext, file=sys.stderr)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        import pytest

        self.interrupted = excinfo.errisinstance(KeyboardInterrupt)
        if excinfo.errisinstance(pytest.exit.Exception):
            print(told(printable(str(excinfo.value))), file=sys.stderr)


def arguments(given: Mapping[str, Any]) -> list[str]:
    """What a command was given, as the arguments of pytest."""
    words: list[str] = []
    for option in OPTIONS.values():
        value = given.get(option.key)
        for each in value if isinstance(value, list) else [value]:
            if each is True:
                words.append(option.pytest_name)
            elif each is not None and each is not False and each != "":
                words.append(f"{option.pytest_name}={each}")
    return words


def recorded(folder: Path) -> list[str]:
    """The option by which pytest judges a run's folder, or recordings made elsewhere. Raises SessionError."""
    return [f"--{recorded_option(folder)}", str(folder)]


def recorded_option(folder: Path) -> str:
    """The name of the option by which a run's folder, or recordings made elsewhere, are judged. Raises SessionError."""
    if not folder.exists():
        raise SessionError(say("{folder} does not exist: name the folder of a run, or recordings", folder), NOT_JUDGED)
    if (folder / "run.json").exists():
        return "archive"
    from conformance.sending.shared import SHARED

    if (folder / SHARED).exists():
        raise SessionError(say("{folder} has the runs of several endpoints: name the folder of one of them", folder))
    return "recordings"


def accepting(update: bool, given: Mapping[str, Any]) -> list[str]:
    """The option by which syrupy accepts the shapes of replies. Raises SessionError."""
    if update and given.get("snapshots") is None:
        raise SessionError(say("--snapshot-update needs a folder of shapes: name one with --snapshots"))
    return ["--snapshot-update"] if update else []


def judge_bundle(bundle: Path, given: Mapping[str, Any], detail: Detail) -> NoReturn:
    """Judge the run in a bundle, and print the verdicts that differ from its report. Raises SessionError."""
    from conformance.runs.folder import read_value
    from conformance.runs.run import RunError

    from .bundle import BundleError, unpack

    out = given.get("out") or Path("reports") / bundle.stem
    with tempfile.TemporaryDirectory() as held:
        try:
            unpack(bundle, Path(held))
            read_value(Path(held))
        except (BundleError, RunError) as error:
            raise SessionError(str(error)) from None
        before = written(out)
        try:
            run_suite({**given, "out": out}, "--archive", held, detail=detail)
        except typer.Exit:
            if written(out) != before:
                typer.echo(harmless("\n".join(_differences(Path(held), out))))
            raise


def written(out: Path) -> tuple[int, int] | None:
    """What tells one report in a folder from the next; None where there is none."""
    path = out / "report.json"
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None


def _differences(before: Path, after: Path) -> list[str]:
    from .bundle import changes

    try:
        return changes(before, after) or [gettext("every verdict is that of the bundled report")]
    except ValueError as error:
        return [tell("the verdicts are not compared: {error}", error)]
