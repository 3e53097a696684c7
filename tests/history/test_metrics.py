"""The metrics of a history, as Prometheus reads them; and the dashboard that shows them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus
from typer.testing import CliRunner

from conformance.cli import app
from conformance.history.metrics import METRICS, points, text
from conformance.history.night import Figures, Night
from conformance.report.report import Latency, Spend

from .test_index import history, name, night, of

DASHBOARD = Path(__file__).parents[2] / "templates" / "grafana.json"
URL = 'https://host/v1?a="\\b"'
FULL = Figures(
    requests=7, input_tokens=11, output_tokens=5, cost="0.00012", currency="USD", asked_again=2, seconds=1.5,
    latency=Latency(0.25, 2.0),
)  # fmt: skip

Values = dict[tuple[str, frozenset[tuple[str, str]]], Decimal]


def values(exposition: str) -> Values:
    """The samples of an exposition, which both formats read alike."""
    found: list[Values] = []
    for parse in (openmetrics, prometheus):
        families = list(parse(exposition))
        assert {each.type for each in families} == {"gauge"}
        found.append(
            {
                (sample.name, frozenset(sample.labels.items() - {("url_full", sample.labels["url_full"])})): Decimal(
                    str(sample.value)
                )
                for each in families
                for sample in each.samples
            }
        )
        assert all(sample.timestamp is None for each in families for sample in each.samples)
    assert found[0] == found[1]
    return found[0]


def of_history(folder: Path, out: Path) -> Values:
    ended = CliRunner().invoke(app, ["metrics", str(folder), "--out", str(out)])
    assert (ended.exit_code, ended.output) == (0, "")
    assert [each.name for each in out.parent.iterdir() if each.name.startswith(out.name)] == [out.name]
    return values(out.read_text(encoding="utf-8"))


def value(found: Values, name: str, **labels: str) -> Decimal:
    return found["phanedge_conformance_" + name, frozenset(labels.items())]


def test_every_metric_is_read_with_its_unit() -> None:
    made = of("x", 1)
    assert made
    made = replace(made, base_url=URL, spend=Spend(7, 11, 5))
    last = Night("night", 1_764_000_000.0, "1.0", 1, figures=FULL)
    exposition = text(points(last, made, last, made))
    families = {each.name: each for each in openmetrics(exposition)}  # type: ignore[no-untyped-call]
    assert families.keys() == {each.exposed for each in METRICS}
    assert {each.unit for each in families.values()} == {"", "seconds"}
    assert {sample.labels["url_full"] for each in families.values() for sample in each.samples} == {URL}
    found = values(exposition)
    assert value(found, "last_run_requests") == 7
    assert value(found, "last_run_tokens", gen_ai_token_type="input") == 11
    assert value(found, "last_run_tokens", gen_ai_token_type="output") == 5
    assert value(found, "last_run_input_cost", currency="USD") == Decimal("0.00012")
    assert value(found, "last_run_retried_requests") == 2
    assert value(found, "last_run_duration_seconds") == Decimal("1.5")
    assert value(found, "last_run_reply_duration_seconds", percentile="95") == 2
    assert value(found, "last_run_timestamp_seconds") == 1_764_000_000


def test_findings_are_counted_by_level_impact_and_verdict(tmp_path: Path) -> None:
    found = of_history(history(tmp_path, ".x"), tmp_path / "suite.prom")
    assert value(found, "findings", level="MUST", impact="form", verdict="fail") == 1
    assert value(found, "findings", level="MUST", impact="form", verdict="pass") == 4
    assert value(found, "findings", level="SHOULD", impact="billing", verdict="fail") == 0
    assert value(found, "last_run_exit_code") == 1


def test_a_run_that_could_not_be_judged_is_no_good_news(tmp_path: Path) -> None:
    """The findings stay those of the last judged run, whose age alerts."""
    runs = history(tmp_path, ".x!!?")
    found = of_history(runs, tmp_path / "suite.prom")
    assert value(found, "findings", level="MUST", impact="form", verdict="fail") == 1
    assert value(found, "last_run_exit_code") == 3
    assert value(found, "last_run_timestamp_seconds") - value(found, "last_judged_timestamp_seconds") == 2 * 86_400
    night(runs, 6, of(".", 6))
    found = of_history(runs, tmp_path / "suite.prom")
    assert value(found, "findings", level="MUST", impact="form", verdict="fail") == 0
    assert value(found, "last_run_timestamp_seconds") == value(found, "last_judged_timestamp_seconds")


def test_before_any_run_could_be_judged_nothing_is_said_of_findings(tmp_path: Path) -> None:
    found = of_history(history(tmp_path, "!"), tmp_path / "suite.prom")
    assert not [name for name, _ in found if name.endswith(("findings", "judged_timestamp_seconds"))]


@pytest.mark.parametrize(("folder", "code"), [("absent", 2), ("empty", 3)])
def test_no_history_is_one_sentence(tmp_path: Path, folder: str, code: int) -> None:
    (tmp_path / "empty").mkdir()
    ended = CliRunner().invoke(app, ["metrics", str(tmp_path / folder)])
    assert ended.exit_code == code
    assert ended.output.count("\n") == 1
    assert folder in ended.output


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    runs = history(tmp_path, ".")
    ended = CliRunner().invoke(app, ["metrics", str(runs), "--out", str(tmp_path / "absent" / "suite.prom")])
    assert ended.exit_code == 2
    assert ended.output.startswith("--out: ")
    assert (runs / name(1) / "report.json").exists()


def test_the_dashboard_shows_what_is_written() -> None:
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    asked = " ".join(
        [each["expr"] for panel in board["panels"] for each in panel.get("targets", [])]
        + [str(each.get("query", "")) for each in board["templating"]["list"]]
    )
    named = set(re.findall(r"phanedge_conformance_\w+", asked))
    assert named == {each.exposed for each in METRICS}  # none that is not written, and each is shown
    labels = {label for inside in re.findall(r"\{([^}]*)\}", asked) for label in re.findall(r"(\w+)\s*[=!]~?", inside)}
    labels |= set(re.findall(r"\bby \((\w+)\)", asked))
    assert labels <= {"url_full", "level", "impact", "verdict", "gen_ai_token_type", "currency", "percentile"}
