"""A client's driver as a process: a job goes in, an answer comes out, and one that hangs or dies is started again."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from conformance.language import say

PATIENCE = 40.0  #: seconds that an answer may take; a driver itself waits less for the endpoint
STARTING = 120.0  #: seconds that the first may take, in which the client is imported
_LAST = 400  #: characters of what a driver said before it died
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")  #: variables that a driver is given


class DriverError(Exception):
    """A driver cannot be started; the message is one sentence."""


@dataclass(frozen=True)
class Program:
    """How a driver is started, and in which folder."""

    command: tuple[str, ...]
    folder: Path


class Driver:
    """A driver that runs while this is entered."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()
        self._said: IO[bytes] | None = None
        self._reading: threading.Thread | None = None
        self._answered = False

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def answer(self, job: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the client made of a job. Raises DriverError where not one answer ever came."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
            line = self._lines.get(timeout=PATIENCE if self._answered else STARTING)
        except (queue.Empty, OSError):
            line = ""
        if line:
            self._answered = True
            answer: Mapping[str, Any] = json.loads(line)
            return answer
        dead = self._process.poll() is not None or not self._alive_soon()
        said = self._end()
        if not self._answered:
            raise DriverError(say("its driver does not start: {said}", said or say("it says nothing")))
        kind = "crashed" if dead else "timeout"
        return {"raised": {"type": kind, "message": said if dead else f"no answer in {PATIENCE:.0f} seconds"}}

    def _alive_soon(self) -> bool:
        """Whether the process goes on, a moment after its output ended or none came."""
        assert self._process is not None
        try:
            self._process.wait(0.2)
        except subprocess.TimeoutExpired:
            return True
        return False

    def _start(self) -> None:
        self._end()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115, closed in _end
        lines: queue.Queue[str] = queue.Queue()
        self._lines = lines
        try:
            self._process = process = subprocess.Popen(
                self._program.command, cwd=self._program.folder, env=_environment(self._program.folder),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, encoding="utf-8", errors="replace",
            )  # fmt: skip
        except OSError as error:
            raise DriverError(say("its driver does not start: {said}", error.strerror or error)) from None

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                lines.put(line)
            lines.put("")

        self._reading = threading.Thread(target=read, daemon=True, name="driver")
        self._reading.start()

    def _close(self, process: subprocess.Popen[str]) -> None:
        """Close the pipes of a process that has ended. What was not read of a job is dropped."""
        if self._reading is not None:
            self._reading.join(PATIENCE)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _end(self) -> str:
        """End the process, and give the last of what it said."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._close(self._process)
            self._process = None
        if self._said is None:
            return ""
        with self._said as said:
            said.seek(0)
            text = said.read().decode("utf-8", "replace").strip()
        self._said = None
        return text[-_LAST:]


def _environment(home: Path) -> dict[str, str]:
    """The variables of a driver: no key, no proxy, nothing that would send what it reads elsewhere."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"HOME": str(home), "NO_PROXY": "*", "DO_NOT_TRACK": "1", "PYTHONUTF8": "1"}
