"""Which of several processes have requests under way, so that others wait for what these may leave of a budget."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from filelock import FileLock, Timeout


class Busy:
    """A file in a folder for each process, locked while it has requests under way: the lock of one that was killed is
    free."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = folder / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock = FileLock(self._own, thread_local=False)

    def begin(self) -> None:
        """This process has requests under way. Raises OSError."""
        if not self._lock.is_locked:
            self._folder.mkdir(exist_ok=True)
            self._lock.acquire()

    def end(self) -> None:
        """It has none."""
        self._lock.release()

    def others(self) -> bool:
        """Whether another process has."""
        return any(map(_is_locked, (each for each in self._folder.glob("*-*") if each != self._own)))


def _is_locked(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
