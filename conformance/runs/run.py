"""One run: the endpoint that is judged, how its exchanges are had, and what a requirement is judged on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import ceil
from pathlib import Path

from conformance.billing.prices import Sheet
from conformance.contract.given import undeclared
from conformance.contract.marks import COSTLY, ENDPOINT, INTRUSIVE, left_out
from conformance.contract.profile import Model, Profile, family_of
from conformance.contract.requests import PLAINEST
from conformance.contract.requirement import On, Requirement, Scope
from conformance.evidence.archive import recorded
from conformance.evidence.exchange import Exchange, Inconclusive, Request
from conformance.evidence.kept import Spool
from conformance.evidence.send import Send
from conformance.judgement.judge import EXAMPLES, judge_all, judge_given
from conformance.judgement.verdict import Finding, Verdict
from conformance.language import joined, say
from conformance.sending.preflight import answers, diagnosis
from conformance.sending.reasoning import learnt

from .claimed import claimed_for, claimed_of_all, needs_model
from .filling import fill
from .recorded import find_recorded
from .unseen import unseen


class RunError(Exception):
    """What is to be judged cannot be had; the message is one sentence with the remedy."""


@dataclass
class Run:
    """`send` gives the exchange of a request. `held` are recordings made elsewhere, judged instead of sending: for
    each column of the report the models that were asked, with what they answered. `fault` names a planted one;
    `examples` are the generated requests that one requirement may send, to all models together; `asked` the declared
    ones that are sent, None for all; `counts` tells to which requirements the endpoint is held. `unjudged` says why
    nothing can be judged, `silent` why nothing can on a model; `resalted` gives the keys of requests that were sent in
    vain, with another salt for them and what comes after them; `families` is what was gathered of each."""

    profile: Profile
    salt: str
    send: Send
    held: Mapping[str, Mapping[Model, Sequence[Exchange]]] | None = None
    unjudged: str = ""
    silent: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    broken_off: str = ""
    examples: int = EXAMPLES
    asked: frozenset[Request] | None = None
    resalted: Mapping[str, str] = field(default_factory=dict)
    counts: Callable[[Requirement], bool] = lambda _: True
    families: dict[tuple[Scope, Model], list[Exchange]] = field(default_factory=dict)

    def find(self, requirement: Requirement, model: Model) -> Finding:
        """Judge a requirement on all that it speaks of, sending what was not sent before."""
        if self.held is not None:
            return find_recorded(requirement, model.name, self.held[model.name])
        claimed, unclaimed = self._claimed(requirement, model)
        unclaimed = unclaimed or needs_model(requirement, model)
        if unclaimed:
            return _not_judged(requirement, model, Verdict.NOT_APPLICABLE, unclaimed)
        if reason := self.unjudged or self.silent.get(model.name, ""):
            return _not_judged(requirement, model, Verdict.INCONCLUSIVE, reason)
        if requirement.composite:
            finding = judge_given(requirement, self.sender(model), model, self.share, partial(self._counts, model))
            return self._unless_refused(requirement, finding, claimed, model)
        exchanges, missing = self._gathered(requirement.on, claimed or self._all(model), model)
        finding = judge_all(requirement, exchanges, model, expected=bool(claimed))
        if finding.verdict is Verdict.INCONCLUSIVE and missing and not exchanges:
            return replace(finding, message=missing)
        if finding.verdict is Verdict.INCONCLUSIVE and exchanges and all(each.refused for each in exchanges):
            return _refused(finding, exchanges)
        return self._unless_refused(requirement, finding, claimed, model)

    def _counts(self, model: Model, requirement: Requirement) -> bool:
        """Whether the endpoint is held to a requirement, with such a model."""
        return self.counts(requirement) and not needs_model(requirement, model)

    def _unless_refused(
        self, requirement: Requirement, finding: Finding, claimed: Sequence[Request], model: Model
    ) -> Finding:
        """The finding; inconclusive where it is a violation, and the endpoint rejects all requests that use a feature,
        the plainest one, too, as it may."""
        if finding.verdict < Verdict.WARN:
            return finding
        for feature, plainest in PLAINEST.items():
            asked = [each for each in claimed if feature in each.features and each in requirement.named]
            exchanges = self._had((plainest, *asked), model)[0] if asked else []
            if exchanges and all(each.refused and each.status in _REFUSALS for each in exchanges):
                remedy = say("{feature} is rejected: if it is not offered, use --without {feature}", feature)
                message = joined("; ", (finding.message, remedy))
                return replace(finding, verdict=Verdict.INCONCLUSIVE, message=message, judged=0, refused=True)
        return finding

    @property
    def recorded(self) -> list[Exchange]:
        """The recordings of a run that judges some."""
        held = (self.held or {}).values()
        return [each for models in held for exchanges in models.values() for each in exchanges]

    def requests(self, requirement: Requirement, model: Model) -> list[Request]:
        """The declared requests that judging a requirement on a model sends, filled in."""
        claimed, unclaimed = self._claimed(requirement, model)
        return [] if unclaimed else [self.filled(request, model) for request in claimed]

    def undeclared(self, requirement: Requirement, model: Model, *, on_demand: bool) -> list[Request]:
        """The requests beside the declared ones that a check is given, filled in: always, or where it looks at them."""
        if self._claimed(requirement, model)[1]:
            return []
        found = (each for slot in requirement.given.values() for each in undeclared(slot, on_demand=on_demand))
        asked = (each for each in found if on_demand or all(map(model.claims, each.features)))
        return [self.filled(each, model) for each in asked if not left_out(each, model)]

    def _claimed(self, requirement: Requirement, model: Model) -> tuple[Sequence[Request], str]:
        """The requests of this run that can show whether the requirement holds, and, where it is not judged because the
        model does not claim what that takes, the reason."""
        return claimed_for(requirement.on, requirement.composite, model, self.asked)

    def unclaimed(self, requirement: Requirement, model: Model) -> str:
        """Why a requirement is not judged on a model that does not claim what it takes; empty where it is."""
        return self._claimed(requirement, model)[1]

    def exchanges(self, model: Model) -> list[Exchange]:
        """Every exchange of a model's run, each sent at most once."""
        return self._had(self._all(model), model)[0]

    def _all(self, model: Model) -> Sequence[Request]:
        return claimed_of_all(model, self.asked)

    @property
    def _spokesman(self) -> Model:
        """The model of which is asked what the endpoint answers alike for all: the first that answers at all."""
        models = self.profile.models
        return next((model for model in models if model.name not in self.silent), models[0])

    @property
    def share(self) -> int:
        """How many generated requests one requirement may send to one model."""
        return ceil(self.examples / max(len(self.profile.models) - len(self.silent), 1))

    def filled(self, request: Request, model: Model) -> Request:
        """The request as it is sent where this model is judged."""
        asked = self._spokesman if ENDPOINT in request.features else model
        return fill(request, asked, self.salt, self.resalted)

    def sender(self, model: Model) -> Send:
        """What a check sends with: a declared request is filled in for the model and the run."""
        return lambda request: self.send(self.filled(request, model))

    def _gathered(self, on: On, requests: Sequence[Request], model: Model) -> tuple[list[Exchange], str]:
        """What a requirement is judged on, and why something could not be had. The same family is asked for by many."""
        if not isinstance(on, Scope):
            return self._had(requests, model)
        if known := self.families.get((on, model)):
            return known, ""
        exchanges, missing = self._family(on, requests, model)
        if not missing:
            self.families[on, model] = exchanges
        return exchanges, missing

    def _family(self, on: Scope, requests: Sequence[Request], model: Model) -> tuple[list[Exchange], str]:
        """What the model itself was asked; where none of it belongs to the family, refusals that the endpoint gave
        once for all."""
        if model == self._spokesman:
            return self._had(requests, model)
        shared = [request for request in requests if ENDPOINT in request.features]
        exchanges, missing = self._had((each for each in requests if ENDPOINT not in each.features), model)
        if on.members(exchanges):
            return exchanges, missing
        others, reason = self._had((each for each in shared if each.expect == "error"), model)
        return exchanges + others, missing or reason

    def _had(self, requests: Iterable[Request], model: Model) -> tuple[list[Exchange], str]:
        """The exchanges of these requests, and why the last one that could not be had could not. Each is there once:
        declared requests that differ in their limits only are one for a model that reasons."""
        exchanges: dict[str, Exchange] = {}
        missing = ""
        for request in (self.filled(each, model) for each in requests):
            try:
                exchanges |= {each.request.key: each for each in self.send(request).all}
            except Inconclusive as reason:
                missing = str(reason)
        return list(exchanges.values()), missing

    def preflight(self, diagnose: Callable[[Exchange], str] | None = None) -> None:
        """Send one small request to each model. One that does not answer it with a completion is sent nothing more,
        and is not judged: what it refuses says nothing of the contract. One that is seen to think is asked accordingly
        from then on. Of recordings one must hold a completion."""
        if self.held is not None:
            if not any(answers(each) for each in self.recorded):
                lacking = unseen(self.recorded)
                self.unjudged = say(
                    "{place} holds no recording of a completion: {lacking}", self.profile.base_url, lacking
                )
            return
        outcomes: dict[str, str] = {}
        learned: dict[Model, Model] = {}
        for model in self.profile.models:
            try:
                learned[model], exchange = learnt(self.send, model, self.salt)
            except Inconclusive as reason:
                outcomes[model.name] = str(reason)
                continue
            if not answers(exchange):
                outcomes[model.name] = (diagnose or self._diagnosis)(exchange)
        self.profile = self.profile.learned(learned)
        self.silent = {
            name: say("{place} {reason}", self.profile.base_url, reason) for name, reason in outcomes.items()
        }
        if len(outcomes) == len(self.profile.models):
            reasons = list(dict.fromkeys(outcomes.values()))
            silent = say("{place} {reason}", self.profile.base_url, joined("; ", reasons))
            self.unjudged = silent if reasons else say("no model is named")

    def _diagnosis(self, exchange: Exchange) -> str:
        return diagnosis(exchange, self.profile.base_url)


