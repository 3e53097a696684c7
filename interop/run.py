"""Runs the suite against a program that others wrote, over upstreams of ours, on the loopback address alone.

`python -m interop.run NAME --installed FOLDER`, where FOLDER is the environment that the program was installed into.
Exits with an error only where something did not start, or a run could not be judged: what the program violates are
findings, not failures.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from .anthropic import LOOPBACK
from .programs import PROGRAMS, Place, Program, isolated

ROOT = Path(__file__).parent.parent
PATIENCE = 180.0  #: seconds that a process may take to become healthy
LONGEST = 900  #: seconds of a run, unless the suite is told otherwise


class NotStartedError(Exception):
    """A process ended, or did not become healthy in time."""


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    program = PROGRAMS[options.name]
    anthropic, openai, port = free_ports(3)
    with tempfile.TemporaryDirectory(prefix="interop-") as home:
        addresses = (f"http://{LOOPBACK}:{anthropic}", f"http://{LOOPBACK}:{openai}")
        place = Place(options.installed.absolute(), Path(home), port, *addresses)
        try:
            with upstreams(anthropic, openai), ready(program, place):
                return max(_runs(program, place, options))
        except NotStartedError as reason:
            print(reason, flush=True)
            return 3


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(PROGRAMS))
    parser.add_argument("--installed", type=Path, required=True, help="the environment that the program is in")
    parser.add_argument("--out", type=Path, help="the reports' folder (default: reports/NAME), with one for each model")
    parser.epilog = "What else is given goes to `phanedge-conformance run`."
    found, more = parser.parse_known_args()
    found.suite = [each for each in more if each != "--"]
    return found


def _runs(program: Program, place: Place, options: argparse.Namespace) -> Iterator[int]:
    """A run of the suite for each model."""
    here = dict(os.environ) | {"PHANEDGE_API_KEY": program.key}
    for model, needed in program.models(place).items():
        out = (options.out or Path("reports") / options.name) / model.partition("=")[0]
        named = ["--base-url", f"http://{LOOPBACK}:{place.port}{program.base}", "--model", model, "--out", str(out)]
        more = [*needed, "--deadline", str(LONGEST), *options.suite]
        yield judged([_suite(), "run", *named, *more], here, out / "report.json")


def _suite() -> str:
    """The command installed beside this Python, else the one on PATH."""
    beside = Path(sys.executable).with_name("phanedge-conformance")
    return str(beside) if beside.exists() else "phanedge-conformance"


def judged(command: list[str], environment: dict[str, str], report: Path) -> int:
    """Run the suite; violations (1) are findings, the rest is ours, and so is a run without a report."""
    print(f"$ {' '.join(command)}", flush=True)
    begun = time.monotonic()
    report.unlink(missing_ok=True)
    code = subprocess.run(command, env=environment, check=False).returncode
    print(f"the suite exited {code} after {time.monotonic() - begun:.0f} s", flush=True)
    if code in (0, 1):
        return 0 if report.exists() else 3
    return code


@contextmanager
def upstreams(anthropic: int, openai: int) -> Iterator[None]:
    """The pretended Anthropic and the reference endpoint, at these ports. Raises NotStartedError."""
    here = dict(os.environ)
    first = [sys.executable, "-m", "interop.anthropic", "--port", str(anthropic)]
    second = [sys.executable, "-m", "interop.openai", "--port", str(openai)]
    with (
        started("the pretended Anthropic", first, ROOT, here, f"http://{LOOPBACK}:{anthropic}/health"),
        started("the reference endpoint", second, ROOT, here, f"http://{LOOPBACK}:{openai}/v1/models"),
    ):
        yield


@contextmanager
def ready(program: Program, place: Place) -> Iterator[None]:
    """The program, prepared and started in its own folder. Raises NotStartedError."""
    environment = isolated(place) | program.environment(place)
    if program.prepare is not None:
        done = subprocess.run(program.prepare(place), cwd=place.home, env=environment, check=False)
        if done.returncode:
            raise NotStartedError(f"{program.title} could not be prepared (exit {done.returncode})")
    health = f"http://{LOOPBACK}:{place.port}{program.health}"
    with started(program.title, program.command(place), place.home, environment, health):
        yield


def free_ports(number: int) -> list[int]:
    """So many ports of the loopback address that nothing listens on."""
    sockets = [socket.create_server((LOOPBACK, 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def started(what: str, command: list[str], folder: Path, environment: dict[str, str], health: str) -> Iterator[None]:
    """Start a process, wait until it is healthy, and end it and its children. Raises NotStartedError."""
    print(f"starting {what} ...", flush=True)
    begun = time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            if not healthy(process, health, begun + PATIENCE):
                log.seek(0)
                said = log.read().decode(errors="replace")[-4000:]
                raise NotStartedError(f"{what} did not start (exit {process.poll()}). It said:\n{said}")
            print(f"{what} is healthy after {time.monotonic() - begun:.1f} s", flush=True)
            yield
        finally:
            end(process)


def healthy(process: subprocess.Popen[bytes], address: str, deadline: float) -> bool:
    """Whether the process answers before the deadline, and before it ends."""
    with httpx.Client(trust_env=False, timeout=2.0) as client:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if client.get(address).status_code < 500:
                    return True
            except httpx.TransportError:
                pass
            time.sleep(0.2)
    return False


def end(process: subprocess.Popen[bytes]) -> None:
    """End the session that the process leads, which is ours alone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            continue


if __name__ == "__main__":
    sys.exit(main())
