"""The documentation is true: generated pages follow the code, examples run as they are shown, links lead somewhere."""

from __future__ import annotations

import html
import importlib.util
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.lab.known_faults import PLANTED, UNSEEN
from conformance.suite.catalogue import load
from tests.support.commands import PATIENCE

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _generator() -> object:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES = _generator().PAGES  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PAGES)
def test_generated_page_is_up_to_date(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == PAGES[name](load()), "run: python docs/generate.py"


def test_every_planted_fault_is_in_the_table_of_faults() -> None:
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([\w-]+)`(?: \*gray\*)? \| (.*?) \| ", page, re.MULTILINE)
    written = [(name, html.unescape(re.sub(r"\\([|*])", r"\1", sentence))) for name, sentence in rows]
    planted = [(each.name, each.sentence) for each in PLANTED.values()]
    assert sorted(written) == sorted(planted), "run: nox -s faults -- --write-docs"
    assert not [name for name in UNSEEN if f"\n| {name} | " not in page], "run: nox -s faults -- --write-docs"


def examples(page: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of the page's console blocks with the lines that follow it."""
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *expected = part.strip().splitlines()
            yield command, expected


def test_examples_of_the_readme_run(tmp_path: Path) -> None:
    for command, expected in examples(README):
        words = shlex.split(command)
        assert words[0] == "phanedge-conformance"
        done = subprocess.run(
            [sys.executable, "-m", "conformance.cli", *words[1:]],
            cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        for line in expected:
            assert line in done.stdout, f"{command}: {done.stdout}{done.stderr}"


class Terminal:
    """Plays what a reader of the walkthrough types, the endpoint on a port that is free."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.exit_code = folder, 0
        own = ("PHANEDGE_", "COLUMNS")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        self.served: subprocess.Popen[str] | None = None
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = str(listener.getsockname()[1])

    def plays(self, line: str) -> str:
        """What is shown after a command, the port as on the page."""
        words = shlex.split(line.removesuffix(" &").replace("8080", self.port))
        if words[0] == "export":
            name, _, self.environment[name] = words[1].partition("=")
            return ""
        if words == ["echo", "$?"]:
            return f"{self.exit_code}\n"
        if words == ["kill", "%1"]:
            self.ends()
            return ""
        assert words[0] == "phanedge-conformance"
        command = [sys.executable, "-m", "conformance.cli", *words[1:]]
        return self._serves(command) if line.endswith(" &") else self._runs(command)

    def _runs(self, command: list[str]) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, text=True, encoding="utf-8", timeout=PATIENCE, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.exit_code = done.returncode
        return done.stdout.replace(self.port, "8080")

    def _serves(self, command: list[str]) -> str:
        self.served = subprocess.Popen(
            [*command, "--port", self.port], cwd=self.folder, env=self.environment, text=True, stdout=subprocess.PIPE
        )
        assert self.served.stdout
        return self.served.stdout.readline().replace(self.port, "8080")

    def ends(self) -> None:
        """No endpoint is served any more."""
        if self.served:
            self.served.terminate()
            self.served.communicate(timeout=PATIENCE)


def shows(output: str, expected: list[str]) -> bool:
    """Whether the output is what the page shows, where `…` stands for anything; spaces at the ends of lines aside."""
    lines = [line.rstrip() for line in output.strip().splitlines()]
    pattern = ".*".join(re.escape(part) for part in "\n".join(expected).split("…"))
    return re.fullmatch(pattern, "\n".join(lines), re.DOTALL) is not None


def test_the_walkthrough_is_true(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    try:
        for command, expected in examples((ROOT / "docs" / "walkthrough.md").read_text(encoding="utf-8")):
            output = terminal.plays(command)
            assert shows(output, expected), f"$ {command}\n{output}"
    finally:
        terminal.ends()
    assert terminal.exit_code == 0


def test_options_named_in_the_readme_exist() -> None:
    commands = re.findall(r"phanedge-conformance (\w+)((?: (?!&&)\S+)*)", README)
    for command, rest in commands:
        shown = subprocess.run(
            [sys.executable, "-m", "conformance.cli", command, "--help"],
            capture_output=True, text=True, timeout=60, check=True, env={"COLUMNS": "200", "TERM": "dumb"},
        ).stdout  # fmt: skip
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in shown, f"{command} has no {option}"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/walkthrough.md"])
def test_links_lead_to_files(page: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", (ROOT / page).read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert ((ROOT / page).parent / target).exists(), target
