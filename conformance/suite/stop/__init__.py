"""Stop sequences: what is returned ends before the first of them."""

from conformance.contract.requirement import Area, Impact

AREA = Area("stop", Impact.DATA, needs_model=True)
