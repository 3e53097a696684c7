"""The last run of a history as metrics, in the text format of OpenMetrics. All are gauges without timestamps, so that
the text is one of the older format of Prometheus, too, which node_exporter's textfile collector reads.

Names and units are those of OpenMetrics 1.0; labels are attributes of OpenTelemetry's semantic conventions where it has
them (url.full, gen_ai.token.type), as its exporter for Prometheus writes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.contract.requirement import Impact, Level
from conformance.judgement.verdict import Verdict
from conformance.language import say
from conformance.report.report import Report
from conformance.settings.errors import NOT_JUDGED, SessionError
from conformance.text import reason_of

from .index import kept
from .night import Figures, Night

_PREFIX = "phanedge_conformance"
Sample = tuple[Mapping[str, str], float | int | str]


@dataclass(frozen=True)
class Metric:
    """A gauge: its `name` without the prefix, which ends in the `unit` if it has one, and what it is."""

    name: str
    help: str
    unit: str = ""

    @property
    def full(self) -> str:
        return f"{_PREFIX}_{self.name}"


FINDINGS = Metric("findings", "Findings of the last judged run, one for each requirement and model.")
JUDGED = Metric("last_judged_timestamp_seconds", "When the last run that could be judged began.", "seconds")
STARTED = Metric("last_run_timestamp_seconds", "When the last run began.", "seconds")
EXIT = Metric("last_run_exit_code", "0 conforms, 1 a violation fails the gate, 3 could not be judged.")
DURATION = Metric("last_run_duration_seconds", "How long the last run took.", "seconds")
REQUESTS = Metric("last_run_requests", "Requests of the last run that were answered.")
RETRIED = Metric("last_run_retried_requests", "Valid requests of the last run that had to be sent again.")
TOKENS = Metric("last_run_tokens", "Tokens of the last run, as the endpoint counted them.")
COST = Metric("last_run_input_cost", "Input cost of the last run by the price sheet, in a currency.")
LATENCY = Metric("last_run_reply_duration_seconds", "Time until the last byte of a successful reply.", "seconds")
METRICS = (FINDINGS, JUDGED, STARTED, EXIT, DURATION, REQUESTS, RETRIED, TOKENS, COST, LATENCY)


def exposed(history: Path, read: Callable[[Path], Report]) -> str:
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
    return text(nights[-1], read(history / nights[-1].name), judged, read(history / judged.name) if judged else None)


def text(last: Night, report: Report, judged: Night | None, found: Report | None) -> str:
    """The exposition of the last run, and of the last one that could be judged."""
    samples = dict(_of_run(last.figures, last))
    if judged and found:
        samples |= {FINDINGS: list(_findings(found)), JUDGED: [({}, judged.at)]}
    lines: list[str] = []
    for metric in METRICS:
        lines += _family(metric, samples.get(metric, []), {"url_full": report.base_url})
    return "\n".join([*lines, "# EOF", ""])


def _family(metric: Metric, samples: list[Sample], common: Mapping[str, str]) -> Iterator[str]:
    if not samples:
        return
    yield f"# HELP {metric.full} {metric.help}"
    yield f"# TYPE {metric.full} gauge"
    if metric.unit:
        yield f"# UNIT {metric.full} {metric.unit}"
    for labels, value in samples:
        pairs = ",".join(f'{name}="{_escaped(each)}"' for name, each in {**common, **labels}.items())
        yield f"{metric.full}{{{pairs}}} {value}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _findings(report: Report) -> Iterator[Sample]:
    """How many there are of each level, impact and verdict, zeros included: a series that is missing alerts nobody."""
    counted = Counter(
        (entry.level, entry.impact, found.verdict) for entry in report.counting for found in entry.findings
    )
    for level in Level:
        for impact in Impact:
            for verdict in Verdict:
                labels = {"level": str(level), "impact": str(impact), "verdict": str(verdict).replace(" ", "_")}
                yield labels, counted[level, impact, verdict]


def _of_run(figures: Figures, night: Night) -> Iterator[tuple[Metric, list[Sample]]]:
    """What a run shows in numbers; of what is not known there is nothing."""
    yield STARTED, [({}, night.at)]
    yield EXIT, [({}, night.exit_code)]
    yield DURATION, [({}, figures.seconds)]
    yield REQUESTS, [({}, figures.requests)]
    tokens = {"input": figures.input_tokens, "output": figures.output_tokens}
    yield TOKENS, [({"gen_ai_token_type": name}, number) for name, number in tokens.items()]
    if figures.asked_again is not None:
        yield RETRIED, [({}, figures.asked_again)]
    if figures.cost:
        yield COST, [({"currency": figures.currency}, figures.cost)]
    if figures.latency:
        percentiles = {"50": figures.latency.median, "95": figures.latency.p95}
        yield LATENCY, [({"percentile": name}, seconds) for name, seconds in percentiles.items()]
