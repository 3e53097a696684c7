"""Where several models of one endpoint were judged, what one does and another does not stands out; so does what
changed in the shape of replies."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from conformance.contract.profile import Model
from conformance.judgement.verdict import Verdict
from conformance.report.render import RENDERERS, found
from conformance.report.report import Report, differences
from conformance.report.report_json import load_report

from .conftest import CLAUDE, GPT

DIFFER = re.compile(r"models differ\W* on \d", re.IGNORECASE)


def test_what_one_violates_and_another_keeps_comes_first(report: Report) -> None:
    listed = [(each.entry.id, each.violating, each.unjudged, each.holding) for each in differences(report)]
    assert listed == [
        ("usage.output_costs_tokens", (CLAUDE,), (), (GPT,)),
        ("transport.request_id", (GPT,), (), (CLAUDE,)),
        ("errors.param_names_member", (CLAUDE,), (), (GPT,)),
        ("tools.arguments_are_json", (), (CLAUDE,), (GPT,)),
    ]


def test_what_does_not_apply_to_a_model_is_no_difference(report: Report) -> None:
    """cache.write_total is violated on one, and does not apply to the other."""
    assert "cache.write_total" not in {each.entry.id for each in differences(report)}


def test_a_model_that_was_not_asked_does_not_differ(report: Report) -> None:
    """What is asked of one model for all shows a violation of that one, and nothing of the other."""
    entry = next(each for each in report.entries if each.id == "usage.output_costs_tokens")
    (keys,) = (each.evidence for each in entry.findings if each.verdict is Verdict.FAIL)
    asked = {key: replace(each, shared=key in keys) for key, each in report.evidence.items()}
    shared = replace(report, evidence=asked)
    assert load_report(json.loads(RENDERERS["json"](shared))) == shared
    assert "usage.output_costs_tokens" not in {each.entry.id for each in differences(shared)}
    passes = f"{GPT}: passes"
    assert RENDERERS["html"](report).count(passes) == RENDERERS["html"](shared).count(passes) + 1


def test_one_model_does_not_differ(report: Report) -> None:
    alone = tuple(replace(each, findings=each.findings[:1]) for each in report.entries)
    assert differences(replace(report, models=report.models[:1], entries=alone)) == ()


def test_in_one_line(report: Report) -> None:
    assert found.divided(report) == f"4 requirements: 2 violated only by {CLAUDE}, 1 only by {GPT}, 1 other"


def test_the_sides_of_a_difference(report: Report) -> None:
    known, unjudged = differences(report)[2:]
    assert found.sides(report, known) == [(Verdict.KNOWN, CLAUDE), (Verdict.PASS, GPT)]
    assert found.sides(report, unjudged) == [(Verdict.INCONCLUSIVE, CLAUDE), (Verdict.PASS, GPT)]


@pytest.mark.parametrize("name", ["terminal", "markdown", "html"])
def test_it_is_shown_only_where_models_differ(name: str, report: Report, conforming: Report) -> None:
    assert DIFFER.search(RENDERERS[name](report))
    assert not DIFFER.search(RENDERERS[name](conforming))


@pytest.mark.parametrize("name", ["terminal", "markdown", "html"])
def test_a_change_of_shape_is_shown(name: str, report: Report, conforming: Report) -> None:
    text = RENDERERS[name](report)
    assert "shape of replies changed" in text
    assert "usage.cost appeared: a number" in text.replace("\\_", "_")
    assert "both models: plain, long and 1 more" in text
    assert "shape of replies changed" not in RENDERERS[name](conforming)


@pytest.mark.parametrize("name", ["terminal", "markdown"])
def test_many_differences_are_cut_short(name: str, report: Report) -> None:
    models = tuple(Model(f"model-{number}") for number in range(40))
    first, passing = report.entries[0].findings[0], report.entries[1].findings[1]
    findings = tuple(replace(passing if number else first, model=model.name) for number, model in enumerate(models))
    entries = tuple(replace(report.entries[0], id=f"cache.rule_{at:03}", findings=findings) for at in range(300))
    text = RENDERERS[name](replace(report, models=models, entries=entries))
    assert DIFFER.search(text)
    assert "more" in text
    assert len(text) < 60_000
