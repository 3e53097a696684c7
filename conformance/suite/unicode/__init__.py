"""Characters arrive as they were sent."""

from conformance.contract.requirement import Area, Impact

AREA = Area("unicode", Impact.DATA)
