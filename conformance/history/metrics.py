"""The last run of a history as metrics: points, which are sent by OTLP (commands/otlp.py), or written in the text
format of OpenMetrics. All are gauges, there without timestamps, so that the text is one of the older format of
Prometheus, too, which node_exporter's textfile collector reads.

Names, units and attributes are those of OpenTelemetry, from its semantic conventions where they have them (url.full,
gen_ai.token.type, {token}). The text has them as Prometheus translates OTLP (UnderscoreEscapingWithSuffixes), so that
both ways give the same series.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from conformance.contract.requirement import Impact, Level
from conformance.judgement.verdict import Verdict
from conformance.language import say
from conformance.report.report import Report
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.text import reason_of

from .index import kept
from .night import Figures, Night

#: What Prometheus makes of a unit; one in braces says what is counted, and makes nothing.
_UNITS = {"s": "seconds"}


@dataclass(frozen=True)
class Metric:
    """A gauge: its name, what it is, and its unit by UCUM."""

    name: str
    help: str
    unit: str = ""

    @property
    def exposed(self) -> str:
        """The name in Prometheus."""
        return "_".join(filter(None, (_exposed(self.name), _UNITS.get(self.unit))))


@dataclass(frozen=True)
class Point:
    """A value of a metric, for these attributes."""

    metric: Metric
    attributes: Mapping[str, str]
    value: float | Decimal


def _metric(name: str, help: str, unit: str = "") -> Metric:
    return Metric(f"phanedge.conformance.{name}", help, unit)


FINDINGS = _metric("findings", "Findings of the last judged run, one for each requirement and model.", "{finding}")
JUDGED = _metric("last_judged.timestamp", "When the last run that could be judged began.", "s")
STARTED = _metric("last_run.timestamp", "When the last run began.", "s")
EXIT = _metric("last_run.exit_code", "0 conforms, 1 a violation fails the gate, 3 could not be judged.")
DURATION = _metric("last_run.duration", "How long the last run took.", "s")
REQUESTS = _metric("last_run.requests", "Requests of the last run that were answered.", "{request}")
RETRIED = _metric("last_run.retried_requests", "Valid requests of the last run that had to be sent again.", "{request}")
TOKENS = _metric("last_run.tokens", "Tokens of the last run, as the endpoint counted them.", "{token}")
COST = _metric("last_run.input_cost", "Input cost of the last run by the price sheet, in a currency.", "{currency}")
LATENCY = _metric("last_run.reply.duration", "Time until the last byte of a successful reply.", "s")
METRICS = (FINDINGS, JUDGED, STARTED, EXIT, DURATION, REQUESTS, RETRIED, TOKENS, COST, LATENCY)


def points_in(history: Path, read: Callable[[Path], Report]) -> list[Point]:
    """The metrics of the last run of a history, and the findings of the last that could be judged: a run that could
    not is not taken for one without violations. Raises SessionError."""
    try:
        nights = kept(history).nights
    except OSError as error:
        raise SessionError(say("{folder} cannot be read ({reason})", history, reason_of(error))) from None
    if not nights:
        raise SessionError(
            say("{folder} holds no run with a report: name the folder that was given with --history", history),
            NOT_JUDGED,
        )
    judged = next((each for each in reversed(nights) if each.judged), None)
    return points(nights[-1], read(history / nights[-1].name), judged, read(history / judged.name) if judged else None)


def points(last: Night, report: Report, judged: Night | None, found: Report | None) -> list[Point]:
    """The points of the last run, and of the last one that could be judged, those of a metric together."""
    made = list(_of_run(last.figures, last))
    if judged and found:
        made += [*_findings(found), Point(JUDGED, {}, judged.at)]
    order = {metric: place for place, metric in enumerate(METRICS)}
    common = {"url.full": report.base_url}
    return [
        Point(each.metric, {**common, **each.attributes}, each.value)
        for each in sorted(made, key=lambda point: order[point.metric])
    ]


# --- as text ------------------------------------------------------------------------------------------------


def text(given: Sequence[Point]) -> str:
    """The points in the format of OpenMetrics."""
    lines = [line for metric, each in groupby(given, lambda point: point.metric) for line in _family(metric, each)]
    return "\n".join([*lines, "# EOF", ""])


def _family(metric: Metric, given: Iterator[Point]) -> Iterator[str]:
    yield f"# HELP {metric.exposed} {metric.help}"
    yield f"# TYPE {metric.exposed} gauge"
    if metric.unit in _UNITS:
        yield f"# UNIT {metric.exposed} {_UNITS[metric.unit]}"
    for point in given:
        pairs = ",".join(f'{_exposed(name)}="{_escaped(each)}"' for name, each in point.attributes.items())
        yield f"{metric.exposed}{{{pairs}}} {point.value}"


def _exposed(name: str) -> str:
    return name.replace(".", "_")


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


# --- of a run -----------------------------------------------------------------------------------------------


def _findings(report: Report) -> Iterator[Point]:
    """How many there are of each level, impact and verdict, zeros included: a series that is missing alerts nobody."""
    counted = Counter(
        (entry.level, entry.impact, found.verdict) for entry in report.counting for found in entry.findings
    )
    for level in Level:
        for impact in Impact:
            for verdict in Verdict:
                about = {"level": str(level), "impact": str(impact), "verdict": str(verdict).replace(" ", "_")}
                yield Point(FINDINGS, about, counted[level, impact, verdict])


def _of_run(figures: Figures, night: Night) -> Iterator[Point]:
    """What a run shows in numbers; of what is not known there is nothing."""
    yield Point(STARTED, {}, night.at)
    yield Point(EXIT, {}, night.exit_code)
    yield Point(DURATION, {}, figures.seconds)
    yield Point(REQUESTS, {}, figures.requests)
    for name, number in {"input": figures.input_tokens, "output": figures.output_tokens}.items():
        yield Point(TOKENS, {"gen_ai.token.type": name}, number)
    if figures.asked_again is not None:
        yield Point(RETRIED, {}, figures.asked_again)
    if figures.cost:
        yield Point(COST, {"currency": figures.currency}, Decimal(figures.cost))
    if figures.latency:
        for name, seconds in {"50": figures.latency.median, "95": figures.latency.p95}.items():
            yield Point(LATENCY, {"percentile": name}, seconds)
