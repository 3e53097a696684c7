"""What tokens cost by a price sheet, in decimals, never floats: the sheet, and the arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from conformance.contract.mistakes import said
from conformance.contract.profile import Model, Prices
from conformance.evidence.strict_json import loads
from conformance.language import joined, phrase, say
from conformance.resources import folder
from conformance.text import TextError, nearest, read_toml

from .dialects import Counts

MILLION = Decimal(1_000_000)
#: Anthropic's ratios to the price of uncached input, where a sheet leaves a price out (contract, section 5).
DEFAULTS = {"cached": Decimal("0.1"), "write_5m": Decimal("1.25"), "write_1h": Decimal(2)}
WRITES = (say("written for 5 minutes"), say("written for 1 hour"))


class PricesError(Exception):
    """The price sheet cannot be used; the message is one sentence."""


#: Prices with which requirements about stated costs are proved: those of the contract's example, in section 5.
EXAMPLE = Prices("USD", Decimal(3), Decimal("0.3"), Decimal("3.75"), Decimal(6), Decimal(15))


@dataclass(frozen=True)
class Sheet:
    """The prices of each model by the name that is asked for, in one currency."""

    currency: str
    models: Mapping[str, Prices]

    def priced(self, model: Model) -> Model:
        """The model with its prices, if the sheet has any of it."""
        return replace(model, prices=self.models.get(model.name))


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
        return say("{tokens:,} {kind} × {price}", self.tokens, self.kind, plain(self.price))


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
        sums = joined(" + ", (str(line) for line in self.lines if line.tokens)) or say("nothing")
        return say("({sums}) / 1,000,000 = {amount} {currency}", sums, plain(self.amount), self.currency)


def cost(counts: Counts, prices: Prices) -> Cost:
    """The cost of one prompt: uncached input, hits, and writes of both lifetimes. Raises PricesError where the counts
    have no meaning: a part below zero, or more parts than the whole."""
    parts = {
        say("uncached"): (counts.uncached, prices.input),
        say("read"): (counts.read, prices.cached),
        WRITES[0]: (counts.written_5m, prices.write_5m),
        WRITES[1]: (counts.written_1h, prices.write_1h),
    }
    if wrong := [joined(" ", (str(tokens), kind)) for kind, (tokens, _) in parts.items() if tokens < 0]:
        raise PricesError(say("counts that do not add up have no cost: {counts}", joined(", ", wrong)))
    return Cost(prices.currency, tuple(Line(kind, tokens, price) for kind, (tokens, price) in parts.items()))


def together(costs: Iterable[Cost], currency: str) -> Cost:
    """The cost of many prompts by the same prices: of each kind all tokens."""
    tokens: dict[tuple[str, Decimal], int] = {}
    for line in (line for each in costs for line in each.lines):
        tokens[line.kind, line.price] = tokens.get((line.kind, line.price), 0) + line.tokens
    return Cost(currency, tuple(Line(kind, number, price) for (kind, price), number in tokens.items()))


def plain(amount: Decimal) -> str:
    """A decimal in digits, without trailing zeros and never in powers of ten."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# --- the sheet ----------------------------------------------------------------------------------------------


def read_prices(path: Path) -> Sheet:
    """A price sheet (schemas/prices.json, as TOML), or what a configuration says of prices in the tables of its
    models: of those of one endpoint where its name follows the file's, as in FILE#NAME. Raises PricesError, which names
    the place and the remedy."""
    file, _, endpoint = path.name.rpartition("#") if "#" in path.name and not path.exists() else ("", "", "")
    try:
        document = read_toml(path.with_name(file) if file else path, Decimal)
        sheet = _of_configuration(_of_endpoint(document, endpoint) if file else document)
    except TextError as error:
        raise PricesError(str(error)) from None
    schema = loads((folder("schemas") / "prices.json").read_bytes())
    problems = list(Draft202012Validator(schema).iter_errors(_comparable(sheet)))
    if problems:
        # a key that is misspelt is told before the one that is missing for it
        first = min(problems, key=lambda each: each.validator != "additionalProperties")
        raise PricesError(say("{path} is not a price sheet: {problem}", path, _problem(first)))
    models = {name: _prices(sheet["currency"], own) for name, own in sheet["models"].items()}
    return Sheet(sheet["currency"], models)


def _of_endpoint(document: dict[str, Any], name: str) -> dict[str, Any]:
    """What a configuration says of one endpoint, with its currency. Raises PricesError."""
    tables = document.get("endpoints")
    for each in tables if isinstance(tables, list) else ():
        if isinstance(each, dict) and each.get("name") == name:
            return {"currency": document["currency"], **each} if "currency" in document else each
    raise PricesError(say("there is no endpoint {name!r} in the file", name))


def _of_configuration(document: dict[str, Any]) -> dict[str, Any]:
    """Of a configuration, which lists its models, the price sheet in it; else the document."""
    models = document.get("models")
    if not isinstance(models, list) or not all(isinstance(each, dict) for each in models):
        return document
    prices = {each["name"]: each["prices"] for each in models if "prices" in each and "name" in each}
    return {"models": prices} | {name: document[name] for name in ("currency",) if name in document}


def _comparable(value: Any) -> Any:
    """The sheet as the schema can read it, `nan` and `inf` as the texts they are."""
    if isinstance(value, dict):
        return {name: _comparable(each) for name, each in value.items()}
    return str(value) if isinstance(value, Decimal) and not value.is_finite() else value


_SHEET = say("the sheet")


def _problem(error: Any) -> str:
    """Of a jsonschema.ValidationError the place, what is wrong there, and what was probably meant."""
    place = ".".join(map(str, error.absolute_path))
    instance, schema = error.instance, error.schema
    known = schema.get("properties", {})
    if error.validator == "additionalProperties":
        name = next(each for each in instance if each not in known)
        where = f"{place}.{name}" if place else name
        return say("{where} is unknown: {remedy}", where, _remedy(place, name, instance[name], list(known)))
    if error.validator == "required":
        lacking = next(each for each in schema["required"] if each not in instance)
        return say(
            "{place} lacks {lacking}: {meaning}", place or _SHEET, lacking, phrase(known[lacking]["description"])
        )
    if len(error.absolute_path) == 3:
        value = repr(instance) if isinstance(instance, str) else str(instance)
        return say("{place} is {value:.40}, no number from 0 to 1,000,000", place, value)
    return joined(": ", (place or _SHEET, said(error)))


def _remedy(place: str, name: str, value: Any, known: list[str]) -> str:
    if isinstance(value, dict) and place.startswith("models."):
        whole = f"{place.removeprefix('models.')}.{name}"
        return say('a name with a dot in it is quoted, as in [models."{name}"]', whole)
    if hint := nearest(name, known):
        return hint
    if isinstance(value, dict):
        return say('the prices of a model stand under models, as in [models."{name}"]', name)
    return say("there are {names}", ", ".join(known))


def _prices(currency: str, sheet: Mapping[str, Any]) -> Prices:
    given = {name: Decimal(price) for name, price in sheet.items()}
    others = {name: given["input"] * ratio for name, ratio in DEFAULTS.items() if name not in given}
    return Prices(currency, **(given | others))
