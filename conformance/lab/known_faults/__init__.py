"""Faults by name, to plant in the reference endpoint: those that real servers had, the seven in the billing detail, and
every counterexample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.contract.requests import PLAIN
from conformance.contract.requirement import Fault, Requirement
from conformance.evidence.exchange import Exchange
from conformance.evidence.send import Send
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
    metering,
    charges,
    unheeded,
    refused_forms,
    call_contents,
    thoughts,
    breakdowns,
