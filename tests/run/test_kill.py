"""A run that is killed, wherever it is, can be gone on with; one that is interrupted leaves a report that says so."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conformance.cli import main
from conformance.evidence.archive import read_exchange
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.suite.catalogue import load
from tests.support.commands import FORKING, cli, environment, report_in, run_here, verdicts

KEY = "sk-live-7Qm2xV9kTzR4bN8wJc3LhY6pD1sGfA5eU0oI"
#: What is judged needs few requests, and some of them after others.
JUDGED = "usage,cache,caching.grown_conversation,caching.hits_beside_writes,caching.hits_are_reported"
SELECTED = ("--model", "reference-claude", "--select", JUDGED, "--concurrency", "4")
KILLS, RUNS = 3, 2  #: of each run, and runs
SOON = 30.0  #: seconds in which an interrupted run has ended, however busy the machine is; alone it takes two
TWO = ("-n", "2")  #: workers
LONG = 60.0  #: seconds that a request takes which is not waited for

#: A conversation that was under way is in the cache, and cannot be sent for the first time once more: what is judged on
#: it, and may then be inconclusive.
GROWN = (("caching.grown_conversation", "reference-claude"), ("caching.hits_beside_writes", "reference-claude"))

Sent = Counter[tuple[str, str, bytes]]


class Watched:
    """The reference endpoint, which takes a moment, counts what it is sent, and tells when so much has come."""

    def __init__(self, seconds: float = 0.03) -> None:
        self.endpoint, self.seconds = Endpoint(), seconds
        self.sent: Sent = Counter()
        self.coming = threading.Condition()

    def __call__(self, request: Request) -> Exchange:
        with self.coming:
            self.sent[identity(request)] += 1
            self.coming.notify_all()
        time.sleep(self.seconds)
        return self.endpoint.answer(request)

    def wait_for(self, number: int, over: Callable[[], bool]) -> None:
        """Until so many requests have come in all, or the run is over."""
        with self.coming:
            end = time.monotonic() + 30
            while self.sent.total() < number and not over() and time.monotonic() < end:
                self.coming.wait(0.1)


def identity(request: Request) -> tuple[str, str, bytes]:
    return request.method, request.path, request.body


def recorded_in(folder: Path) -> Sent:
    return Counter(identity(read_exchange(path).request) for path in (folder / "archive").glob("*.json"))


@contextmanager
def started(*arguments: str | Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run under way, ended at the latest at the end of this."""
    program = [sys.executable, "-m", "conformance", "run", *map(str, arguments)]
    run = subprocess.Popen(
        program, cwd=folder, env={**os.environ, "PHANEDGE_API_KEY": KEY}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        start_new_session=True,
    )  # fmt: skip
    try:
        yield run
    finally:
        run.kill()
        run.wait(10)


def wait_for_all(run: subprocess.Popen[bytes]) -> None:
    """Until no process of the run is left, its workers neither."""
    end = time.monotonic() + SOON
    with suppress(ProcessLookupError):
        while time.monotonic() < end:
            os.killpg(run.pid, 0)
            time.sleep(0.05)
        pytest.fail("a process of the run is left")


def forked(*arguments: str | Path, folder: Path) -> multiprocessing.process.BaseProcess:
    """A run under way in a process that need not import anything."""
    words = ["run", *map(str, arguments)]
    run = FORKING.Process(
        target=run_here, args=(main, ["phanedge-conformance", *words], folder, environment(KEY), os.devnull)
    )
    run.start()
    return run


def settled(folder: Path) -> dict[tuple[str, str], str]:
    """The verdicts that do not depend on how busy this machine is."""
    catalogue = load()
    return {pair: verdict for pair, verdict in verdicts(folder).items() if "times" not in catalogue[pair[0]].needs}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    folder = tmp_path_factory.mktemp("undisturbed")
    with serving(Watched(0)) as url:
        ended = cli("run", "--base-url", url, *SELECTED, "--out", "run", folder=folder, key=KEY)
    assert ended.exit_code == 0, ended.output
    return settled(folder / "run")


