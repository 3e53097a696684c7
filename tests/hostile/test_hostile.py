"""Whatever an endpoint does, the suite ends in bounded time and memory, with the right verdict on it and on the rest,
and nothing of it is executed, shown raw or leaked."""

from __future__ import annotations

import json
import re
import time
import tomllib
import xml.etree.ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from conformance.commands.discover import Address, DiscoverError, look
from conformance.commands.init import written
from conformance.contract.profile import Model
from conformance.contract.requests import PLAIN, STREAM_USAGE
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from conformance.sending.client import Access, Limits, Live
from tests.support.commands import command, verdicts
from tests.support.measured import Measured, measured

from .more import MORE
from .scripts import (
    ESCAPES,
    KEY,
    ROWS,
    Row,
    a_byte_now_and_then,
    markup_and_escapes,
    markup_in_an_error,
    never_answers,
    the_key_everywhere,
)
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


def run(url: str, out: Path, *more: str) -> Measured:
    """`phanedge-conformance run` in a process of its own, with narrow limits."""
    selected = "stop,completion,transport,security,framing,chunk"
    options = ["--timeout-seconds", "1", "--total-seconds", "1.5", "--no-costly", "--select", selected, *more]
    words = ["run", "--base-url", url, "--model", MODEL, "--out", str(out), *options]
    return measured(words, out.with_suffix(".log"), PHANEDGE_API_KEY=KEY)


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


