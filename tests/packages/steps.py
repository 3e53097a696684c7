"""Runs the steps of action.yml as a runner of GitHub does, and the job of the GitLab template."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.commands import PATIENCE

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
COMMAND = Path(sys.executable).parent / "phanedge-conformance"

#: Stands in for a Python that makes an environment, and for the pip in that: what it would install is here already.
_PYTHON = f"""#!/bin/sh
[ "$1 $2 $3" = "-I -m venv" ] || exit 9
mkdir -p "$4/bin"
printf '#!/bin/sh\\necho "$@" >> "%s/installed"\\n' "$(dirname "$0")" > "$4/bin/python"
chmod +x "$4/bin/python"
ln -s "{COMMAND}" "$4/bin/phanedge-conformance"
"""


def python_in(folder: Path) -> Path:
    """A stand-in for Python, named python3; what it is told to install is in `installed` beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "python3"
    path.write_text(_PYTHON, encoding="utf-8")
    path.chmod(0o755)
    return path


def evaluated(text: str, context: Mapping[str, Any]) -> str:
    """The text with each `${{ }}` replaced by its value."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: _shown(expression(found[1], context)), text)


def expression(source: str, context: Mapping[str, Any]) -> Any:
    """The value of an expression, as far as action.yml has such."""

    def known(found: re.Match[str]) -> str:
        word = found[0]
        return word if word.startswith("'") else f"look({word!r})"

    def look(name: str) -> Any:
        value: Any = context
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    python = re.sub(r"'[^']*'|[a-z_][\w-]*(\.[\w-]+)+", known, source)
    python = python.replace("&&", " and ").replace("||", " or ").replace("always()", "True")
    return eval(python.strip(), {"look": look})


def _shown(value: Any) -> str:
    return "" if value is None else str(value)


@dataclass
class Job:
    """A job with one step, the action. `used` are the inputs of the actions that the action uses."""

    folder: Path
    event: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    used: dict[str, Mapping[str, str]] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    exit_code: int = 0
    log: str = ""
    summary: str = ""

    def run(self, *names: str) -> Job:
        """Run the steps, or those with these ids or names. What fails makes the others be left out, save those that are
        to be run always."""
        for name in ("temp", "checkout"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for step in ACTION["runs"]["steps"]:
            if names and not {step.get("id"), step.get("name")}.intersection(names):
                continue
            condition = step.get("if", "")
            if (not self.exit_code or "always()" in condition) and (
                not condition or expression(condition, self._context())
            ):
                self._uses(step) if "uses" in step else self._runs(step)
        return self

    def _context(self) -> dict[str, Any]:
        given = {name: each.get("default", "") for name, each in ACTION["inputs"].items()}
        return {
            "inputs": {**given, "github-token": "", **self.inputs},
            "github": {"action_path": str(ROOT), "repository": "acme/gateway", "event_name": "push", **self.event},
            "runner": {"temp": str(self.folder / "temp")},
            "steps": {id: {"outputs": outputs} for id, outputs in self.outputs.items()},
        }

    def _uses(self, step: Mapping[str, Any]) -> None:
        name = step["uses"].partition("@")[0]
        self.used[name] = {key: evaluated(str(value), self._context()) for key, value in step["with"].items()}
        if name == "actions/setup-python":
            self.outputs[step["id"]] = {"python-path": str(python_in(self.folder))}

    def _runs(self, step: Mapping[str, Any]) -> None:
        assert step["shell"] == "bash"
        files = {each: self.folder / "temp" / each for each in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "script")}
        for path in files.values():
            path.write_text("", encoding="utf-8")
        files["script"].write_text(step["run"], encoding="utf-8")
        own = {name: evaluated(str(value), self._context()) for name, value in step.get("env", {}).items()}
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(files["script"])],
            cwd=self.folder / "checkout", text=True, encoding="utf-8", timeout=PATIENCE, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={
                "PATH": os.environ["PATH"], "HOME": str(self.folder), "RUNNER_TEMP": str(self.folder / "temp"),
                "GITHUB_REPOSITORY": "acme/gateway", **{name: str(path) for name, path in files.items()},
                **self.variables, **own,
            },
        )  # fmt: skip
        self.log += ended.stdout
        self.summary += files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        lines = files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
        if "id" in step:
            self.outputs[step["id"]] = dict(each.split("=", 1) for each in lines)
        self.exit_code = ended.returncode or self.exit_code

    @property
    def annotations(self) -> list[str]:
        """The workflow commands in the log, save notices."""
        return [line for line in self.log.splitlines() if line.startswith(("::error", "::warning"))]
