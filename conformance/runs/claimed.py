"""The declared requests that can show whether a requirement holds, and those of them that a model claims."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

from conformance.contract.marks import CACHING, LEFT_OUT, NO_FAMILY, REAL_MODEL
from conformance.contract.profile import Model
from conformance.contract.requirement import On, Requirement, Scope
from conformance.evidence.exchange import Request
from conformance.language import say
from conformance.suite.catalogue import declared


@lru_cache(maxsize=1024)
def _meant(on: On) -> tuple[Request, ...]:
    """The declared requests that are meant to show whether a requirement on them holds."""
    return tuple(request for request in declared() if (on.meant(request) if isinstance(on, Scope) else request in on))


@lru_cache(maxsize=4096)
def claimed_for(
    on: On, composite: bool, model: Model, asked: frozenset[Request] | None
) -> tuple[tuple[Request, ...], str]:
    """The requests of a run (`asked`, None for all) that can show whether a requirement holds, and, where it is not
    judged because the model does not claim what that takes, the reason."""
    meant = tuple(request for request in _meant(on) if asked is None or request in asked)
    served = tuple(request for request in meant if all(map(model.claims, request.features)))
    if not meant or (served and not (composite and len(served) < len(meant))):
        return served, ""
    lacking = {name for each in meant for name in each.features if not model.claims(name)}
    if is_for_a_family(model, lacking):
        return served, NO_FAMILY
    return served, _unclaimed(sorted(lacking))


def is_for_a_family(model: Model, lacking: Collection[str]) -> bool:
    """Whether a model lacks these features for no other reason than that its family is not known."""
    others = [name for name in lacking if name in model.without or name not in CACHING]
    return model.family == "other" and bool(lacking) and not others


@lru_cache(maxsize=64)
def claimed_of_all(model: Model, asked: frozenset[Request] | None) -> tuple[Request, ...]:
    """Every request of a run of which the model claims all features."""
    known = (request for request in declared() if asked is None or request in asked)
    return tuple(request for request in known if all(map(model.claims, request.features)))


def needs_model(requirement: Requirement, model: Model) -> str:
    """Why a requirement that a stub cannot keep is not judged on one; empty where it is."""
    return LEFT_OUT[REAL_MODEL] if requirement.needs_model and not model.claims(REAL_MODEL) else ""


def _unclaimed(lacking: Sequence[str]) -> str:
    """Why what needs these features is not sent."""
    said = [LEFT_OUT[name] for name in lacking if name in LEFT_OUT]
    return said[0] if said else say("not claimed: {features}", ", ".join(lacking))
