"""The requirements of an audit, judged on one exchange at a time: each check is called with views that are made once.

What a requirement comes to is what `judgement.judge` says. Here is decided, once for all exchanges alike, which checks
need not be called: those whose scope the exchange is not in, which need what a recording did not keep, whose views it
does not have, of which it has no sign (settled.py), and clauses of schemas that it surely satisfies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from conformance.billing.prices import Sheet
from conformance.contract.profile import Model, family_of
from conformance.contract.requirement import Requirement
from conformance.contract.shapes import Shapes
from conformance.contract.views import VIEWS
from conformance.evidence.exchange import Exchange, Fact, Inconclusive, NotApplicable
from conformance.judgement.judge import finding_of, judge
from conformance.judgement.verdict import Finding, Verdict
from conformance.language import hearing
from conformance.runs.passive import Passive, passive
from conformance.suite.catalogue import load
from conformance.suite.test_shape import DOCUMENTS, SHAPES

from .settled import PASSING, SILENT
from .signs import UNREADABLE, Sign, Signs

Views = dict[str, Any]
_MOST = 1000  #: plans that are remembered of the same scopes


class Call(NamedTuple):
    """A check that is called: the place of its requirement, what takes its arguments out of the views, and the signs
    without which it need not be called (settled.py)."""

    place: int
    check: Callable[..., None]
    names: tuple[str, ...]
    arguments: Callable[[Views], Any]
    silent: tuple[Sign, ...]
    passing: tuple[Sign, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """What is done with exchanges of the same scopes that have the same signs. `silent` are the places of requirements
    that say nothing of them, `passing` of those that they satisfy, `shapes` the clauses that are judged, as bits, and
    of them `of_choices` those that say nothing of a reply without choices."""

    silent: tuple[int, ...]
    passing: tuple[int, ...]
    calls: tuple[Call, ...]
    shapes: int
    of_choices: int

    @cached_property
    def views(self) -> tuple[str, ...]:
        """The names of the views that are made for the calls."""
        return tuple(dict.fromkeys(name for each in self.calls for name in each.names if name in VIEWS))


class Plans:
    """The plans of exchanges of the same scopes: `whole` calls every check, the others those that are not settled."""

    def __init__(self, whole: Plan) -> None:
        self._whole = whole
        self._signs = Signs(sign for call in whole.calls for sign in (*call.silent, *call.passing))
        self._known: dict[int, Plan] = {}

    def plan(self, exchange: Exchange, model: Model) -> Plan:
        """The plan for the signs of an exchange."""
        found = self._signs.found(exchange, model)
        plan = self._known.get(found)
        if plan is None:
            plan = self._without(found)
            if len(self._known) < _MOST:
                self._known[found] = plan
        return plan

    def _without(self, found: int) -> Plan:
        """The plan where no other signs are there than these."""
        whole, has = self._whole, {sign for sign, bit in self._signs.bits.items() if bit & found}
        silent = [each for each in whole.calls if each.silent and has.isdisjoint(each.silent)]
        passing = [each for each in whole.calls if each.passing and has.isdisjoint(each.passing)]
        calls = tuple(each for each in whole.calls if each not in (*silent, *passing))
        places = [each.place for each in silent], [each.place for each in passing]
        return replace(whole, silent=(*whole.silent, *places[0]), passing=tuple(places[1]), calls=calls)


class Outcome(NamedTuple):
    """What came of an exchange: every requirement of the plan, and those on the very request (`named`), passes, but for
    clauses without a bit in `present`, and for those at the places in `silent`, which are not applicable, and those
    that have a finding."""

    plan: Plan
    named: list[int]
    present: int
    silent: list[int]
    findings: list[tuple[int, Finding]]


class Judge:
    """Requirements that speak of single exchanges, compiled."""

    def __init__(self, requirements: Passive) -> None:
        self._passive = requirements
        self._scopes = list(requirements.of_scopes)
        self.requirements = [each for of_scope in requirements.of_scopes.values() for each in of_scope]
        self.requirements += requirements.named
        self._places = {each.id: place for place, each in enumerate(self.requirements)}
        self._roots: dict[str, tuple[int, Shapes]] = {}
        self.bits: dict[int, int] = {}  #: the bit of a clause -> the place of its requirement
        self._compile()
        self._plans: dict[object, Plans] = {}

    def _compile(self) -> None:
        offset = 0
        for root in DOCUMENTS:
            ids = [each.id for each in self.requirements if each.id in SHAPES and SHAPES[each.id].root == root]
            self._roots[root] = offset, Shapes([SHAPES[id].clause for id in ids])
            self.bits |= {1 << (offset + bit): self._places[id] for bit, id in enumerate(ids)}
            offset += len(ids)

    # --- an exchange ----------------------------------------------------------------------------------------

    def outcome(self, exchange: Exchange, model: Model) -> Outcome:
        """What the requirements come to that are judged on an exchange."""
        held = self._held(exchange)
        key = held, exchange.unrecorded
        plans = self._plans.get(key)
        if plans is None:
            plans = self._plans[key] = Plans(self._planned(held, exchange.unrecorded))
        plan = plans.plan(exchange, model)
        views: Views = {"exchange": exchange, "model": model, "beside": ()}
        lacking = _made(plan.views, views, exchange)
        silent: list[int] = []
        findings: list[tuple[int, Finding]] = []
        with hearing() as heard:
            for place, check, names, arguments, _, _ in plan.calls:
                try:
                    if lacking:
                        _check_views(names, lacking)
                    check(*arguments(views))
                except NotApplicable:
                    silent.append(place)
                except Exception as raised:
                    findings.append((place, finding_of(raised, self.requirements[place], model, (), heard)))
        present = self._shaped(plan, exchange, model, silent, findings) if plan.shapes else 0
        named = [self._places[each.id] for each in self._passive.naming(exchange, model.name)]
        for place in named:
            self._plainly(place, exchange, model, silent, findings)
        return Outcome(plan, named, present, silent, findings)

    def _held(self, exchange: Exchange) -> tuple[bool, ...]:
        """Of each scope, whether the exchange is in it, as `Scope.contains` tells."""
        found, asked = [], exchange.request.asked.keys()
        for scope in self._scopes:
            try:
                found.append(not (scope.asks and asked.isdisjoint(scope.asks)) and bool(scope.holds(exchange)))
            except Inconclusive:
                found.append(False)
        return tuple(found)

    def _called(
        self, place: int, exchange: Exchange, model: Model, silent: list[int], findings: list[tuple[int, Finding]]
    ) -> None:
        """Call the check of a clause."""
        try:
            with hearing() as heard:
                self.requirements[place].check(exchange)
        except NotApplicable:
            silent.append(place)
        except Exception as raised:
            findings.append((place, finding_of(raised, self.requirements[place], model, (), heard)))

    def _plainly(
        self, place: int, exchange: Exchange, model: Model, silent: list[int], findings: list[tuple[int, Finding]]
    ) -> None:
        finding = judge(self.requirements[place], exchange, model)
        if finding.verdict is Verdict.NOT_APPLICABLE:
            silent.append(place)
        elif finding.verdict is not Verdict.PASS:
            findings.append((place, finding))

    def _shaped(
        self, plan: Plan, exchange: Exchange, model: Model, silent: list[int], findings: list[tuple[int, Finding]]
    ) -> int:
        """The clauses that the exchange gives something to be judged on, as bits; those that need it are judged by
        their checks."""
        present = asked = 0
        for root, (offset, shapes) in self._roots.items():
            own = plan.shapes & (((1 << shapes.number) - 1) << offset)
            if not own:
                continue
            try:
                found, doubtful = shapes.judged(DOCUMENTS[root](exchange), own >> offset)
                present |= found << offset
                asked |= doubtful << offset
            except Inconclusive:
                present |= own
                asked |= own
        if plan.of_choices and not exchange.reply.get("choices"):
            present &= ~plan.of_choices
            asked &= present
        while asked:
            bit = asked & -asked
            asked ^= bit
            self._called(self.bits[bit], exchange, model, silent, findings)
        return present

    # --- plans ----------------------------------------------------------------------------------------------

    def _planned(self, held: tuple[bool, ...], unrecorded: frozenset[Fact]) -> Plan:
        scopes = (scope for scope, holds in zip(self._scopes, held, strict=True) if holds)
        about = [each for scope in scopes for each in self._passive.of_scopes[scope]]
        silent = [self._places[each.id] for each in about if each.needs & unrecorded]
        judged = [each for each in about if not each.needs & unrecorded]
        calls = tuple(_call(self._places[each.id], each) for each in judged if each.id not in SHAPES)
        bits = {self.requirements[place].id: bit for bit, place in self.bits.items()}
        shapes = [each.id for each in judged if each.id in SHAPES]
        of_choices = sum(bits[id] for id in shapes if not SHAPES[id].whatever)
        return Plan(tuple(silent), (), calls, sum(bits[id] for id in shapes), of_choices)

    def model(self, name: str, sheet: Sheet | None) -> Model:
        """The model with this name, with its prices where the sheet has them."""
        known = _model(name)
        return sheet.priced(known) if sheet else known


def _made(names: Iterable[str], views: Views, exchange: Exchange) -> Mapping[str, Exception]:
    """Put these views among the others. Those that cannot be made are returned, with what was raised."""
    lacking = {}
    for name in names:
        try:
            views[name] = VIEWS[name](exchange)
        except Exception as error:
            lacking[name] = error
    return lacking


def _check_views(names: Iterable[str], lacking: Mapping[str, Exception]) -> None:
    """Raise what the first of these views raises that cannot be made."""
    for name in names:
        if name in lacking:
            raise lacking[name]


_OF_CHOICES = frozenset({"choices", "messages", "tool_calls"})  #: views that cannot be made without choices


def _call(place: int, requirement: Requirement) -> Call:
    names, id = requirement.asks_for, requirement.id
    needed = (UNREADABLE,) if _OF_CHOICES & {*names} else ()
    signs = [(*table[id], *needed) if id in table else () for table in (SILENT, PASSING)]
    if len(names) == 1:
        name = names[0]
        return Call(place, requirement.check, names, lambda views: (views[name],), *signs)
    return Call(place, requirement.check, names, itemgetter(*names), *signs)


def verdicts(judge: Judge, outcome: Outcome) -> Mapping[str, Verdict]:
    """The verdict of each requirement, by its id."""
    plan, requirements = outcome.plan, judge.requirements
    found = dict.fromkeys((*(call.place for call in plan.calls), *plan.passing, *outcome.named), Verdict.PASS)
    for bit, place in judge.bits.items():
        if plan.shapes & bit:
            found[place] = Verdict.PASS if outcome.present & bit else Verdict.NOT_APPLICABLE
    found |= dict.fromkeys((*plan.silent, *outcome.silent), Verdict.NOT_APPLICABLE)
    found |= {place: finding.verdict for place, finding in outcome.findings}
    return {requirements[place].id: verdict for place, verdict in found.items()}


@lru_cache(maxsize=4096)
def _model(name: str) -> Model:
    return Model(name, family_of(name))


@lru_cache(maxsize=8)
def judge_of(ids: tuple[str, ...]) -> Judge:
    """The judge of the requirements with these ids, of all where none is named; made once in a process."""
    catalogue = load()
    return Judge(passive(catalogue[id] for id in ids or catalogue))
