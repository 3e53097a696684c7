"""Faults by name, to plant in the reference endpoint: those that real servers had, the seven in the billing detail, and
every counterexample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.contract.requests import PLAIN
from conformance.contract.requirement import Fault, Requirement
from conformance.evidence.exchange import Exchange
from conformance.evidence.send import Send
from conformance.language import say
from conformance.suite.catalogue import load
from conformance.text import nearest_few

from . import (
    bodies,
    breakdowns,
    caching,
    call_contents,
    calling,
    charges,
    choices,
    combined,
    counts,
    deltas,
    edges,
    envelope,
    errors,
    failures,
    framing,
    histories,
    http,
    ignored,
    intermittent,
    leftovers,
    messages,
    metering,
    output,
    parameters,
    reasoning,
    refusals,
    refused_forms,
    streams,
    structured,
    thoughts,
    tools,
    unheeded,
    usage,
)
from .billing import BILLING, BILLING_SENTENCES
from .kit import Planted, Wrap, lift

__all__ = ["BILLING", "BILLING_SENTENCES", "PLANTED", "UNSEEN", "Planted", "Wrap", "fault_named", "plant", "wrap_named"]

_MODULES = (
    usage,
    counts,
    intermittent,
    caching,
    combined,
    envelope,
    streams,
    framing,
    tools,
    deltas,
    calling,
    output,
    parameters,
    choices,
    messages,
    histories,
    reasoning,
    errors,
    failures,
    http,
    bodies,
    refusals,
    structured,
    ignored,
    leftovers,
    edges,
    metering,
    charges,
    unheeded,
    refused_forms,
    call_contents,
    thoughts,
    breakdowns,
)

#: The faults that real servers had, by name.
PLANTED: Mapping[str, Planted] = {each.name: each for module in _MODULES for each in module.FAULTS}

#: Entries of the list of known faults that no server can show on the wire, with the reason.
UNSEEN: Mapping[str, str] = {
    "B040": "the streamed usage is right; the charge in the gateway's own ledger is not, and no response shows it",
    "B071": "a stream that failed is charged for; only the account's balance shows it",
    "B073": "what is charged after the client hung up is in the account's ledger only",
    "B356": "whose balance was empty is known to the operator only; the response is a well-formed 402",
}


def fault_named(name: str) -> Fault:
    """A billing fault, or the counterexample of the requirement with this id. Raises KeyError with a sentence that
    names the nearest one."""
    if name in BILLING:
        return BILLING[name]
    catalogue = load()
    if requirement := catalogue.get(name):
        return _counterexample(requirement)
    near = nearest_few(name, [*BILLING, *PLANTED, *catalogue])
    raise KeyError(say("--fault: there is no fault named {name!r}{near}", name, near))


def _counterexample(requirement: Requirement) -> Fault:
    """The first counterexample, in what the requirement speaks of; the exchange is made to show it where it does not.
    The first request is spared, so that there is something to judge."""
    broken = requirement.broken_by[0][1]
    shown = requirement.shown_by

    def fault(exchange: Exchange) -> Exchange:
        if exchange.request.label == PLAIN.label:
            return exchange
        changed = broken(exchange)
        member = requirement.check.__module__.endswith("test_shape")
        return broken(shown(exchange)) if shown and (not member or changed == exchange) else changed

    return fault


def wrap_named(name: str) -> Wrap:
    """The fault with this name as one around a server. Raises KeyError, as `fault_named` does."""
    return PLANTED[name].fault if name in PLANTED else lift(fault_named(name))


def plant(send: Send, names: Iterable[str]) -> Send:
    """The server with these faults in it, the first innermost. Raises KeyError, as `fault_named` does."""
    for wrap in [wrap_named(name) for name in names]:
        send = wrap(send)
    return send
