"""GitHub's REST API, as far as the action needs it: the artifact of an earlier run, and a comment on a pull request."""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import httpx

from conformance.language import gettext, say, tell
from conformance.settings.errors import SessionError
from conformance.text import TextError, printable_line, read_text, write_whole

LONGEST_COMMENT = 65_536  #: characters that GitHub accepts
_NAME = re.compile(r"[\w.]+(-[\w.]+)*")  # "--" would end the HTML comment that marks a comment of ours
_PAGES = 10  #: of a hundred items each
_LARGEST_ARTIFACT, _LARGEST_REPORT = 1 << 28, 1 << 26  #: bytes
_SECONDS = 30.0


class GitHubError(Exception):
    """What was asked of GitHub could not be done; the message says why, and holds nothing secret."""


def download(name: str, out: Path) -> str:
    """Write the report.json of the latest artifact `name` of the default branch to `out`, and say which it is. An
    artifact of a fork is not taken, whatever the name of its branch. Raises GitHubError, and SessionError for wrong
    usage."""
    out.unlink(missing_ok=True)
    with _client(name) as client, tempfile.TemporaryFile() as file:
        repository = _asked(client, "GET", "")
        found = [each for each in _artifacts(client, name) if _is_of_default_branch(each, repository)]
        if not found:
            raise GitHubError(
                say("the branch {default_branch} has no artifact {name}", repository["default_branch"], name)
            )
        latest = max(found, key=lambda each: str(each["created_at"]))
        _fetched(client, f"/actions/artifacts/{latest['id']}/zip", file)
        try:
            with zipfile.ZipFile(file) as opened, opened.open("report.json") as member:
                report = member.read(_LARGEST_REPORT + 1)
        except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError, NotImplementedError) as error:
            raise GitHubError(
                say("the artifact {name} holds no report.json ({kind})", name, type(error).__name__)
            ) from None
    if len(report) > _LARGEST_REPORT:
        raise GitHubError(
            say("the report.json of the artifact {name} has more than {largest_report:,} bytes", name, _LARGEST_REPORT)
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, report)
    made = f"{latest['created_at']} on {repository['default_branch']}"
    return printable_line(tell("the report to compare with was made at {made}", made))


def _artifacts(client: httpx.Client, name: str) -> Iterator[Mapping[str, Any]]:
    for page in range(1, _PAGES + 1):
        listed = _asked(client, "GET", "/actions/artifacts", params={"name": name, "per_page": 100, "page": page})
        yield from listed["artifacts"]
        if len(listed["artifacts"]) < 100:
            return


def _is_of_default_branch(artifact: Mapping[str, Any], repository: Mapping[str, Any]) -> bool:
    """Whether an earlier run on the default branch of the repository itself made it, and it can be downloaded."""
    run = artifact.get("workflow_run") or {}
    return (
        not artifact["expired"]
        and run.get("head_branch") == repository["default_branch"]
        and run.get("head_repository_id") == repository["id"]
        and str(run.get("id")) != os.environ.get("GITHUB_RUN_ID", "")
    )


def write_comment(name: str, number: int, files: Sequence[Path]) -> str:
    """Write what is in the files as one comment on a pull request, or in the place of the comment that an earlier run
    with this name wrote, and say which. Raises GitHubError, and SessionError where a file cannot be read."""
    with _client(name) as client:
        mark = f"<!-- phanedge-conformance: {name} -->"
        body = _body(mark, files)
        ours = [each for each in _comments(client, number) if each["body"].startswith(mark)]
        own = _login(client)
        earlier = next((each for each in ours if each["user"]["type"] == "Bot" or each["user"]["login"] == own), None)
        if earlier:
            _asked(client, "PATCH", f"/issues/comments/{earlier['id']}", json={"body": body})
        else:
            _asked(client, "POST", f"/issues/{number}/comments", json={"body": body})
    return (
        tell("the comment on pull request {number} is updated", number)
        if earlier
        else tell("the comment on pull request {number} is written", number)
    )


