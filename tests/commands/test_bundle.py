"""A run packed into one file, and judged again from it, wherever it comes from."""

from __future__ import annotations

import json
import shutil
import stat
import tracemalloc
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance.commands import bundle as bundling
from conformance.commands.bundle import BundleError, changes, pack, unpack
from conformance.evidence.zipped import ABOUT, digest
from conformance.runs.run import RunError
from tests.support.commands import cli, verdicts

KEY = "sk-live-7Qm2xV9kTzR4bN8wJc3LhY6pD1sGfA5eU0oI"
GROUP = ("--model", "reference-claude", "--select", "usage")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a run that violates something."""
    folder = tmp_path_factory.mktemp("bundle")
    ended = cli("run", *GROUP, "--fault", "plain-hits-null", "--out", "run", folder=folder)
    assert ended.exit_code == 1, ended.output
    return folder / "run"


def test_the_same_run_is_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one.zip", tmp_path / "other.zip"
    copy = shutil.copytree(folder, tmp_path / "copy")
    for path in copy.rglob("*.json"):
        path.touch()
    assert pack(folder, one) == pack(copy, other) == len(list((folder / "archive").glob("*.json")))
    assert one.read_bytes() == other.read_bytes()
    with zipfile.ZipFile(one) as opened:
        names = opened.namelist()
        versions = json.loads(opened.read("run.json"))["versions"]
    assert {name for name in names if "/" not in name} == {"bundle.json", "run.json", "report.json"}
    assert not [name for name in names if name.startswith(("archive/.", "."))]
    with zipfile.ZipFile(one) as opened:
        assert not [name for name in names if str(folder).encode() in opened.read(name)]
    assert {"python", "httpx", "jsonschema"} <= versions.keys()


def test_judged_again_elsewhere(folder: Path, tmp_path: Path) -> None:
    ended = cli("bundle", folder, folder=tmp_path)
    assert (ended.exit_code, ended.output.startswith("bundle.zip: ")) == (0, True), ended.output
    ended = cli("judge", "bundle.zip", folder=tmp_path)
    assert ended.exit_code == 1, ended.output
    assert "every verdict is that of the bundled report" in ended.output
    assert verdicts(tmp_path / "reports" / "bundle") == verdicts(folder)


def test_what_was_known_is_known_elsewhere(tmp_path: Path) -> None:
    def does(*args: str) -> None:
        ended = cli(*args, folder=tmp_path)
        assert ended.exit_code == 0, ended.output

    fault = ("--fault", "plain-hits-null")
    assert cli("run", *GROUP, *fault, "--out", "first", folder=tmp_path).exit_code == 1
    does("baseline", "--from", "first", "--owner", "billing")
    does("run", *GROUP, *fault, "--baseline", "baseline.toml", "--out", "second")
    does("bundle", "second", "--out", "second.zip")
    (tmp_path / "baseline.toml").unlink()
    does("judge", "second.zip", "--out", "third")
    assert verdicts(tmp_path / "third") == verdicts(tmp_path / "second")


def test_other_verdicts_are_told_with_both_messages(folder: Path, tmp_path: Path) -> None:
    then, now = shutil.copytree(folder, tmp_path / "then"), folder
    report = json.loads((then / "report.json").read_text(encoding="utf-8"))
    first, second, third = report["entries"][:3]
    first["findings"][0] |= {"verdict": "fail", "message": "as it was seen then", "judged": 1}
    second["id"] = second["findings"][0]["requirement"] = "usage.gone_since"
    third["level"] = "MAY" if third["level"] != "MAY" else "MUST"
    (then / "report.json").write_text(json.dumps(report), encoding="utf-8")
    lines = "\n".join(changes(then, now))
    assert f"{first['id']} on reference-claude: fail (as it was seen then) then, " in lines
    assert "withdrawn: usage.gone_since" in lines
    assert f"another level: {third['id']} from {third['level']} to " in lines
    assert "added: " in lines
    (then / "report.json").unlink()
    assert changes(then, now) == ["the bundle holds no report to compare with"]


def test_a_folder_with_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"run\.json is not a run"):
        pack(tmp_path, tmp_path / "bundle.zip")
    ended = cli("bundle", tmp_path, folder=tmp_path)
    assert ended.exit_code == 2
    assert "Traceback" not in ended.output
    assert not list(tmp_path.iterdir())


def test_a_key_is_not_packed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "baseline.toml").write_text(f"the key is {KEY}", encoding="utf-8")
    monkeypatch.setenv("PHANEDGE_API_KEY", KEY)
    with pytest.raises(BundleError, match=r"baseline\.toml holds the API key") as caught:
        pack(copy, tmp_path / "bundle.zip")
    assert KEY not in str(caught.value)
    assert not (tmp_path / "bundle.zip").exists()


# --- what is no bundle --------------------------------------------------------------------------------------


def sealed(members: Mapping[str, bytes]) -> dict[str, bytes]:
    """The members with a manifest that has their digests, as whoever forges a bundle can make one."""
    others = {name: data for name, data in members.items() if name != ABOUT}
    manifest = {"format": "bundle-1", "digests": {name: digest(data) for name, data in others.items()}}
    return {**others, ABOUT: json.dumps(manifest).encode()}


GOOD = sealed({"run.json": b"{}"})


def zipped(path: Path, members: Mapping[str, bytes], mode: int = 0o644) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            about = zipfile.ZipInfo(name)
            about.external_attr = mode << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(about, data)
    return path


@pytest.mark.parametrize(
    "name",
    [
        "../run.json", "/etc/run.json", "archive/../../0123456789abcdef.json", "archive\\0123456789abcdef.json",
        "C:run.json", "archive/0123456789abcdef.json\n", "archive/.sent/0123456789abcdef", "notes.txt", "archive/",
    ],
)  # fmt: skip
def test_a_name_that_no_bundle_has(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "bundle.zip", {**GOOD, name: b"{}"})
    refused(path, tmp_path / "out", "is not a bundle of this suite: it holds ")
    assert not (tmp_path / "out").exists()


def test_a_link(tmp_path: Path) -> None:
    path = zipped(tmp_path / "bundle.zip", {**GOOD}, stat.S_IFLNK | 0o777)
    refused(path, tmp_path / "out", "is not a bundle of this suite: it holds ")


def test_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundling, "_LARGEST", 100_000)
    bomb = {**GOOD, "report.json": bytes(10_000_000)}
    refused(zipped(tmp_path / "bundle.zip", bomb), tmp_path / "out", "it is not unpacked")
    monkeypatch.setattr(bundling, "_MOST", 1)
    refused(zipped(tmp_path / "bundle.zip", GOOD), tmp_path / "out", "it is not unpacked")


def test_a_member_that_is_too_large_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name, data in GOOD.items():
            made.writestr(name, data)
        with made.open("report.json", "w", force_zip64=True) as member:
            for _ in range(900):
                member.write(bytes(1 << 20))
    tracemalloc.start()
    refused(path, tmp_path / "out", "is too large: it may hold ")
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()
    assert not (tmp_path / "out").exists()


def test_what_a_link_points_to_is_not_packed(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of somebody else")
    for name in ("report.json", "archive/0123456789abcdef.json"):
        copy = shutil.copytree(folder, tmp_path / name.replace("/", "-"))
        (copy / name).unlink(missing_ok=True)
        (copy / name).symlink_to(secret)
        with pytest.raises(RunError, match="is a symbolic link, which is not followed"):
            pack(copy, tmp_path / "bundle.zip")
    assert not (tmp_path / "bundle.zip").exists()


def test_where_judging_failed_nothing_is_compared(folder: Path, tmp_path: Path) -> None:
    """Not with the report that an earlier judging left either."""
    pack(folder, tmp_path / "bundle.zip")
    assert cli("judge", "bundle.zip", folder=tmp_path).exit_code == 1
    with zipfile.ZipFile(tmp_path / "bundle.zip") as whole:
        members = {each: whole.read(each) for each in whole.namelist()}
    broken = {name: b"{}" if name.startswith("archive/") else data for name, data in members.items()}
    zipped(tmp_path / "bundle.zip", sealed(broken))
    ended = cli("judge", "bundle.zip", folder=tmp_path)
    assert ended.exit_code == 3, ended.output
    assert "is not a whole recorded exchange" in ended.output
    assert "every verdict" not in ended.output


def test_a_bomb_that_lies_about_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "bundle.zip", {**GOOD, "report.json": bytes(10_000_000)})
    lied = path.read_bytes().replace((10_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(lied)
    monkeypatch.setattr(bundling, "_LARGEST", 100_000)
    with pytest.raises(BundleError):
        unpack(path, tmp_path / "out")
    assert sum(each.stat().st_size for each in (tmp_path / "out").rglob("*") if each.is_file()) < 100_000


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"run.json": b"{}"}, "bundle.json or run.json is missing"),
        ({"bundle.json": b"{}", "run.json": b"{}"}, "its bundle.json cannot be read"),
        ({"bundle.json": b"[", "run.json": b"{}"}, "its bundle.json cannot be read"),
        ({"bundle.json": b"[" * 100_000, "run.json": b"{}"}, "its bundle.json cannot be read"),
        ({"bundle.json": b'{"format": "bundle-9"}', "run.json": b"{}"}, "another version reads it"),
    ],
    ids=["no bundle.json", "no format", "no JSON", "deep JSON", "later"],
)
def test_what_a_bundle_must_have(tmp_path: Path, members: Mapping[str, bytes], said: str) -> None:
    refused(zipped(tmp_path / "bundle.zip", members), tmp_path / "out", said)


@pytest.mark.parametrize("cut", [0, 3, 100, -30])
def test_a_file_that_is_no_whole_zip(folder: Path, tmp_path: Path, cut: int) -> None:
    path = tmp_path / "bundle.zip"
    pack(folder, path)
    path.write_bytes(path.read_bytes()[:cut])
    refused(path, tmp_path / "out", "is not a whole bundle")


def test_the_command_says_one_sentence(tmp_path: Path) -> None:
    zipped(tmp_path / "bundle.zip", {**GOOD, "../escaped.json": b"{}"})
    ended = cli("judge", "bundle.zip", folder=tmp_path)
    assert ended.exit_code == 2
    assert len(ended.output.strip().splitlines()) == 1, ended.output
    zipped(tmp_path / "bundle.zip", GOOD)
    ended = cli("judge", "bundle.zip", folder=tmp_path)
    assert (ended.exit_code, "Traceback" in ended.output) == (2, False), ended.output


def test_a_report_in_it_that_is_none(folder: Path, tmp_path: Path) -> None:
    pack(folder, tmp_path / "whole.zip")
    with zipfile.ZipFile(tmp_path / "whole.zip") as whole:
        members = {each: whole.read(each) for each in whole.namelist()}
    zipped(tmp_path / "bundle.zip", sealed({**members, "report.json": b'{"entries": 7}'}))
    ended = cli("judge", "bundle.zip", folder=tmp_path)
    assert ended.exit_code in (0, 1)
    assert "the verdicts are not compared: " in ended.output
    assert "Traceback" not in ended.output


@pytest.fixture(scope="module")
def members(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is in the bundle of the run."""
    path = tmp_path_factory.mktemp("members") / "bundle.zip"
    pack(folder, path)
    with zipfile.ZipFile(path) as whole:
        return {each: whole.read(each) for each in whole.namelist()}


