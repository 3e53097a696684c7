"""What no response may disclose."""

from conformance.contract.requirement import Area, Impact

AREA = Area("security", Impact.SECURITY)
