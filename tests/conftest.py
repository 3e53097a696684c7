"""What all tests share."""

from __future__ import annotations

import gc
import os
import signal

import pytest
from hypothesis import settings

settings.register_profile("any machine", deadline=None, max_examples=50)  # a slow machine is no failure
settings.load_profile("any machine")
gc.set_threshold(10_000)  # as in the command (conformance/__main__.py)

#: Files whose tests take longest. They come first, so that no worker of xdist begins one when the others have ended.
LONGEST = (
    "run/test_kill.py", "pytest_plugin/test_hooks.py", "docs/test_walkthrough.py", "docs/test_contributing.py",
    "docs/test_pages.py", "run/test_resume.py", "report/test_drift.py", "sending/test_tls.py",
    "sending/test_retrying.py", "test_cli.py", "test_vendor.py",
)  # fmt: skip


def pytest_configure() -> None:
    """What is tested is in English, whatever the locale. A shell ignores interrupts in what it runs in the background,
    and so would every command that is tested."""
    os.environ["LANGUAGE"] = "en"
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """What was collected is kept until the end: no cycles are looked for in it."""
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONGEST))
