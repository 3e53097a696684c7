"""Whatever an endpoint does, the suite ends in bounded time and memory, with the right verdict on it and on the rest,
and nothing of it is executed, shown raw or leaked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from commands import verdicts

from conformance.client import Limits, Live
from conformance.exchange import Exchange, Request
from conformance.requests import PLAIN, STREAM_USAGE

from .scripts import KEY, ROWS, Row, the_key_everywhere
from .server import hostile

MODEL = "reference-gpt"
LIMITS = Limits(connect=2, read=1.0, total=1.5)
MEMORY = 300 * 1024 * 1024  #: bytes that a whole run may take
LONGEST = 60.0  #: seconds that one may take
named = pytest.mark.parametrize("row", ROWS, ids=[each.name for each in ROWS])


def asks_for_stop(request: Request) -> bool:
    """Some requests of many, plain and streamed, so that the rest can still be judged."""
    return "stop" in request.asked


@named
def test_one_exchange(row: Row) -> None:
    request = (STREAM_USAGE if row.streamed else PLAIN).to(MODEL)
    with hostile(row.script, lambda request: True) as server:
        started = time.monotonic()
        exchange = Live(server.url, KEY, LIMITS)(request)
        seconds = time.monotonic() - started
    assert _seen(exchange) == row.seen
    assert seconds < 3, "the limit of 1.5 s is for the whole exchange"
    assert len(exchange.wire) <= LIMITS.content


def _seen(exchange: Exchange) -> str:
    return exchange.failure.kind if exchange.failure else str(exchange.status)


def test_the_key_does_not_follow_a_redirect() -> None:
    with hostile(the_key_everywhere, lambda request: True) as elsewhere:
        target = f"Location: http://localhost:{elsewhere.port}/v1/chat/completions"
        redirect = f"HTTP/1.1 307 Away\r\n{target}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        with hostile(lambda exchange: [redirect], lambda request: True) as server:
            assert Live(server.url, KEY, LIMITS)(PLAIN.to(MODEL)).status == 307
    assert elsewhere.served == 0


@dataclass(frozen=True)
class Measured:
    """How a run ended, what it said, and what it took: seconds, and bytes of memory at most."""

    exit_code: int
    said: str
    seconds: float
    memory: int


def run(url: str, out: Path) -> Measured:
    """`phanedge-conformance run` in a process of its own, with narrow limits."""
    selected = "stop,completion,transport,security,framing,chunk"
    options = ["--timeout-seconds", "1", "--total-seconds", "1.5", "--no-costly", "--select", selected]
    command = [sys.executable, "-m", "conformance.cli", "run", "--base-url", url, "--model", MODEL, "--out", str(out)]
    log, started = out.with_suffix(".log"), time.monotonic()
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, *options], env=os.environ | {"PHANEDGE_API_KEY": KEY}, stdout=file, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    said = log.read_text(encoding="utf-8", errors="replace")
    return Measured(process.returncode, said, time.monotonic() - started, usage.ru_maxrss * 1024)


class Markup(HTMLParser):
    """The elements of a page, and what could run in it."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts.append(data)


@named
def test_a_whole_run(row: Row, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with hostile(row.script, asks_for_stop) as server:
        ended = run(server.url, out)
    print(f"{row.name}: {ended.seconds:.1f} s, {ended.memory / 1024 / 1024:.0f} MiB, exit {ended.exit_code}")
    assert server.misbehaved > 0
    assert ended.exit_code in (0, 1, 3), ended.said[-2000:]
    assert ended.seconds < LONGEST
    assert ended.memory < MEMORY
    found = {requirement: verdict for (requirement, _), verdict in verdicts(out).items()}
    assert sum(verdict == "pass" for verdict in found.values()) > 50, "the rest is judged"
    violated = {requirement for requirement, verdict in found.items() if verdict == "fail"}
    assert violated == set(row.violates)
    assert_harmless(ended.said, out)


def assert_harmless(said: str, out: Path) -> None:
    """Nothing of what the endpoint sent runs, moves a cursor, gives a command or is the key."""
    for path in [each for each in out.rglob("*") if each.is_file()]:
        assert KEY.encode() not in path.read_bytes(), f"the key is in {path.name}"
    assert KEY not in said
    for text in (said, (out / "report.md").read_text(encoding="utf-8")):
        assert not set(text) & {"\x1b", "\x07", "\u202e", "\u0085"}
        assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
    page = Markup()
    page.feed((out / "report.html").read_text(encoding="utf-8"))
    assert page.handlers == []
    assert not [each for each in page.scripts if "owned" in each]
    code = re.compile(r"^(`{3,}).*?^\1$|(`+)[^`].*?\2", re.MULTILINE | re.DOTALL)
    assert "<script" not in code.sub("", (out / "report.md").read_text(encoding="utf-8"))
    xml.etree.ElementTree.parse(out / "junit.xml")
