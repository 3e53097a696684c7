"""One pytest session: what it judges, the hooks that turn outcomes into findings, and the report at its end."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from conformance.billing.prices import Sheet
from conformance.contract.profile import Profile
from conformance.contract.requirement import Requirement
from conformance.evidence.archive import Archive
from conformance.evidence.kept import give_back
from conformance.judgement.verdict import Finding
from conformance.language import say
from conformance.policy.policy import Terms
from conformance.report.report import Report
from conformance.runs.folder import Identity, exchanges_in
from conformance.runs.prefetch import NOT_JUDGED, Prefetch, found, late
from conformance.runs.proof import survivors
from conformance.runs.run import Run, priced
from conformance.sending.limits import Deadline
from conformance.settings.errors import NOT_JUDGED as UNJUDGED
from conformance.settings.errors import SessionError
from conformance.settings.settings import Settings

from .checks import check, check_terms
from .clients import exit_code, read_by_clients
from .finish import finish
from .opening import begin, diagnosing, identity_of, open_recorded, open_run
from .outcomes import FINDING, Inconclusiveness, become_outcome, judged_by, pack, unpack
from .processes import Late, as_interrupt, end_with_controller, ending_at, interrupting
from .target import profile_of, selected, sheet_of, terms_of

if TYPE_CHECKING:
    from conformance.clients.result import Result

_SENT = "conformance-sent"  #: the name under which a worker tells how many requests it sent
PLUGIN = "conformance-session"  #: its name among pytest's plugins


class Conformance:
    """What one pytest session judges. Under xdist every worker has one, and the controller gathers the findings."""

    def __init__(self, settings: Settings, shared: Mapping[str, Any] | None = None, collecting: bool = False) -> None:
        """`shared` is what the controller shares with this process, if it is a worker; where it is `collecting`,
        nothing is judged."""
        self.settings, self.collecting, self.worker = settings, collecting, shared is not None
        self.started: float = shared["started"] if shared else time.time()
        self.ending = Deadline.of(0.0 if collecting else settings.deadline, self.started)
        self.findings: dict[tuple[str, str], Finding] = {}
        self.resources = ExitStack()
        self.watch = ExitStack()  #: what is closed when the process has nothing more to do
        self.lost: list[str] = []  #: tests of the suite that ended without a finding
        self.others_failed = False  #: whether a test failed that is not of the suite
        self.report: Report | None = None
        self.read: Result | None = None
        self.refused: SessionError | None = None
        self.prefetch: Prefetch | None = None
        self.judging = False
        self._run: Run | None = None
        self.serving: str = shared["serving"] if shared else ""
        self.identity = Identity(shared["id"], shared["salt"]) if shared else Identity("", "")
        self.sent_before = 0  #: requests, by the run that is resumed
        self.sent_elsewhere = 0  #: requests, by workers
        self.today = date.fromisoformat(shared["today"]) if shared else datetime.now(UTC).date()

    def check(self) -> None:
        """Raise SessionError where nothing can be judged so, before anything is sent or changed."""
        if self.worker:
            return
        check(self.settings)
        self.identity = identity_of(self.settings)
        if not self.settings.sends:
            self._run = self._opened()
        check_terms(self.settings, self.terms, self._run)

    @cached_property
    def terms(self) -> Terms:
        """What the endpoint is held to."""
        return terms_of(self.settings, self.today)

    @cached_property
    def chosen(self) -> Mapping[str, Requirement]:
        """The requirements that are selected, by id."""
        return selected(self.settings)

    def chosen_of(self, requirements: Iterable[Requirement]) -> list[Requirement]:
        """Those of these requirements that are selected."""
        return [each for each in requirements if each.id in self.chosen]

    def is_of_suite(self, node: str) -> bool:
        """Whether a test is one of a selected requirement, by its id: the report of a crash has nothing else."""
        return node.rpartition("[")[2].partition("-")[0] in self.chosen

    @property
    def unjudged(self) -> str:
        """Why nothing can be judged, as far as is known; else empty."""
        return self._run.unjudged if self._run else ""

    @cached_property
    def profile(self) -> Profile:
        """The endpoint that is sent to."""
        return profile_of(self.settings)

    @cached_property
    def sheet(self) -> Sheet | None:
        return sheet_of(self.settings)

    @property
    def columns(self) -> list[str]:
        """The models that each requirement is judged on."""
        return ["counterexamples"] if self.settings.mutants else [model.name for model in self.run.profile.models]

    # --- what is judged ---

    @property
    def run(self) -> Run:
        """The run, made when it is first asked for. A sentence and exit code 3 where there is nothing to judge."""
        if self._run is None:
            try:
                self._run = self._opened()
            except SessionError as error:
                pytest.exit(str(error), returncode=error.exit_code)
        return self._run

    def _opened(self) -> Run:
        if not self.settings.sends:
            return priced(open_recorded(self.settings), self.sheet)
        endpoint = self.profile, self.identity, self.sheet, self.serving
        return priced(open_run(self.settings, *endpoint, self.ending, self.resources), self.sheet)

    def judge(self, requirement: Requirement, model_name: str, item: pytest.Item) -> None:
        """Judge, note the finding for the report, and tell pytest."""
        if self.settings.mutants:
            self._prove(requirement)
            return
        finding = self.finding_of(requirement, model_name)
        item.user_properties.append((FINDING, pack(finding)))
        become_outcome(requirement, finding, self.terms.counts(requirement))

    def finding_of(self, requirement: Requirement, model_name: str) -> Finding:
        """The finding as the policy grades it."""
        try:
            finding = self._found(requirement, model_name)
        except Late:
            finding = late(requirement, model_name, self.ending)
        return self.terms.judged(requirement, finding)

    def _found(self, requirement: Requirement, model_name: str) -> Finding:
        """The finding of this run. Raises Late where a check goes on after the deadline."""
        if self.ending.passed:
            return late(requirement, model_name, self.ending)
        self.judging = True
        try:
            find = self.prefetch.find if self.prefetch else self.run.find
            return found(find, requirement, self.run.profile.model(model_name))
        finally:
            self.judging = False

    def _prove(self, requirement: Requirement) -> None:
        if accepted := list(survivors(requirement, self.run)):
            pytest.fail(f"{requirement.id} proves nothing: {'; '.join(accepted)}", pytrace=False)

    # --- hooks ---

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        if self.collecting:
            return
        give_back()
        plugins = session.config.pluginmanager
        if self.worker:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the controller receives it, too
            ended = threading.Event()
            self.resources.callback(ended.set)
            self.resources.enter_context(interrupting(self.ending, lambda: self.judging))
            threading.Thread(target=end_with_controller, args=(plugins, ended), daemon=True).start()
            return
        signal.signal(signal.SIGTERM, as_interrupt)
        self.resources.enter_context(interrupting(self.ending, lambda: self.judging))
        self.watch.enter_context(ending_at(self.ending, lambda: int(session.exitstatus) if self.report else UNJUDGED))
        if self.settings.sends and not self.settings.mutants:
            self._begin()

    def _begin(self) -> None:
        """Prepare the folder, before anything is sent to an endpoint."""
        try:
            self.serving = begin(self.settings, self.profile, self.identity, self.resources)
        except SessionError as error:  # told when the session has begun: before, pytest adds words of its own
            self.refused = error
        if self.settings.resume:
            self.sent_before = sum(len(each.all) for each in exchanges_in(self.settings.folder))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """The first requests, in a session that has begun: one that is interrupted here has a report, too."""
        if self.refused:
            pytest.exit(str(self.refused), returncode=self.refused.exit_code)
        if self.collecting or self.settings.mutants:
            return
        self.run.counts = self.terms.holds
        self.run.preflight(diagnosing(self.settings) if self.settings.sends else None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """A test of the suite is called here: no fixture of another project can come between."""
        if not (pair := judged_by(pyfuncitem)):
            return None
        self.judge(*pair, pyfuncitem)
        return True

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Over HTTP, the requests that the tests need are sent before they run; with workers, each sends its own."""
        over_http = self.settings.base_url or self.serving
        if self.settings.mutants or self.collecting or not over_http or self.run.unjudged:
            return
        if not self.worker and self.settings.workers:
            return
        pairs = [pair for item in session.items if (pair := judged_by(item))]
        judged = [(requirement, self.run.profile.model(name)) for requirement, name in pairs]
        self.prefetch = Prefetch(self.run, judged, self.settings.concurrency, self.ending)
        self.resources.callback(self.prefetch.close)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["conformance"] = {
            "settings": self.settings.dump(), "serving": self.serving, "id": self.identity.id,
            "salt": self.identity.salt, "today": str(self.today), "started": self.started,
        }  # fmt: skip

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.sent_elsewhere += getattr(node, "workeroutput", {}).get(_SENT, 0)

    @property
    def _sent_here(self) -> int:
        """How many requests this process sent."""
        send = self._run.send if self._run else None
        return send.sent if isinstance(send, Archive) else 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Iterator[None]:  # the hook's result is a TestReport, sent back through the generator
        report: pytest.TestReport = yield  # type: ignore[assignment]
        if call.excinfo and call.excinfo.errisinstance(Inconclusiveness):
            report.when = "setup"
            report.longrepr = f"inconclusive: {call.excinfo.value}"
        return report  # type: ignore[return-value]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not self.is_of_suite(report.nodeid):
            self.others_failed = self.others_failed or report.failed
            return
        if report.when == "teardown":
            return
        own = [unpack(value) for name, value in report.user_properties if name == FINDING and isinstance(value, list)]
        self.findings |= {(each.requirement, each.model): each for each in own}
        if report.failed and not own:
            self.lost.append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report, and let its conclusion be the exit code, except where pytest itself failed. Where nothing
        was judged, whatever kept pytest from it, the session did not pass."""
        self.resources.close()
        if self.worker:
            session.config.workeroutput[_SENT] = self._sent_here  # type: ignore[attr-defined]
        if self.worker or self.collecting or self.settings.mutants:
            return
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if not self.findings and not (exitstatus == pytest.ExitCode.INTERRUPTED and self._run is not None):
            session.exitstatus = UNJUDGED if ended else exitstatus
            return
        whole = ended and not self.lost and not session.shouldfail
        if not whole:
            cut = (
                self.ending.reason if self.ending.passed else say("the run was broken off before everything was judged")
            )
            self.run.unjudged = self.run.unjudged or cut
        elif any(each.message.startswith(NOT_JUDGED) for each in self.findings.values()):
            self.run.broken_off = self.ending.reason
        known = whole and self.settings.sends
        sent = self.sent_before + self.sent_elsewhere + self._sent_here if known else None
        findings = self.findings.values()
        self.report = finish(self.settings, findings, self.started, self.run, self.terms, self.sheet, sent)
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
            self.read = read_by_clients(self.settings, self.report)
            session.exitstatus = exit_code(self.settings, self.report, self.read) or int(self.others_failed)

    def pytest_unconfigure(self) -> None:
        self.watch.close()
