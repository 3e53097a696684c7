"""The folder of a run: ours by its run.json, emptied before it is used, and no link in it is followed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.profile import Model, Profile
from conformance.contract.requests import PLAIN
from conformance.evidence.archive import Archive, ArchiveError
from conformance.evidence.exchange import Exchange, Request
from conformance.pytest_plugin.checks import check
from conformance.runs.folder import (
    REPORTS,
    Identity,
    check_links,
    empty,
    exchanges_in,
    is_run,
    keep_bodies,
    new_identity,
    read_run,
    read_value,
    write_run,
)
from conformance.runs.resume import noted_options
from conformance.runs.run import RunError
from conformance.settings.errors import SessionError
from conformance.settings.settings import Settings
from tests.support.commands import cli, report_in
from tests.support.exchanges import completion, plain

PROFILE = Profile("https://models.example/v1", (Model("m", "gpt"),))


def made(folder: Path, identity: Identity | None = None) -> Path:
    """The folder of a run that sent one request."""
    identity = identity or new_identity()
    write_run(folder, PROFILE, identity, "")
    Archive(folder / "archive", lambda request: plain(completion(None)), identity.id)(PLAIN)
    return folder


# --- what an earlier run left -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["archive", "report.json", "report.html", "spent.json", "baseline.toml", ".lock", "run.json"]
)
def test_a_link_in_the_folder_is_refused_and_what_it_points_to_stays(tmp_path: Path, name: str) -> None:
    folder, elsewhere = made(tmp_path / "run"), tmp_path / "elsewhere"
    if (folder / name).exists():
        shutil.move(folder / name, elsewhere)
    else:
        elsewhere.write_text("of somebody else")
    (folder / name).symlink_to(elsewhere)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SessionError, match="is a symbolic link, which is not followed"):
        check(Settings.of({"out": folder}))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_to_the_folder_and_above_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path / "elsewhere" / "run")
    (tmp_path / "reports").symlink_to("elsewhere")
    monkeypatch.chdir(tmp_path)
    for folder in ("reports/run", "reports", "reports/new"):
        with pytest.raises(RunError, match=r"reports is a symbolic link"):
            check_links(Path(folder))
    monkeypatch.chdir(tmp_path / "elsewhere")
    check_links(tmp_path / "reports" / "run")  # what is above the working directory is the user's own


def test_a_link_in_the_archive(tmp_path: Path) -> None:
    folder = made(tmp_path / "run")
    (folder / "archive" / ".sent" / "x").symlink_to(tmp_path)
    with pytest.raises(RunError, match="is a symbolic link"):
        check_links(folder)


def test_an_earlier_run_leaves_nothing(tmp_path: Path) -> None:
    folder = made(tmp_path / "run")
    for name in REPORTS:
        (folder / name).write_text("stale")
    (folder / "notes.txt").write_text("of the user")
    keep_bodies(folder, [Exchange(Request(body=b"x" * 100_001), 413)])
    assert (folder / "bodies").is_dir()
    empty(folder)
    left = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    assert left == ["archive", "notes.txt", "run.json"]


def test_a_folder_that_cannot_be_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made(tmp_path / "run")

    def fail(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(shutil, "rmtree", fail)
    with pytest.raises(RunError, match=r"cannot be emptied of an earlier run \(Permission denied"):
        empty(folder)


def test_the_archive_of_an_earlier_run_is_not_counted(tmp_path: Path) -> None:
    """Against a closed port, in a folder whose archive survives: a run that sent nothing judged nothing."""
    made(tmp_path / "run")
    shutil.move(tmp_path / "run" / "archive", tmp_path / "kept")
    (tmp_path / "run" / "archive").symlink_to(tmp_path / "kept")
    options = ("--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--select", "usage", "--patience", "0")
    ended = cli("run", *options, "--out", "run", folder=tmp_path)
    assert (ended.exit_code, "is a symbolic link" in ended.output) == (2, True), ended.output
    (tmp_path / "run" / "archive").unlink()
    ended = cli("run", *options, "--out", "run", folder=tmp_path)
    assert ended.exit_code == 3, ended.output
    assert report_in(tmp_path / "run")["spend"]["requests"] == len(exchanges_in(tmp_path / "run"))
    assert len(list((tmp_path / "kept").glob("*.json"))) == 1


def test_an_exchange_of_another_run(tmp_path: Path) -> None:
    one, other = made(tmp_path / "one"), made(tmp_path / "other")
    shutil.copytree(other / "archive", one / "archive", dirs_exist_ok=True)
    for read in (exchanges_in, read_run):
        with pytest.raises(ArchiveError, match="is of another run than the folder it lies in: remove it"):
            read(one)
    archive = Archive(one / "archive", lambda request: plain(completion(None)), new_identity().id)
    with pytest.raises(ArchiveError, match="is of another run"):
        archive(PLAIN)
    assert archive.sent == 0


def test_a_run_from_before_runs_had_an_id(tmp_path: Path) -> None:
    assert len(exchanges_in(made(tmp_path / "run", Identity("", "a" * 12)))) == 1


# --- whose folder it is -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    ["{}", '{"name": "train", "archive": "a"}', '{"format": "run-2"}', "[]", "no JSON", '{"format": "run-1"}'],
)
def test_the_run_of_another_program(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "run"
    (folder / "archive").mkdir(parents=True)
    (folder / "archive" / "weights.bin").write_bytes(b"x")
    (folder / "run.json").write_text(content)
    (folder / "report.json").write_text('{"loss": 0.1}')
    assert not is_run(folder)
    for given in ({"out": folder}, {"out": folder, "recordings": folder}):
        with pytest.raises(SessionError, match=r"--out: .* contains (files that are not a run|a report that is not)"):
            check(Settings.of(given))
    assert (folder / "report.json").read_text() == '{"loss": 0.1}'


def test_ours(tmp_path: Path) -> None:
    check(Settings.of({"out": made(tmp_path / "run")}))
    (tmp_path / "judged").mkdir()
    (tmp_path / "judged" / "report.json").write_text('{\n "format": "report-1"')
    check(Settings.of({"out": tmp_path / "judged", "archive": tmp_path / "run"}))


# --- what is read -------------------------------------------------------------------------------------------

WRONG: dict[str, Callable[[dict[str, Any]], None]] = {
    "a list for a name": lambda run: run["profile"]["models"][0].update(name=["m"]),
    "no profile": lambda run: run.pop("profile"),
    "a salt that is a number": lambda run: run.update(salt=1e300),
    "an id of a path": lambda run: run.update(id="../../x"),
    "no address": lambda run: run["profile"].update(base_url="file:///etc/passwd"),
    "an address with a line break": lambda run: run["profile"].update(base_url="https://host/v1\n::error"),
    "resalted with a list": lambda run: run.update(resalted={"x": []}),
    "a member of its own": lambda run: run.update(more=1),
    "an option that is a table": lambda run: run.update(options={"select": {}}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_run_that_was_crafted(tmp_path: Path, name: str) -> None:
    folder = made(tmp_path / "run")
    value = json.loads((folder / "run.json").read_text())
    WRONG[name](value)
    (folder / "run.json").write_text(json.dumps(value))
    with pytest.raises(RunError, match=r"run\.json is not a run that can be judged again") as caught:
        read_value(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"salt": NaN}', "\ufeff{}", '{"salt": 1' + "0" * 5000 + "}"])
def test_what_is_no_json(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunError):
        read_value(tmp_path)


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run.json")
    with pytest.raises(RunError, match="is not a regular file"):
        read_value(tmp_path)


@pytest.mark.parametrize(
    "options",
    [{"concurrency": 1e300}, {"timeout-seconds": -1}, {"model": "m"}, {"rate": "fast"}, {"intrusive": 1}],
    ids=str,
)
def test_an_option_that_no_run_could_have_had(tmp_path: Path, options: dict[str, Any]) -> None:
    write_run(tmp_path, PROFILE, new_identity(), "", options=options)
    with pytest.raises(RunError, match="has a wrong option: "):
        noted_options(tmp_path)


@pytest.mark.parametrize("value", [1e300, float("inf"), float("nan")])
def test_a_number_that_no_clock_holds(value: float) -> None:
    with pytest.raises(SessionError, match=r"--timeout-seconds: .* is not between 0.1 and 1,000,000,000"):
        check(Settings.of({"timeout_seconds": value}))
