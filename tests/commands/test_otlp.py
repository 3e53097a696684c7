"""Metrics by OTLP: a real receiver decodes what is sent, and what goes wrong is one sentence without secrets."""

from __future__ import annotations

import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from typer.testing import CliRunner

from conformance import __version__
from conformance.cli import app
from conformance.commands import otlp
from conformance.history.metrics import METRICS, points, text
from conformance.history.night import Night
from conformance.settings.errors import SessionError
from tests.history.test_index import history, of
from tests.history.test_metrics import FULL, URL, Values, values
from tests.support.commands import cli, environment
from tests.support.receivers import HOST, answering

from .test_notify import free_port

SECRET = "hunter2thatnobodymaysee"
VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT"
PROTOBUF = "application/x-protobuf"
PARTLY = ExportMetricsServiceResponse(
    partial_success=ExportMetricsPartialSuccess(rejected_data_points=3, error_message=SECRET)
)


@dataclass
class Receiver:
    """A receiver of OTLP: it replies as these members say, and keeps what it got, decoded."""

    port: int = 0
    status: int = 200
    kind: str = PROTOBUF
    body: bytes = b""
    pause: float = 0  #: seconds before each byte of the body, and before the first
    got: list[ExportMetricsServiceRequest] = field(default_factory=list)
    heads: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver of OTLP while the block runs."""
    receiver = Receiver()
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.got.append(ExportMetricsServiceRequest.FromString(body))
            receiver.heads.append((self.path, {name.lower(): each for name, each in self.headers.items()}))
            self.send_response(receiver.status)
            self.send_header("content-type", receiver.kind)
            self.send_header("content-length", str(len(receiver.body)))
            self.end_headers()
            for place in range(len(receiver.body)):
                if receiver.pause and over.wait(receiver.pause):
                    return
                self.wfile.write(receiver.body[place : place + 1])

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    with answering(Handler) as receiver.port:
        try:
            yield receiver
        finally:
            over.set()


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in environment() if each.startswith("OTEL_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as started:
        monkeypatch.setenv(VARIABLE, f"http://{HOST}:{started.port}/{SECRET}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"authorization=Bearer%20{SECRET}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
        yield started


def translated(request: ExportMetricsServiceRequest) -> Values:
    """The points as Prometheus names them: with underscores for dots, and the seconds at the end."""
    found: Values = {}
    for metric in request.resource_metrics[0].scope_metrics[0].metrics:
        assert metric.WhichOneof("data") == "gauge"
        name = metric.name.replace(".", "_") + ("_seconds" if metric.unit == "s" else "")
        for point in metric.gauge.data_points:
            labels = {each.key.replace(".", "_"): each.value.string_value for each in point.attributes}
            value = point.as_int if point.WhichOneof("value") == "as_int" else point.as_double
            assert labels.pop("url_full")
            key = name, frozenset(labels.items())
            assert key not in found
            found[key] = Decimal(str(value))
            assert abs(point.time_unix_nano / 1e9 - time.time()) < 60
    return found


def resource(request: ExportMetricsServiceRequest) -> dict[str, str]:
    return {each.key: each.value.string_value for each in request.resource_metrics[0].resource.attributes}


def failure() -> tuple[str, int]:
    """What is said where the points are not sent, and the exit code."""
    made = of("x", 1)
    assert made
    with pytest.raises(SessionError) as ended:
        otlp.sent(points(Night("night", 1_764_000_000.0, "1.0", 1, figures=FULL), made, None, None))
    assert SECRET not in str(ended.value)
    return str(ended.value), ended.value.exit_code


def test_every_point_is_the_one_in_the_file(receiver: Receiver) -> None:
    made = of("x", 1)
    assert made
    last = Night("night", 1_764_000_000.0, "1.0", 1, figures=FULL)
    every = points(last, replace(made, base_url=URL), last, made)
    assert {each.metric for each in every} == set(METRICS)
    assert otlp.sent(every) == f"{len(every)} points sent to {HOST}:{receiver.port}"
    (got,) = receiver.got
    assert translated(got) == values(text(every))
    assert resource(got) == {"service.name": "phanedge-conformance", "service.version": __version__}


def test_units_and_attributes_are_those_of_opentelemetry() -> None:
    """UCUM's units, with what is counted in braces; each part of a name begins with a letter."""
    assert {each.unit for each in METRICS} == {"", "s", "{currency}", "{finding}", "{request}", "{token}"}
    assert all(re.fullmatch(r"phanedge\.conformance(\.[a-z][a-z_]*)+", each.name) for each in METRICS)


def test_the_command_writes_and_sends(tmp_path: Path, receiver: Receiver) -> None:
    runs, out = history(tmp_path, ".x"), tmp_path / "suite.prom"
    ended = CliRunner().invoke(app, ["metrics", str(runs), "--out", str(out), "--otlp"])
    assert (ended.exit_code, ended.output.count("\n")) == (0, 1)
    assert ended.output.endswith(f" points sent to {HOST}:{receiver.port}\n")
    ((path, head),) = receiver.heads
    assert path == f"/{SECRET}/v1/metrics"
    assert head["authorization"] == f"Bearer {SECRET}"
    assert head["content-type"] == PROTOBUF
    assert translated(receiver.got[0]) == values(out.read_text(encoding="utf-8"))
    out.unlink()
    assert CliRunner().invoke(app, ["metrics", str(runs), "--otlp"]).output == ended.output
    assert not out.exists()


