"""The job of the GitLab template, the pre-commit hook, and what docs/ci.md shows of all of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.lab.reference import Endpoint
from conformance.lab.reference.server import serving
from tests.docs.pages import blocks
from tests.support.commands import PATIENCE, Ended

from .steps import ACTION, COMMAND, ROOT, python_in

SPEC, TEMPLATE = (ROOT / "templates" / "conformance.yml").read_text(encoding="utf-8").split("\n---\n")
INPUTS: dict[str, Any] = yaml.safe_load(SPEC)["spec"]["inputs"]
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
KEY = "sk-thekeythatnobodymaysee-0123456789"


def bash(script: str, folder: Path, **variables: str) -> Ended:
    """A script in a folder, with nothing in its environment but these variables and a stand-in for python3."""
    path = f"{python_in(folder / 'bin').parent}:{COMMAND.parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script], cwd=folder, text=True, encoding="utf-8", timeout=PATIENCE,
        env={"PATH": path, "HOME": str(folder)} | variables, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return Ended(ended.returncode, ended.stdout)


# --- GitLab -------------------------------------------------------------------------------------------------


def job(**given: str) -> dict[str, Any]:
    """The job with these inputs, which GitLab puts into the text of the template."""
    inputs = {name: each.get("default") for name, each in INPUTS.items()} | {"version": "2026.11.0"} | given
    text = re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda found: str(inputs[found[1]]), TEMPLATE)
    (made,) = yaml.safe_load(text).values()
    assert isinstance(made, dict)
    return made


def gitlab(folder: Path, inputs: Mapping[str, str], **variables: str) -> Ended:
    """The script of the job, with these inputs and the variables of a project."""
    made = job(**inputs)
    return bash("\n".join(made["script"]), folder, **variables, **made["variables"])


def test_no_input_of_gitlab_is_text_of_a_script() -> None:
    text = TEMPLATE[TEMPLATE.index("  script:") : TEMPLATE.index("  artifacts:")]
    assert "$[[" not in text
    assert len(job()["script"]) == 5


def test_the_job_of_gitlab(tmp_path: Path) -> None:
    ended = gitlab(tmp_path, {"gate": "must", "models": "reference-claude", "select": "usage.prompt_tokens"})
    assert ended.exit_code == 0, ended.output
    assert (tmp_path / "bin" / "installed").read_text().split()[-1] == "phanedge-conformance==2026.11.0"
    artifacts = job()["artifacts"]
    assert (tmp_path / artifacts["reports"]["junit"]).is_file()
    assert json.loads((tmp_path / artifacts["reports"]["codequality"]).read_text()) == []
    assert {Path(each).parts[0] for each in (*artifacts["paths"], *artifacts["exclude"])} == {"conformance-report"}


def test_a_key_without_an_address(tmp_path: Path) -> None:
    ended = gitlab(tmp_path, {"select": "$(touch ran)"}, PHANEDGE_API_KEY=KEY)
    assert (ended.exit_code, "PHANEDGE_API_KEY needs base-url" in ended.output) == (2, True)
    assert KEY not in ended.output
    assert not (tmp_path / "ran").exists()


# --- what docs/ci.md shows ----------------------------------------------------------------------------------

GITHUB, GITLAB, PRE_COMMIT = map(yaml.safe_load, blocks("docs/ci.md", "yaml"))


def test_the_example_of_github() -> None:
    (step,) = GITHUB["jobs"]["conformance"]["steps"]
    assert step["with"].keys() <= ACTION["inputs"].keys()
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    table = text[text.index("| input | meaning |") : text.index("## GitLab")]
    assert set(re.findall(r"`([\w-]+)`", "".join(re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)))) == {
        *ACTION["inputs"]
    }


def test_the_example_of_gitlab() -> None:
    (included,) = GITLAB["include"]
    assert included["remote"].endswith("/templates/conformance.yml")
    assert (
        {name for name, each in INPUTS.items() if "default" not in each} <= included["inputs"].keys() <= INPUTS.keys()
    )
    assert INPUTS.keys() - {"stage", "image"} == ACTION["inputs"].keys() - {"api-key", "github-token"}


def test_the_example_of_pre_commit(tmp_path: Path) -> None:
    """The hook runs what it says, on a server that is there."""
    (hook,) = PRE_COMMIT["repos"][0]["hooks"]
    assert hook["id"] == HOOK["id"]
    with serving(Endpoint()) as url:
        words = [
            {"http://127.0.0.1:8000/v1": url, "gpt-4o-mini": "reference-gpt"}.get(each, each) for each in hook["args"]
        ]
        quick = {"PHANEDGE_CONFORMANCE_SELECT": "usage.prompt_tokens", "PHANEDGE_API_KEY": KEY}
        ended = bash(" ".join([HOOK["entry"], *words]), tmp_path, **quick)
    assert ended.exit_code == 0, ended.output
    assert (tmp_path / "build" / "conformance" / "report.html").exists()


#: The commands of docs/ci.md that need no Docker.
SHELL = [each for each in blocks("docs/ci.md", "sh") if not each.startswith("docker")]
#: What stands in for a registry and an endpoint of others.
_HERE = {
    "https://models.phanedge.cloud/v1 --model gpt-4o-mini": '"$BASE_URL" --model "$MODEL"',
    "python3 -m venv": "python3 -I -m venv",
    "bin/pip": "bin/python",
    "conformance.suite": "conformance.suite --select usage.prompt_tokens",
    " -n 4": " -n 1",
}


@pytest.mark.parametrize("script", SHELL, ids=lambda each: each.split()[0])
def test_the_examples_of_shells(tmp_path: Path, script: str) -> None:
    uvx = python_in(tmp_path / "bin").with_name("uvx")
    uvx.write_text(f'#!/bin/sh\n[ "${{1%@*}}" = phanedge-conformance ] && shift && exec "{COMMAND}" "$@"\n')
    uvx.chmod(0o755)
    for theirs, ours in _HERE.items():
        script = script.replace(theirs, ours)
    with serving(Endpoint()) as url:
        ended = bash(
            script, tmp_path, BASE_URL=url, MODEL="reference-claude", PHANEDGE_API_KEY=KEY, GATE_API_KEY=KEY,
            RUNNER_TEMP=str(tmp_path), PHANEDGE_CONFORMANCE_SELECT="usage.prompt_tokens",
        )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    assert KEY not in ended.output
