"""The metrics in Prometheus itself (Debian's package `prometheus`): linted, scraped in both formats, and asked for what
the dashboard shows."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from conformance.history.metrics import text
from conformance.history.night import Night
from tests.commands.test_notify import free_port
from tests.history.test_index import of
from tests.history.test_metrics import DASHBOARD, FULL
from tests.support.receivers import HOST

pytestmark = pytest.mark.skipif(
    not (shutil.which("promtool") and shutil.which("prometheus")), reason="Debian's package prometheus is not installed"
)
BOARD = json.loads(DASHBOARD.read_text(encoding="utf-8"))
ASKED = {each["expr"]: panel["title"] for panel in BOARD["panels"] for each in panel["targets"]}
FORMATS = ("application/openmetrics-text; version=1.0.0; charset=utf-8", "text/plain; version=0.0.4")
PATIENCE = 60  #: seconds


def exposition() -> str:
    """A run with every number."""
    made = of("x", 1)
    assert made
    last = Night("night", time.time() - 60, "1.0", 1, figures=FULL)
    return text(last, replace(made, base_url='https://host/v1?a="b"'), last, made)


def test_promtool_finds_nothing() -> None:
    ended = subprocess.run(["promtool", "check", "metrics"], input=exposition(), capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@contextmanager
def serving(kind: str) -> Iterator[int]:
    """A server of the file, as a format. Yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.end_headers()
            self.wfile.write(exposition().encode())

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def prometheus(folder: Path, target: int) -> Iterator[str]:
    """Prometheus, which scrapes a port each second. Yields its address."""
    config = {"scrape_configs": [{"job_name": "suite", "scrape_interval": "1s", "scrape_timeout": "1s",
                                  "static_configs": [{"targets": [f"{HOST}:{target}"]}]}]}  # fmt: skip
    (folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
    address = f"{HOST}:{free_port()}"
    words = ("prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address={address}")  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, cwd=folder, stdout=log, stderr=log)
        try:
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(PATIENCE)


def asked(address: str, expression: str) -> list[dict[str, Any]]:
    """What Prometheus has for an expression, as soon as it has something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urlopen(f"{address}/api/v1/query?{urlencode({'query': expression})}", timeout=5) as reply:
                found: list[dict[str, Any]] = json.load(reply)["data"]["result"]
        except URLError:
            found = []
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"nothing for {expression}")


@pytest.mark.parametrize("kind", FORMATS)
def test_each_panel_has_data(tmp_path: Path, kind: str) -> None:
    with serving(kind) as port, prometheus(tmp_path, port) as address:
        found = {title: asked(address, each.replace("$endpoint", ".*")) for each, title in ASKED.items()}
        assert found.keys() == {panel["title"] for panel in BOARD["panels"]}
        (failing,) = found["Failing findings"]
        assert failing["value"][1] == "1"
        assert failing["metric"] == {"url_full": 'https://host/v1?a="b"'}
        (up,) = asked(address, "up")
        assert up["value"][1] == "1"
