"""What is released can be installed, into an empty environment, and used from an empty folder."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.resources import folder
from tests.support.commands import report_in

from .conftest import BIN, ROOT, ran
from .steps import ACTION

JUDGING = ("run", "--select", "usage", "--model", "reference-claude", "--out", "report")


def _version(file: Path) -> str:
    found = re.search(r"phanedge_conformance-(.+?)(\.tar\.gz|-py3-none-any\.whl)$", file.name)
    assert found
    return found[1]


def _with_pip(environment: Path, file: Path) -> None:
    ran(sys.executable, "-m", "venv", environment, folder=file.parent)
    ran(environment / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", file, folder=file.parent)


def _with_uv(environment: Path, file: Path) -> None:
    ran(BIN / "uv", "venv", "--quiet", "--python", sys.executable, environment, folder=file.parent)
    python = environment / "bin" / "python"
    ran(BIN / "uv", "pip", "install", "--quiet", "--python", python, file, folder=file.parent)


@pytest.mark.parametrize("install", [_with_pip, _with_uv])
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_installed(built: dict[str, Path], tmp_path: Path, install: Callable[[Path, Path], None], kind: str) -> None:
    """Alone, without the checkout, it has its version and every schema, and judges."""
    environment, empty = tmp_path / "environment", tmp_path / "empty"
    empty.mkdir()
    install(environment, built[kind])
    command = environment / "bin" / "phanedge-conformance"
    assert ran(command, "--version", folder=empty) == f"phanedge-conformance {_version(built[kind])}\n"
    assert "CONFORMS" in ran(command, *JUDGING, folder=empty)
    assert report_in(empty / "report")["version"] == _version(built[kind])
    (schemas,) = (environment / "lib").glob("python*/site-packages/conformance/schemas")
    assert {path.name for path in schemas.iterdir()} == {path.name for path in folder("schemas").iterdir()}


def test_uvx(built: dict[str, Path], tmp_path: Path) -> None:
    """The one command that docs/ci.md begins with."""
    wheel = built["wheel"]
    words = ("--python", sys.executable, "--find-links", wheel.parent, f"phanedge-conformance@{_version(wheel)}")
    assert "CONFORMS" in ran(BIN / "uvx", *words, *JUDGING, folder=tmp_path)


def test_the_sdist_has_what_its_tests_need(built: dict[str, Path], tmp_path: Path) -> None:
    """All that is in the repository, save what no test reads; some tests that read much of it pass there."""
    with tarfile.open(built["sdist"]) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    packed = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    tracked = ran("git", "ls-files", "--cached", "--others", "--exclude-standard", folder=ROOT).split()
    needed = {each for each in tracked if (ROOT / each).exists() and not re.fullmatch(r"reports/[\w-]+/\w+\.zip", each)}
    assert needed - packed <= {"reports/litellm/.gitignore"}
    few = ("tests/ci/test_changelog.py", "tests/docs/test_pages.py", "tests/contract/test_sources.py")
    ran(sys.executable, "-m", "pytest", "-q", *few, "-k", "not examples_run", folder=unpacked, PYTHONPATH=str(unpacked))


def test_the_step_that_installs(built: dict[str, Path], tmp_path: Path) -> None:
    """The action's own step, with a real Python: the source that the action was downloaded to, without git."""
    source = tmp_path / "source"
    source.mkdir()
    with tarfile.open(built["sdist"]) as archive:
        archive.extractall(source, filter="data")
    (unpacked,) = source.iterdir()
    (unpacked / "PKG-INFO").unlink()
    (step,) = [each for each in ACTION["runs"]["steps"] if each.get("id") == "install"]
    variables = {"PYTHON": sys.executable, "VERSION": "", "SOURCE": str(unpacked), "RUNNER_TEMP": str(tmp_path)}
    output = tmp_path / "output"
    shown = ran(
        "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"],
        folder=tmp_path, GITHUB_OUTPUT=str(output), **variables,
    )  # fmt: skip
    assert shown == "phanedge-conformance 0.0.0\n"
    command = dict(line.split("=", 1) for line in output.read_text().splitlines())["command"]
    assert "usage.prompt_tokens" in ran(command, "explain", "usage.prompt_tokens", folder=tmp_path)


# --- the version --------------------------------------------------------------------------------------------


def _repository(at: Path, *tags: str) -> Path:
    """A clone with one commit and these tags on it."""
    at.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitattributes", ".git_archival.txt"):
        shutil.copyfile(ROOT / name, at / name)
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    ran("git", "init", "--quiet", folder=at)
    ran("git", "add", ".", folder=at)
    ran("git", *who, "commit", "--quiet", "--message", "first", folder=at)
    for tag in tags:
        ran("git", "tag", tag, folder=at)
    return at


def _built_version(source: Path, **variables: str) -> str:
    return ran(BIN / "hatchling", "version", folder=source, **variables).splitlines()[-1]


def test_the_version_is_that_of_the_tag(tmp_path: Path) -> None:
    tagged = _repository(tmp_path / "tagged", "v2026.11.0")
    assert _built_version(tagged) == "2026.11.0"
    archive = tmp_path / "archive"
    archive.mkdir()
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=tagged, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", archive], input=packed, check=True)
    assert _built_version(archive) == "2026.11.0"  # as GitHub packs it for an action


def test_a_version_without_a_tag(tmp_path: Path) -> None:
    """It is below every release, in a clone without tags, without git, and in a repository of somebody else."""
    untagged = _repository(tmp_path / "untagged")
    assert re.fullmatch(r"0\.0\.1\.dev\d+\+g[0-9a-f]+", _built_version(untagged))
    (tmp_path / "tools").mkdir()
    assert _built_version(untagged, PATH=str(tmp_path / "tools")) == "0.0.0"
    shutil.rmtree(untagged / ".git")
    assert _built_version(untagged, GIT_CEILING_DIRECTORIES=str(tmp_path)) == "0.0.0"