def test_the_variables_of_opentelemetry_decide(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://nowhere.invalid")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", f"http://{HOST}:{receiver.port}/here")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/protobuf")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "nights")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=staging,service.instance.id=one")
    otlp.sent([])
    ((path, _),) = receiver.heads
    assert path == "/here"
    assert resource(receiver.got[0]) == {
        "service.name": "nights", "service.version": __version__, "service.instance.id": "one",
        "deployment.environment.name": "staging",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind", "body", "said"),
    [
        (400, PROTOBUF, b"", "HTTP 400"),
        (401, PROTOBUF, SECRET.encode(), "HTTP 401"),
        (500, PROTOBUF, b"", "HTTP 500"),
        (503, PROTOBUF, b"", "HTTP 503"),
        (307, PROTOBUF, b"", "HTTP 307"),
        (200, "text/html; charset=utf-8", b"<p>", "it answers with a page, as no receiver of OTLP does"),
        (200, PROTOBUF, b"<p>", "its answer is no message of OTLP"),
        (200, PROTOBUF, PARTLY.SerializeToString(), "3 points were refused"),
    ],
)
def test_a_receiver_does_not_take_them(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, status: int, kind: str, body: bytes, said: str
) -> None:
    receiver.status, receiver.kind, receiver.body = status, kind, body
    assert failure() == (f"{HOST}:{receiver.port} did not take the metrics: {said}", 3)
    assert caplog.records == []


@pytest.mark.parametrize("kind", [PROTOBUF, "application/json", "text/plain"])
def test_a_receiver_takes_them(receiver: Receiver, kind: str) -> None:
    receiver.kind, receiver.body = kind, b"" if kind == PROTOBUF else b"{}"
    assert otlp.sent([]).startswith("0 points sent")


def test_a_receiver_that_hangs(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It accepts the connection and says nothing, or sends its answer byte by byte."""
    monkeypatch.setattr(otlp, "_GRACE", 0.2)
    receiver.body, receiver.pause = b"x" * 100, 0.1
    began = time.monotonic()
    assert failure() == (f"{HOST}:{receiver.port} did not take the metrics: no answer within 0.5 seconds", 3)
    with socket.create_server((HOST, 0)) as silent:
        monkeypatch.setenv(VARIABLE, f"http://{HOST}:{silent.getsockname()[1]}")
        assert failure()[0].endswith("no answer within 0.5 seconds")
    assert time.monotonic() - began < 3
    assert caplog.records == []


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        (f"http://{HOST}:{{port}}/{SECRET}", "Connection refused"),
        (
            f"http://ops:{SECRET}@nowhere.invalid/?{SECRET}",
            "(Name or service not known|Temporary failure in name resolution|nodename nor servname .*)",
        ),
    ],
)
def test_nobody_is_reached(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, endpoint: str, why: str
) -> None:
    monkeypatch.setenv(VARIABLE, endpoint.format(port=free_port()))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
    said, code = failure()
    assert re.fullmatch(rf"[\w.]+(:\d+)? did not take the metrics: {why}", said)
    assert code == 3
    assert caplog.records == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ENDPOINT", "", f"{VARIABLE} is not set: it holds the URL of the receiver (docs/nightly.md)"),
        ("ENDPOINT", f"localhost:4318/{SECRET}", f"{VARIABLE} holds no URL that begins with http:// or https://"),
        ("ENDPOINT", f"http://{SECRET}:port", f"{VARIABLE} holds no URL that begins with http:// or https://"),
        ("METRICS_ENDPOINT", SECRET,
         "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT holds no URL that begins with http:// or https://"),
        ("PROTOCOL", "grpc", "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc': metrics are sent by http/protobuf"),
        ("TIMEOUT", "soon", "OTEL_EXPORTER_OTLP_TIMEOUT is 'soon': it is a number of seconds"),
        ("METRICS_TIMEOUT", "0", "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT is '0': it is a number of seconds"),
        ("HEADERS", f"a=b,Bearer {SECRET}", "OTEL_EXPORTER_OTLP_HEADERS: header 2 is not NAME=VALUE"),
    ],
)  # fmt: skip
def test_wrong_variables(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    name: str, value: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.setenv(f"OTEL_EXPORTER_OTLP_{name}", value)
    assert failure() == (said, 2)
    assert caplog.records == []
    assert receiver.got == []


def test_without_the_extra(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.metrics.export", None)
    assert failure() == (
        "to send metrics, OpenTelemetry's exporter is needed: pip install 'phanedge-conformance[otlp]'", 2
    )  # fmt: skip


def test_nothing_secret_is_printed(tmp_path: Path) -> None:
    """Not by the loggers of OpenTelemetry either, in a process that has configured none."""
    runs = history(tmp_path, ".")
    variables = environment() | {
        VARIABLE: f"http://ops:{SECRET}@{HOST}:{free_port()}/{SECRET}?{SECRET}", "OTEL_EXPORTER_OTLP_TIMEOUT": "0.5",
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{SECRET}",
    }  # fmt: skip
    ended = cli("metrics", runs, "--otlp", folder=tmp_path, variables=variables)
    assert (ended.exit_code, ended.output.count("\n")) == (3, 1)
    assert "Connection refused" in ended.output
    assert SECRET not in ended.output
    variables["OTEL_EXPORTER_OTLP_HEADERS"] = SECRET
    ended = cli("metrics", runs, "--otlp", folder=tmp_path, variables=variables)
    assert (ended.exit_code, ended.output) == (2, "OTEL_EXPORTER_OTLP_HEADERS: header 1 is not NAME=VALUE\n")
