"""What replies cost by a price sheet, and what a wrong count over- or undercharges: in decimals, never floats."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from .data import folder
from .dialects import Counts, dialect, phanedge
from .exchange import Exchange, Inconclusive, Request
from .strict_json import loads
from .verdict import Finding, Verdict

MILLION = Decimal(1_000_000)
#: Anthropic's ratios to the price of uncached input, where a sheet leaves a price out (contract, section 5).
DEFAULTS = {"cached": Decimal("0.1"), "write_5m": Decimal("1.25"), "write_1h": Decimal(2)}


class PricesError(Exception):
    """The price sheet cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class Prices:
    """Of one model, for a million tokens; `output` is None where the sheet does not say."""

    currency: str
    input: Decimal
    cached: Decimal
    write_5m: Decimal
    write_1h: Decimal
    output: Decimal | None = None


@dataclass(frozen=True)
class Line:
    """Tokens of one kind at their price."""

    kind: str
    tokens: int
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return self.tokens * self.price / MILLION

    def __str__(self) -> str:
        return f"{self.tokens:,} {self.kind} × {plain(self.price)}"


@dataclass(frozen=True)
class Cost:
    """An amount of money, and how it comes about."""

    currency: str
    lines: tuple[Line, ...]

    @property
    def amount(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    def of(self, *kinds: str) -> Decimal:
        """The amount for these kinds of tokens."""
        return sum((line.amount for line in self.lines if line.kind in kinds), Decimal(0))

    def __str__(self) -> str:
        """The arithmetic: `(465 uncached × 3 + 11,944 read × 0.3) / 1,000,000 = 0.0049782 USD`."""
        sums = " + ".join(str(line) for line in self.lines if line.tokens) or "nothing"
        return f"({sums}) / 1,000,000 = {plain(self.amount)} {self.currency}"


@dataclass(frozen=True)
class Difference:
    """What a client is charged by the counts as they are told, and by those that are meant."""

    told: Cost
    meant: Cost

    @property
    def amount(self) -> Decimal:
        """Above zero where too much is charged."""
        return self.told.amount - self.meant.amount

    def __str__(self) -> str:
        verb = "overcharges" if self.amount > 0 else "undercharges" if self.amount < 0 else "charges rightly, by"
        by = f" {plain(abs(self.amount))} {self.told.currency}" if self.amount else ""
        return f"{verb}{by}: told {self.told}; meant {self.meant}"


def cost(counts: Counts, prices: Prices, output: int = 0) -> Cost:
    """The cost of one exchange: uncached input, hits, writes of both lifetimes, and output where it has a price.
    Raises PricesError where the counts have no meaning: a part below zero, or more parts than the whole."""
    parts = {
        "uncached": (counts.uncached, prices.input),
        "read": (counts.read, prices.cached),
        "written for 5 minutes": (counts.written_5m, prices.write_5m),
        "written for 1 hour": (counts.written_1h, prices.write_1h),
    }
    if prices.output is not None:
        parts["output"] = (output, prices.output)
    if wrong := [f"{tokens} {kind}" for kind, (tokens, _) in parts.items() if tokens < 0]:
        raise PricesError(f"counts that do not add up have no cost: {', '.join(wrong)}")
    return Cost(prices.currency, tuple(Line(kind, tokens, price) for kind, (tokens, price) in parts.items()))


def difference(usage: Mapping[str, Any], prices: Prices) -> Difference | None:
    """What a usage that speaks another dialect charges a client who reads it as PhanEdge's, beside what it means. None
    where it is PhanEdge's own, or where the two cannot be told apart or computed."""
    found = dialect(usage)
    if found is None:
        return None
    try:
        return Difference(cost(_as_read(usage), prices), cost(found.counts, prices))
    except PricesError:
        return None


def compared(told: Counts, meant: Counts, prices: Prices) -> Difference:
    """What one reply's counts charge beside another's, which are known to be the true ones. Raises PricesError."""
    return Difference(cost(told, prices), cost(meant, prices))


def spent(exchanges: Iterable[Exchange], prices: Prices) -> list[Cost]:
    """The cost of each exchange whose reply says what it used; counts that do not add up are left out."""
    found = []
    for exchange in exchanges:
        with suppress(Inconclusive, PricesError):
            usage = exchange.usage
            found.append(cost(phanedge(usage), prices, max(_whole(usage.get("completion_tokens")), 0)))
    return found


#: Requirements whose evidence is two exchanges that cost the same, the wrong one first.
ALIKE = {"caching.streams_count_once", "caching.streams_read_alike", "caching.streams_report_writes"}


def charged(finding: Finding, exchanges: Mapping[str, Exchange], prices: Prices) -> Difference | None:
    """What a violation over- or undercharges in the exchange that shows it, where that can be computed: the counts
    are another dialect's, in the wrong bucket for the lifetime that was asked for, or unlike those of a reply that
    costs the same. `exchanges` are those of the run by their keys."""
    if finding.verdict < Verdict.WARN:
        return None
    shown = [exchanges[key] for key in finding.evidence if key in exchanges]
    for exchange in shown:
        with suppress(Inconclusive, PricesError):
            found = difference(exchange.usage, prices) or _by_lifetime(exchange, prices)
            if found and found.amount:
                return found
    if finding.requirement in ALIKE and len(shown) > 1:
        with suppress(Inconclusive, PricesError):
            return compared(phanedge(shown[0].usage), phanedge(shown[1].usage), prices)
    return None


def _by_lifetime(exchange: Exchange, prices: Prices) -> Difference | None:
    """All writes in the bucket of the one lifetime that every marker of the request has."""
    told, ttls = phanedge(exchange.usage), set(lifetimes(exchange.request))
    if len(ttls) != 1 or not ttls <= {"5m", "1h"}:
        return None
    five, hour = (told.written, 0) if ttls == {"5m"} else (0, told.written)
    return compared(told, Counts(told.prompt, told.read, five, hour), prices)


def lifetimes(request: Request) -> Iterator[str]:
    """The ttl of every cache marker in a request; 5m where it has none."""
    waiting: list[Any] = [request.document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(marker := value.get("cache_control"), dict):
                yield str(marker.get("ttl") or "5m")
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _whole(value: Any) -> int:
    return value if type(value) is int else 0


def _as_read(usage: Mapping[str, Any]) -> Counts:
    """As a client reads it who trusts the total of writes only so far as it has buckets, and never below zero."""
    own = phanedge(usage)
    if own.uncached >= 0:
        return own
    return Counts(own.read + own.written, own.read, own.written_5m, own.written_1h)


def total(costs: Iterable[Cost], currency: str) -> str:
    """The sum of many exchanges, with the amount of each kind."""
    amounts: dict[str, Decimal] = {}
    for line in (line for each in costs for line in each.lines):
        amounts[line.kind] = amounts.get(line.kind, Decimal(0)) + line.amount
    parts = " + ".join(f"{plain(amount)} {kind}" for kind, amount in amounts.items() if amount)
    return f"{plain(sum(amounts.values(), Decimal(0)))} {currency}" + (f" ({parts})" if parts else "")


def plain(amount: Decimal) -> str:
    """A decimal in digits, without trailing zeros and never in powers of ten."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_prices(path: Path) -> dict[str, Prices]:
    """The prices of each model of a price sheet (schemas/prices.json, as TOML). Raises PricesError."""
    try:
        sheet = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError) as error:
        raise PricesError(f"{path} cannot be read: {error}") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PricesError(f"{path} is not TOML: {error}") from None
    schema = loads((folder("schemas") / "prices.json").read_bytes())
    for problem in Draft202012Validator(schema).iter_errors(_comparable(sheet)):
        where = ".".join(map(str, problem.absolute_path)) or "the sheet"
        raise PricesError(f"{path} is not a price sheet: {where}: {problem.message}")
    return {name: _prices(sheet["currency"], own) for name, own in sheet["models"].items()}


def _comparable(value: Any) -> Any:
    """The sheet as the schema can read it, `nan` and `inf` as the texts they are."""
    if isinstance(value, dict):
        return {name: _comparable(each) for name, each in value.items()}
    return str(value) if isinstance(value, Decimal) and not value.is_finite() else value


def _prices(currency: str, sheet: Mapping[str, Any]) -> Prices:
    given = {name: Decimal(price) for name, price in sheet.items()}
    others = {name: given["input"] * ratio for name, ratio in DEFAULTS.items() if name not in given}
    return Prices(currency, **(given | others))
