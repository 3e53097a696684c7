"""What a run costs, as its reports say it: exactly, by the price sheet, and never guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from conformance.billing.costs import NO_PRICE, costs_of
from conformance.billing.prices import Sheet
from conformance.contract.profile import Prices
from conformance.contract.vocabulary import validator
from conformance.evidence.exchange import Exchange
from conformance.judgement.verdict import Finding, Verdict
from conformance.resources import fixture
from conformance.suite.catalogue import load
from tests.support.commands import cli, report_in
from tests.support.exchanges import completion, plain

G1 = fixture("golden.json")["vectors"]["G1"]["usage"]
PRICES = Prices("USD", Decimal(3), Decimal("0.3"), Decimal("3.75"), Decimal(6))
SHEET = Sheet("USD", {"claude-x": PRICES})
ARITHMETIC = (
    "(465 uncached × 3 + 11,944 read × 0.3 + 29,762 written for 5 minutes × 3.75 + 16,347 written for 1 hour × 6)"
    " / 1,000,000 = 0.2146677 USD"
)
LONG = "word " * 60_000  #: as long as the counts of G1 say
COVERS = "usage.prompt_tokens.covers_cache"

Judge = Callable[..., Path]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """The folder with the report on recordings of these usages, by the model that was asked, with a price sheet."""

    def judge(*usages: tuple[str, Any], sheet: str = "[models.claude-x]\ninput = 3\n", exit_code: int = 0) -> Path:
        rows = [
            {
                "request_json": {"model": model, "messages": [{"role": "user", "content": LONG}]}, "status": 200,
                "response_headers": {"content-type": "application/json"}, "stream": False, "fidelity": "wire",
                "response_body": json.dumps(completion(usage, model=model)), "model": model,
            }
            for model, usage in usages
        ]  # fmt: skip
        (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
        (tmp_path / "prices.toml").write_text(f'currency = "USD"\n{sheet}')
        ended = cli("judge", "rows.jsonl", "--prices", "prices.toml", "--out", "out", folder=tmp_path)
        assert ended.exit_code == exit_code, ended.output
        (tmp_path / "out" / "said").write_text(ended.output)
        return tmp_path / "out"

    return judge


def test_g1_in_every_form_of_the_report(judge: Judge) -> None:
    out = judge(("claude-x", G1))
    report = report_in(out)
    validator("report").validate(report)
    whole = {"amount": "0.2146677", "writes": "0.2096895", "said": ARITHMETIC}
    assert report["costs"]["input"] == whole
    assert report["costs"]["models"] == [
        {"model": "claude-x", "replies": 1, "input": whole, "output": "", "untold": {}}
    ]
    said = "input cost of 1 reply: 0.2146677 USD, 0.2096895 of it for cache writes"
    for file in ("said", "report.html", "report.md"):
        assert said in (out / file).read_text()
    for file in ("report.html", "report.md"):
        assert ARITHMETIC in (out / file).read_text()
    suite = ElementTree.parse(out / "junit.xml").getroot().find("testsuite/properties")
    assert suite is not None
    properties = {each.get("name"): each.get("value") for each in suite}
    assert (properties["input cost"], properties["input cost of writes"]) == ("0.2146677", "0.2096895")
    assert properties["currency"] == "USD"


def test_a_violation_is_charged_in_every_form_of_the_report(judge: Judge) -> None:
    out = judge(("claude-x", G1 | {"prompt_tokens": 465, "total_tokens": 585}), exit_code=1)
    report = report_in(out)
    validator("report").validate(report)
    (charge,) = [each for each in report["costs"]["charges"] if each["requirement"] == COVERS]
    assert charge["amount"] == "-0.001395"
    assert charge["exchange"] in report["evidence"]
    assert report["costs"]["exchanges"][charge["exchange"]]["amount"] == ""
    assert report["costs"]["models"][0]["untold"] == {"the usage is in another dialect": 1}
    for file in ("said", "report.html", "report.md", "junit.xml"):
        assert "undercharges 0.001395 USD: reported (" in (out / file).read_text()
    for file in ("report.html", "report.md", "junit.xml"):
        told = (out / file).read_text().replace("\\", "")
        assert (
            "prompt_tokens = prompt_tokens + cached_tokens + cached_write_tokens; expected prompt_tokens 58518" in told
        )
        assert f"expected by its mapping {ARITHMETIC}" in told


def test_a_model_without_a_price_is_said(judge: Judge) -> None:
    out = judge(("claude-x", G1), ("gpt-y", {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}))
    costs = report_in(out)["costs"]
    assert costs["input"]["amount"] == "0.2146677"
    assert costs["models"][1]["input"] == {"amount": "", "writes": "", "said": NO_PRICE}
    for file in ("said", "report.html", "report.md"):
        assert f"the cost of 1 reply cannot be computed: 1 where {NO_PRICE} (gpt-y)" in (out / file).read_text()


def test_no_price_at_all(judge: Judge) -> None:
    out = judge(("claude-x", G1), sheet="[models.other]\ninput = 3\n")
    assert report_in(out)["costs"]["input"]["amount"] == ""
    assert "input cost: no reply of a model with a price reports its counts" in (out / "said").read_text()


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        ("[models.m]\nimput = 3", "models.m.imput is unknown: did you mean input?"),
        ("[models.gpt-4.1]\ninput = 3", 'is quoted, as in [models."gpt-4.1"]'),
    ],
)
def test_a_broken_sheet_is_wrong_usage(judge: Judge, sheet: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        judge(("claude-x", G1), sheet=sheet, exit_code=2)
    ended = cli("run", "--prices", "prices.toml", "--out", "new", folder=tmp_path)
    assert ended.exit_code == 2
    assert ended.output.count("prices.toml is not a price sheet: ") == 1
    assert said in ended.output
    assert len(ended.output.splitlines()) == 1
    assert not (tmp_path / "new").exists()


# --- without a report -----------------------------------------------------------------------------------------


def asked(*usages: dict[str, Any] | None, model: str = "claude-x") -> list[tuple[str, Exchange]]:
    return [(model, plain(completion(usage), model=f"{number}")) for number, usage in enumerate(usages)]


def test_what_cannot_be_told_is_not_in_the_sum() -> None:
    odd = {"prompt_tokens": 9, "prompt_tokens_details": {"cached_write_tokens": "7"}}
    found = costs_of(SHEET, [*asked(G1, G1, None, odd), *asked(G1, model="unpriced")], [], load())
    assert found.input.amount == "0.4293354"
    assert found.models[0].replies == 2
    assert found.untold == {
        "the reply has no usage": 1, "the counts are missing or contradict each other": 1, NO_PRICE: 1,
    }  # fmt: skip


def test_refusals_and_other_requests_cost_nothing() -> None:
    refused = plain({"error": {"message": "no"}}, status=400)
    assert costs_of(SHEET, [("claude-x", refused)], [], load()).models == ()


def test_several_models_in_one_sum() -> None:
    sheet = Sheet("USD", {"claude-x": PRICES, "gpt-y": PRICES})
    found = costs_of(sheet, [*asked(G1), *asked(G1, model="gpt-y")], [], load())
    assert found.input.said == "0.2146677 + 0.2146677 = 0.4293354 USD"


@pytest.mark.parametrize(("completion_tokens", "expected"), [(120, "0.0018"), (None, ""), ("1", "")])
def test_output(completion_tokens: Any, expected: str) -> None:
    sheet = Sheet("USD", {"claude-x": Prices(**{**asdict(PRICES), "output": Decimal(15)})})
    found = costs_of(sheet, asked(G1 | {"completion_tokens": completion_tokens}), [], load())
    assert found.output == expected


def test_a_charge_that_cannot_be_told() -> None:
    lost = G1 | {"prompt_tokens_details": {"cached_tokens": 0, "cached_write_tokens": 46109}}
    ((model, exchange),) = asked(lost)
    failed = Finding("cache.total_with_buckets", model, Verdict.FAIL, evidence=(exchange.request.key,))
    unrelated = Finding("envelope.x", model, Verdict.FAIL, evidence=(exchange.request.key,))
    catalogue = load()
    named = {"envelope.x": catalogue["transport.request_id"]} | dict(catalogue)
    (charge,) = costs_of(SHEET, [(model, exchange)], [failed, unrelated], named).charges
    assert charge.amount == ""
    assert "neither bucket says at which price" in charge.said


def test_costs_without_those_of_single_exchanges() -> None:
    ((model, exchange),) = asked(G1 | {"prompt_tokens": 465})
    failed = Finding(COVERS, model, Verdict.FAIL, evidence=(exchange.request.key,))
    found = costs_of(SHEET, [(model, exchange)], [failed], load())
    assert found.charges
    assert found.of_exchanges(()).exchanges == {}


@pytest.mark.parametrize(("cost", "exit_code"), [(0.2164677, 0), (0.1796871, 1)])
def test_a_stated_cost_is_held_to_the_sheet(judge: Judge, cost: float, exit_code: int) -> None:
    out = judge(
        ("claude-x", G1 | {"cost": cost}), sheet="[models.claude-x]\ninput = 3\noutput = 15\n", exit_code=exit_code
    )
    entry = next(each for each in report_in(out)["entries"] if each["id"] == "usage.stated_cost")
    assert entry["verdict"] == ("fail" if exit_code else "pass")
