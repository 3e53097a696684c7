"""What no test can run here is held to its schema or to a linter: workflows, the Dockerfile, hooks, shell."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import blocks

from .conftest import BIN, ran
from .steps import ACTION, ROOT
from .test_templates import SPEC, job

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EXAMPLES = dict(zip(("github.yml", "gitlab.yml", "pre-commit.yaml"), blocks("docs/ci.md", "yaml"), strict=True))


def _valid(schema: str, *files: Path) -> None:
    ran(BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files, folder=ROOT)


def test_github(tmp_path: Path) -> None:
    """The schemas of GitHub; and zizmor, which knows how workflows are attacked."""
    example = tmp_path / ".github" / "workflows" / "gate.yml"
    example.parent.mkdir(parents=True)
    example.write_text(EXAMPLES["github.yml"], encoding="utf-8")
    _valid("github-actions", ROOT / "action.yml")
    _valid("github-workflows", *WORKFLOWS, example)
    ran(BIN / "zizmor", "--offline", "--quiet", ROOT / "action.yml", *WORKFLOWS, folder=ROOT)


def test_gitlab(tmp_path: Path) -> None:
    (tmp_path / "job.yml").write_text(yaml.safe_dump({"conformance": job()}), encoding="utf-8")
    (tmp_path / "spec.yml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "example.yml").write_text(EXAMPLES["gitlab.yml"], encoding="utf-8")
    _valid("gitlab-ci", *tmp_path.iterdir())


def test_pre_commit(tmp_path: Path) -> None:
    (tmp_path / "pre-commit.yaml").write_text(EXAMPLES["pre-commit.yaml"], encoding="utf-8")
    ran(BIN / "pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml", folder=ROOT)
    ran(BIN / "pre-commit", "validate-config", tmp_path / "pre-commit.yaml", folder=ROOT)


def _scripts() -> list[str]:
    steps = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    jobs = [job for path in WORKFLOWS for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()]
    steps += [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    return [*steps, "\n".join(job()["script"]), *blocks("docs/ci.md", "sh")]


def test_shell(tmp_path: Path) -> None:
    for number, script in enumerate(_scripts()):
        (tmp_path / f"{number}.sh").write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
    ran(BIN / "shellcheck", "--exclude", "SC2154", *tmp_path.iterdir(), ROOT / ".ci" / "run", folder=ROOT)


# --- Docker -------------------------------------------------------------------------------------------------

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_dockerfile() -> None:
    ran(BIN / "hadolint", "--failure-threshold", "style", ROOT / "Dockerfile", folder=ROOT)
    final = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", final, re.MULTILINE)


#: As a user who may read everything, since an interpreter can be where only its owner may look, and write nothing.
_AS_USER = (
    "setpriv", "--reuid=10001", "--regid=10001", "--clear-groups", "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search", "env", "-i", "HOME=/tmp", "PATH=/usr/bin",
)  # fmt: skip


@pytest.fixture
def image() -> Iterator[Path]:
    """A folder that every user can read, which pytest's are not."""
    with tempfile.TemporaryDirectory() as held:
        Path(held).chmod(0o755)
        yield Path(held)


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is made to run it")
def test_what_the_dockerfile_runs(image: Path) -> None:
    """Its COPY and RUN lines in a folder instead of an image; then its command as the user that it names, with nothing
    else in the environment. That the base images are there, and how they are set up, cannot be shown here."""
    (image / "source").mkdir()
    (image / "opt").mkdir()
    ran("python3", "-m", "venv", image / "base", folder=image)
    path = f"{image / 'base' / 'bin'}:{os.environ['PATH']}"
    text = re.sub(r"\\\n", " ", DOCKERFILE)
    for instruction, rest in re.findall(r"^(COPY|RUN) (.+)$", text, re.MULTILINE):
        if instruction == "RUN":
            here = re.sub(r"(?<![\w.])/(opt|work)\b", rf"{image}/\1", rest)
            ran("sh", "-c", here, folder=image / "source", PATH=path, VERSION="2026.11.0")
        elif not rest.startswith("--from"):
            ran("cp", "--recursive", *(ROOT / each for each in rest.split()[:-1]), image / "source", folder=ROOT)
    tools = {"pip", "setuptools", "wheel"}
    assert not [each for each in image.rglob("site-packages/*") if each.name in tools]
    (entry,) = re.findall(r"^ENTRYPOINT \[\"(.+)\"\]$", DOCKERFILE, re.MULTILINE)
    command = image / "opt" / "conformance" / "bin" / entry
    shown = ran(*_AS_USER, command, "run", "--select", "usage.prompt_tokens", folder=image / "work")
    assert "CONFORMS" in shown
    assert (image / "work" / "reports" / "reference" / "report.html").stat().st_uid == 10001
    assert ran(command, "--version", folder=image) == "phanedge-conformance 2026.11.0\n"
