"""What the endpoint says of its limits."""

from conformance.contract.requirement import Area

AREA = Area("ratelimit")
