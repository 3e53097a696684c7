"""A stream and a plain completion are two forms of the same reply."""

from conformance.contract.requirement import Area, Impact

AREA = Area("equivalence", Impact.DATA)
