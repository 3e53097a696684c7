"""A run never costs more than it was allowed, and what a request may cost is never guessed too low."""

from __future__ import annotations

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from conformance.billing.budget import Amount, Budget, at_most, bounded
from conformance.billing.prices import Sheet
from conformance.contract.profile import Prices
from conformance.contract.requests import AUTOMATIC_COLD, CACHE_COLD, CACHE_HOUR, PLAIN, TWO, UNKNOWN_MODEL_ERROR, chat
from conformance.evidence.exchange import Exchange, Failure, Inconclusive, Request
from conformance.lab.reference import Endpoint
from conformance.suite.caching.prompts import with_breakpoint
from conformance.suite.catalogue import declared

PRICES = Prices("USD", Decimal(3), Decimal("0.3"), Decimal("3.75"), Decimal(6), Decimal(15))
SHEET = Sheet("USD", {"m": PRICES})
ASKED = PLAIN.to("m")


def answer(request: Request, prompt: int = 12, completion: int = 2, status: int = 200) -> Exchange:
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    body = {"choices": [], "usage": usage} if status < 400 else {"error": {"message": "no"}}
    return Exchange(request, status, (), ((0.1, json.dumps(body).encode()),))


def spent(ledger: Path) -> dict[str, object]:
    value: dict[str, object] = json.loads(ledger.read_text())
    return value


@pytest.mark.parametrize("request_", [each for each in declared() if each.expect == "reply"], ids=str)
def test_no_reply_of_the_reference_costs_more_than_at_most(request_: Request) -> None:
    endpoint = Endpoint()
    for model in ("reference-gpt", "reference-claude"):
        exchange = endpoint.answer(request_.to(model, "abcdefghijkl"))
        if exchange.failure or exchange.status != 200 or "usage" not in exchange.reply:
            continue
        most = at_most(exchange.request)
        assert most.input_tokens >= exchange.usage["prompt_tokens"]
        assert most.output_tokens >= exchange.usage["completion_tokens"]


def test_what_a_request_costs_at_most() -> None:
    assert at_most(UNKNOWN_MODEL_ERROR) == Amount(1)
    assert at_most(TWO).output_tokens == 2 * 16
    assert at_most(chat(max_tokens=None)).output_tokens == at_most(chat(max_tokens=10**7)).output_tokens == 2048
    assert at_most(chat(max_tokens=4096, n=2)).output_tokens == 2 * 4096
    assert at_most(chat("x" * 3000)).input_tokens >= 1000
    picture = [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 90_000}}]
    assert 1600 <= at_most(chat(picture)).input_tokens < 2000
    assert at_most(CACHE_COLD).input_tokens > 4000


@pytest.mark.parametrize(
    ("request_", "price"),
    [
        (PLAIN, "3"),
        (chat([with_breakpoint("Say OK.")]), "3.75"),
        (chat([with_breakpoint("Say OK.", "5m"), with_breakpoint("Now.", "1h")]), "6"),
        (CACHE_HOUR, "6"),
        (AUTOMATIC_COLD, "3.75"),
    ],
    ids=["short", "breakpoint", "an hour", "long, an hour", "long"],
)
def test_the_dearest_kind_of_input_that_may_come_is_expected(request_: Request, price: str) -> None:
    most = at_most(request_)
    expected = most.input_tokens * Decimal(price) + most.output_tokens * 15
    assert most.cost(PRICES) == expected / 1_000_000


def test_amounts_add_up_with_their_kinds() -> None:
    many = at_most(CACHE_HOUR) + at_most(PLAIN).times(3)
    assert many.requests == 4
    assert many.cost(PRICES) == at_most(CACHE_HOUR).cost(PRICES) + 3 * at_most(PLAIN).cost(PRICES)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (Budget(requests=3), "--max-requests 3 is used up"),
        (Budget(tokens=3 * 14 + at_most(ASKED).tokens - 1), r"--max-tokens \d+ could be exceeded"),
        (Budget(cost=Decimal("0.001")), r"--max-cost 0\.001 could be exceeded"),
    ],
)
def test_what_would_exceed_is_not_sent(tmp_path: Path, budget: Budget, said: str) -> None:
    asked: list[Request] = []

    def send(request: Request) -> Exchange:
        asked.append(request)
        return answer(request)

    ask = bounded(send, budget, SHEET, tmp_path / "spent.json")
    for _ in range(100):
        try:
            ask(ASKED)
        except Inconclusive as reason:
            assert re.fullmatch(f"not sent: {said}", str(reason))  # noqa: PT017 (how many were sent before is looked at)
            break
    else:
        pytest.fail("nothing stopped it")
    real = spent(tmp_path / "spent.json")
    assert real["requests"] == len(asked)
    assert real["input_tokens"] == 12 * len(asked)
    assert Decimal(str(real["cost"])) == len(asked) * (12 * Decimal(3) + 2 * Decimal(15)) / 1_000_000
    if budget.requests or budget.tokens:
        assert len(asked) == 3


def test_the_bound_holds_for_many_at_once_and_for_several_processes(tmp_path: Path) -> None:
    asks = [bounded(answer, Budget(requests=20), None, tmp_path / "spent.json") for _ in range(4)]

    def ask(number: int) -> bool:
        try:
            asks[number % 4](replace(ASKED, attempt=number + 1))
        except Inconclusive:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(60))) == 20
    assert spent(tmp_path / "spent.json")["requests"] == 20