def exchange_in(members: Mapping[str, bytes]) -> str:
    return min(name for name in members if name.startswith("archive/"))


@pytest.mark.parametrize("edit", ["an exchange", "the report", "one removed", "one added", "no digests"])
def test_an_edited_bundle_is_refused(members: dict[str, bytes], tmp_path: Path, edit: str) -> None:
    """Whatever was changed after packing, by every command that reads bundles."""
    name = exchange_in(members)
    edited = {
        "an exchange": {**members, name: members[name].replace(b"200", b"201", 1)},
        "the report": {**members, "report.json": members["report.json"].replace(b'"fail"', b'"pass"')},
        "one removed": {each: data for each, data in members.items() if each != name},
        "one added": {**members, "archive/0123456789abcdef.json": members[name]},
        "no digests": {**members, ABOUT: b'{"format": "bundle-1"}'},
    }[edit]
    assert edited != members
    refused(zipped(tmp_path / "bundle.zip", edited), tmp_path / "out", "was edited: ")


def test_an_edited_exchange_is_not_audited(members: dict[str, bytes], tmp_path: Path) -> None:
    name = exchange_in(members)
    zipped(tmp_path / "bundle.zip", {**members, name: members[name].replace(b"200", b"201", 1)})
    ended = cli("audit", "bundle.zip", "--workers", "0", folder=tmp_path)
    assert ended.exit_code == 3
    assert f"was edited: {name} is not what its bundle.json says" in ended.output, ended.output


def refused(path: Path, out: Path, said: str) -> None:
    with pytest.raises(BundleError) as caught:
        unpack(path, out)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
