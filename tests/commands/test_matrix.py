"""`matrix`: bundles are judged again, an edited one is refused, and a site replaces no folder of others."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from conformance.commands.bundle import pack
from tests.support.commands import cli

from .test_bundle import sealed, zipped

BROKEN = "usage.prompt_tokens_details.cached_tokens"


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is in the bundle of a run that violates something."""
    folder = tmp_path_factory.mktemp("matrix")
    options = ("--model", "reference-claude", "--select", "usage", "--fault", "plain-hits-null", "--out", "run")
    assert cli("run", *options, folder=folder).exit_code == 1
    pack(folder / "run", folder / "bundle.zip")
    with zipfile.ZipFile(folder / "bundle.zip") as whole:
        return {each: whole.read(each) for each in whole.namelist()}


@pytest.fixture
def flattering(members: dict[str, bytes]) -> dict[str, bytes]:
    """The same as of a live endpoint, with a report in which everything passed."""
    run = json.loads(members["run.json"]) | {"fault": ""}
    report = members["report.json"].replace(b'"verdict": "fail"', b'"verdict": "pass"')
    assert report != members["report.json"]
    return sealed({**members, "run.json": json.dumps(run).encode(), "report.json": report})


def folder_of(path: Path, vendor: str = "acme") -> Path:
    (path / "reports" / vendor).mkdir(parents=True)
    return path / "reports" / vendor


def refused(tmp_path: Path, said: str) -> None:
    ended = cli("matrix", "reports", folder=tmp_path)
    assert (ended.exit_code, len(ended.output.strip().splitlines())) == (2, 1), ended.output
    assert said in ended.output
    assert not (tmp_path / "site").exists()


def test_the_verdict_is_that_of_the_exchanges(flattering: dict[str, bytes], tmp_path: Path) -> None:
    """Not that of the report in the bundle, whose digest is right; and an earlier site leaves nothing behind."""
    folder = folder_of(tmp_path)
    zipped(folder / "claude.zip", flattering)
    (folder / "vendor.toml").write_text('name = "Acme & Co"\nlink = "https://acme.example"\n', encoding="utf-8")
    (tmp_path / "site" / "vendors").mkdir(parents=True)
    (tmp_path / "site" / "matrix.json").touch()
    (tmp_path / "site" / "vendors" / "gone.html").touch()
    ended = cli("matrix", "reports", folder=tmp_path)
    assert ended.exit_code == 0, ended.output
    assert "1 vendors, 1 bundles" in ended.output
    page = (tmp_path / "site" / "vendors" / "acme.html").read_text(encoding="utf-8")
    assert "Acme &amp; Co" in page
    assert "https://acme.example" in page
    assert f"{BROKEN} on reference-claude: pass" in page, "the difference from the report of the vendor is not told"
    chinese = (tmp_path / "site" / "zh" / "vendors" / "acme.html").read_text(encoding="utf-8")
    assert f"{BROKEN} on" not in chinese
    assert BROKEN in chinese
    assert ">violates</text>" in (tmp_path / "site" / "badges" / "acme-claude.svg").read_text(encoding="utf-8")
    assert "gone" not in {path.stem for path in (tmp_path / "site" / "vendors").iterdir()}


def test_an_edited_bundle_is_refused(members: dict[str, bytes], flattering: dict[str, bytes], tmp_path: Path) -> None:
    name = min(each for each in members if each.startswith("archive/"))
    zipped(folder_of(tmp_path) / "claude.zip", {**flattering, name: members[name].replace(b"200", b"201", 1)})
    refused(tmp_path, f"claude.zip was edited: {name} is not what its bundle.json says")


def test_a_planted_fault_says_nothing_of_a_vendor(members: dict[str, bytes], tmp_path: Path) -> None:
    zipped(folder_of(tmp_path) / "claude.zip", members)
    refused(tmp_path, "is of a run with a planted fault")


def test_a_signature_of_something_else_is_refused(flattering: dict[str, bytes], tmp_path: Path) -> None:
    """Also where sigstore is not installed: what lies beside is never passed over."""
    folder = folder_of(tmp_path)
    zipped(folder / "claude.zip", flattering)
    (folder / "claude.zip.sigstore.json").write_text("{}", encoding="utf-8")
    refused(tmp_path, "claude.zip.sigstore.json ")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("acme/vendor.toml", "name = 7", "it may have name, version, link and note"),
        ("acme/vendor.toml", 'logo = "x"', "it may have name, version, link and note"),
        ("acme/vendor.toml", "name =", "is not TOML"),
        ("acme/vendor.toml", 'link = "javascript:alert(1)"', "it may have name, version, link and note"),
        ("Acme Inc/claude.zip", "", "the name is part of addresses"),
        ("acme/a b.zip", "", "the name is part of addresses"),
        ("acme/claude.zip", "no zip", "is not a whole bundle"),
    ],
)
def test_what_a_folder_may_hold(flattering: dict[str, bytes], tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / "reports" / name
    path.parent.mkdir(parents=True)
    zipped(path.with_name("a.zip"), flattering)
    if text or path.suffix == ".zip":
        path.write_text(text, encoding="utf-8")
    refused(tmp_path, said)


def test_no_bundle_and_a_folder_of_others(tmp_path: Path) -> None:
    folder_of(tmp_path)
    refused(tmp_path, "holds no bundle")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "thesis.txt").touch()
    ended = cli("matrix", "reports", folder=tmp_path)
    assert ended.exit_code == 2
    assert "is not a site of this command" in ended.output
    assert (tmp_path / "site" / "thesis.txt").exists()
