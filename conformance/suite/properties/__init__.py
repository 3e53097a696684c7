"""What holds for generated requests: valid ones, invalid ones, and growing conversations."""

from conformance.contract.requirement import Area, Impact

AREA = Area("properties", Impact.CLIENTS)
