"""GitHub's API on loopback, as far as the action uses it, and the storage of artifacts on another host name."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY, ID, TOKEN = "acme/gateway", 77, "ghs_thetokenofthisworkflow"
BOT, PERSON = {"login": "github-actions[bot]", "type": "Bot"}, {"login": "mallory", "type": "User"}


def artifact(number: int, **more: Any) -> dict[str, Any]:
    """An artifact of the default branch."""
    run = {"id": 1000 + number, "head_branch": "main", "head_repository_id": ID, **more.pop("run", {})}
    return {"id": number, "name": "conformance", "expired": False, "created_at": f"2026-11-{number:02}T03:17:00Z"} | {
        "workflow_run": run, **more,
    }  # fmt: skip


def packed(files: Mapping[str, bytes]) -> bytes:
    """A zip archive, as an artifact is downloaded."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def folder_packed(folder: Path) -> bytes:
    """The files below a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return packed({path.relative_to(folder).as_posix(): path.read_bytes() for path in paths})


@dataclass
class Hub:
    """What GitHub has and is asked: artifacts, newest first, with their content by id, and comments. `writes` is
    whether the token may write comments, `login` whose it is, where it is a person's."""

    url: str = ""
    storage: str = ""
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    content: dict[int, bytes] = field(default_factory=dict)
    comments: list[dict[str, Any]] = field(default_factory=list)
    writes: bool = True
    login: str = ""
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # method, path and authorization

    def variables(self) -> dict[str, str]:
        """Those that a runner sets."""
        return {
            "GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_RUN_ID": "4711",
            "GITHUB_SERVER_URL": "https://github.example",
        }  # fmt: skip

    def answer(self, method: str, path: str, query: Mapping[str, list[str]], body: Any) -> tuple[int, Any]:
        """The status and the document, or the address of a redirect."""
        page = (int(query.get("page", ["1"])[0]) - 1) * 100
        match method, path.removeprefix(f"/repos/{REPOSITORY}").strip("/").split("/"):
            case "GET", ["user"]:
                return (200, {"login": self.login}) if self.login else (403, {"message": "not for integrations"})
            case "GET", [""]:
                return 200, {"id": ID, "default_branch": "main"}
            case "GET", ["actions", "artifacts"]:
                named = [each for each in self.artifacts if each["name"] == query["name"][0]]
                return 200, {"total_count": len(named), "artifacts": named[page : page + 100]}
            case "GET", ["actions", "artifacts", number, "zip"]:
                return 302, f"{self.storage}/{number}"
            case "GET", ["issues", _, "comments"]:
                return 200, self.comments[page : page + 100]
            case (("POST" | "PATCH"), _) if not self.writes:
                return 403, {"message": "Resource not accessible by integration"}
            case "POST", ["issues", _, "comments"]:
                self.comments.append({"id": len(self.comments) + 1, "user": BOT, "body": body["body"]})
                return 201, self.comments[-1]
            case "PATCH", ["issues", "comments", number]:
                self.comments[int(number) - 1]["body"] = body["body"]
                return 200, self.comments[int(number) - 1]
        return 404, {"message": "Not Found"}


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        address = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.hub.asked.append((self.command, self.path, self.headers.get("authorization", "")))
        if self.headers["host"].startswith("localhost"):
            return self._send(200, self.hub.content[int(address.path.strip("/"))])
        body = json.loads(content) if content else None
        status, answer = self.hub.answer(self.command, address.path, parse_qs(address.query), body)
        if status == 302:
            return self._send(302, b"", location=answer)
        return self._send(status, json.dumps(answer).encode())

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing is logged."""


@contextmanager
def github() -> Iterator[Hub]:
    """GitHub, served until the end of the block."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.url, hub.storage = (f"http://{host}:{server.server_port}" for host in ("127.0.0.1", "localhost"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
