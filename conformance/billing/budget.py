"""What a request may cost at most, and a run that must not cost more than it was allowed."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from operator import add
from pathlib import Path
from typing import Any

from filelock import FileLock

from conformance.contract.profile import Prices
from conformance.evidence.exchange import Exchange, Inconclusive, Request, list_of
from conformance.evidence.observed import count_or_none
from conformance.evidence.send import Send
from conformance.evidence.strict_json import loads
from conformance.language import say
from conformance.resources import mistake
from conformance.text import TextError, read_regular, write_whole

from .busy import Busy
from .charges import Untold, counts_of
from .prices import Sheet, cost

_CHARACTERS = 3  #: of ASCII that one token has at least, in English, JSON and code
_IMAGE = 1_600  #: tokens of one image, the most that Anthropic counts for one
#: Tokens of output that are expected of a request without a limit, or with one beyond what models write. The longest
#: answer that is asked for, counting to 200, takes less than half of it.
_UNLIMITED = 2_048
BUSY = "busy"  #: the folder beside a shared ledger that tells which processes have requests under way
_LOOK = 0.2  #: seconds between two looks at what others have left of a shared budget
_LEDGER = 1 << 12  #: bytes of the file that says what was spent
_LONGEST = 16_384  #: tokens; a greater limit is beyond what models write
_CACHEABLE = 1_024  #: tokens of the shortest prompt that an upstream writes to a cache
_READ, _WRITTEN = 0.7, 0.25  #: of the input and the output that a request may cost, what it usually does
_OVERHEAD = 16  #: tokens around the messages of a request


@dataclass(frozen=True)
class Amount:
    """Requests, and the tokens that they may cost at most. Of those of the input `written_5m` and `written_1h` may be
    written to a cache for so long."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    written_5m: int = 0
    written_1h: int = 0

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @property
    def counts(self) -> tuple[int, ...]:
        return self.requests, self.input_tokens, self.output_tokens, self.written_5m, self.written_1h

    def __add__(self, other: Amount) -> Amount:
        return Amount(*map(add, self.counts, other.counts))

    @property
    def expected(self) -> Amount:
        """What of this is usually needed. On the reference endpoint a run needs 0.68 of the input and 0.17 of the
        output that it may cost; models write more into a call of a function. Reads and writes of a cache even out, so
        that its input counts as uncached."""
        return Amount(self.requests, ceil(self.input_tokens * _READ), ceil(self.output_tokens * _WRITTEN))

    def times(self, factor: float) -> Amount:
        """So many times as much, rounded up."""
        return Amount(*(ceil(each * factor) for each in self.counts))

    def cost(self, prices: Prices) -> Decimal:
        """The price of these tokens where each of the input is of the dearest kind that it may be."""
        five, hour = max(prices.input, prices.write_5m), max(prices.input, prices.write_5m, prices.write_1h)
        uncached = self.input_tokens - self.written_5m - self.written_1h
        read = uncached * prices.input + self.written_5m * five + self.written_1h * hour
        return (read + self.output_tokens * (prices.output or 0)) / Decimal(1_000_000)


NOTHING = Amount()


def at_most(request: Request) -> Amount:
    """What a request costs at most, if it is answered. One that is meant to be refused costs nothing."""
    if request.expect == "error" or request.method != "POST":
        return Amount(1)
    asked = request.asked
    images = 0
    for message in list_of(asked.get("messages")):
        parts = list_of(message.get("content")) if isinstance(message, dict) else []
        images += sum(isinstance(part, dict) and part.get("type") == "image_url" for part in parts)
    limit = asked.get("max_completion_tokens") or asked.get("max_tokens") or _UNLIMITED
    choices = asked.get("n") or 1
    most, times = (value if isinstance(value, int) and value > 0 else 1 for value in (limit, choices))
    written = (most if most <= _LONGEST else _UNLIMITED) * times
    return _amount(request, _text_tokens(request) + images * _IMAGE + _OVERHEAD, written)


def _amount(request: Request, read: int, written: int) -> Amount:
    """One request with so many tokens. Its input may be written to a cache for an hour where a breakpoint asks for
    that, and for a shorter time where there are others, or the prompt is long."""
    if re.search(rb'"ttl": ?"1h"', request.body):
        return Amount(1, read, written, written_1h=read)
    cached = b'"cache_control"' in request.body or read >= _CACHEABLE
    return Amount(1, read, written, written_5m=read if cached else 0)


def _text_tokens(request: Request) -> int:
    """The tokens of what is text, an image in the body counting elsewhere."""

    def shown(value: Any) -> Any:
        if isinstance(value, list):
            return [shown(each) for each in value]
        if isinstance(value, dict):
            return {name: "" if name == "image_url" else shown(each) for name, each in value.items()}
        return value

    text = json.dumps(shown(request.asked), ensure_ascii=False)
    ascii_only = len(text.encode("ascii", "ignore"))
    return ascii_only // _CHARACTERS + 2 * (len(text) - ascii_only) + 1


