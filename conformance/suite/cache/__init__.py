"""Cache hits and cache writes: what PhanEdge's fields say beside their sums (`test_shape.py`), in any exchange.

Zero and null count as absent wherever counts are compared: Go's omitempty leaves zeros out, and vendors fill them in.
Whether a count may be zero or null at all is a requirement of its own.
"""

from conformance.contract.requirement import Area, Impact

AREA = Area("cache", Impact.BILLING)
