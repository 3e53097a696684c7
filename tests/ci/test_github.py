"""What the action asks of GitHub: whose artifact is taken, and which comment is written over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.commands import github_api
from conformance.commands.github_api import GitHubError, download, write_comment
from conformance.settings.errors import SessionError
from tests.support.commands import cli, environment

from .hub import BOT, PERSON, TOKEN, Hub, artifact, github, packed

REPORT = {"report.json": b'{"format": "report-1"}', "archive/../../escaped": b""}
MARK = "<!-- phanedge-conformance: conformance -->"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with github() as served:
        for name, value in {**served.variables(), "GITHUB_TOKEN": TOKEN}.items():
            monkeypatch.setenv(name, value)
        yield served


def test_the_latest_of_the_default_branch(hub: Hub, tmp_path: Path) -> None:
    """An artifact of a fork, of this run, of another branch, or that is gone, is none; what is on later pages is."""
    others = [
        artifact(30, run={"head_repository_id": 666}), artifact(29, run={"id": 4711}), artifact(28, expired=True),
        artifact(27, workflow_run=None), *(artifact(26, run={"head_branch": f"b{number}"}) for number in range(100)),
    ]  # fmt: skip
    hub.artifacts = [*others, artifact(2), artifact(3), artifact(4, name="other")]
    hub.content = {3: packed(REPORT)}
    assert "2026-11-03T03:17:00Z on main" in download("conformance", tmp_path / "deep" / "before.json")
    assert (tmp_path / "deep" / "before.json").read_bytes() == REPORT["report.json"]
    assert not list(tmp_path.rglob("escaped"))
    assert [each[2] for each in hub.asked if each[1].startswith("/3")] == [""]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>", "holds no report.json"),
        (packed({"other.json": b"{}"}), "holds no report.json"),
        (packed({"report.json": b"1" * 2_000}), "more than 1,000 bytes"),
        (b"1" * 6_000, "more than 5,000 bytes"),
        (None, "no artifact conformance"),
    ],
)
def test_no_earlier_report(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, said: str
) -> None:
    """What an earlier step wrote there is not taken for it."""
    monkeypatch.setattr(github_api, "_LARGEST_REPORT", 1_000)
    monkeypatch.setattr(github_api, "_LARGEST_ARTIFACT", 5_000)
    hub.artifacts = [artifact(1)] if content else []
    hub.content = {1: content or b""}
    (tmp_path / "before.json").write_text("{}")
    with pytest.raises(GitHubError, match=said):
        download("conformance", tmp_path / "before.json")
    assert not list(tmp_path.iterdir())


def _written(tmp_path: Path, *texts: str) -> str:
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"{number}.md")
        files[-1].write_text(text, encoding="utf-8")
    return write_comment("conformance", 12, files)


def test_one_comment(hub: Hub, tmp_path: Path) -> None:
    """A comment that another user wrote is left to them, since they could change it; so are those of other jobs."""
    others = [f"{MARK}\nby mallory", f"> {MARK}\nquoted", "<!-- phanedge-conformance: conformance-eu -->\n"]
    hub.comments.append({"id": 1, "user": PERSON, "body": others[0]})
    for number, body in enumerate([*others[1:], *["LGTM"] * 100], 2):
        hub.comments.append({"id": number, "user": BOT, "body": body})
    assert _written(tmp_path, "first") == "the comment on pull request 12 is written"
    assert _written(tmp_path, "second", "and more") == "the comment on pull request 12 is updated"
    assert len(hub.comments) == 104
    assert hub.comments[-1]["body"].startswith(f"{MARK}\nsecond\nand more\n")
    assert [each["body"] for each in hub.comments[:3]] == others


def test_a_token_of_a_person(hub: Hub, tmp_path: Path) -> None:
    hub.login = "mallory"
    hub.comments.append({"id": 1, "user": PERSON, "body": f"{MARK}\nearlier"})
    assert _written(tmp_path, "later") == "the comment on pull request 12 is updated"


def test_a_comment_is_as_long_as_github_accepts(hub: Hub, tmp_path: Path) -> None:
    _written(tmp_path, "short", "x" * 65_400, "short, too")
    body = hub.comments[0]["body"]
    assert "short" in body
    assert "xxx" not in body
    assert "A part is left out" in body
    _written(tmp_path, "x" * 65_300)
    assert "xxx" in hub.comments[0]["body"]
    assert len(hub.comments[0]["body"]) <= 65_536


def test_a_token_that_only_reads(hub: Hub, tmp_path: Path) -> None:
    hub.writes = False
    with pytest.raises(GitHubError, match="HTTP 403: Resource not accessible by integration"):
        _written(tmp_path, "first")


@pytest.mark.parametrize("name", ["a--b", "a b", "-->", "", "$(x)"])
def test_a_name_that_is_none(hub: Hub, name: str) -> None:
    with pytest.raises(SessionError, match="is no name"):
        write_comment(name, 12, [])


@pytest.mark.parametrize(
    ("variables", "code", "said"),
    [
        ({"GITHUB_API_URL": "http://127.0.0.1:9"}, 3, "GitHub cannot be reached (ConnectError)"),
        ({"GITHUB_TOKEN": f"{TOKEN}\nx: y"}, 3, "GitHub cannot be reached (LocalProtocolError)"),
        ({"GITHUB_TOKEN": ""}, 2, "set GITHUB_TOKEN, GITHUB_API_URL and GITHUB_REPOSITORY"),
        ({"GITHUB_REPOSITORY": "acme/none"}, 3, "GitHub answered HTTP 404: Not Found"),
    ],
)
def test_what_cannot_be_done_is_said(hub: Hub, tmp_path: Path, variables: dict[str, str], code: int, said: str) -> None:
    ended = cli(
        "github", "last-report", "conformance", folder=tmp_path,
        variables=environment() | {"GITHUB_TOKEN": TOKEN} | hub.variables() | variables,
    )  # fmt: skip
    assert (ended.exit_code, said in ended.output) == (code, True), ended.output
    assert TOKEN not in ended.output


def test_the_pull_request_of_a_number(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("## Conformance")
    variables = environment() | hub.variables() | {"GITHUB_TOKEN": TOKEN}
    ended = cli("github", "comment", "conformance", "7", "report.md", folder=tmp_path, variables=variables)
    assert ended.exit_code == 0, ended.output
    assert "/issues/7/comments" in json.dumps(hub.asked)
    assert cli("github", "comment", "conformance", "7", "none.md", folder=tmp_path, variables=variables).exit_code == 2
