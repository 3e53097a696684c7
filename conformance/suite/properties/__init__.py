"""What holds for generated requests: valid ones, invalid ones, and growing conversations."""

from conformance.contract.requirement import Area

AREA = Area("properties")
