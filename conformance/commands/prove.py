"""Proving one requirement: against its counterexamples, the reference endpoint, and endpoints that are different and
right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

from conformance.contract.profile import Model, Profile
from conformance.contract.requirement import Fault, Requirement
from conformance.contract.sources import SourceError, check_rows, link
from conformance.evidence.exchange import Exchange, Request
from conformance.evidence.send import Send, remembering
from conformance.judgement.judge import judge, speaks_of
from conformance.judgement.verdict import Verdict
from conformance.lab.reference import Endpoint
from conformance.lab.variations import VARIATIONS, Variation
from conformance.language import gettext, phrase, say, tell, told
from conformance.pytest_plugin.target import REFERENCE_MODELS
from conformance.runs.proof import survivors
from conformance.runs.run import Run

from .catalogue import line_of
from .parallel import on_all_processors

_SALT = "abcdefghijkl"


@dataclass(frozen=True)
class Proof:
    """What speaks against a requirement: how it is violated by the reference endpoint, counterexamples that it accepts,
    variations that it accuses (not tried where it accepts a counterexample), and a source or a row of the contract that
    is unknown. `judged` are the models of the reference endpoint that it could be judged on."""

    requirement: Requirement
    judged: tuple[str, ...]
    violated: tuple[str, ...]
    accepted: tuple[str, ...]
    accused: tuple[str, ...]
    unsourced: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not (self.violated or self.accepted or self.accused or self.unsourced)

    def __str__(self) -> str:
        return "\n".join(self._lines)

    @cached_property
    def _lines(self) -> list[str]:
        number, variations = len(self.requirement.broken_by), len(VARIATIONS)
        one, several = tell("1 counterexample"), tell("{number} counterexamples", number)
        on = tell("passes on {models}", gettext(" and ").join(self.judged))
        on = on if self.judged else gettext("does not apply to its models")
        beside = tell("{number} variations that conform: accepted", variations)
        return [
            line_of(self.requirement),
            *_failed(self.unsourced),
            *_said(tell("reference endpoint: {result}", on), self.violated),
            *_said(tell("{counterexamples}: rejected", one if number == 1 else several), self.accepted),
            *(() if self.accepted else _said(beside, self.accused)),
        ]


def _said(proved: str, problems: Iterable[str]) -> Iterator[str]:
    listed = list(problems)
    yield from _failed(listed)
    if not listed:
        yield f"  ok      {proved}"


def _failed(problems: Iterable[str]) -> Iterator[str]:
    return (f"  FAILED  {told(each)}" for each in problems)


def prove(requirement: Requirement) -> Proof:
    """Prove one requirement. Takes seconds: of each variation only what it changes is judged."""
    known: dict[str, Exchange] = {}
    endpoint = Endpoint()

    def answer(request: Request) -> Exchange:
        known[request.key] = endpoint.answer(request)
        return known[request.key]

    run = _run(remembering(answer))
    findings = [run.find(requirement, model) for model in REFERENCE_MODELS]
    asked = tuple(known)  # what is sent for the counterexamples is not sent for variations
    accepted = tuple(survivors(requirement, run))
    return Proof(
        requirement,
        judged=tuple(each.model for each in findings if each.verdict is Verdict.PASS),
        violated=tuple(
            say(
                "reference endpoint, {model}: {verdict}: {message}", each.model, phrase(str(each.verdict)), each.message
            )
            for each in findings
            if each.verdict >= Verdict.INCONCLUSIVE
        ),
        accepted=accepted,
        accused=() if accepted else tuple(_accused(requirement, [known[key] for key in asked])),
        unsourced=tuple(_unsourced(requirement)),
    )


def _unsourced(requirement: Requirement) -> Iterator[str]:
    """What is wrong with the source and the rows of the contract that it names."""
    checks: dict[str, Callable[[], object]] = {
        "source": lambda: link(requirement.source),
        "contract": lambda: check_rows(requirement.contract),
    }
    for name, check in checks.items():
        try:
            check()
        except SourceError as error:
            yield f"{name}: {error}"


def _accused(requirement: Requirement, sent: list[Exchange]) -> Iterator[str]:
    known = {each.request.key: each for each in sent}
    said = on_all_processors(partial(_violated, requirement, known), [*VARIATIONS])
    for (name, variation), violated in zip(VARIATIONS.items(), said, strict=True):
        if violated is not None:
            yield from _judged(requirement, name, variation, violated)


def _violated(requirement: Requirement, known: dict[str, Exchange], name: str) -> list[str] | None:
    """What is said of violations on the endpoint of a variation; None where it changes nothing."""
    change = VARIATIONS[name].change
    answers = {key: change(each) for key, each in known.items()}
    changed = [each for key, each in answers.items() if each is not known[key] and each != known[key]]
    if not changed:
        return None
    if requirement.composite or requirement.whole_run:
        run = _run(remembering(_changed(change, answers)))
        findings = [run.find(requirement, model) for model in REFERENCE_MODELS]
    else:
        attempts = [each for one in changed for each in one.all if speaks_of(requirement, each)]
        findings = [judge(requirement, each, _model_of(each)) for each in attempts]
    return [each.message for each in findings if each.verdict >= Verdict.WARN]


def _model_of(exchange: Exchange) -> Model:
    name = exchange.request.asked.get("model")
    return next((model for model in REFERENCE_MODELS if model.name == name), REFERENCE_MODELS[0])


def _judged(requirement: Requirement, name: str, variation: Variation, messages: list[str]) -> Iterator[str]:
    deviates = requirement.id in variation.deviates
    if messages and not deviates:
        place = f"{variation.sentence} ({variation.source})"
        yield say("{name} conforms and is accused: {variation}: {message}", name, place, messages[0])
    if deviates and not messages:
        yield say("{name} deviates, as it declares, and is not noticed: {variation}", name, variation.sentence)


def _changed(change: Fault, known: dict[str, Exchange]) -> Send:
    """The endpoint that a variation makes: what it was asked before is answered alike."""
    beside = Endpoint()
    return lambda request: known.get(request.key) or change(beside.answer(request))


def _run(send: Send) -> Run:
    return Run(Profile("reference", REFERENCE_MODELS, "reference"), _SALT, send)
