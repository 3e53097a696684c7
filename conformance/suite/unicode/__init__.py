"""Characters arrive as they were sent."""

from conformance.contract.requirement import Area

AREA = Area("unicode")
