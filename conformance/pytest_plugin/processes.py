"""How the processes of a session end: by a signal, and xdist workers with their controller."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from conformance.language import tell
from conformance.sending.limits import Deadline


def end_with_controller(plugins: pytest.PytestPluginManager, ended: threading.Event) -> None:
    """End this worker, unless it has ended, when its controller does. execnet alone waits for five seconds, in which
    more would be sent. What is under way is left as where a run is killed, which --resume can go on with."""
    channel = next(each.channel for each in plugins.get_plugins() if hasattr(each, "channel"))
    try:
        channel.waitclose()
    finally:  # also where the controller was killed
        if not ended.is_set():
            os._exit(1)


def as_interrupt(number: int, frame: object) -> None:
    """SIGTERM ends a run as Ctrl-C does, with a report of what was judged."""
    raise KeyboardInterrupt


class Late(BaseException):
    """A check goes on after the deadline. No check catches it."""


@contextmanager
def interrupting(ending: Deadline, judging: Callable[[], bool]) -> Iterator[None]:
    """Raises Late in the main thread where it is still `judging` after the deadline, for a fifth of the time that is
    reserved for the report. Where the platform has no such signal, nothing is interrupted."""

    def late(number: int, frame: object) -> None:
        if judging():
            raise Late

    def interrupt() -> None:  # the main thread may wait for another one: only a signal to itself wakes it
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGALRM)

    if not ending.seconds or not hasattr(signal, "pthread_kill"):
        yield
        return
    before = signal.signal(signal.SIGALRM, late)
    try:
        with _running(threading.Timer(ending.left + ending.reserve / 5, interrupt), ending):
            yield
    finally:
        signal.signal(signal.SIGALRM, before)


@contextmanager
def ending_at(ending: Deadline, exit_code: Callable[[], int]) -> Iterator[None]:
    """Ends this process with a sentence where it goes on for 5 s after all that the deadline allows."""

    def end() -> None:
        sys.stdout.flush()
        print(tell("this run was ended: {reason}", ending.reason), file=sys.stderr, flush=True)
        os._exit(exit_code())

    with _running(threading.Timer(ending.left + ending.reserve + _GRACE, end), ending):
        yield


_GRACE = 5.0  #: seconds


@contextmanager
def _running(timer: threading.Timer, ending: Deadline) -> Iterator[None]:
    timer.daemon = True
    if ending.seconds:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
