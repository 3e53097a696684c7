"""The walkthrough is true: a reader who types its commands sees what it shows."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

from tests.support.commands import PATIENCE, cli

from .pages import examples


class Terminal:
    """Runs what a reader of the walkthrough types, the endpoint on a port that is free."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.exit_code = folder, 0
        own = ("PHANEDGE_", "COLUMNS")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        self.served: subprocess.Popen[str] | None = None
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = str(listener.getsockname()[1])

    def types(self, line: str) -> str:
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
        return self._serves(words[1:]) if line.endswith(" &") else self._runs(words[1:])

    def _runs(self, words: list[str]) -> str:
        ended = cli(*words, folder=self.folder, variables=self.environment)
        self.exit_code = ended.exit_code
        return ended.output.replace(self.port, "8080")

    def _serves(self, words: list[str]) -> str:
        command = [sys.executable, "-m", "conformance", *words, "--port", self.port]
        self.served = subprocess.Popen(
            command, cwd=self.folder, env=self.environment, text=True, stdout=subprocess.PIPE
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
        for command, expected in examples("docs/walkthrough.md"):
            output = terminal.types(command)
            assert shows(output, expected), f"$ {command}\n{output}"
    finally:
        terminal.ends()
    assert terminal.exit_code == 0
