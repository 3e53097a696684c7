"""How the processes of a session end: by a signal, and xdist workers with their controller."""

from __future__ import annotations

import os
import threading

import pytest


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
