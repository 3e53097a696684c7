"""Runs the suite against LiteLLM's proxy with a pretended Anthropic behind it, on the loopback address alone.

`python -m interop.run --litellm PATH`, where PATH is the `litellm` command of an environment of its own.
Exits with an error only where something did not start, or the run could not be judged: what LiteLLM violates
are findings, not failures.
"""

from __future__ import annotations

import argparse
import os
import shutil
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

from .anthropic import KEY, LOOPBACK

HERE = Path(__file__).parent
OUT = Path("reports/litellm/run")
MODEL = "claude-interop"
MASTER_KEY = "sk-interop-not-a-secret"
PATIENCE = 180.0  #: seconds that a process may take to become healthy
#: LiteLLM would ask the network for these lists; it has copies of all of them.
LOCAL_LISTS = (
    "LITELLM_LOCAL_MODEL_COST_MAP",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS",
    "LITELLM_LOCAL_BLOG_POSTS",
    "LITELLM_LOCAL_POLICY_TEMPLATES",
)
NOWHERE = f"http://{LOOPBACK}:9"  #: a proxy that is none: whatever leads off this machine fails at once


class NotStartedError(Exception):
    """A process ended, or did not become healthy in time."""


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    command = shutil.which(options.litellm)
    if command is None:
        print(f"there is no command {options.litellm!r}; install litellm[proxy] and give --litellm", flush=True)
        return 2
    command = os.path.abspath(command)  # it is started in another folder
    upstream_port, port = free_ports(2)
    upstream, proxy = f"http://{LOOPBACK}:{upstream_port}", f"http://{LOOPBACK}:{port}"
    upstream_command = [sys.executable, "-m", "interop.anthropic", "--port", str(upstream_port)]
    proxy_command = [command, "--config", str(HERE / "litellm.yaml"), "--host", LOOPBACK, "--port", str(port)]
    here = dict(os.environ) | {"PHANEDGE_API_KEY": MASTER_KEY}
    with tempfile.TemporaryDirectory(prefix="interop-") as name:
        folder = Path(name)
        try:
            with (
                started("the pretended Anthropic", upstream_command, HERE.parent, here, f"{upstream}/health"),
                started(
                    "LiteLLM",
                    proxy_command,
                    folder,
                    proxy_environment(upstream, folder),
                    f"{proxy}/health/liveliness",
                ),
            ):
                return judged(suite(options, f"{proxy}/v1"), here, options.out / "report.json")
        except NotStartedError as reason:
            print(reason, flush=True)
            return 3


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--litellm", default="litellm", help="the command, or a path to it (default: on PATH)")
    parser.add_argument("--out", type=Path, default=OUT, help="the report's folder (default: %(default)s)")
    parser.add_argument("suite", nargs="*", help="further options of `phanedge-conformance run`, after --")
    return parser.parse_args()


def suite(options: argparse.Namespace, base_url: str) -> list[str]:
    """The command that judges the proxy: the one installed beside this Python, else the one on PATH."""
    beside = Path(sys.executable).with_name("phanedge-conformance")
    command = str(beside) if beside.exists() else "phanedge-conformance"
    named = ["--base-url", base_url, "--model", f"{MODEL}=claude", "--out", str(options.out)]
    return [command, "run", *named, *options.suite]


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


def proxy_environment(upstream: str, home: Path) -> dict[str, str]:
    """What LiteLLM needs, nothing of what else this process was given."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "INTEROP_UPSTREAM": upstream,
        "INTEROP_UPSTREAM_KEY": KEY,
        "PHANEDGE_API_KEY": MASTER_KEY,
        "NO_PROXY": LOOPBACK,
        "HTTP_PROXY": NOWHERE,
        "HTTPS_PROXY": NOWHERE,
    } | dict.fromkeys(LOCAL_LISTS, "True")


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
    """Whether the process answers 200 before the deadline, and before it ends."""
    with httpx.Client(trust_env=False, timeout=2.0) as client:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if client.get(address).status_code == 200:
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
