"""The run of one endpoint among several, in a process of its own, which has no key but its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

import typer

from conformance.language import speaking
from conformance.pytest_plugin.processes import as_interrupt
from conformance.report.render.detail import Detail
from conformance.settings.options import OPTIONS
from conformance.settings.settings import Settings

from .ending import ended_well
from .judge import run_suite

#: What the process begins with: its task is a line on its standard input, and no folder but those of its parent is
#: looked into for modules.
_BEGIN = (
    "import json, sys; task = json.loads(sys.stdin.readline()); sys.path[:] = task['path'];"
    " from conformance.commands.member import run; run(task)"
)


def start(
    settings: Settings, language: str, foreign: Collection[str], more: Sequence[str], errors: IO[bytes]
) -> subprocess.Popen[bytes]:
    """The process that runs the suite on one endpoint, which ends with this one. `foreign` are the environment
    variables that hold the keys of others; what it says on standard error is written to `errors`."""
    task = {"path": sys.path, "options": settings.dump(), "language": language, "more": [*more]}
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _BEGIN],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors,
        env={name: value for name, value in os.environ.items() if name not in foreign},
        start_new_session=True,  # Ctrl-C is told once, by this process
    )  # fmt: skip
    assert process.stdin is not None
    try:
        process.stdin.write(f"{json.dumps(task)}\n".encode())
        process.stdin.flush()
    except BrokenPipeError:  # it has ended, which its exit code tells
        with suppress(BrokenPipeError):  # of what is still to be written
            process.stdin.close()
    return process


def run(task: Mapping[str, Any]) -> None:
    """What the process does: a run as any other, of which nothing is printed but errors."""
    signal.signal(signal.SIGTERM, as_interrupt)
    threading.Thread(target=_end_with, args=(os.dup(0),), daemon=True).start()
    given = {OPTIONS[name].key: value for name, value in task["options"].items()}
    with speaking(task["language"]):
        try:
            ended_well(lambda: run_suite(given, *task["more"], detail=Detail.QUIET))
        except typer.Exit as ended:
            sys.stdout.flush()
            sys.exit(ended.exit_code)


def _end_with(parent: int) -> None:
    """End this run as Ctrl-C does when the process that began it is gone, and its end of the pipe with it."""
    while os.read(parent, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
