"""The metrics in Prometheus itself: linted, scraped in both formats, sent by OTLP where it receives that, and asked for
what the dashboard shows. The dashboard in Grafana's own models."""

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

from conformance.commands import otlp
from conformance.history.metrics import Point, points, text
from conformance.history.night import Night
from tests.commands.test_notify import free_port
from tests.history.test_index import of
from tests.history.test_metrics import DASHBOARD, FULL
from tests.support.receivers import HOST

FOUND = shutil.which("promtool") and shutil.which("prometheus")
HELP = subprocess.run(["prometheus", "--help"], capture_output=True, text=True).stdout if FOUND else ""
pytestmark = pytest.mark.skipif(not FOUND, reason="prometheus and promtool are not installed")
BOARD = json.loads(DASHBOARD.read_text(encoding="utf-8"))
ASKED = {each["expr"]: panel["title"] for panel in BOARD["panels"] for each in panel["targets"]}
FORMATS = ("application/openmetrics-text; version=1.0.0; charset=utf-8", "text/plain; version=0.0.4")
PATIENCE = 60  #: seconds


def made() -> list[Point]:
    """The metrics of a run with every number."""
    report = of("x", 1)
    assert report
    last = Night("night", time.time() - 60, "1.0", 1, figures=FULL)
    return points(last, replace(report, base_url='https://host/v1?a="b"'), last, report)


def test_promtool_finds_nothing() -> None:
    ended = subprocess.run(["promtool", "check", "metrics"], input=text(made()), capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@contextmanager
def serving(kind: str) -> Iterator[int]:
    """A server of the file, as a format. Yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.end_headers()
            self.wfile.write(text(made()).encode())

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
def prometheus(folder: Path, *words: str, target: int | None = None) -> Iterator[str]:
    """Prometheus, which scrapes a port each second if there is one. It has no value for a plain name that is older than
    a second: what is sent once a night is so for most of the day. Yields its address."""
    jobs = [{"job_name": "suite", "scrape_interval": "1s", "scrape_timeout": "1s",
             "static_configs": [{"targets": [f"{HOST}:{target}"]}]}] if target else []  # fmt: skip
    (folder / "prometheus.yml").write_text(json.dumps({"scrape_configs": jobs}), encoding="utf-8")
    address = f"{HOST}:{free_port()}"
    start = ("prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address={address}", "--query.lookback-delta=1s", *words)  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(start, cwd=folder, stdout=log, stderr=log)
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


def shown(address: str) -> dict[str, list[dict[str, Any]]]:
    """What each query of the dashboard gives."""
    return {each: asked(address, each.replace("$endpoint", ".*")) for each in ASKED}


def check(found: dict[str, list[dict[str, Any]]]) -> None:
    assert {ASKED[each] for each in found} == {panel["title"] for panel in BOARD["panels"]}
    ((failing,),) = [each for asked, each in found.items() if ASKED[asked] == "Failing findings"]
    assert failing["value"][1] == "1"
    assert failing["metric"] == {"url_full": 'https://host/v1?a="b"'}


@pytest.mark.parametrize("kind", FORMATS)
def test_each_panel_has_data(tmp_path: Path, kind: str) -> None:
    with serving(kind) as port, prometheus(tmp_path, target=port) as address:
        check(shown(address))
        (up,) = asked(address, "up")
        assert up["value"][1] == "1"


@pytest.mark.skipif("web.enable-otlp-receiver" not in HELP, reason="this Prometheus receives no OTLP: 3.0 does")
def test_what_is_sent_is_what_is_scraped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each query gives the same series and values both ways, but for the age of a run, and also a while later."""
    (tmp_path / "sent").mkdir()
    (tmp_path / "scraped").mkdir()
    with serving(FORMATS[0]) as port, prometheus(tmp_path / "scraped", target=port) as address:
        scraped = shown(address)
    with prometheus(tmp_path / "sent", "--web.enable-otlp-receiver") as address:
        asked(address, "vector(1)")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"{address}/api/v1/otlp")
        otlp.sent(made())
        asked(address, "vector(time()) > " + str(time.time() + 2))
        found = shown(address)
    check(found)
    for each in ASKED:
        if not each.startswith("time()"):
            assert comparable(found[each]) == comparable(scraped[each])


def comparable(found: list[dict[str, Any]]) -> dict[frozenset[tuple[str, str]], str]:
    """Values by labels, without those that say who scraped or sent."""
    ways = {"job", "instance"}
    return {
        frozenset(pair for pair in each["metric"].items() if pair[0] not in ways): each["value"][1] for each in found
    }


def test_grafana_knows_each_member_of_the_dashboard() -> None:
    """Grafana's own models of a dashboard keep what they know, and drop what they do not."""
    pytest.importorskip("grafana_foundation_sdk", reason="grafana-foundation-sdk is not installed")
    assert lost(BOARD, kept(BOARD)) == []
    wrong = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    wrong["panels"][0]["gridPositions"] = wrong["panels"][0]["targets"][0]["expression"] = {}
    wrong["panels"][1]["options"]["colourMode"] = "background"
    assert lost(wrong, kept(wrong)) == [
        "panels.0.targets.0.expression", "panels.0.gridPositions", "panels.1.options.colourMode",
    ]  # fmt: skip


def kept(board: dict[str, Any]) -> Any:
    """What Grafana's models keep of a dashboard, with their defaults."""
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models.dashboard import Dashboard

    register_default_plugins()
    return json.loads(JSONEncoder().encode(Dashboard.from_json(board)))


def lost(given: Any, kept: Any, place: str = "") -> list[str]:
    """The places of what is given and not kept as it is."""
    if isinstance(given, dict) and isinstance(kept, dict):
        return [each for name in given for each in lost(given[name], kept.get(name), f"{place}.{name}")]
    if isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        pairs = enumerate(zip(given, kept, strict=True))
        return [each for number, pair in pairs for each in lost(*pair, f"{place}.{number}")]
    return [] if given == kept else [place.removeprefix(".")]