def test_what_fits_is_sent_however_much_those_under_way_may_cost(tmp_path: Path) -> None:
    """Eight at once may cost more than is left, and do not."""
    real = 40 * (12 * Decimal(3) + 2 * Decimal(15)) / 1_000_000

    def send(request: Request) -> Exchange:
        time.sleep(0.01)
        return answer(request)

    ask = bounded(send, Budget(cost=real + at_most(ASKED).cost(PRICES)), SHEET, tmp_path / "spent.json")
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(ask, [replace(ASKED, attempt=number) for number in range(1, 41)]))) == 40
    assert Decimal(str(spent(tmp_path / "spent.json")["cost"])) == real


def test_a_shared_budget_waits_for_what_others_have_under_way(tmp_path: Path) -> None:
    """One process has reserved nearly all, and gives most of it back."""
    sent, answered = threading.Event(), threading.Event()

    def slow(request: Request) -> Exchange:
        sent.set()
        assert answered.wait(10)
        return answer(request)

    budget = Budget(tokens=at_most(ASKED).tokens + 20, shared=True)
    one, other = (bounded(send, budget, None, tmp_path / "spent.json") for send in (slow, answer))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(one, ASKED)
        assert sent.wait(10)
        second = pool.submit(other, replace(ASKED, attempt=2))
        time.sleep(0.3)
        assert not second.done()
        answered.set()
        assert first.result(10).status == second.result(10).status == 200
    with pytest.raises(Inconclusive, match="could be exceeded, which is the limit of all endpoints together"):
        other(replace(ASKED, attempt=3))


def test_what_is_not_sent_after_all_is_given_back(tmp_path: Path) -> None:
    """The limit of all endpoints is used up, or the run ends while a request waits for its turn."""

    def refuse(request: Request) -> Exchange:
        raise Inconclusive("not sent: the run was broken off")

    ask = bounded(refuse, Budget(requests=3, cost=Decimal(1)), SHEET, tmp_path / "spent.json")
    for _ in range(5):
        with pytest.raises(Inconclusive, match="broken off"):
            ask(ASKED)
    real = spent(tmp_path / "spent.json")
    assert {name: Decimal(str(value)) for name, value in real.items()} == dict.fromkeys(real, Decimal(0))


@pytest.mark.parametrize(
    ("came", "tokens"),
    [
        (answer(ASKED, status=400), 0),
        (answer(ASKED), 14),
        (Exchange(ASKED, 0, failure=Failure("timeout", "none")), at_most(ASKED).tokens),
        (Exchange(ASKED, 200, (), ((0.1, b'{"usage": {"prompt_tokens": "12"}}'),)), at_most(ASKED).tokens),
    ],
    ids=["refused", "counted", "no answer", "no counts"],
)
def test_what_is_booked(tmp_path: Path, came: Exchange, tokens: int) -> None:
    bounded(lambda request: came, Budget(tokens=10_000), None, tmp_path / "spent.json")(ASKED)
    real = spent(tmp_path / "spent.json")
    assert (real["requests"], real["input_tokens"], real["output_tokens"]) == (
        1,
        *((0, 0) if not tokens else (12, 2) if tokens == 14 else (at_most(ASKED).input_tokens, 16)),
    )


_PARTS = {"cached_tokens": 4000, "cached_write_tokens": 3000, "cached_write_5m_tokens": 2000}


@pytest.mark.parametrize(
    ("details", "price"),
    [
        ({"cached_tokens": 4000}, 4000 * Decimal("0.3") + 6000 * 3),
        (
            _PARTS | {"cached_write_1h_tokens": 1000},
            4000 * Decimal("0.3") + 2000 * Decimal("3.75") + 1000 * 6 + 3000 * 3,
        ),
        (_PARTS, Decimal(10_000 * 6)),
        ({"cached_tokens": 20_000}, Decimal(10_000 * 6)),
    ],
    ids=["read", "read and written", "a write without its bucket", "more parts than the whole"],
)
def test_the_price_of_what_was_counted_is_booked(tmp_path: Path, details: dict[str, int], price: Decimal) -> None:
    """More is reserved before it is sent; where the counts are unclear, each token has the dearest price."""
    usage = {"prompt_tokens": 10_000, "completion_tokens": 5, "prompt_tokens_details": details}
    asked, ledger = CACHE_HOUR.to("m", "abcdefghijkl"), tmp_path / "spent.json"
    reserved: list[Decimal] = []

    def send(request: Request) -> Exchange:
        reserved.append(Decimal(str(spent(ledger)["cost"])))
        return Exchange(request, 200, (), ((0.1, json.dumps({"choices": [], "usage": usage}).encode()),))

    bounded(send, Budget(cost=Decimal(1)), SHEET, ledger)(asked)
    assert reserved == [at_most(asked).cost(PRICES)]
    assert Decimal(str(spent(ledger)["cost"])) == (price + 5 * 15) / 1_000_000


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"requests": -9, "input_tokens": 0, "output_tokens": 0, "cost": "0"}',
        '{"requests": 0, "input_tokens": 0, "output_tokens": 0, "cost": "-1"}',
        '{"requests": 0, "input_tokens": 0, "output_tokens": 0, "cost": "NaN"}',
        '{"requests": 0, "input_tokens": 0, "output_tokens": 0, "cost": "0"}' + " " * 5000,
    ],
    ids=["empty", "array", "negative", "negative cost", "no number", "long"],
)
def test_nothing_is_sent_where_it_is_unknown_what_was_spent(tmp_path: Path, content: str) -> None:
    asked: list[Request] = []

    def send(request: Request) -> Exchange:
        asked.append(request)
        return answer(request)

    (tmp_path / "spent.json").write_text(content)
    with pytest.raises(Inconclusive, match=r"spent\.json does not say .* start a new run"):
        bounded(send, Budget(requests=3), None, tmp_path / "spent.json")(ASKED)
    assert not asked