def _body(mark: str, files: Sequence[Path]) -> str:
    """The comment: its mark, the files as far as they fit, and where the whole report is."""
    server, run = os.environ.get("GITHUB_SERVER_URL", ""), os.environ.get("GITHUB_RUN_ID", "")
    link = f"{server}/{os.environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{run}"
    end = tell("[The summary and the whole report]({link})", link) if server and run else ""
    body, left_out = f"{mark}\n", f"*{gettext('A part is left out: it is too long for a comment.')}*\n\n{end}"
    for path in files:
        try:
            text = read_text(path)
        except TextError as error:
            raise SessionError(str(error)) from None
        if len(body) + len(text) + len(left_out) + 2 > LONGEST_COMMENT:
            return f"{body}\n{left_out}"
        body += f"{text}\n"
    return f"{body}\n{end}"


def _comments(client: httpx.Client, number: int) -> Iterator[Mapping[str, Any]]:
    for page in range(1, _PAGES + 1):
        listed = _asked(client, "GET", f"/issues/{number}/comments", params={"per_page": 100, "page": page})
        yield from listed
        if len(listed) < 100:
            return


def _login(client: httpx.Client) -> str:
    """The name of the token's user; empty for the token of a workflow or an app, whose comments are those of a bot. A
    comment of anybody else that has our mark could be changed by them later on."""
    try:
        return str(_asked(client, "GET", "/user", of_repository=False)["login"])
    except GitHubError:
        return ""


# --- HTTP ----------------------------------------------------------------------------------------------------


def _client(name: str) -> httpx.Client:
    """What speaks to the API that the runner names. A redirect to another host does not get the token. Raises
    SessionError."""
    token, api = os.environ.get("GITHUB_TOKEN", "").strip(), os.environ.get("GITHUB_API_URL", "")
    if not _NAME.fullmatch(name):
        raise SessionError(say("{name!r} is no name: use letters, digits, dots and single hyphens", name))
    if not (token and api and os.environ.get("GITHUB_REPOSITORY")):
        raise SessionError(say("set GITHUB_TOKEN, GITHUB_API_URL and GITHUB_REPOSITORY, as a runner of GitHub does"))
    return httpx.Client(
        base_url=api,
        headers={
            "authorization": f"Bearer {token}",
            "accept": "application/vnd.github+json",
            "x-github-api-version": "2022-11-28",
        },
        timeout=_SECONDS,
        follow_redirects=True,
    )


def _asked(client: httpx.Client, method: str, path: str, of_repository: bool = True, **more: Any) -> Any:
    """What GitHub answers, as JSON. Raises GitHubError."""
    prefix = f"/repos/{os.environ['GITHUB_REPOSITORY']}" if of_repository else ""
    try:
        response = client.request(method, f"{prefix}{path}", **more)
        answer = response.json()
    except httpx.HTTPError as error:
        raise GitHubError(say("GitHub cannot be reached ({kind})", type(error).__name__)) from None
    except ValueError:
        raise GitHubError(say("GitHub answered HTTP {status_code} without JSON", response.status_code)) from None
    if response.is_error:
        said = answer.get("message", "") if isinstance(answer, dict) else ""
        raise GitHubError(
            printable_line(say("GitHub answered HTTP {status_code}: {said}", response.status_code, said), 240)
        )
    return answer


def _fetched(client: httpx.Client, path: str, file: IO[bytes]) -> None:
    """Write what GitHub, or the storage that it names, sends. Raises GitHubError."""
    left = _LARGEST_ARTIFACT
    try:
        with client.stream("GET", f"/repos/{os.environ['GITHUB_REPOSITORY']}{path}") as response:
            if response.is_error:
                raise GitHubError(say("the artifact cannot be downloaded: HTTP {status_code}", response.status_code))
            for piece in response.iter_bytes():
                left -= len(piece)
                if left < 0:
                    raise GitHubError(say("the artifact has more than {largest_artifact:,} bytes", _LARGEST_ARTIFACT))
                file.write(piece)
    except httpx.HTTPError as error:
        raise GitHubError(say("the artifact cannot be downloaded ({kind})", type(error).__name__)) from None
