"""Shards, judged by a pool of processes on this machine.

A process that ends while it judges, for lack of memory, say, takes the others of its pool with it. What was being
judged is then tried once more, each shard by itself, so that it is known which one it was.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

from conformance.language import say

from .judging import judge_of
from .work import Task, judge_shard

_AHEAD = 2  #: shards that wait for each worker
_counter: Synchronized[int] | None = None


@dataclass(frozen=True)
class Done:
    """A shard that was judged, with the number of its records; or why it was not, in `failed`."""

    task: Task
    records: int = 0
    failed: str = ""


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def judged(
    tasks: Iterable[Task], workers: int, tick: Callable[[int], None], told: Callable[[str], None]
) -> Iterator[Done]:
    """Each shard as it is done. `tick` is called several times a second with the number of records that were judged so
    far, `told` with a sentence about what is tried again. Without workers all is done in this process."""
    if workers:
        yield from _Pool(workers, tick, told).run(iter(tasks))
        return
    so_far = 0

    def count(n: int) -> None:
        nonlocal so_far
        so_far += n
        tick(so_far)

    for task in tasks:
        yield attempt(task, count)


class _Pool:
    def __init__(self, workers: int, tick: Callable[[int], None], told: Callable[[str], None]) -> None:
        self._workers, self._tick, self._told = workers, tick, told
        self._context = multiprocessing.get_context("spawn")
        self._count: Any = self._context.Value("q", 0)

    def run(self, tasks: Iterator[Task]) -> Iterator[Done]:
        """All shards; those of a broken pool once more, one by one."""
        while True:
            broken: list[Task] = []
            yield from self._run(tasks, self._workers, broken)
            if not broken:
                return
            named = ", ".join(each.shard.name for each in broken)
            self._told(say("a worker ended unexpectedly; tried once more: {shards}", named))
            for task in broken:
                again: list[Task] = []
                yield from self._run(iter([task]), 1, again)
                yield from (Done(each, failed=say("a worker ended twice while judging it")) for each in again)

    def _run(self, tasks: Iterator[Task], workers: int, broken: list[Task]) -> Iterator[Done]:
        """The shards as they are done, until the pool breaks; `broken` gets those that were not."""
        waiting: dict[Future[Done], Task] = {}
        executor = ProcessPoolExecutor(workers, self._context, _begin, (self._count,))
        try:
            while not broken:
                self._hand_over(executor, tasks, waiting, workers * _AHEAD, broken)
                if not waiting:
                    break
                ended, _ = wait(waiting, timeout=0.25, return_when=FIRST_COMPLETED)
                self._tick(self._count.value)
                for future in ended:
                    task = waiting.pop(future)
                    if future.exception():  # of the pool: what a shard raises is in what it gives
                        broken.append(task)
                    else:
                        yield future.result()
            broken += waiting.values()
            executor.shutdown(wait=not broken)
        except BaseException:  # an interrupt, of which workers know nothing
            executor.shutdown(wait=False, cancel_futures=True)
            for each in multiprocessing.active_children():
                each.terminate()
            raise

    @staticmethod
    def _hand_over(
        executor: ProcessPoolExecutor, tasks: Iterator[Task], waiting: dict[Future[Done], Task], most: int,
        broken: list[Task],
    ) -> None:  # fmt: skip
        while not broken and len(waiting) < most and (task := next(tasks, None)):
            try:
                waiting[executor.submit(_work, task)] = task
            except BrokenProcessPool:
                broken.append(task)


def attempt(task: Task, count: Callable[[int], None]) -> Done:
    """Judge a shard. What is raised is no verdict on it; its message is left out, since it may hold content."""
    try:
        return Done(task, judge_shard(task, count))
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        kind, file = type(error).__name__, Path(place.filename).name
        said = say("the suite crashed on it ({kind} in {file}, line {line})", kind, file, place.lineno)
        return Done(task, failed=said)


# --- in a worker --------------------------------------------------------------------------------------------


def _begin(counter: Synchronized[int]) -> None:
    """A worker leaves interrupts to its parent, and ends with it."""
    global _counter
    _counter = counter
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _work(task: Task) -> Done:
    judge_of(task.audit.requirements)  # made once in a process
    return attempt(task, _counted)


def _counted(n: int) -> None:
    if _counter is not None:
        with _counter.get_lock():
            _counter.value += n
