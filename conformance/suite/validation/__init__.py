"""Invalid requests, and what nulls stand for."""

from conformance.contract.requirement import Area

AREA = Area("validation")
