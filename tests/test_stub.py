"""A gateway that is tested before a stub: what needs a real model is left out with --stub, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import Report, Verdict, conclude, requirements, run
from conformance.contract.faults import put
from conformance.evidence.exchange import Exchange, Request
from conformance.lab.reference.server import app, serving
from tests.support.commands import cli, report_in
from tests.support.stub import stubbed

KEY = "sk-live-7Qm2xV9kTzR4bN8wJc3LhY6pD1sGfA5eU0oI"
MODELS = ("reference-gpt=gpt", "reference-claude=claude")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PHANEDGE_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def dull() -> Report:
    """The stub, judged as a real model is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHANEDGE_API_KEY", KEY)
        with serving(stubbed()) as url:
            return run(base_url=url, models=MODELS, examples=1)


def test_what_needs_a_model_is_what_a_stub_cannot_show(dull: Report) -> None:
    """Each of them would be violated or inconclusive."""
    assert conclude(dull).exit_code == 1
    dullness = {each.id for each in dull.entries if each.verdict > Verdict.PASS}
    needing = {each.id for each in requirements() if each.needs_model}
    assert needing - dullness == {"validation.context_overflow", "validation.overflow_refused"}  # this gateway counts
    assert dullness - needing == set()


def test_with_the_option_it_conforms(tmp_path: Path) -> None:
    with serving(stubbed()) as url:
        areas = ("--select", "usage,caching,choices,errors")  # the others of a stub conform, as shown above
        words = ("--base-url", url, "--model", "reference-gpt=gpt", "--out", "out", *areas)
        ended = cli("run", *words, "--stub", folder=tmp_path, key=KEY)
    assert ended.exit_code == 0, ended.output
    report = report_in(tmp_path / "out")
    assert "with a stub in place of a model, " in report["conclusion"]
    assert "caching was not judged: --stub leaves it out" in report["conclusion"]
    again = cli("judge", "out", "--out", "again", folder=tmp_path)
    assert again.exit_code == 0, again.output
    assert report_in(tmp_path / "again")["conclusion"] == report["conclusion"]


def test_what_is_the_gateways_own_is_judged_all_the_same() -> None:
    send = stubbed()

    def wrong(request: Request) -> Exchange:
        return put("usage.total_tokens", 7)(send(request))

    report = run(app=app(wrong), models=MODELS, stub=True, select=["usage"])
    assert [each.id for each in report.failing] == ["usage.total_tokens.sum_of"]


def test_init_notices_a_stub_and_what_it_writes_conforms(tmp_path: Path) -> None:
    with serving(stubbed()) as url:
        ended = cli("init", "--base-url", url, "--model", "reference-gpt=gpt", folder=tmp_path, key=KEY)
        assert ended.exit_code == 0, ended.output
        assert "this is a stub, and what needs a real model is left out (--stub)" in ended.output
        assert "\nstub = true  # each answer is " in (tmp_path / "phanedge-conformance.toml").read_text()
        ended = cli("run", "--select", "core", "--out", "out", folder=tmp_path, key=KEY)
    assert ended.exit_code == 0, ended.output
