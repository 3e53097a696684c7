"""The table of faults and of what they violate, as docs/faults.md has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.contract.requirement import Impact
from conformance.lab.known_faults import BILLING, BILLING_SENTENCES, PLANTED, UNSEEN, Planted
from conformance.suite.catalogue import load

VIOLATED = "violated"  #: the property in which a test says what it found
Found = Mapping[str, Mapping[str, str]]  #: by fault: the verdict by requirement

_HEAD = """# Faults

Faults that real servers have had, and which requirements detect them. Written by `nox -s faults`. Each fault is
planted alone in the reference endpoint (`phanedge-conformance run --fault NAME`), and the whole catalogue is judged on
