"""The pool: a process that ends is replaced, and what it judged is tried once more; an audit that was ended goes on."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from conformance.audit.auditing import Asked, FolderError, Watch, audited
from conformance.audit.kernel import Audit
from conformance.audit.pool import Done, judged
from conformance.audit.shard import Shard
from conformance.audit.work import Task, totals_of

from .traffic import GOOD, SUM, WRONG, line, written

AUDIT = Audit((SUM,))


@dataclass(frozen=True)
class Deadly(Task):
    """A shard that ends the process which judges it, so many times."""

    times: int = 1

    @property
    def findings(self) -> Path:
        ended = sorted(self.folder.glob("ended.*"))
        if len(ended) < self.times:
            (self.folder / f"ended.{len(ended)}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().findings


class Broken(Task):
    """A shard that the suite crashes on, with a message that holds content."""

    @property
    def findings(self) -> Path:
        raise ValueError("Hippopotamus")


def tasks(folder: Path, *kinds: type[Task]) -> list[Task]:
    found = []
    for number, kind in enumerate(kinds):
        path = written(folder / f"{number}.jsonl", [line()] * 3)
        found.append(kind(Shard(str(path), path.name), AUDIT, folder))
    return found


def ran(asked: list[Task], workers: int = 2) -> tuple[list[Done], list[str]]:
    told: list[str] = []
    done = list(judged(asked, workers, lambda records: None, told.append))
    return sorted(done, key=lambda each: each.task.shard.name), told


def test_a_worker_that_ends_is_replaced(tmp_path: Path) -> None:
    asked = tasks(tmp_path, Task, Deadly, Task, Task)
    done, told = ran(asked)
    assert [(each.records, each.failed) for each in done] == [(3, "")] * 4
    assert len(told) == 1
    assert told[0].startswith("a worker ended unexpectedly; tried once more: ")
    assert "1.jsonl" in told[0]


def test_a_shard_that_ends_two_workers_is_named(tmp_path: Path) -> None:
    (deadly, whole) = tasks(tmp_path, Deadly, Task)
    done, _ = ran([Deadly(deadly.shard, AUDIT, tmp_path, None, 2), whole])
    assert [each.failed for each in done] == ["a worker ended twice while judging it", ""]
    assert totals_of(whole) is not None


@pytest.mark.parametrize("workers", [0, 1])
def test_a_crash_is_told_without_its_message(tmp_path: Path, workers: int) -> None:
    (done, whole), told = ran(tasks(tmp_path, Broken, Task), workers)
    assert done.failed.startswith("the suite crashed on it (ValueError in test_pool.py")
    assert (whole.failed, told) == ("", [])


# --- going on -----------------------------------------------------------------------------------------------


def asked_of(folder: Path, audit: Audit = AUDIT, *, resume: bool = False) -> Asked:
    return Asked((f"{folder}/*.jsonl",), audit, folder / "out", 0, resume=resume)


def interrupted(folder: Path) -> None:
    """An audit of three files of which one was judged."""
    for name in "abc":
        written(folder / f"{name}.jsonl", [line(WRONG if name == "b" else GOOD)] * 4)

    def tick(records: int, share: float) -> None:
        if records > 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audited(asked_of(folder), Watch(tick))


def test_an_audit_goes_on_where_it_was(tmp_path: Path) -> None:
    interrupted(tmp_path)
    judged_again: list[int] = []
    found = audited(asked_of(tmp_path, resume=True), Watch(lambda records, share: judged_again.append(records)))
    assert judged_again == [4, 8]  # of b and c
    assert (found.totals.judged, found.totals.verdicts["[]", SUM, "fail"]) == (12, 4)
    assert pq.read_table(tmp_path / "out/findings.parquet").num_rows == 4
    assert not (tmp_path / "out/shards").exists()


def test_another_audit_does_not_go_on(tmp_path: Path) -> None:
    interrupted(tmp_path)
    with pytest.raises(FolderError, match="other sources, options"):
        audited(asked_of(tmp_path, Audit((SUM,), by=("vendor",)), resume=True), Watch())
    written(tmp_path / "a.jsonl", [line()] * 5)
    with pytest.raises(FolderError, match="other sources, options"):
        audited(asked_of(tmp_path, resume=True), Watch())


def test_without_resume_all_is_judged_anew(tmp_path: Path) -> None:
    interrupted(tmp_path)
    ticks: list[int] = []
    assert audited(asked_of(tmp_path), Watch(lambda records, share: ticks.append(records))).totals.judged == 12
    assert ticks == [4, 8, 12]
