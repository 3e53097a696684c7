"""What a command takes: its time, and the memory of all its processes together."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.05  #: seconds between two looks


@dataclass(frozen=True)
class Measured:
    """How a command ended, what it said, and what it took: seconds, and bytes of memory at most."""

    exit_code: int
    said: str
    seconds: float
    memory: int

    def row(self, name: str) -> str:
        """A line of a table, for people."""
        return f"| {name} | {self.seconds:.1f} s | {self.memory / 1024 / 1024:.0f} MiB | {self.exit_code} |"


def measured(words: Sequence[str], log: Path, folder: Path | None = None, **variables: str) -> Measured:
    """Run `python -m conformance` with these words; its output is kept in `log`."""
    started, most = time.monotonic(), [0]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "conformance", *words],
            cwd=folder, env=os.environ | variables, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        over = threading.Event()

        def look() -> None:
            while not over.wait(_EVERY):
                most[0] = max(most[0], _resident(process.pid))

        watch = threading.Thread(target=look, daemon=True)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        over.set()
        watch.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    said = log.read_text(encoding="utf-8", errors="replace")
    return Measured(process.returncode, said, time.monotonic() - started, max(most[0], usage.ru_maxrss * 1024))


def _resident(root: int) -> int:
    """The resident bytes of a process and of all that it started; 0 where there is no /proc."""
    size, children = dict[int, int](), dict[int, list[int]]()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        number = int(path.parent.name)
        size[number] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        children.setdefault(int(fields[1]), []).append(number)
    found, todo = 0, [root]
    while todo:
        number = todo.pop()
        found += size.get(number, 0)
        todo += children.get(number, ())
    return found
