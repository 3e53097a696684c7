"""Invalid requests, and what nulls stand for."""

from conformance.contract.requirement import Area, Impact

AREA = Area("validation", Impact.FORM)
