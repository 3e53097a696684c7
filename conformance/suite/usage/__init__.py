"""What usage counts must add up to, beyond their shape and sums (`test_shape.py`)."""

from conformance.contract.requirement import Area, Impact

AREA = Area("usage", Impact.BILLING)
