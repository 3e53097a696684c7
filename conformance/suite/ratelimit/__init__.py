"""What the endpoint says of its limits."""

from conformance.contract.requirement import Area, Impact

AREA = Area("ratelimit", Impact.FORM)