@pytest.mark.parametrize("row", [*ROWS, *MORE], ids=[each.name for each in (*ROWS, *MORE)])
def test_a_whole_run(row: Row, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with hostile(row.script, asks_for_stop) as server:
        ended = run(server.url, out)
    print(ended.row(row.name))
    assert server.misbehaved > 0
    assert ended.exit_code in (0, 1, 3), ended.said[-2000:]
    assert ended.seconds < LONGEST
    assert ended.memory < MEMORY
    found = {requirement: verdict for (requirement, _), verdict in verdicts(out).items()}
    assert sum(verdict == "pass" for verdict in found.values()) > 50, "the rest is judged"
    violated = {requirement for requirement, verdict in found.items() if verdict == "fail"}
    assert violated == set(row.violates)
    assert_harmless(ended.said, out)


def test_a_trickle_after_the_first_answer_ends_soon(tmp_path: Path) -> None:
    """What runs into the limit counts for the brake, though it has a status: 12 in a row, not every request."""
    answered = iter([False])
    with hostile(a_byte_now_and_then, lambda request: next(answered, True)) as server:
        ended = run(server.url, tmp_path / "run", "--select", "core,tools")
    print(ended.row("a trickle after the first answer"))
    assert ended.exit_code == 3
    assert "requests in a row got no answer" in (tmp_path / "run" / "unsent.txt").read_text(encoding="utf-8")
    assert server.served <= 12 + 8, "at most so many more are under way"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_deadline_ends_sending_judging_and_writing(workers: str, tmp_path: Path) -> None:
    answered = iter([False])
    with hostile(never_answers, lambda request: next(answered, True)) as server:
        out = tmp_path / "run"
        ended = run(
            server.url, out, "--deadline", "20", "--timeout-seconds", "60", "--total-seconds", "180", "-n", workers
        )
    print(ended.row(f"a deadline of 20 s, {workers} workers"))
    assert ended.exit_code == 3
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["seconds"] < 20
    assert "the deadline of 20 s has passed" in report["conclusion"]


def assert_plain(said: str) -> None:
    """What a terminal is shown moves no cursor, gives no command and is not the key."""
    assert KEY not in said
    assert "Traceback" not in said
    assert not set(said) & {"\x1b", "\x07", "\u202e", "\u0085", "\x9b"}
    assert not [line for line in said.splitlines() if line.lstrip().startswith("::")]


def assert_harmless(said: str, out: Path) -> None:
    """Nothing of what the endpoint sent runs, moves a cursor, gives a command or is the key."""
    for path in [each for each in out.rglob("*") if each.is_file()]:
        assert KEY.encode() not in path.read_bytes(), f"the key is in {path.name}"
    for text in (said, (out / "report.md").read_text(encoding="utf-8")):
        assert_plain(text)
    page = Markup()
    page.feed((out / "report.html").read_text(encoding="utf-8"))
    assert page.handlers == []
    assert not [each for each in page.scripts if "owned" in each]
    code = re.compile(r"^(`{3,}).*?^\1$|(`+)[^`].*?\2", re.MULTILINE | re.DOTALL)
    assert "<script" not in code.sub("", (out / "report.md").read_text(encoding="utf-8"))
    xml.etree.ElementTree.parse(out / "junit.xml")


# --- what the other commands make of it -----------------------------------------------------------------------

WORDY = [row for row in ROWS if row.script in (markup_and_escapes, markup_in_an_error, the_key_everywhere)]


def ended(*words: str | Path, folder: Path) -> None:
    """A command that copes, whatever its verdict."""
    done = command("conformance", *words, folder=folder, key=KEY)
    assert done.exit_code in (0, 1, 3), done.output[-2000:]
    assert_plain(done.output)


@pytest.mark.parametrize("row", WORDY, ids=[each.name for each in WORDY])
def test_what_is_made_of_a_run(row: Row, tmp_path: Path) -> None:
    with hostile(row.script, asks_for_stop) as server:
        run(server.url, tmp_path / "run")
        for requirement in {*row.violates[:1], "stop.reason_is_stop"}:
            ended("replay", requirement, "run", folder=tmp_path)
            ended("replay", requirement, "run", "--send", folder=tmp_path)
    ended("bundle", "run", "--out", "run.zip", folder=tmp_path)
    ended("judge", "run.zip", "--out", "again", folder=tmp_path)
    ended("diff", "run", "again", folder=tmp_path)
    ended("baseline", "--from", "run", folder=tmp_path)
    ended("judge", "run", "--baseline", "baseline.toml", "--out", "known", folder=tmp_path)
    assert_plain((tmp_path / "baseline.toml").read_text(encoding="utf-8"))
    assert_harmless("", tmp_path / "known")


def test_a_report_that_was_tampered_with(tmp_path: Path) -> None:
    """Its messages and names have escapes in them, which each command that shows it leaves out."""

    def tampered(value: Any) -> Any:
        if isinstance(value, list):
            return [tampered(each) for each in value]
        if isinstance(value, dict):
            return {name: each + ESCAPES if name in WORDS else tampered(each) for name, each in value.items()}
        return value

    with serving(Endpoint().answer) as url:
        run(url, tmp_path / "run")
    path = tmp_path / "run" / "report.json"
    document = tampered(json.loads(path.read_text(encoding="utf-8")))
    path.write_text(json.dumps(document), encoding="utf-8")
    for format in ("terminal", "markdown", "junit"):
        ended("render", "run", "--format", format, folder=tmp_path)
    ended("replay", "stop.reason_is_stop", "run", "--send", folder=tmp_path)
    ended("bundle", "run", "--out", "run.zip", folder=tmp_path)
    ended("judge", "run.zip", "--out", "again", folder=tmp_path)
    ended("diff", "run", "again", folder=tmp_path)
    ended("diff", "again", "run", "--format", "markdown", folder=tmp_path)


WORDS = ("message", "conclusion", "sentence", "hint", "base_url", "version", "plan")  #: members of a report
ANSWERED = [row for row in ROWS if row.seen not in ("timeout", "reset", "truncated")]


@pytest.mark.parametrize("row", ANSWERED, ids=[each.name for each in ANSWERED])
def test_a_first_look(row: Row) -> None:
    """`init`, and the preflight of a run, of an endpoint that treats every request so."""
    with hostile(row.script, lambda request: True) as server:
        started = time.monotonic()
        address = Address(server.url, "PHANEDGE_API_KEY", KEY, Access())
        try:
            found = look(address, [Model(MODEL, "gpt")])
        except DiscoverError as error:
            shown = str(error)
            assert shown.isprintable()
        else:
            shown = written(address, found)
            tomllib.loads(shown)
        assert time.monotonic() - started < LONGEST
    assert_plain(shown)
    assert len(shown) < 5_000
