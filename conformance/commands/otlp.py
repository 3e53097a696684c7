"""What is behind `metrics --otlp`: the points are sent to a receiver of OTLP, by OpenTelemetry's own exporter.

The variables are OpenTelemetry's, and the exporter reads them: endpoint, headers, compression, certificates. What it
logs of a failure may hold a header or an address, so that it is not shown: a session of requests notes what came back.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conformance import __version__
from conformance.history.metrics import Metric, Point
from conformance.language import say
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.text import reason_of

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import Metric as Sent
    from opentelemetry.sdk.metrics.export import MetricsData

SERVICE = "phanedge-conformance"  #: `service.name`, where OTEL_SERVICE_NAME does not say another
_PROTOCOL = "http/protobuf"
_TIMEOUT = "10"  #: seconds, as the exporter has it
_GRACE = 2.0  #: seconds beyond the timeout that the exporter may take, where a name is not resolved, say
_THREAD = "phanedge-conformance-otlp"
_TALKING = ("opentelemetry.exporter.otlp.proto.http.metric_exporter", "opentelemetry.util.re")  #: loggers


def sent(points: Sequence[Point]) -> str:
    """Send the points; what was sent, in a sentence. Raises SessionError, also where the receiver did not take them."""
    place, timeout = _place(), _timeout()
    _check_protocol()
    try:
        noted = _exported(_data(points), timeout)
    except ImportError:
        raise SessionError(
            say("to send metrics, OpenTelemetry's exporter is needed: pip install 'phanedge-conformance[otlp]'")
        ) from None
    if why := _failure(noted, timeout):
        raise SessionError(say("{receiver} did not take the metrics: {why}", place, why), NOT_JUDGED)
    return say("{number} points sent to {receiver}", len(points), place)


# --- variables ----------------------------------------------------------------------------------------------


def _given(name: str) -> tuple[str, str]:
    """What OTEL_EXPORTER_OTLP_METRICS_… holds, or else OTEL_EXPORTER_OTLP_…, and the name of that variable."""
    own, common = f"OTEL_EXPORTER_OTLP_METRICS_{name}", f"OTEL_EXPORTER_OTLP_{name}"
    variable = own if os.environ.get(own) else common
    return os.environ.get(variable, ""), variable


def _place() -> str:
    """What is shown of the receiver: its host and port. The rest of its URL may be secret. Raises SessionError."""
    endpoint, variable = _given("ENDPOINT")
    if not endpoint:
        raise SessionError(say("{variable} is not set: it holds the URL of the receiver (docs/nightly.md)", variable))
    try:
        parts = urlsplit(endpoint)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise SessionError(say("{variable} holds no URL that begins with http:// or https://", variable))
    return parts.netloc.rpartition("@")[2]


def _timeout() -> float:
    given, variable = _given("TIMEOUT")
    try:
        seconds = float(given or _TIMEOUT)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < threading.TIMEOUT_MAX - _GRACE:
        raise SessionError(say("{variable} is {given!r}: it is a number of seconds", variable, given))
    return seconds


def _check_protocol() -> None:
    given, variable = _given("PROTOCOL")
    if given not in ("", _PROTOCOL):
        raise SessionError(say("{variable} is {given!r}: metrics are sent by {protocol}", variable, given, _PROTOCOL))


def _check_headers() -> None:
    """The exporter leaves out a header that it cannot read. Raises SessionError, which does not show it."""
    from opentelemetry.util.re import parse_env_headers

    given, variable = _given("HEADERS")
    for number, each in enumerate(filter(str.strip, given.split(",")), 1):
        if not parse_env_headers(each, liberal=True):
            raise SessionError(say("{variable}: header {number} is not NAME=VALUE", variable, number))


# --- points -------------------------------------------------------------------------------------------------


def _data(points: Sequence[Point]) -> MetricsData:
    """The points as they are now, as OpenTelemetry's values."""
    from opentelemetry.sdk.metrics.export import MetricsData, ResourceMetrics, ScopeMetrics
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    own = Resource({"service.name": SERVICE, "service.version": __version__})
    metrics = [_metric(each, list(of)) for each, of in groupby(points, lambda point: point.metric)]
    scope = ScopeMetrics(InstrumentationScope(SERVICE, __version__), metrics, "")
    return MetricsData([ResourceMetrics(own.merge(OTELResourceDetector().detect()), [scope], "")])


def _metric(metric: Metric, points: Sequence[Point]) -> Sent:
    from opentelemetry.sdk.metrics.export import Gauge, NumberDataPoint
    from opentelemetry.sdk.metrics.export import Metric as Sent

    now = time.time_ns()
    made = [NumberDataPoint(dict(each.attributes), 0, now, _number(each)) for each in points]
    return Sent(metric.name, metric.help, metric.unit, Gauge(made))


def _number(point: Point) -> int | float:
    return point.value if isinstance(point.value, int) else float(point.value)


# --- sending ------------------------------------------------------------------------------------------------


class _Noted:
    """What came of an export: whether it ended in time, and its last response (of requests) or error."""

    ended = False
    response: Any = None
    error: Exception | None = None


def _exported(data: MetricsData, timeout: float) -> _Noted:
    """Export in a thread, which is left behind where it does not end in time: the timeout of requests starts again
    with each byte. Raises SessionError."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from requests import PreparedRequest, Response, Session

    noted = _Noted()

    class Noting(Session):
        def send(self, request: PreparedRequest, **how: Any) -> Response:
            noted.response = noted.error = None
            try:
                noted.response = response = super().send(request, **how)
            except Exception as error:
                noted.error = error
                raise
            return response

    def export() -> None:
        try:
            _check_headers()
            exporter = OTLPMetricExporter(timeout=timeout, session=Noting())
            exporter.export(data)
            exporter.shutdown()
        except Exception as error:
            noted.error = error
        noted.ended = True

    for name in _TALKING:
        logging.getLogger(name).addFilter(_is_of_others)
    thread = threading.Thread(target=export, daemon=True, name=_THREAD)
    thread.start()
    thread.join(timeout + _GRACE)
    if isinstance(noted.error, SessionError):
        raise noted.error
    return noted


def _is_of_others(record: logging.LogRecord) -> bool:
    """Whether a line of the exporter is not about what is sent here: these name headers and addresses."""
    return record.threadName != _THREAD


def _failure(noted: _Noted, timeout: float) -> str:
    """Why the receiver did not take the points; empty where it did."""
    from requests import Timeout

    if noted.response is not None:
        status = noted.response.status_code
        return _refused(noted.response) if 200 <= status < 300 else say("HTTP {status}", status)
    if noted.error and not isinstance(noted.error, Timeout):
        return next(_reasons(noted.error), type(noted.error).__name__)
    if noted.error or not noted.ended:
        return say("no answer within {timeout:g} seconds", timeout)
    return say("the exporter failed")


def _reasons(error: BaseException) -> Iterator[str]:
    """Why the operating system did not connect, the first cause first."""
    cause = error.__cause__ or error.__context__
    if cause:
        yield from _reasons(cause)
    if isinstance(error, OSError) and error.strerror:
        yield reason_of(error)


def _refused(response: Any) -> str:
    """What is wrong with the answer of a receiver that accepts; empty where nothing is."""
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse

    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/html":
        return say("it answers with a page, as no receiver of OTLP does")
    if kind != "application/x-protobuf":
        return ""
    try:
        refused = ExportMetricsServiceResponse.FromString(response.content).partial_success.rejected_data_points
    except DecodeError:
        return say("its answer is no message of OTLP")
    return say("{number} points were refused", refused) if refused else ""
