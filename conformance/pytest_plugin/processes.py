"""How the processes of a session end: by a signal, and xdist workers with their controller."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

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


@contextmanager
def interrupting(ending: Deadline) -> Iterator[None]:
    """Interrupts the main thread, whatever check it is in, where it goes on after the deadline for a third of the time
    that is reserved for the report."""
    timer = threading.Timer(ending.left + ending.reserve / 3, _interrupt)
    with _running(timer, ending):
        yield


@contextmanager
def ending_at(ending: Deadline, exit_code: Callable[[], int]) -> Iterator[None]:
    """Ends this process with a sentence where it goes on for 5 s after all that the deadline allows."""

    def end() -> None:
        sys.stdout.flush()
        print(f"this run was ended: {ending.reason}", file=sys.stderr, flush=True)
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


def _interrupt() -> None:
    """As Ctrl-C does; where the main thread waits for another one, only a signal to itself wakes it."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    else:
        _thread.interrupt_main()
