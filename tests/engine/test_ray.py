"""An audit on a Ray cluster of two workers on loopback: what it finds is what is found on this machine, also where a
worker is lost. With the extra audit-ray: nox -s audit_engine."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
import pytest

from conformance.audit.auditing import Asked, Audited, Watch, audited
from conformance.audit.kernel import Audit
from conformance.audit.totals import dump
from conformance.evidence.exchange_json import text_of
from conformance.lab.known_faults import BILLING
from tests.audit.test_kernel import SECRET, WRONG, line
from tests.faults.test_equal import answers, with_fault

# Before Ray is imported: it does not report its usage, and takes 127.0.0.1 for the address of this machine.
os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
pytest.importorskip("ray", reason="needs the extra audit-ray")

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own, in every process of it
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "exchanges.jsonl.gz"  #: real exchanges, where they are
FILES, LINES = 16, 250
STORE = 100 * 2**20  #: bytes, of a node's objects


def recorded() -> list[str]:
    """Lines of real exchanges, or else of the reference endpoint, without and with faults of billing."""
    if CORPUS.exists():
        with gzip.open(CORPUS, "rt", encoding="utf-8") as file:
            return list(islice(file, FILES * LINES))
    faulty = (exchange for name in BILLING for exchange, _ in with_fault(name))
    exchanges = [exchange for exchange, _ in answers()] + list(faulty)
    return [json.dumps(json.loads(text_of(each))) + "\n" for each in exchanges]


@pytest.fixture(scope="session")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, lines = tmp_path_factory.mktemp("traffic"), cycle(recorded())
    for number in range(FILES):
        (folder / f"{number:02}.jsonl").write_text("".join(islice(lines, LINES)), encoding="utf-8")
    (folder / "secret.jsonl").write_bytes(line(WRONG) + b"\n")
    return folder


@pytest.fixture(scope="session")
def here(traffic: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """What the pool of this machine finds."""
    out = tmp_path_factory.mktemp("here")
    return results(timed("local", Asked((str(traffic),), Audit(), out, 2), Watch()), out)


class Cluster:
    """A head without processors and two workers with one each, all on 127.0.0.1."""

    def __init__(self, folder: str) -> None:
        from ray.cluster_utils import Cluster as Started

        self.folder = Path(folder)
        common = {"node_ip_address": "127.0.0.1", "object_store_memory": STORE}
        head = {"num_cpus": 0, "include_dashboard": False, "temp_dir": folder}
        self._started = Started(initialize_head=True, head_node_args=head | common)
        self._workers = [self._started.add_node(num_cpus=1, **common) for _ in range(2)]
        self.address: str = self._started.address

    def kill_a_busy_worker(self) -> bool:
        """SIGKILL for a node that is judging a shard; whether there was one."""
        for node in self._workers:
            raylet = node.all_processes["raylet"][0].process.pid
            running = subprocess.run(["ps", "-o", "args=", "--ppid", str(raylet)], capture_output=True, text=True)
            if "ray::Map(_judged)" in running.stdout:
                self._started.remove_node(node, allow_graceful=False)
                return True
        return False

    def end(self) -> None:
        self._started.shutdown()


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    with TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:  # short: sockets are in it
        monkeypatch.setenv("RAY_TMPDIR", folder)  # where the helper of Ray's tests notes the address
        home = Path(folder, "ray")
        home.mkdir()
        started = time.monotonic()
        found = Cluster(str(home))
        print(f"\ncluster: up in {time.monotonic() - started:.1f} s")
        try:
            yield found
        finally:
            found.end()


def timed(name: str, asked: Asked, watch: Watch) -> Audited:
    started = time.monotonic()
    found = audited(asked, watch)
    print(f"\n{name}: {found.totals.judged} exchanges in {time.monotonic() - started:.1f} s")
    return found


def results(found: Audited, out: Path) -> tuple[Any, Any]:
    """The totals and the findings of an audit of which all shards were judged."""
    assert found.failed == []
    return dump(found.totals), pq.read_table(out / "findings.parquet").to_pylist()


def test_findings_are_those_of_this_machine(traffic: Path, here: Any, cluster: Cluster, tmp_path: Path) -> None:
    asked = Asked((str(traffic),), Audit(), tmp_path, 2, engine="ray", address=cluster.address)
    assert results(timed("ray", asked, Watch()), tmp_path) == here
    assert len(here[1]) > 1000
    logs = [path for path in cluster.folder.rglob("*") if path.is_file()]
    assert len(logs) > 10
    assert [path.name for path in logs if SECRET.encode() in path.read_bytes()] == []


def test_a_lost_worker_is_survived(traffic: Path, here: Any, cluster: Cluster, tmp_path: Path) -> None:
    killed: list[float] = []

    def kill(records: int, share: float) -> None:
        if not killed and cluster.kill_a_busy_worker():
            killed.append(share)

    asked = Asked((str(traffic),), Audit(), tmp_path, 2, engine="ray", address=cluster.address)
    assert results(timed("ray, a worker killed", asked, Watch(tick=kill)), tmp_path) == here
    assert killed
    assert killed[0] < 0.8


def test_the_command_judges_on_a_cluster(traffic: Path, cluster: Cluster, tmp_path: Path) -> None:
    words = ["audit", str(traffic / "00.jsonl"), "--engine", "ray", "--engine-address", cluster.address]
    command = [sys.executable, "-m", "conformance", *words, "--out", str(tmp_path), "--max-unreadable", "1"]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode in (0, 1), ended.stderr
    assert pq.read_metadata(tmp_path / "findings.parquet").num_rows > 0
