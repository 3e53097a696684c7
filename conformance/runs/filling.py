"""Declared requests as they are sent: filled in for a model, with the cache-busting prefix of the run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from string import ascii_lowercase

from conformance.contract.for_model import for_model
from conformance.contract.marks import ENDPOINT
from conformance.contract.profile import Model
from conformance.evidence.exchange import Request
from conformance.suite.catalogue import declared


def fill(request: Request, model: Model, salt: str, resalted: Mapping[str, str]) -> Request:
    """The request as it is sent to a model. `resalted` gives the keys of requests that were sent in vain, with another
    prefix for them and for what follows them."""
    filled = _salted(request, model, salt)
    while other := resalted.get(filled.chain[-1]):
        anew = _salted(request, model, other)
        if anew == filled:  # no prefix is in it
            break
        filled = anew
    return filled


@lru_cache(maxsize=64)
def own_salt(salt: str, model: Model) -> str:
    """What one model's prompts begin with, of the same length: two names of one upstream share its cache, and what
    the one was asked must not warm what the other is."""
    digest = sha256(f"{salt} {model.name}".encode()).digest()
    return "".join(ascii_lowercase[each % len(ascii_lowercase)] for each in digest[: len(salt)])


@lru_cache(maxsize=64)
def _filled(model: Model, salt: str) -> dict[tuple[str, ...], Request]:
    """Each declared request for a model, by its chain; those beside them are added as they are asked for."""
    return {request.chain: _salted_anew(request, model, salt) for request in declared()}


def _salted_anew(request: Request, model: Model, salt: str) -> Request:
    return for_model(request, model, salt if ENDPOINT in request.features else own_salt(salt, model))


def _salted(request: Request, model: Model, salt: str) -> Request:
    filled = _filled(model, salt)
    if request.chain in filled:
        return filled[request.chain]
    own = (*request.chain, request.expect, request.label)  # equal requests may be meant otherwise, where not declared
    if own not in filled:
        filled[own] = _salted_anew(request, model, salt)
    return filled[own]
