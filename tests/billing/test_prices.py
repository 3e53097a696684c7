"""What tokens cost: the golden vector to the last digit, and price sheets."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.billing.dialects import Counts, phanedge
from conformance.billing.prices import WRITES, PricesError, Sheet, cost, plain, read_prices, together
from conformance.contract.profile import Prices
from conformance.resources import fixture

G1 = fixture("golden.json")["vectors"]["G1"]["usage"]
THREE = Prices("USD", Decimal(3), Decimal("0.3"), Decimal("3.75"), Decimal(6))

Write = Callable[[str], Path]


@pytest.fixture
def sheet(tmp_path: Path) -> Write:
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
    assert round(cost(Counts(58518, 11944, 46109, 0), THREE).of(*WRITES), 7) == Decimal("0.1729088")


tokens = st.integers(0, 10**7)


@given(tokens, tokens, tokens, tokens)
def test_parts_add_up_exactly(uncached: int, read: int, five: int, hour: int) -> None:
    found = cost(Counts(uncached + read + five + hour, read, five, hour), THREE)
    assert found.amount * 1_000_000 * 100 == uncached * 300 + read * 30 + five * 375 + hour * 600


@given(st.lists(st.tuples(tokens, tokens, tokens, tokens), max_size=5))
def test_many_cost_what_each_does(prompts: list[tuple[int, int, int, int]]) -> None:
    costs = [cost(Counts(sum(each), *each[1:]), THREE) for each in prompts]
    assert together(costs, "USD").amount == sum(each.amount for each in costs)


@pytest.mark.parametrize("counts", [Counts(465, 11944, 0, 0), Counts(10, 0, -7, 0), Counts(10, -1, 0, 0)])
def test_counts_that_do_not_add_up_have_no_cost(counts: Counts) -> None:
    with pytest.raises(PricesError, match="do not add up"):
        cost(counts, THREE)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("3.00", "3"), ("0.10", "0.1"), ("1E+2", "100"), ("1E-9", "0.000000001"), ("0", "0"), ("30", "30")],
)
def test_plain(amount: str, shown: str) -> None:
    assert plain(Decimal(amount)) == shown


# --- sheets ---------------------------------------------------------------------------------------------------


def test_read_prices(sheet: Write) -> None:
    found = read_prices(
        sheet('currency = "USD"\n[models."claude-sonnet-4-5"]\ninput = 3.00\noutput = 15\ncached = 0.30\n')
    )
    prices = Prices("USD", Decimal(3), Decimal("0.3"), Decimal("3.75"), Decimal(6), Decimal(15))
    assert found == Sheet("USD", {"claude-sonnet-4-5": prices})
    assert cost(phanedge(G1), prices).amount == Decimal("0.2146677")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("currency = ", "is not TOML"),
        ('currency = "USD"', "the sheet lacks models"),
        ('currency = "USD"\n[models.m]\noutput = 1', "models.m lacks input: Uncached input."),
        ('currency = "USD"\n[models.m]\ninput = -1', "models.m.input is -1, no number from 0 to 1,000,000"),
        ('currency = "USD"\n[models.m]\ninput = "3"', "models.m.input is '3', no number"),
        ('currency = "USD"\n[models.m]\ninput = true', "models.m.input is True, no number"),
        ('currency = "USD"\n[models.m]\ninput = nan', "models.m.input is 'NaN', no number"),
        ('currency = "USD"\n[models.m]\ninput = inf', "models.m.input is 'Infinity', no number"),
        ('currency = "USD"\n[models.m]\ninput = 3\nwrite = 4', "models.m.write is unknown: did you mean write_"),
        ('currency = "USD"\n[models.m]\nimput = 3', "models.m.imput is unknown: did you mean input?"),
        ('currency = "USD"\n[models.m]\ninput = 3\nzzz = 4', "models.m.zzz is unknown: there are input, cached, "),
        ('curency = "USD"\n[models.m]\ninput = 3', "curency is unknown: did you mean currency?"),
        ('currency = "USD"\n[gpt-4o]\ninput = 3', 'gpt-4o is unknown: .* stand under models, as in [models."gpt-4o"]'),
        (
            'currency = "USD"\n[models.gpt-4.1]\ninput = 3',
            'models.gpt-4.1 is unknown: a name with a dot in it is quoted, as in [models."gpt-4.1"]',
        ),
        ('currency = "<b>"\n[models.m]\ninput = 3', 'currency: "<b>" does not match'),
        ('currency = "USD"\nmodels = {}', "models: {} is empty"),
        ('currency = "USD"\nmodels = 3', "models: 3 is not of type object"),
    ],
)
def test_what_is_no_price_sheet(sheet: Write, text: str, said: str) -> None:
    with pytest.raises(PricesError) as caught:
        read_prices(sheet(text))
    assert all(part in str(caught.value) for part in said.split(".*"))
    assert str(caught.value).count("\n") == 0


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(PricesError, match="cannot be read"):
        read_prices(tmp_path / "none.toml")
    with pytest.raises(PricesError, match="cannot be read"):
        read_prices(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    with pytest.raises(PricesError, match="cannot be read"):
        read_prices(tmp_path / "bytes.toml")
