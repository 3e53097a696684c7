"""What a run costs by a price sheet, and what its violations over- or undercharge, as a report keeps it
(schemas/report.json)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from conformance.contract.profile import Prices
from conformance.contract.requirement import Impact, Requirement
from conformance.evidence.exchange import Exchange
from conformance.evidence.observed import count_or_none
from conformance.judgement.verdict import Finding, Verdict
from conformance.language import joined, say

from .charges import DIALECT, Untold, charged, counts_of
from .dialects import dialect
from .prices import WRITES, Cost, Line, Sheet, cost, plain, together

NO_PRICE = say("the price sheet has no price for the model")


@dataclass(frozen=True)
class Sum:
    """The input cost of one reply or of many. `amount` and what of it is for `writes` are decimals in digits, empty
    where they cannot be told; `said` is the arithmetic, or why it cannot be told."""

    amount: str
    writes: str
    said: str


@dataclass(frozen=True)
class ModelCosts:
    """Of one model: the input cost of the `replies` that tell it, the cost of their output where the sheet has a price
    for it, and how many other replies there are for each reason why theirs cannot be told."""

    model: str
    replies: int
    input: Sum
    output: str
    untold: Mapping[str, int]


@dataclass(frozen=True)
class Charge:
    """What a violation over- or undercharges in the exchange with this key. `amount` is a decimal in digits, below
    zero for an undercharge, empty where it cannot be told; `said` is the arithmetic, or why it cannot."""

    requirement: str
    model: str
    exchange: str
    amount: str
    said: str


@dataclass(frozen=True)
class Costs:
    """What a run costs. `exchanges` holds single replies by their keys."""

    currency: str
    input: Sum
    models: tuple[ModelCosts, ...]
    exchanges: Mapping[str, Sum] = field(default_factory=dict)
    charges: tuple[Charge, ...] = ()

    @property
    def untold(self) -> dict[str, int]:
        """How many replies there are for each reason why their cost cannot be told."""
        return dict(sum((Counter(each.untold) for each in self.models), Counter[str]()).most_common())

    @property
    def output(self) -> str:
        """The cost of the output; empty where that of a model which has an input cost cannot be told."""
        told = [each.output for each in self.models if each.input.amount]
        return plain(sum(map(Decimal, told), Decimal(0))) if told and all(told) else ""

    def of_exchanges(self, keys: Container[str]) -> Costs:
        """The same with no other single exchanges than these."""
        return replace(self, exchanges={key: each for key, each in self.exchanges.items() if key in keys})

    def charge(self, requirement: str, model: str) -> Charge | None:
        return next((each for each in self.charges if (each.requirement, each.model) == (requirement, model)), None)


def costs_of(
    sheet: Sheet,
    asked: Iterable[tuple[str, Exchange]],
    findings: Iterable[Finding],
    catalogue: Mapping[str, Requirement],
) -> Costs:
    """The costs of these exchanges, each with the name of the model that was asked, and what the violations among the
    findings charge. An error is taken to cost nothing."""
    replies = [(model, exchange) for model, exchange in asked if _is_reply(exchange)]
    models = tuple(
        _of_model(model, [each for name, each in replies if name == model], sheet)
        for model in dict.fromkeys(model for model, _ in replies)
    )
    known = {exchange.request.key: (model, exchange) for model, exchange in replies}
    billing = [each for each in findings if each.verdict >= Verdict.WARN and _is_billing(catalogue[each.requirement])]
    charges = (_charge(finding, known, sheet, catalogue[finding.requirement].alike) for finding in billing)
    return Costs(
        currency=sheet.currency,
        input=_in_all(models, sheet.currency),
        models=models,
        exchanges={key: _sum(exchange, sheet.models.get(model)) for key, (model, exchange) in known.items()},
        charges=tuple(charge for charge in charges if charge),
    )


def _is_reply(exchange: Exchange) -> bool:
    """Whether a completion came of it, or might have."""
    request = exchange.request
    asks = request.method == "POST" and request.path.partition("?")[0] == "/chat/completions"
    return asks and (exchange.succeeded or exchange.failure is not None)


def _is_billing(requirement: Requirement) -> bool:
    """Whether it speaks of what the input costs."""
    members = requirement.at.split()
    if any(member == "usage" or member.startswith("usage.prompt_tokens") for member in members):
        return True
    return requirement.impact is Impact.BILLING and not any(member.startswith("usage.") for member in members)


def _of_model(model: str, replies: Sequence[Exchange], sheet: Sheet) -> ModelCosts:
    prices = sheet.models.get(model)
    if prices is None:
        return ModelCosts(model, 0, Sum("", "", NO_PRICE), "", {NO_PRICE: len(replies)})
    costs, outputs, untold = [], [], Counter[str]()
    for exchange in replies:
        try:
            costs.append(cost(counts_of(exchange), prices))
            outputs.append(count_or_none(exchange.usage, "completion_tokens"))
        except Untold as reason:
            untold[reason.reason] += 1
    whole = _stated(together(costs, sheet.currency)) if costs else Sum("", "", say("no reply reports its counts"))
    return ModelCosts(model, len(costs), whole, _output(outputs, prices), dict(untold.most_common()))


def _output(counts: Sequence[int | None], prices: Prices) -> str:
    """The cost of the output; empty where it has no price, or a reply does not tell it."""
    told = [each for each in counts if each is not None and each >= 0]
    if prices.output is None or not counts or len(told) < len(counts):
        return ""
    return plain(Line(say("output"), sum(told), prices.output).amount)


def _stated(found: Cost) -> Sum:
    return Sum(plain(found.amount), plain(found.of(*WRITES)), str(found))


def _sum(exchange: Exchange, prices: Prices | None) -> Sum:
    """The input cost of one exchange, or why it cannot be told."""
    if prices is None:
        return Sum("", "", say("cannot be computed: {reason}", NO_PRICE))
    try:
        return _stated(cost(counts_of(exchange), prices))
    except Untold as reason:
        found = dialect(exchange.usage) if reason.reason == DIALECT else None
        by_mapping = say("by its mapping it is {cost}", cost(found.counts, prices)) if found else ""
        untold = say("cannot be computed: {reason}", reason)
        return Sum("", "", joined("; ", filter(None, (untold, by_mapping))))


def _in_all(models: Sequence[ModelCosts], currency: str) -> Sum:
    """The cost of all models that have one."""
    told = [each.input for each in models if each.input.amount]
    if not told:
        return Sum("", "", say("no reply of a model with a price reports its counts"))
    amount, writes = (
        plain(sum(map(Decimal, amounts), Decimal(0)))
        for amounts in ([each.amount for each in told], [each.writes for each in told])
    )
    said = told[0].said if len(told) == 1 else f"{' + '.join(each.amount for each in told)} = {amount} {currency}"
    return Sum(amount, writes, said)


def _charge(finding: Finding, known: Mapping[str, tuple[str, Exchange]], sheet: Sheet, alike: bool) -> Charge | None:
    """What a violation charges; None where that is no more than what its exchanges cost anyway."""
    shown = [known[key] for key in finding.evidence if key in known and known[key][0] in sheet.models]
    if not shown:
        return None
    prices = sheet.models[shown[0][0]]
    exchanges = [exchange for model, exchange in shown if sheet.models[model] == prices]
    if found := charged(exchanges, prices, alike=alike):
        exchange, difference = found
        return _charged(finding, exchange, plain(difference.amount), str(difference))
    for exchange in exchanges:
        if not (stated := _sum(exchange, prices)).amount:
            return _charged(finding, exchange, "", stated.said)
    return None


def _charged(finding: Finding, exchange: Exchange, amount: str, said: str) -> Charge:
    return Charge(finding.requirement, finding.model, exchange.request.key, amount, said)