def assert_like(undisturbed: dict[tuple[str, str], str], out: Path) -> None:
    """The run found what the undisturbed one did, but for what cannot be sent for the first time once more."""
    found = settled(out)
    found |= {pair: undisturbed[pair] for pair in GROWN if found[pair] == "inconclusive"}
    assert found == undisturbed


@pytest.mark.parametrize("seed", range(RUNS))
def test_killed_at_random_moments_and_resumed(
    tmp_path: Path, undisturbed: dict[tuple[str, str], str], seed: int
) -> None:
    chance, endpoint, out = random.Random(seed), Watched(), tmp_path / "run"
    phases: list[tuple[Sent, Sent]] = []  #: what was recorded when each began, and what had been sent when it ended
    with serving(endpoint) as url:
        for number in range(KILLS):
            before = recorded_in(out)
            options = ("--resume", out) if number else ("--base-url", url, *SELECTED, "--out", out)
            run = forked(*options, folder=tmp_path)
            endpoint.wait_for(endpoint.sent.total() + chance.randint(1, 4), lambda run=run: not run.is_alive())  # type: ignore[misc]
            time.sleep(chance.uniform(0, 2 * endpoint.seconds))
            run.kill()
            run.join(10)
            phases.append((before, Counter(endpoint.sent)))
        before = recorded_in(out)
        last = forked("--resume", out, *(TWO if seed % 2 else ()), folder=tmp_path)  # in both modes
        last.join(60 + SOON * len(TWO))
        phases.append((before, Counter(endpoint.sent)))
    assert last.exitcode == 0
    assert_like(undisturbed, out)
    final, earlier = recorded_in(out), Counter[tuple[str, str, bytes]]()
    for before, sent in phases:
        again = {each: (sent - earlier)[each] - max(final[each] - before[each], 0) for each in before}
        assert not [each for each, times in again.items() if times > 0], "what was finished is sent again"
        earlier = sent


@pytest.mark.parametrize(
    ("number", "workers", "seconds"),
    [(signal.SIGINT, (), 1.0), (signal.SIGTERM, (), LONG), (signal.SIGINT, TWO, 1.0), (signal.SIGTERM, TWO, LONG)],
    ids=["Ctrl-C", "SIGTERM", "Ctrl-C-of-workers", "SIGTERM-of-workers"],
)
def test_interrupted_with_a_report_and_resumed(
    tmp_path: Path,
    undisturbed: dict[tuple[str, str], str],
    number: signal.Signals,
    workers: tuple[str, ...],
    seconds: float,
) -> None:
    endpoint, out = Watched(0), tmp_path / "run"
    with serving(endpoint) as url:
        with started("--base-url", url, *SELECTED, *workers, "--out", out, folder=tmp_path) as run:
            endpoint.wait_for(2, lambda: run.poll() is not None)
            endpoint.seconds = seconds
            endpoint.wait_for(4, lambda: run.poll() is not None)
            if number is signal.SIGINT:
                os.killpg(run.pid, number)  # as a terminal does
            else:
                run.send_signal(number)
            assert run.wait(SOON) == 3
            wait_for_all(run)
        report = report_in(out)
        assert "broken off" in report["conclusion"]
        assert "broken off" in (out / "report.html").read_text(encoding="utf-8")
        assert "broken off" in (out / "report.md").read_text(encoding="utf-8")
        assert ElementTree.parse(out / "junit.xml").getroot().tag == "testsuites"
        assert json.loads((out / "run.json").read_text(encoding="utf-8"))["finished"] is False
        endpoint.seconds = 0
        ended = cli("run", "--resume", out, *workers, folder=tmp_path, key=KEY)
    assert ended.exit_code == 0, ended.output
    assert_like(undisturbed, out)
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["finished"] is True


def test_workers_do_not_outlive_a_run_that_is_killed(tmp_path: Path) -> None:
    endpoint = Watched(0)
    with serving(endpoint) as url, started("--base-url", url, *SELECTED, *TWO, folder=tmp_path) as run:
        endpoint.wait_for(2, lambda: run.poll() is not None)
        endpoint.seconds = LONG
        endpoint.wait_for(4, lambda: run.poll() is not None)
        run.kill()
        run.wait(10)
        wait_for_all(run)
