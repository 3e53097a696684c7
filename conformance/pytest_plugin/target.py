"""What the settings mean: the endpoint's profile, the selected requirements, the policy and the price sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import chain
from pathlib import Path
from types import ModuleType

from conformance.billing.prices import PricesError, Sheet, read_prices
from conformance.contract.features import check_features
from conformance.contract.marks import COSTLY, INTRUSIVE, REAL_MODEL
from conformance.contract.profile import Model, Profile
from conformance.contract.requests import PLAIN
from conformance.contract.requirement import Requirement
from conformance.contract.selection import SelectError, asked_for, chosen
from conformance.evidence.exchange import Request
from conformance.history.reading import past_before
from conformance.language import joined, say
from conformance.policy.baseline import BaselineError, Before
from conformance.policy.gating import GateError, gate
from conformance.policy.policy import Terms, read_terms
from conformance.policy.revisions import RevisionError
from conformance.runs.dated import began
from conformance.sending.access import check_address
from conformance.settings.address import public
from conformance.settings.errors import NO_MODEL, SessionError
from conformance.settings.settings import Settings
from conformance.suite.catalogue import declared, load, modules

from .outcomes import requirements_of

REFERENCE_URL = "http://127.0.0.1:8080/v1"
REFERENCE_MODELS = (Model("reference-gpt", "gpt"), Model("reference-claude", "claude"))
REFERENCE_ALSO = (Model("reference-reasoning", "gpt"),)  #: judged only where it is named


def profile_of(settings: Settings) -> Profile:
    """The endpoint and its models. Raises SessionError."""
    without = _lacking(settings)
    try:
        models = tuple(Model.parse(text, without) for text in settings.model)
        for model in models:
            check_features(sorted(model.claimed | model.without - without))
    except ValueError as error:
        raise SessionError(say("--model: {error}", error)) from None
    if not settings.base_url:
        return _reference_profile(models, without)
    check_address(settings.base_url)
    if len({model.name for model in models}) < len(models):
        raise SessionError(say("--model: the same model is given twice"))
    if not models:
        raise SessionError(NO_MODEL)
    return Profile(public(settings.base_url), models, "live")


def _reference_profile(models: tuple[Model, ...], without: frozenset[str]) -> Profile:
    served = (*REFERENCE_MODELS, *REFERENCE_ALSO)
    known = {model.name: replace(model, without=without) for model in served}
    if unknown := [model.name for model in models if model.name not in known]:
        names = joined(" and ", (model.name for model in REFERENCE_MODELS))
        raise SessionError(say("--model: the reference endpoint has no {unknown!r}, only {names}", unknown[0], names))
    named = tuple(replace(known[model.name], without=model.without, claimed=model.claimed) for model in models)
    return Profile(REFERENCE_URL, named or tuple(known[each.name] for each in REFERENCE_MODELS), "reference")


def _lacking(settings: Settings) -> frozenset[str]:
    """What no model claims, and what is not sent: intrusive requests, except to the reference endpoint or where asked
    for; costly ones, and what needs a real model, on request. Raises SessionError."""
    try:
        check_features(settings.without)
    except ValueError as error:
        raise SessionError(say("--without: {error}", error)) from None
    left_out = {
        COSTLY: settings.no_costly, REAL_MODEL: settings.stub,
        INTRUSIVE: settings.base_url and not settings.intrusive,
    }  # fmt: skip
    return frozenset(settings.without).union(name for name, holds in left_out.items() if holds)


def selected(settings: Settings) -> dict[str, Requirement]:
    """The requirements that are judged, by id. Raises SessionError."""
    try:
        return chosen(load(), settings.select, settings.deselect)
    except SelectError as error:
        raise SessionError(str(error)) from None


def unselected(settings: Settings) -> frozenset[Path]:
    """The modules of the suite without a requirement that is judged. Raises SessionError."""
    chosen = selected(settings)

    def of(module: ModuleType) -> Iterator[Requirement]:
        return chain.from_iterable(map(requirements_of, vars(module).values()))

    return frozenset(path for path, module in modules().items() if not any(each.id in chosen for each in of(module)))


def asked(settings: Settings) -> frozenset[Request] | None:
    """The declared requests that are sent, None for all. Raises SessionError."""
    if not (settings.select or settings.deselect):
        return None
    return frozenset((PLAIN, *asked_for(selected(settings).values(), declared())))


def terms_of(settings: Settings, today: date) -> Terms:
    """What the endpoint is held to. Raises SessionError."""
    try:
        graded = gate(settings.gate, settings.strict)
        return read_terms(today, settings.revision, settings.baseline, graded, _before(settings), settings.stale_after)
    except GateError as error:
        raise SessionError(say("--gate: {error}", error)) from None
    except RevisionError as error:
        raise SessionError(say("--revision: {error}", error)) from None
    except BaselineError as error:
        raise SessionError(say("--baseline: {error}", error)) from None


def _before(settings: Settings) -> Before | None:
    """What the baseline is to know of earlier runs; None where there is none, or the run is of no history."""
    folder = settings.archive or settings.folder
    past = past_before(folder) if settings.baseline else None
    return Before(past.courses, began(folder) or 0.0) if past else None


def sheet_of(settings: Settings) -> Sheet | None:
    """The price sheet, where one is named. Raises SessionError."""
    try:
        return read_prices(settings.prices) if settings.prices else None
    except PricesError as error:
        raise SessionError(say("--prices: {error}", error)) from None
