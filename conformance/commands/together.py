"""`run` with several endpoints: one process for each, limits that are those of all, and one report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, NoReturn

import typer
from filelock import FileLock, Timeout

from conformance import __version__
from conformance.billing.budget import BUSY
from conformance.language import gettext, say, speaking, spoken, tell
from conformance.pytest_plugin.finish import swept
from conformance.pytest_plugin.opening import secrets_of_run
from conformance.pytest_plugin.processes import as_interrupt
from conformance.pytest_plugin.target import profile_of
from conformance.report.render.detail import Detail
from conformance.report.render.log import about
from conformance.report.render.together import FORMS, terminal
from conformance.report.report import Report
from conformance.report.report_json import read_report
from conformance.report.together import Column, Together
from conformance.runs.folder import check_links
from conformance.runs.run import RunError
from conformance.sending.shared import SHARED, Shared, write_shared
from conformance.sending.stack import SPENT
from conformance.settings.endpoints import Chosen
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.settings.key_variable import is_of_a_key
from conformance.settings.shown import without_keys
from conformance.text import printable_line, reason_of, typed_path, write_whole

from .endpoints import Member, budget_of_all, folder_of, members_of
from .judge import written
from .member import start

_PATIENCE = 40.0  #: seconds in which a run that was interrupted writes its report
_GRACE = 10.0  #: seconds after the deadline, after which a run that goes on is ended
_LOOK = 0.05  #: seconds between two looks at the processes


def run_together(chosen: Chosen, detail: Detail, update: bool = False) -> NoReturn:
    """Run all chosen endpoints, write and print the report on them, and leave with its exit code. Raises
    SessionError."""
    started = time.time()
    folder, resumed = folder_of(chosen), bool(chosen.whole.get("resume"))
    with speaking(chosen.whole.get("language")), ExitStack() as resources:
        _check_folder(folder, resumed)
        members = members_of(chosen, started, update)
        _prepare(chosen, folder, resumed, resources)
        if detail > Detail.QUIET:
            for each in members:
                print(f"{each.name}  {about(profile_of(each.settings))}", flush=True)
        runs = _Runs(chosen, folder, members, started, detail)
        runs.go()
        columns = tuple(_column(each, folder, members) for each in runs.all)
        whole = Together(__version__, started, round(time.time() - started, 3), columns)
        for file, form in FORMS.items():
            write_whole(folder / file, form(whole))
        print(terminal(whole, detail, typed_path(folder)), end="", flush=True)
    raise typer.Exit(whole.exit_code)


# --- the folder ---------------------------------------------------------------------------------------------


def _check_folder(folder: Path, resumed: bool) -> None:
    """Raise SessionError where the report on all cannot be written into a folder, or nothing can be resumed there."""
    option = "--resume" if resumed else "--out"
    if resumed and not (folder / SHARED).is_file():
        raise SessionError(
            say("--resume: {folder} holds no run of several endpoints: choose one with --endpoint", folder)
        )
    others = not (folder / SHARED).is_file() and any((folder / name).exists() for name in FORMS)
    if others or (folder / "run.json").exists():
        raise SessionError(
            say("{option}: {folder} is the folder of another run: name one for all endpoints", option, folder)
        )
    try:
        check_links(folder)
    except RunError as error:
        raise SessionError(say("{option}: {error}", option, error)) from None


def _prepare(chosen: Chosen, folder: Path, resumed: bool, resources: ExitStack) -> None:
    """Take the folder, and write the limits into it. Raises SessionError."""
    limits = Shared(folder, float(chosen.whole.get("rate") or 0), budget_of_all(chosen))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        resources.enter_context(FileLock(folder / ".lock", timeout=0))
        for name in (*FORMS, *(() if resumed else (SPENT,))):
            (folder / name).unlink(missing_ok=True)
        for each in (folder / BUSY).glob("*-*"):
            each.unlink()
        write_shared(limits)
    except Timeout:
        raise SessionError(
            say("--out: another run is using {folder}: wait for its end, or name another folder", folder)
        ) from None
    except OSError as error:
        raise SessionError(
            say("--out: {folder} cannot be written ({error})", folder, reason_of(error)), NOT_JUDGED
        ) from None


# --- the processes ------------------------------------------------------------------------------------------


@dataclass
class _Run:
    """The run of one endpoint: its process, once it has one, and why it was not started or did not go on."""

    member: Member
    before: tuple[int, int] | None
    errors: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    process: subprocess.Popen[bytes] | None = None
    reason: str = ""
    ended: int | None = None

    @property
    def name(self) -> str:
        return self.member.name

    @property
    def report(self) -> Report | None:
        """The report that its process wrote, of which an earlier one is none."""
        folder = self.member.settings.folder
        if self.process is None or written(folder) in (None, self.before):
            return None
        try:
            return replace(read_report(folder / "report.json"), folder=typed_path(folder))
        except ValueError as error:
            self.reason = self.reason or str(error)
            return None

    @property
    def lines(self) -> list[str]:
        """What it said on standard error."""
        self.errors.seek(0)
        return self.errors.read().decode("utf-8", "replace").splitlines()


@dataclass
class _Runs:
    """The runs of all endpoints, so many at once as may send at once."""

    chosen: Chosen
    folder: Path
    members: Sequence[Member]
    started: float
    detail: Detail
    all: list[_Run] = field(default_factory=list)

    def go(self) -> None:
        """Until all have ended. An interrupt ends those that go on, each with its report."""
        self.all = [_Run(each, written(each.settings.folder)) for each in self.members]
        with _terminated_as_interrupted():
            try:
                while self._step():
                    time.sleep(_LOOK)
            except KeyboardInterrupt:
                self._end(say("the run was interrupted"))

    def _step(self) -> bool:
        """Note which have ended, and start others in their place. Whether there is more to come."""
        for each in self._going:
            if each.process and (code := each.process.poll()) is not None:
                self._note(each, code)
        waiting = [each for each in self.all if each.process is None and not each.reason]
        left = self._left
        if left is not None and left <= 0:
            for each in waiting:
                each.reason = say("not started: {reason}", self._late)
            if left < -_GRACE and self._going:
                self._end(self._late)
            return bool(self._going)
        for each in waiting[: max(0, self._at_once - len(self._going))]:
            self._start(each, left)
        return bool(self._going)

    @property
    def _going(self) -> list[_Run]:
        return [each for each in self.all if each.process and each.ended is None]

    @property
    def _concurrency(self) -> int:
        return int(self.chosen.whole["concurrency"])

    @property
    def _at_once(self) -> int:
        return min(self._concurrency, len(self.all))

    @property
    def _left(self) -> float | None:
        """The seconds that the runs have left, None where there is no deadline; a twentieth is for the report on
        all."""
        deadline = float(self.chosen.whole.get("deadline") or 0)
        return deadline - min(deadline / 20, 5.0) - (time.time() - self.started) if deadline else None

    @property
    def _late(self) -> str:
        return say("the deadline of {seconds:g} s has passed (--deadline)", self.chosen.whole["deadline"])

    def _start(self, each: _Run, left: float | None) -> None:
        own = each.member.settings
        ends = [seconds for seconds in (own.deadline, left and round(left, 1)) if seconds]
        settings = replace(
            own, concurrency=min(own.concurrency, self._concurrency // self._at_once), shared=self.folder,
            deadline=min(ends, default=0.0),
        )  # fmt: skip
        more = ["--snapshot-update"] if own.snapshot_update else []
        each.process = start(settings, spoken(), _foreign(each.member, self.members), more, each.errors)

    def _note(self, each: _Run, code: int) -> None:
        each.ended = code
        if each.process and each.process.stdin:
            each.process.stdin.close()
        for line in each.lines:
            print(without_keys(f"{each.name}{gettext(': ')}{printable_line(line)}"), file=sys.stderr, flush=True)
        if self.detail > Detail.QUIET:
            took = time.time() - self.started
            print(tell("{name} has ended after {seconds:,.0f} s", each.name, took), flush=True)

    def _end(self, reason: str) -> None:
        """End those that go on, each with a report of what was judged; another interrupt ends them at once."""
        for each in self.all:
            each.reason = each.reason or ("" if each.ended is not None else reason)
        for run in self._going:
            if run.process:
                run.process.terminate()
        until = time.monotonic() + _PATIENCE
        for run in self._going:
            if run.process:
                try:
                    code = run.process.wait(max(0.1, until - time.monotonic()))
                except (subprocess.TimeoutExpired, KeyboardInterrupt):
                    run.process.kill()
                    code, until = run.process.wait(), 0.0
                self._note(run, code)


def _foreign(own: Member, members: Iterable[Member]) -> Collection[str]:
    """The variables with keys that are not those of an endpoint: of others, and all that are named as such."""
    named = {each.settings.api_key_variable for each in members}
    return named.union(filter(is_of_a_key, os.environ)) - {own.settings.api_key_variable}


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM is what Ctrl-C is."""
    before: Callable[..., object] | int | None = signal.signal(signal.SIGTERM, as_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# --- what they come to --------------------------------------------------------------------------------------


def _column(run: _Run, folder: Path, members: Sequence[Member]) -> Column:
    """What one run comes to. The key of no endpoint stays in the folder of another, which may have shown it."""
    settings, report = run.member.settings, run.report
    secrets = [secret for each in members for secret in secrets_of_run(each.settings)]
    if report is not None:
        report = swept(report, settings.folder, secrets, settings.language)
    place = Path(os.path.relpath(settings.folder, folder)).as_posix()
    return Column(run.name, profile_of(settings).base_url, place, report, _reason(run, report), run.ended or 0)


def _reason(run: _Run, report: Report | None) -> str:
    """Why there is no report, where there is none, or why the run ended in another way than it says."""
    said = next((printable_line(line, 300) for line in reversed(run.lines) if line.strip()), "")
    if run.reason or run.ended is None or (report and not said):
        return run.reason
    told = without_keys(said) or say("it wrote no report")
    return say("its run ended with exit code {code}: {reason}", run.ended, told)
