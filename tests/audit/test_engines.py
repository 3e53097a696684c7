"""What stands between an audit and a distributed engine; the engines themselves are in tests/engine."""

from __future__ import annotations

import importlib.util
import pickle
from pathlib import Path

import pytest

from conformance import __version__
from conformance.audit.auditing import Asked, Watch, audited
from conformance.audit.engines import EngineError, names, ray
from conformance.audit.kernel import Audit
from conformance.audit.shard import Shard
from conformance.audit.totals import dump
from conformance.audit.work import Task, judge_shard, totals_of
from conformance.evidence.row import why
from tests.audit.test_kernel import GOOD, WRONG, line


@pytest.fixture
def task(tmp_path: Path) -> Task:
    path = tmp_path / "it.jsonl"
    path.write_bytes(line(GOOD) + b"\n" + line(WRONG) + b"\n")
    return Task(Shard(str(path), "it.jsonl"), Audit(), tmp_path)


def on_a_worker(task: Task, size: int | None = None, version: str = __version__) -> ray.Row:
    given = ray.row_of(0, task)
    return ray._judged(given if size is None else given | {"size": size}, version)


def test_engines() -> None:
    assert names() == ["local", "ray"]


def test_what_a_worker_sends_is_what_the_pool_writes(task: Task) -> None:
    judge_shard(task)
    totals, findings = totals_of(task), task.findings.read_bytes()
    task.totals.unlink()
    task.findings.unlink()
    done = ray._received(pickle.loads(pickle.dumps(on_a_worker(task))), task)
    assert (done.records, done.failed) == (2, "")
    assert task.findings.read_bytes() == findings
    assert totals is not None
    assert dump(totals_of(task) or totals) == dump(totals)


def test_a_worker_of_another_version_judges_nothing(task: Task) -> None:
    done = ray._received(on_a_worker(task, version="1.0"), task)
    assert done.failed == f"a worker has phanedge-conformance {__version__}, and not 1.0"
    assert not task.totals.exists()


def test_a_worker_without_the_file_judges_nothing(task: Task) -> None:
    assert why(on_a_worker(task, size=1)["failed"]).startswith("a worker has another file of this name")
    given = ray.row_of(0, task)
    Path(task.shard.url).unlink()
    failed = why(ray._judged(given, __version__)["failed"])
    assert failed.startswith("a worker cannot read it (No such file or directory)")


def test_what_is_raised_stays_on_the_worker(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError("Hippopotamus")

    monkeypatch.setattr("conformance.audit.work.judge_batch", fails)
    failed = why(on_a_worker(task)["failed"])
    assert "ValueError" in failed
    assert "Hippopotamus" not in failed


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_without_the_extra_the_engine_says_so(task: Task, tmp_path: Path) -> None:
    asked = Asked((task.shard.url,), Audit(), tmp_path / "out", 1, engine="ray")
    with pytest.raises(EngineError, match="audit-ray"):
        audited(asked, Watch())