#: Statuses by which an endpoint says that it does not offer something; others are about the key or the moment.
_REFUSALS = frozenset(range(400, 500)) - {401, 403, 408, 429}


def _refused(finding: Finding, exchanges: Sequence[Exchange]) -> Finding:
    """What to do where an endpoint refuses what it does not offer, which is its right."""
    asked = set.intersection(*(set(each.request.features) for each in exchanges))
    optional = asked - {"chat.stream", "chat.stream_options", COSTLY, ENDPOINT, INTRUSIVE}
    if not optional or not all(each.status in _REFUSALS for each in exchanges):
        return finding
    remedy = say("if the endpoint does not offer this, use --without {feature}", min(optional))
    return replace(finding, message=joined("; ", (finding.message, remedy)), refused=True)


def _not_judged(requirement: Requirement, model: Model, verdict: Verdict, message: str) -> Finding:
    return Finding(requirement.id, model.name, verdict, message)


# --- what was recorded ------------------------------------------------------------------------------------------


COLUMNS = 8  #: models that a report shows one by one; recordings of more are shown by family


def held_run(folder: Path, recordings: Iterable[tuple[str, Exchange]]) -> Run:
    """A run over recordings made elsewhere, by the model each was asked for. Raises RunError where there is none."""
    by_model: dict[Model, list[Exchange]] = {}
    spool = Spool()
    for number, (name, exchange) in enumerate(recordings, start=1):
        request, reads = replace(exchange.request, attempt=number), spool.stored(tuple(exchange.reads))
        unique = replace(exchange, request=request, reads=reads)
        by_model.setdefault(Model(name, family_of(name)), []).append(unique)
    if not by_model:
        raise RunError(say("{folder} holds no recorded exchange: nothing can be judged", folder))
    held: dict[str, dict[Model, Sequence[Exchange]]] = {}
    for model, exchanges in sorted(by_model.items(), key=lambda item: item[0].name):
        column = model.name if len(by_model) <= COLUMNS else f"{model.family} models"
        held.setdefault(column, {})[model] = exchanges
    columns = tuple(Model(name, next(iter(models)).family) for name, models in sorted(held.items()))
    return Run(Profile(folder.name, columns, "recording"), "", _send_nothing, held)


def _send_nothing(request: Request) -> Exchange:
    raise Inconclusive(say("recordings are judged, nothing is sent"))


def priced(run: Run, sheet: Sheet | None) -> Run:
    """The run whose models have the prices of the sheet."""
    if sheet is None:
        return run
    profile = replace(run.profile, models=tuple(map(sheet.priced, run.profile.models)))
    held = {
        column: {sheet.priced(model): exchanges for model, exchanges in models.items()}
        for column, models in (run.held or {}).items()
    }
    return replace(run, profile=profile, held=held if run.held is not None else None)


def run_exchanges(run: Run, folder: Path, id: str) -> list[Exchange]:
    """Every exchange of the run with this id, for its report. Raises ArchiveError."""
    return run.recorded if run.held is not None else [each for one in recorded(folder, id) for each in one.all]
