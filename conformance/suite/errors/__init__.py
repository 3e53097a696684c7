"""How a failure is told, beyond the shape of the error object (`test_shape.py`)."""

from conformance.contract.requirement import Area, Impact

AREA = Area("errors", Impact.CLIENTS)
