"""The pytest plugin: options, the `judge` fixture, and the hooks that turn outcomes into a report."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext, suppress
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.contract.requirement import Requirement
    from conformance.judgement.verdict import Finding
    from conformance.policy.policy import Terms
    from conformance.report.report import Report
    from conformance.run.prefetch import Prefetch
    from conformance.run.run import Run
    from conformance.settings.options import Option

_SUITE = re.compile(r"conformance[./\\]suite\b")
_FINDING = "conformance-finding"


def pytest_load_initial_conftests(parser: pytest.Parser, args: list[str]) -> None:
    """Options only where the suite or recordings are judged: other projects have a `--model` and an `--out` too."""
    if any(_SUITE.search(each) or each.startswith("--recordings") for each in args):
        _add_options(parser)


def _add_options(parser: pytest.Parser) -> None:
    from conformance.settings.options import OPTIONS

    group = parser.getgroup("conformance", "conformance of a chat-completions endpoint")
    for option in OPTIONS.values():
        # pytest-base-url has the same --base-url with the same meaning
        with suppress(ValueError) if option.name == "base-url" else nullcontext():
            group.addoption(option.pytest_name, **_as_pytest_has_it(option))
    add = group.addoption
    add("--archive", type=Path, metavar="FOLDER", help="judge the run recorded in this folder; send nothing")
    add("--recordings", type=Path, metavar="FOLDER", help="judge recordings made elsewhere (JSONL, HAR); send nothing")
    add("--plan", action="store_true", help="say what would be sent and what it would cost; send nothing")
    add("--mutants", action="store_true", help="judge counterexamples: every requirement must reject its own")
    add("--gate-strict", action="store_true", help="a violated SHOULD fails the run too")


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
    from conformance.sending.stack import SessionError

    session = Conformance(config)
    try:
        session.check()
    except SessionError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return error.exit_code
    if option.plan:
        session.print_plan()
        return 0
    config.pluginmanager.register(session, "conformance-session")
    return None


def _session(config: pytest.Config) -> Conformance:
    """The session. A usage error where a test of the suite is run without naming the suite."""
    session = config.pluginmanager.get_plugin("conformance-session")
    if not isinstance(session, Conformance):
        raise pytest.UsageError("the suite is run as: pytest --pyargs conformance.suite")
    return session


# --- from requirements to tests -----------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    requirements = getattr(metafunc.function, "requirements", None)
    if requirements is None:
        return
    session = _session(metafunc.config)
    marked = [
        pytest.param(each, marks=[getattr(pytest.mark, each.level.lower()), pytest.mark.area(each.area)], id=each.id)
        for each in map(session.terms.held, requirements)
    ]
    metafunc.parametrize("requirement", marked)
    models = ["counterexamples"] if session.mutants else [model.name for model in session.run.profile.models]
    metafunc.parametrize("judge", models, ids=models, indirect=True)


class Inconclusiveness(Exception):
    """A requirement could not be judged; shown as an error, as pytest shows a setup that failed."""


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Callable[[Requirement], None]:
    """Judge a requirement on the model this test is about."""
    session = _session(request.config)
    return lambda requirement: session.judge(requirement, request.param, request.node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:  # the hook's result is a TestReport, sent back through the generator
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if call.excinfo and call.excinfo.errisinstance(Inconclusiveness):
        report.when = "setup"
        report.longrepr = f"inconclusive: {call.excinfo.value}"
    return report  # type: ignore[return-value]


# --- one session --------------------------------------------------------------------------------------------


class Conformance:
    """What one pytest session judges. Under xdist every worker has one, and the controller gathers the findings."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.mutants: bool = config.getoption("mutants")
        self.worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.started = time.time()
        self.findings: dict[tuple[str, str], Finding] = {}
        self.resources = ExitStack()
        self.lost: list[str] = []  #: tests that ended without a finding
        self._run: Run | None = None
        shared = self.worker["conformance"] if self.worker else {}
        self.base_url: str = shared.get("base_url") or config.getoption("base_url", None) or ""
        self.serving: str = shared.get("serving", "")
        self.salt: str = shared.get("salt", "")
        self.today = date.fromisoformat(shared["today"]) if shared else datetime.now(UTC).date()
        self.out: Path = Path(shared["out"]) if shared else self._folder()

    def _folder(self) -> Path:
        """Where this run is written: `--out`, the folder that is judged again, or one named after the endpoint."""
        given = self.config.getoption("resume") or self.config.getoption("out") or self.config.getoption("archive")
        if given:
            return Path(given).absolute()
        name = "recordings" if self.config.getoption("recordings") else self.base_url or "reference"
        return Path("reports", re.sub(r"\W+", "-", name.partition("://")[2] or name).strip("-")).absolute()

    def check(self) -> None:
        """Raise SessionError where nothing can be judged so, before anything is sent or changed."""
        if self.worker:
            return
        from conformance.run.resume import take_up

        from .session import check, check_terms, open_run, salt_of, sends

        if self.config.getoption("resume"):
            take_up(self.config)
            self.base_url = self.config.getoption("base_url", None) or ""
        check(self.config, self.base_url, self.out)
        self.salt = salt_of(self.config, self.base_url)
        if not sends(self.config):
            self._run = open_run(self.config, self.base_url, "", self.salt, self.out, self.resources)
        check_terms(self.config, self.base_url, self.terms, self._run)

    @cached_property
    def terms(self) -> Terms:
        """To what the endpoint is held."""
        from .session import terms_of

        return terms_of(self.config, self.today)

    def print_plan(self) -> None:
        """What the run would send and cost, by area."""
        from conformance.report.render.plan import table

        from .session import plan_of

        print(table(plan_of(self.config, self.base_url)))

    # --- what is judged ---

    @property
    def run(self) -> Run:
        """The run, made when it is first asked for. A sentence and exit code 3 where there is nothing to judge."""
        if self._run is None:
            from conformance.sending.stack import SessionError

            from .session import open_run

            try:
                self._run = open_run(self.config, self.base_url, self.serving, self.salt, self.out, self.resources)
            except SessionError as error:
                pytest.exit(str(error), returncode=error.exit_code)
        return self._run

    def judge(self, requirement: Requirement, model_name: str, item: pytest.Item) -> None:
        """Judge, note the finding for the report, and tell pytest."""
        from conformance.judgement.verdict import Finding, Verdict

        if self.mutants:
            self._prove(requirement)
            return
        try:
            model = self.run.profile.model(model_name)
            finding = self.ahead.find(requirement, model) if self.ahead else self.run.find(requirement, model)
        except Exception as crash:  # it must be counted: a requirement that is not in the report cannot be missed
            reason = f"judging it crashed: {type(crash).__name__}: {crash}"
            finding = Finding(requirement.id, model_name, Verdict.INCONCLUSIVE, reason)
        finding = self.terms.accepted(finding)
        item.user_properties.append((_FINDING, _pack(finding)))
        said = f"{requirement.id}: the endpoint {requirement.level} {requirement.sentence}; {finding.message}"
        if finding.verdict is Verdict.FAIL and self.terms.counts(requirement):
            pytest.fail(said, pytrace=False)
        if finding.verdict is Verdict.INCONCLUSIVE:
            raise Inconclusiveness(said)
        if finding.verdict in (Verdict.FAIL, Verdict.WARN, Verdict.KNOWN):
            pytest.xfail(said)
        if finding.verdict is Verdict.NOT_APPLICABLE:
            pytest.skip(finding.message)

    def _prove(self, requirement: Requirement) -> None:
        from conformance.run.proof import survivors

        if accepted := list(survivors(requirement, self.run)):
            pytest.fail(f"{requirement.id} proves nothing: {'; '.join(accepted)}", pytrace=False)

    # --- hooks ---

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        if self.config.option.collectonly:
            return
        if self.worker:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the controller hears it, too
            ended = threading.Event()
            self.resources.callback(ended.set)
            threading.Thread(target=_end_with_controller, args=(self.config, ended), daemon=True).start()
        else:
            signal.signal(signal.SIGTERM, _as_interrupt)
            from conformance.sending.stack import SessionError

            from .session import begin

            try:
                self.serving = begin(self.config, self.base_url, self.salt, self.out, self.resources)
            except SessionError as error:
                pytest.exit(str(error), returncode=error.exit_code)
            self._say_plan()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """The first requests, in a session that has begun: one that is interrupted here has a report, too."""
        if self.config.option.collectonly or self.mutants:
            return
        self.run.counts = self.terms.holds
        self.run.preflight()

    def _say_plan(self) -> None:
        """Before anything is sent to an endpoint, what will be."""
        from .session import plan_of, sends

        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter and sends(self.config) and self.base_url and not self.mutants:
            reporter.write_line(f"Plan: {plan_of(self.config, self.base_url)}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """What is not selected is deselected."""
        from .session import judged

        chosen = judged(self.config)
        others = [item for item in items if (found := _requirement(item)) and found.id not in chosen]
        if others:
            self.config.hook.pytest_deselected(items=others)
            items[:] = [item for item in items if item not in others]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Over HTTP, what the tests need is asked for ahead of them."""
        if self.mutants or self.config.option.collectonly or not (self.base_url or self.serving) or self.run.unjudged:
            return
        if not self.worker and self.config.getoption("numprocesses", None):
            return  # the workers ask
        from conformance.run.prefetch import Prefetch

        pairs = [(found, item) for item in session.items if (found := _requirement(item))]
        judged = [(found, self.run.profile.model(item.callspec.params["judge"])) for found, item in pairs]  # type: ignore[attr-defined]
        self.ahead = Prefetch(self.run, judged, self.config.getoption("concurrency"))
        self.resources.callback(self.ahead.close)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["conformance"] = {
            "base_url": self.base_url, "serving": self.serving, "salt": self.salt, "out": str(self.out),
            "today": str(self.today),
        }  # fmt: skip

    def pytest_report_header(self) -> str:
        return f"conformance: {self.base_url or self.config.getoption('recordings') or 'the reference endpoint'}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            return
        found = [
            _unpack(value) for name, value in report.user_properties if name == _FINDING and isinstance(value, list)
        ]
        self.findings |= {(each.requirement, each.model): each for each in found}
        if report.failed and not found:
            self.lost.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report, and let its conclusion be the exit code, save where pytest itself failed."""
        self.resources.close()
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED and self._run is not None
        if self.worker or self.mutants or not (self.findings or interrupted):
            return
        from conformance.report.gate import conclude

        from .session import finish

        if self.lost or session.shouldfail or exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            self.run.unjudged = self.run.unjudged or "the run was broken off before everything was judged"
        self.report = finish(self.config, self.findings.values(), self.started, self.out, self.run, self.terms)
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
            session.exitstatus = conclude(self.report).exit_code

    report: Report | None = None
    ahead: Prefetch | None = None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.report is None:
            return
        from .session import summary

        terminalreporter.write_line("")
        terminalreporter.write(summary(self.report, self.out, terminalreporter.hasmarkup), flush=True)


def _requirement(item: pytest.Item) -> Requirement | None:
    """The requirement that a test of the suite is about."""
    parameters: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    return parameters.get("requirement")


def _as_interrupt(number: int, frame: object) -> None:
    """SIGTERM ends a run as Ctrl-C does, with a report of what was judged."""
    raise KeyboardInterrupt


def _end_with_controller(config: pytest.Config, ended: threading.Event) -> None:
    """End this worker, unless it has ended, when its controller does. execnet alone waits for five seconds, in which
    more would be sent. What is under way is left as where a run is killed, which --resume can go on with."""
    channel = next(each.channel for each in config.pluginmanager.get_plugins() if hasattr(each, "channel"))
    try:
        channel.waitclose()
    finally:  # also where the controller was killed
        if not ended.is_set():
            os._exit(1)


def _pack(finding: Finding) -> list[Any]:
    """A finding as JSON, to travel from worker to controller."""
    known = [finding.requirement, finding.model, int(finding.verdict), finding.message]
    return [*known, finding.judged, list(finding.evidence), finding.refused]


def _unpack(value: list[Any]) -> Finding:
    from conformance.judgement.verdict import Finding, Verdict

    requirement, model, verdict, message, judged, evidence, refused = value
    return Finding(requirement, model, Verdict(verdict), message, judged, tuple(evidence), refused)
