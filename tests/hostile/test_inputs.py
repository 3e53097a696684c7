"""Files, folders and configuration that are larger, deeper or stranger than any command should take: each is read
within bounds, or refused with a sentence."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.measured import measured

MEGABYTE = 1024 * 1024
MEMORY = 450 * MEGABYTE  #: bytes that a command may take
LONGEST = 60.0  #: seconds
GOOD = {
    "request_json": {"model": "m", "messages": [{"role": "user", "content": "a"}]},
    "status": 200,
    "response_headers": {"content-type": "application/json"},
    "response_body": json.dumps({"id": "a", "object": "chat.completion", "created": 1, "model": "m", "choices": []}),
    "stream": False,
    "fidelity": "wire",
}
LINE = json.dumps(GOOD).encode() + b"\n"


@dataclass(frozen=True)
class Input:
    """What is made in a folder, the command that reads it there, its exit code, and what its sentence holds."""

    name: str
    make: Callable[[Path], object]
    words: Sequence[str]
    exit_code: int
    says: str = ""


def _sparse(path: Path, size: int, start: bytes = b"") -> None:
    """A file of so many bytes, most of which take no room on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)


def _long_line(folder: Path) -> None:
    _sparse(folder / "in.jsonl", 128 * MEGABYTE, LINE)
    with (folder / "in.jsonl").open("ab") as file:
        file.write(b"\n" + LINE)


def _blanks(folder: Path, byte: bytes) -> None:
    with gzip.open(folder / "in.jsonl.gz", "wb", compresslevel=1) as file:
        file.write(LINE)
        for _ in range(96):
            file.write(byte * MEGABYTE)
        file.write(b"\n" + LINE)


def _deep(path: Path, start: str, part: str, end: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(start + part * 100_000 + end, encoding="utf-8")


def _run_of(folder: Path, **changes: object) -> None:
    profile = {"base_url": "http://127.0.0.1:1/v1", "models": [], "source": "live"}
    value = {"format": "run-1", "version": "1", "salt": "a", "fault": "", "examples": 1, "profile": profile, **changes}
    (folder / "run").mkdir()
    (folder / "run" / "run.json").write_text(json.dumps(value), encoding="utf-8")


def _many_files(folder: Path) -> None:
    (folder / "in").mkdir()
    for number in range(300):
        (folder / "in" / f"{number}.jsonl").write_bytes(LINE)


def _a_circle(folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "again").symlink_to(folder / "in", target_is_directory=True)
    (folder / "in" / "a.jsonl").write_bytes(LINE)


def _many_lines(folder: Path) -> None:
    body = json.dumps({"choices": [], "more": "x" * 200_000})
    with (folder / "in.jsonl").open("wb") as file:
        for _ in range(400):
            file.write(json.dumps(GOOD | {"response_body": body}).encode() + b"\n")


JUDGE = ("judge", "in.jsonl", "--out", "out", "--select", "completion,transport")
RUN = ("run", "--select", "usage.prompt_tokens", "--model", "reference-gpt", "--out", "out")
TOML = "phanedge-conformance.toml"
INPUTS = (
    Input("a line of 128 MiB", _long_line, JUDGE, 1, "in.jsonl:2 is a line of more than 33,554,432 bytes"),
    Input("gzip of blanks", lambda folder: _blanks(folder, b" "), ("judge", "in.jsonl.gz", *JUDGE[2:]), 1),
    Input("gzip of empty lines", lambda folder: _blanks(folder, b"\n"), ("judge", "in.jsonl.gz", *JUDGE[2:]), 1),
    Input(
        "gzip of one long line", lambda folder: _blanks(folder, b"x"), ("judge", "in.jsonl.gz", *JUDGE[2:]), 1,
        "in.jsonl.gz:2 is a line of more than",
    ),
    Input("80 MB of recordings", _many_lines, JUDGE, 1),
    Input(
        "a HAR of a gibibyte", lambda folder: _sparse(folder / "in.har", 1024 * MEGABYTE),
        ("judge", "in.har", *JUDGE[2:]), 3, "in.har is larger than 134,217,728 bytes",
    ),
    Input(
        "a HAR of many brackets", lambda folder: _deep(folder / "in.har", '{"log": ', "[", ""),
        ("judge", "in.har", *JUDGE[2:]), 3, "nested too deeply",
    ),
    Input("a line of many brackets", lambda folder: _deep(folder / "in.jsonl", "", "[", "\n"), JUDGE, 3, "nested"),
    Input(
        "gzip that is none", lambda folder: (folder / "in.jsonl.gz").write_bytes(os.urandom(1000)),
        ("judge", "in.jsonl.gz", *JUDGE[2:]), 3, "is not JSON",
    ),
    Input("three hundred files", _many_files, ("judge", "in", *JUDGE[2:]), 1),
    Input("a folder in a circle", _a_circle, ("judge", "in", *JUDGE[2:]), 1),
    Input("a folder that is called a file", lambda folder: (folder / "in.jsonl").mkdir(), JUDGE, 3, "no recorded"),
    Input(
        "a configuration of many brackets", lambda folder: _deep(folder / TOML, "model = ", "[", ""),
        RUN, 2, "is not TOML",
    ),
    Input("a configuration that is a folder", lambda folder: (folder / TOML).mkdir(), RUN, 2, TOML),
    Input("a configuration of bytes", lambda folder: (folder / TOML).write_bytes(os.urandom(1000)), RUN, 2, TOML),
    Input(
        "a baseline of many brackets", lambda folder: _deep(folder / "baseline.toml", "a = ", "[", ""),
        (*RUN, "--baseline", "baseline.toml"), 2, "--baseline",
    ),
    Input(
        "prices of many digits",
        lambda folder: (folder / "prices.toml").write_text(f"a = {'9' * 100_000}\n", encoding="utf-8"),
        (*RUN, "--prices", "prices.toml"), 2, "--prices",
    ),
    Input("a name of many characters", lambda folder: None, (*RUN[:-1], "o" * 5000), 2, "--out"),
    Input("a run of no models", _run_of, ("judge", "run", "--out", "out"), 3),
    Input(
        "a run.json of many brackets", lambda folder: _deep(folder / "run" / "run.json", "", "[", ""),
        ("judge", "run", "--out", "out"), 3, "run.json",
    ),
    Input(
        "a report.json of many brackets", lambda folder: _deep(folder / "run" / "report.json", "", "[", ""),
        ("render", "run", "--format", "markdown"), 2, "report.json",
    ),
)  # fmt: skip


@pytest.mark.parametrize("row", INPUTS, ids=[each.name for each in INPUTS])
def test_input(row: Input, tmp_path: Path) -> None:
    row.make(tmp_path)
    ended = measured(row.words, tmp_path / "log.txt", tmp_path)
    print(ended.row(row.name))
    assert ended.exit_code == row.exit_code, ended.said[-2000:]
    assert "Traceback" not in ended.said
    assert row.says in " ".join(ended.said.split())
    assert ended.seconds < LONGEST
    assert ended.memory < MEMORY
