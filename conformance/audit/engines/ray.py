"""Shards are judged on an existing Ray cluster: Ray Data hands them out, gives what a lost worker held to another, and
streams the results back, as the pool of this machine does."""

from __future__ import annotations

import logging
import os
import pickle
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from conformance import __version__
from conformance.audit.pool import Done, attempt
from conformance.audit.shard import Shard, opened
from conformance.audit.stores import SourceError
from conformance.audit.work import Task
from conformance.evidence.row import unreadable, why
from conformance.language import say
from conformance.text import reason_of, write_whole

from . import EngineError

#: How many more workers get a shard whose worker was lost. Ray Data's default is to go on for ever, even with a shard
#: that takes the memory of each.
RETRIES = 3
Row = dict[str, Any]  #: of Ray Data


def judged(tasks: Sequence[Task], address: str, tick: Callable[[int], None]) -> Iterator[Done]:
    """Each shard as it is done, with its results in its folder on this machine; `tick` is called then with the number
    of records that were judged so far. `address` is what `ray.init` takes, such as `10.0.0.1:6379`, empty for the
    cluster of this machine. A worker reads its shards itself, and needs this version of phanedge-conformance[audit].
    Raises EngineError."""
    if not tasks:
        return
    so_far = 0
    with _connected(address) as ray:
        rows = [row_of(place, task) for place, task in enumerate(tasks)]
        shards = ray.data.from_items(rows, override_num_blocks=len(rows))
        with warnings.catch_warnings():  # until Ray 2.64 there is no other way to say how often
            warnings.simplefilter("ignore")
            results = shards.map(_judged, fn_args=(__version__,), num_cpus=1, max_retries=RETRIES)
        for row in results.iter_rows():
            done = _received(row, tasks[row["place"]])
            so_far += done.records
            tick(so_far)
            yield done


def row_of(place: int, task: Task) -> Row:
    """What is sent to a worker: a shard, with its place among all."""
    return {"place": place, "task": pickle.dumps(task), "size": _size(task.shard)}


def _size(shard: Shard) -> int:
    """The bytes of a file that has a path, which may be another one on another machine; 0 where it has a URL."""
    return 0 if "://" in shard.url else os.path.getsize(shard.url)


def _received(row: Row, task: Task) -> Done:
    """Write what a worker sent to where the pool would have written it; the totals last, which say that it is done."""
    if row["failed"]:
        return Done(task, failed=why(row["failed"]))
    if row["findings"]:
        write_whole(task.findings, row["findings"])
    write_whole(task.totals, row["totals"])
    return Done(task, row["records"])


def _judged(row: Row, version: str) -> Row:
    """In a worker: judge a shard into a folder there. What is raised does not leave it, since Ray would write its
    message, which may hold content, into logs."""
    sent = {"place": row["place"], "records": 0, "failed": "", "totals": b"", "findings": b""}
    if version != __version__:
        return sent | {"failed": _parts(_of_another(version))}
    with TemporaryDirectory() as folder:
        task = replace(pickle.loads(row["task"]), folder=Path(folder))
        failed = _missing(task.shard, row["size"]) or (done := attempt(task, lambda _: None)).failed
        if failed:
            return sent | {"failed": _parts(failed)}
        findings = task.findings.read_bytes() if task.findings.exists() else b""
        return sent | {"records": done.records, "totals": task.totals.read_bytes(), "findings": findings}


def _of_another(version: str) -> str:
    return say("a worker has phanedge-conformance {one}, and not {other}", __version__, version)


def _parts(sentence: str) -> str:
    """A sentence as it goes through Ray, whose rows hold plain values."""
    return unreadable("", sentence).record.decode()


def _missing(shard: Shard, size: int) -> str:
    """Why this machine does not have the file of a shard; empty where it does. One record that cannot be read would
    stand for all of them otherwise."""
    try:
        with opened(shard):
            same = _size(shard) == size
    except (OSError, SourceError) as error:
        said = reason_of(error) if isinstance(error, OSError) else str(error)
        return say("a worker cannot read it ({said}): name a folder that all workers have, or an object store", said)
    return "" if same else say("a worker has another file of this name: name a folder that all workers share")


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """Ray, connected to the cluster; it neither prints nor reports its usage. Raises EngineError, also for whatever
    Ray raises while it is connected."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")  # of 41 seconds, where no cluster is; Ray's 20 take minutes
    try:
        import ray
        import ray.data
    except ImportError:
        raise EngineError(
            say("the engine ray needs its extra: pip install 'phanedge-conformance[audit-ray]'")
        ) from None
    try:
        ray.init(address=address or "auto", log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:
        said = str(error).strip().partition("\n")[0]
        raise EngineError(say("no Ray cluster can be used at {address}: {said}", address or "auto", said)) from None
    try:
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield ray
    except ray.exceptions.RayError as error:
        raise EngineError(
            say(
                "the Ray cluster gave up ({kind}), and its logs say why:"
                " each worker needs phanedge-conformance[audit] {version}",
                type(error).__name__,
                __version__,
            )
        ) from None
    finally:
        ray.shutdown()
