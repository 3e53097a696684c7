"""One function for many values: on all processors, or here where the process cannot safely be forked."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from conformance.commands.parallel import on_all_processors

NAMES = [f"name {number}" for number in range(100)]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="other processes are not forked")


@pytest.fixture(params=["here", "forked"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the work is done; workers of pytest have threads of their own, which do no harm here."""
    monkeypatch.setattr(threading, "active_count", lambda: 2 if request.param == "here" else 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    return str(request.param)


@pytest.mark.usefixtures("where")
def test_results_come_in_order() -> None:
    added = "!"
    assert on_all_processors(lambda name: name + added, NAMES) == [f"{name}!" for name in NAMES]
    assert on_all_processors(lambda name: name, []) == []


@pytest.mark.usefixtures("where")
def test_what_is_raised_is_raised_here() -> None:
    def work(name: str) -> None:
        raise KeyError(name)

    with pytest.raises(KeyError, match="name 0"):
        on_all_processors(work, NAMES)


@LINUX
def test_a_process_with_threads_is_not_forked(where: str) -> None:
    workers = set(on_all_processors(lambda _: os.getpid(), NAMES))
    assert (workers == {os.getpid()}) == (where == "here")
