"""What run and judge print: a log without a terminal, progress and a screen on one."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.commands.progress import Meter
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.known_faults import plant
from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from tests.support.commands import PATIENCE, cli, environment, report_in, verdicts

KEY = "sk-live-7Qm2xV9kTzR4bN8wJc3LhY6pD1sGfA5eU0oI"
USAGE = ("--model", "reference-gpt", "--select", "usage", "--out", "out")
#: What pytest says, of which nothing is to be printed.
OF_PYTEST = re.compile(
    r"passed|skipped| failed|xfailed|in \d+\.\d+s|test session|\[\s*\d+%\]|^[.sxEF]{3,}", re.MULTILINE
)

PRICES = """
currency = "CNY"
[models.reference-gpt]
input = 1.0
cached = 0.1
write_5m = 1.25
write_1h = 2.0
output = 4.0
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_three_lines_where_it_conforms(tmp_path: Path, workers: tuple[str, ...]) -> None:
    with serving(Endpoint().answer) as url:
        ended = cli("run", "--base-url", url, *USAGE, *workers, folder=tmp_path, key=KEY)
    assert ended.exit_code == 0, ended.output
    first, second, third = ended.output.splitlines()
    assert first.startswith(f"{url}  live  reference-gpt: about ")
    assert second.startswith("Report: out/report.html; ")
    assert third.startswith("CONFORMS: violates 0 of ")
    again = cli("judge", "out", "--out", "again", folder=tmp_path)
    assert len(again.output.splitlines()) == 3, again.output


def test_a_broken_endpoint_is_described_whole(tmp_path: Path) -> None:
    """Every violated requirement is named, and nothing of pytest's is printed."""
    faults = ("error.error", "completion.choices", "usage.total_tokens.sum_of", "streaming.role_once")
    words = [word for fault in faults for word in ("--fault", fault)]
    areas = ("--select", "core,streaming")
    ended = cli("run", "--model", "reference-gpt", *areas, *words, "--out", "out", folder=tmp_path)
    assert ended.exit_code == 1, ended.output
    assert not OF_PYTEST.search(ended.output), OF_PYTEST.search(ended.output)
    violated = {id for (id, _), verdict in verdicts(tmp_path / "out").items() if verdict in ("fail", "warn")}
    assert len(violated) >= 10
    named = {line.split()[1] for line in ended.output.splitlines() if line.startswith(("✗ ", "! "))}
    assert named == violated
    conclusion = report_in(tmp_path / "out")["conclusion"]
    assert ended.output.splitlines()[-1] == f"VIOLATES: {conclusion.removeprefix('violates ')}"
    (quiet,) = cli("judge", "out", "-q", "--out", "again", folder=tmp_path).output.splitlines()
    assert quiet == ended.output.splitlines()[-1]
    assert "    remedy: " in cli("judge", "out", "-v", "--out", "again", folder=tmp_path).output


def test_what_contradicts_itself_or_cannot_begin_is_one_line(tmp_path: Path) -> None:
    for words, said in (
        (("-q", "-v"), "-q and -v contradict each other"),
        (("--baseline", "none.toml"), "none.toml"),
    ):
        ended = cli("run", *USAGE, *words, folder=tmp_path)
        assert ended.exit_code == 2
        assert len(ended.output.splitlines()) == 1
        assert said in ended.output


def on_a_terminal(*words: str, folder: Path) -> tuple[int, str]:
    """The exit code of a command and what a terminal of 100 columns gets to see."""
    ours, theirs = pty.openpty()
    variables = environment(KEY) | {"COLUMNS": "100", "LINES": "50", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", *words], cwd=folder, env=variables, stdin=theirs, stdout=theirs,
        stderr=theirs, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    shown = bytearray()
    try:
        while piece := os.read(ours, 65_536):
            shown += piece
    except OSError:  # how Linux tells that the other end is closed
        pass
    finally:
        os.close(ours)
    return process.wait(PATIENCE), shown.decode("utf-8", "replace")


def test_a_terminal_shows_progress_and_each_violation_as_it_is_found(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text(PRICES)
    answer = plant(Endpoint().answer, ["usage.total_tokens.sum_of"])

    def in_a_moment(request: Request) -> Exchange:  # long enough for the remaining time to be known
        time.sleep(0.1)
        return answer(request)

    with serving(in_a_moment) as url:
        words = ("--base-url", url, "--model", "reference-gpt=gpt", "--select", "usage,streaming", "--out", "out")
        code, shown = on_a_terminal("run", *words, "--prices", "prices.toml", folder=tmp_path)
    assert code == 1, shown
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert re.search(r"\d+ requests answered, [\d,]+ tokens, \d+\.\d+ CNY of about \d+ \d+:\d\d:\d\d", plain), plain
    found, concluded = plain.index("✗ usage.total_tokens.sum_of"), plain.index("VIOLATES: ")
    assert found < plain.index("requests answered", found) < concluded, "it is shown before the run has ended"
    assert not OF_PYTEST.search(plain)
    assert "Report: out/report.html" in plain


def test_the_meter_counts_what_was_answered(tmp_path: Path) -> None:
    assert cli("run", *USAGE, folder=tmp_path).exit_code == 0
    meter = Meter(tmp_path / "out" / "archive")
    meter.look()
    meter.look()
    spend = report_in(tmp_path / "out")["spend"]
    assert (meter.requests, meter.tokens) == (spend["requests"], spend["input_tokens"] + spend["output_tokens"])
    assert str(meter) == f"{meter.requests} requests answered, {meter.tokens:,} tokens"
    (tmp_path / "out" / "archive" / f"{'0' * 16}.json").write_text('{"half": ')
    meter.look()
    assert meter.requests == spend["requests"]