@dataclass(frozen=True)
class Budget:
    """What a run may cost at most; None where there is no bound. `cost` is in the currency of the price sheet. A budget
    that is `shared` is that of the runs of several endpoints together."""

    requests: int | None = None
    tokens: int | None = None
    cost: Decimal | None = None
    shared: bool = False

    def __bool__(self) -> bool:
        return (self.requests, self.tokens, self.cost) != (None, None, None)


def bounded(send: Send, budget: Budget, sheet: Sheet | None, ledger: Path) -> Send:
    """The same `Send`, which raises Inconclusive instead of sending what may exceed the budget. What was spent is in
    the file `ledger`, for all processes of a run: before a request is sent as much as it may cost at most, and after
    it was answered as much as the endpoint counted, at the prices of what it counted. A request for which there would
    be room if others cost less than they may waits for those that this process has under way; with a shared budget
    for those of other processes, too. What is not sent after all is given back."""
    lock, room, under_way = FileLock(f"{ledger}.lock"), threading.Condition(), 0
    busy = Busy(ledger.with_name(BUSY)) if budget.shared else None

    def book(change: Amount, price: Decimal, check: bool) -> str:
        """Why there is no room for this, empty where it is booked."""
        with lock:
            spent, money = spent_in(ledger)
            total, sum_ = spent + change, money + price
            reason = _exceeds(total, sum_, budget) if check else ""
            if reason and budget.shared:
                reason = say("{limit}, which is the limit of all endpoints together", reason)
            if not reason:
                if busy and check:  # before others can read what is booked
                    busy.begin()
                _write(ledger, total, sum_)
        return reason

    @contextmanager
    def reserved(most: Amount, price: Decimal) -> Iterator[None]:
        nonlocal under_way
        with room:
            while (reason := book(most, price, check=True)) and (under_way or (busy and busy.others())):
                room.wait(_LOOK if busy else None)
            if reason:
                raise Inconclusive(say("not sent: {reason}", reason))
            under_way += 1
        try:
            yield
        finally:
            with room:
                under_way -= 1
                if busy and not under_way:
                    busy.end()
                room.notify_all()

    def ask(request: Request) -> Exchange:
        prices = sheet.models.get(str(request.asked.get("model"))) if sheet else None
        expected = at_most(request)
        dear = expected.cost(prices) if prices else Decimal(0)
        with reserved(expected, dear):
            try:
                exchange = send(request)
            except Inconclusive:  # it was not sent
                book(expected.times(-1), -dear, check=False)
                raise
            counted = _counted(exchange, expected)
            real = _cost(exchange, counted, prices) if prices else Decimal(0)
            book(
                Amount(0, counted.input_tokens - expected.input_tokens, counted.output_tokens - expected.output_tokens),
                real - dear,
                check=False,
            )
        return exchange

    return ask


def _counted(exchange: Exchange, expected: Amount) -> Amount:
    """What an answer cost: nothing where it was refused, else what its usage says, or what was expected of it."""
    if exchange.refused:
        return Amount(1)
    try:
        usage = exchange.usage
    except Inconclusive:
        return expected
    read, written = count_or_none(usage, "prompt_tokens"), count_or_none(usage, "completion_tokens")
    if read is None or written is None or min(read, written) < 0:
        return expected
    return _amount(exchange.request, read, written)


def _cost(exchange: Exchange, counted: Amount, prices: Prices) -> Decimal:
    """What was spent on an answer: its input by what it says of caching, at the dearest price where that is unclear."""
    try:
        told = cost(counts_of(exchange), prices).amount
    except Untold:
        return counted.cost(prices)
    return told + Amount(output_tokens=counted.output_tokens).cost(prices)


def _exceeds(total: Amount, cost: Decimal, budget: Budget) -> str:
    if budget.requests is not None and total.requests > budget.requests:
        return say("--max-requests {number:,} is used up", budget.requests)
    if budget.tokens is not None and total.tokens > budget.tokens:
        return say("--max-tokens {number:,} could be exceeded", budget.tokens)
    if budget.cost is not None and cost > budget.cost:
        return say("--max-cost {cost} could be exceeded", budget.cost)
    return ""


def spent_in(ledger: Path) -> tuple[Amount, Decimal]:
    """What was spent so far. Raises Inconclusive where the file does not say it, so that nothing is sent."""
    if not ledger.exists():
        return Amount(), Decimal(0)
    try:
        value = loads(read_regular(ledger, _LEDGER))
        wrong = mistake(value, "spent")
    except (TextError, ValueError) as error:
        wrong = str(error)
    if wrong:
        lost = say("{file} does not say what was spent of the budget ({mistake}): start a new run", ledger, wrong)
        raise Inconclusive(say("not sent: {reason}", lost))
    return Amount(value["requests"], value["input_tokens"], value["output_tokens"]), Decimal(value["cost"])


def _write(ledger: Path, spent: Amount, cost: Decimal) -> None:
    value = {
        "requests": spent.requests, "input_tokens": spent.input_tokens, "output_tokens": spent.output_tokens,
        "cost": str(cost),
    }  # fmt: skip
    write_whole(ledger, json.dumps(value) + "\n")
