"""What is sent is what the model reads: every message, every part, in order, whatever its role."""

from conformance.contract.requirement import Area, Impact

AREA = Area("roles", Impact.DATA)
