"""What replies cost: the golden vector to the last digit, price sheets, and over- and undercharges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.catalogue import load
from conformance.data import fixture
from conformance.dialects import Counts, phanedge
from conformance.exchange import Exchange, Request
from conformance.faults import drop, only
from conformance.prices import (
    Prices,
    PricesError,
    charged,
    compared,
    cost,
    difference,
    plain,
    read_prices,
    spent,
    total,
)
from conformance.profile import Model, Profile
from conformance.reference import Endpoint
from conformance.requirement import Fault
from conformance.run import Run
from conformance.suite.test_cache import in_usage
from conformance.verdict import Finding, Verdict
from exchanges import completion
from exchanges import plain as plain_exchange

G1 = fixture("golden.json")["vectors"]["G1"]["usage"]
THREE = Prices("USD", Decimal(3), Decimal("0.3"), Decimal("3.75"), Decimal(6))
WRITES = ("written for 5 minutes", "written for 1 hour")

Sheet = Callable[[str], Path]


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    def write(text: str) -> Path:
        (tmp_path / "prices.toml").write_text(text, encoding="utf-8")
        return tmp_path / "prices.toml"

    return write


def test_g1_to_the_last_digit() -> None:
    found = cost(phanedge(G1), THREE)
    assert found.amount == Decimal("0.2146677")
    assert found.of(*WRITES) == Decimal("0.2096895")
    assert str(found) == (
        "(465 uncached × 3 + 11,944 read × 0.3 + 29,762 written for 5 minutes × 3.75"
        " + 16,347 written for 1 hour × 6) / 1,000,000 = 0.2146677 USD"
    )


def test_g1_with_all_writes_at_the_5m_rate() -> None:
    flat = cost(Counts(58518, 11944, 46109, 0), THREE)
    assert round(flat.of(*WRITES), 7) == Decimal("0.1729088")
    undercharge = compared(Counts(58518, 11944, 46109, 0), phanedge(G1), THREE)
    assert undercharge.amount == Decimal("-0.03678075")
    assert str(undercharge).startswith("undercharges 0.03678075 USD: told (465 uncached × 3 + ")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"prompt_tokens": 465}, "-0.001395"),
        ({"prompt_tokens_details": {"cached_tokens": 0}, "cache_read_input_tokens": 11944,
          "cache_creation": {"ephemeral_5m_input_tokens": 29762, "ephemeral_1h_input_tokens": 16347}},
         "-0.0391137"),
        ({"prompt_tokens": 116571, "input_tokens": 465, "cache_read_input_tokens": 11944,
          "cache_creation_input_tokens": 46109}, "0.174159"),
    ],
)  # fmt: skip
def test_difference(changes: dict[str, Any], expected: str) -> None:
    found = difference(G1 | changes, THREE)
    assert found is not None
    assert found.amount == Decimal(expected)
    assert str(abs(Decimal(expected))) in str(found)


def test_nothing_differs_in_phanedges_own_words() -> None:
    assert difference(G1, THREE) is None


def test_a_total_that_is_the_5m_bucket_alone_charges_by_the_buckets() -> None:
    found = difference(
        G1 | {"prompt_tokens_details": G1["prompt_tokens_details"] | {"cached_write_tokens": 29762}}, THREE
    )
    assert found is not None
    assert found.amount == 0
    assert "charges rightly" in str(found)


tokens = st.integers(0, 10**7)


@given(tokens, tokens, tokens, tokens)
def test_parts_add_up_exactly(uncached: int, read: int, five: int, hour: int) -> None:
    found = cost(Counts(uncached + read + five + hour, read, five, hour), THREE)
    assert found.amount * 1_000_000 * 100 == uncached * 300 + read * 30 + five * 375 + hour * 600


@pytest.mark.parametrize("counts", [Counts(465, 11944, 0, 0), Counts(10, 0, -7, 0), Counts(10, -1, 0, 0)])
def test_counts_that_do_not_add_up_have_no_cost(counts: Counts) -> None:
    with pytest.raises(PricesError, match="do not add up"):
        cost(counts, THREE)


def test_output_and_the_sum_of_exchanges() -> None:
    priced = Prices("EUR", Decimal(3), Decimal("0.3"), Decimal("3.75"), Decimal(6), Decimal(15))
    one = cost(Counts(1000, 0, 0, 0), priced, output=200)
    assert one.amount == Decimal("0.006")
    assert total([one, one], "EUR") == "0.012 EUR (0.006 uncached + 0.006 output)"
    assert total([], "EUR") == "0 EUR"


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("3.00", "3"), ("0.10", "0.1"), ("1E+2", "100"), ("1E-9", "0.000000001"), ("0", "0"), ("30", "30")],
)
def test_plain(amount: str, shown: str) -> None:
    assert plain(Decimal(amount)) == shown


def test_read_prices(sheet: Sheet) -> None:
    found = read_prices(
        sheet('currency = "USD"\n[models."claude-sonnet-4-5"]\ninput = 3.00\noutput = 15\ncached = 0.30\n')
    )
    assert found == {
        "claude-sonnet-4-5": Prices("USD", Decimal(3), Decimal("0.3"), Decimal("3.75"), Decimal(6), Decimal(15))
    }
    assert cost(phanedge(G1), found["claude-sonnet-4-5"]).amount == Decimal("0.2146677")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("currency = ", "is not TOML"),
        ('currency = "USD"', "'models' is a required property"),
        ('currency = "USD"\n[models.m]\noutput = 1', "'input' is a required property"),
        ('currency = "USD"\n[models.m]\ninput = -1', "models.m.input"),
        ('currency = "USD"\n[models.m]\ninput = "3"', "is not of type 'number'"),
        ('currency = "USD"\n[models.m]\ninput = true', "is not of type 'number'"),
        ('currency = "USD"\n[models.m]\ninput = nan', "is not of type 'number'"),
        ('currency = "USD"\n[models.m]\ninput = inf', "is not of type 'number'"),
        ('currency = "USD"\n[models.m]\ninput = 3\nwrite = 4', "'write' was unexpected"),
        ('currency = "<b>"\n[models.m]\ninput = 3', "does not match"),
        ('currency = "USD"\nmodels = {}', "models"),
    ],
)
def test_what_is_no_price_sheet(sheet: Sheet, text: str, said: str) -> None:
    with pytest.raises(PricesError, match=said):
        read_prices(sheet(text))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(PricesError, match="cannot be read"):
        read_prices(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    with pytest.raises(PricesError, match="cannot be read"):
        read_prices(tmp_path / "bytes.toml")


# --- of a run ---


def run_of(fault: Fault) -> tuple[dict[str, Finding], dict[str, Exchange]]:
    """What is found about caching at the reference endpoint with this fault, and the exchanges by key."""
    endpoint, model = Endpoint(), Model("reference-claude", "claude")
    known: dict[str, Exchange] = {}

    def send(request: Request) -> Exchange:
        if request.key not in known:
            if request.after:
                send(request.after)
            known[request.key] = fault(endpoint(request))
        return known[request.key]

    run = Run(Profile("reference", (model,), "reference"), "abcdefghijkl", send)
    names = ("1h_is_1h", "streams_count_once", "default_is_5m", "streams_report_writes")
    return {name: run.find(load()[f"caching.{name}"], model) for name in names}, known


def test_a_conforming_run_costs_and_differs_in_nothing() -> None:
    findings, exchanges = run_of(lambda exchange: exchange)
    assert [charged(each, exchanges, THREE) for each in findings.values()] == [None] * 4
    assert len(spent(exchanges.values(), THREE)) == len(exchanges) == 4


def test_a_downgraded_ttl_undercharges() -> None:
    def downgraded(usage: dict[str, Any], details: dict[str, int]) -> None:
        if hour := details.pop("cached_write_1h_tokens", 0):
            details["cached_write_5m_tokens"] = details.get("cached_write_5m_tokens", 0) + hour

    findings, exchanges = run_of(in_usage(downgraded))
    found = charged(findings["1h_is_1h"], exchanges, THREE)
    assert found is not None
    hour = exchanges[findings["1h_is_1h"].evidence[0]].usage["prompt_tokens_details"]["cached_write_tokens"]
    assert found.amount == -hour * (Decimal(6) - Decimal("3.75")) / 1_000_000
    assert charged(findings["default_is_5m"], exchanges, THREE) is None


def test_lost_writes_of_a_stream_undercharge() -> None:
    findings, exchanges = run_of(only(lambda each: each.streams, drop("usage.prompt_tokens_details")))
    found = charged(findings["streams_report_writes"], exchanges, THREE)
    assert found is not None
    assert found.amount < 0
    assert "undercharges" in str(found)


def test_another_dialect_is_charged_by_its_mapping() -> None:
    def anthropic(usage: dict[str, Any], details: dict[str, int]) -> None:
        usage["cache_creation_input_tokens"] = details.pop("cached_write_tokens", 0)
        for bucket in ("cached_write_5m_tokens", "cached_write_1h_tokens"):
            details.pop(bucket, 0)

    findings, exchanges = run_of(in_usage(anthropic))
    finding = replace(findings["default_is_5m"], verdict=Verdict.FAIL)
    found = charged(finding, exchanges, THREE)
    assert found is not None
    assert found.amount == -found.meant.of("written for 5 minutes") * Decimal("0.2")


@pytest.mark.parametrize(
    "usage", [{"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 10}}, {"prompt_tokens": -1}]
)
def test_counts_that_do_not_add_up_are_left_out_of_the_sum(usage: dict[str, Any]) -> None:
    assert spent([plain_exchange(completion(usage))], THREE) == []
