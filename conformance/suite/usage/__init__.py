"""What usage counts must add up to, beyond their shape and sums (`test_shape.py`)."""

from conformance.contract.requirement import Area

AREA = Area("usage", money=True)
